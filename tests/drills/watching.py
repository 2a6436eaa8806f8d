"""A site that is looked at before, during and after a fault: what its pages answer, and how soon."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import psycopg

from tests import servers
from tests.admin.forms import answers
from tests.programs import python
from tests.sites import free_port, manage, served
from tests.test_machines import FILL, LOG_IN, TOKEN, ask

LONGEST: Final = 3.0
"""Seconds within which a page has to come, or to say that it cannot."""
LANGUAGES: Final = {"/en/": "en", "/zh-hans/": "zh-Hans", "/zh-hant/": "zh-Hant"}
_numbers = itertools.count()


@dataclass
class Site:
    """A site that runs, with an editor who has the form of a field of research open."""

    address: str
    pid: int
    environment: dict[str, str]
    cookie: str
    form: dict[str, Any] = field(default_factory=dict)

    def open_form(self) -> None:
        self.form = answers(SimpleNamespace(content=ask(self.place, cookie=self.cookie).body))

    def log_in(self) -> None:
        """Begin another session of the editor, at the time that the site has."""
        done = python("manage.py", "shell", "-v0", "-c", LOG_IN, environment=self.environment)
        self.cookie = f"sessionid={done.stdout.strip()}; csrftoken={TOKEN}"

    @property
    def place(self) -> str:
        return f"{self.address}/admin/zone/field/1/change/"

    def save(self, name: str) -> Any:
        """Send the form with another name; return the answer."""
        given = self.form | {"csrfmiddlewaretoken": TOKEN, "name_en": name, "_publish": "Publish"}
        return ask(self.place, given, cookie=self.cookie)


@contextmanager
def site(environment: Mapping[str, str], behind: Path | None = None, applications: int = 1) -> Iterator[Site]:
    """Set a site up in an empty database, and serve it; through nginx, if it has a folder to be ``behind`` it in."""
    environment = {**environment}
    for command in (("migrate", "-v0"), ("collectstatic", "-v0", "--noinput")):
        manage(environment, *command)
    filled = python("manage.py", "shell", "-v0", "-c", FILL, environment=environment)
    assert filled.stderr == ""
    with ExitStack() as stack:
        running = [stack.enter_context(served(environment)) for _ in range(applications)]
        address = running[0].address
        if behind is not None:
            port, link = free_port(), Path(environment.get("PAGE_LINK", behind / "now"))
            stack.enter_context(servers.nginx(port, [server.port for server in running], link, behind))
            address = f"http://127.0.0.1:{port}"
        cookie = f"sessionid={filled.stdout.strip()}; csrftoken={TOKEN}"
        found = Site(address, running[0].pid, environment, cookie)
        found.open_form()
        yield found


def timed(address: str) -> tuple[Any, float]:
    begun = time.monotonic()
    answer = ask(address)
    return answer, time.monotonic() - begun


@dataclass
class Sight:
    """What the pages answered at one moment."""

    statuses: dict[str, set[int]]
    slowest: float
    ready: int
    parts: dict[str, str]

    def __str__(self) -> str:
        said = {name: "/".join(map(str, sorted(found))) for name, found in self.statuses.items()}
        pages = ", ".join(f"{name} {statuses}" for name, statuses in said.items())
        wrong = "; ".join(f"{name} {state}" for name, state in self.parts.items() if state != "ok")
        return f"{pages}; slowest {self.slowest:.1f} s; readyz {self.ready}{wrong and f': {wrong}'}"


def look(site: Site) -> Sight:
    """Ask each kind of page several times, so that every worker is asked; fail for an answer that nobody may get."""
    statuses: dict[str, set[int]] = {"known": set(), "other": set(), "search": set()}
    slowest = 0.0
    for prefix, language in LANGUAGES.items():
        for _ in range(3):
            number = next(_numbers)
            for kind, path in (
                ("known", f"{prefix}fields/"),
                ("other", f"{prefix}organisations/?year={number}"),
                ("search", f"{prefix}search/?q=nothing{number}"),
            ):
                answer, seconds = timed(f"{site.address}{path}")
                text = answer.body.decode()
                slowest = max(slowest, seconds)
                statuses[kind].add(answer.status)
                assert answer.status in (200, 503), (path, answer.status)
                assert seconds < LONGEST, (path, seconds)
                assert f'<html lang="{language}">' in text, path
                assert "Traceback" not in text
                assert (answer.status == 503) == (answer.headers["Retry-After"] is not None)
    health, seconds = timed(f"{site.address}/healthz")
    assert (health.status, seconds < 1) == (200, True)
    ready, seconds = timed(f"{site.address}/readyz")
    assert seconds < LONGEST
    parts = json.loads(ready.body)
    del parts["status"]
    return Sight(statuses, slowest, ready.status, parts)


def warm(site: Site) -> None:
    """Ask for what readers know so often that every worker has it."""
    for prefix in LANGUAGES:
        for _ in range(12):
            ask(f"{site.address}{prefix}fields/")


def heals(site: Site, seconds: float = 15) -> float:
    """Wait until every page comes again by itself; return how many seconds that took."""
    begun = time.monotonic()
    while True:
        try:
            sight = look(site)
            if all(found == {200} for found in sight.statuses.values()) and sight.ready == 200:
                return time.monotonic() - begun
        except AssertionError:
            if time.monotonic() - begun > seconds:
                raise
        assert time.monotonic() - begun < seconds, sight
        time.sleep(0.2)


@contextmanager
def database_on(address: str, name: str) -> Iterator[str]:
    """Make a database called ``name`` on the server at ``address``; yield its own address."""
    with psycopg.connect(f"{address}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    yield f"{address}/{name}"
