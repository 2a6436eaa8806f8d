"""Several machines as the operations guide sets them up: nginx, two applications, one PostgreSQL and one Redis.

``EDITS`` in the environment says how often something is changed.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import redis

from tests import servers, sites
from tests.admin.forms import answers
from tests.programs import python
from zone import page_files

pytestmark = pytest.mark.machines

EDITS = int(os.environ.get("EDITS", "60"))
LANGUAGES = ("en", "zh-hans", "zh-hant")
TOKEN = "t" * 32
LOG_IN = f"""
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from zone.models.session import SessionStore
user, _ = User.objects.get_or_create(username="editor", is_staff=True, is_superuser=True)
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = {"django.contrib.auth.backends.ModelBackend"!r}
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""
FILL = f"""
from zone.models import Field
from zone.settling import settle
for slug in ("newsroom", "django", "sql"):
    Field.objects.create(slug=slug, name_en=slug, status="published")
settle()
{LOG_IN}
"""
EDIT = """
import sys
from zone.models import Field
for line in sys.stdin:
    Field.objects.filter(slug="django").update(name_en=line.strip())
    print(flush=True)
"""


class Answers(urllib.request.HTTPErrorProcessor):
    """Takes every answer as it comes."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response


def ask(address: str, form: Mapping[str, Any] | bytes = b"", method: str | None = None, **headers: Any) -> Any:
    """Return the answer, whatever it is, with what it says as ``body``; a ``form`` of bytes is encoded already."""
    given = (form if isinstance(form, bytes) else urllib.parse.urlencode(form, doseq=True).encode()) or None
    said = {"Host": "localhost"} | {name.replace("_", "-"): text for name, text in headers.items()}
    request = urllib.request.Request(address, given, said, method=method)  # noqa: S310
    with urllib.request.build_opener(Answers).open(request, timeout=30) as answer:
        answer.body = answer.read()
        return answer


def statuses(address: str, seconds: float, disturb: Callable[[], object]) -> Counter[int]:
    """Return what readers got who asked for pages below ``address`` all the time while ``disturb`` was done."""
    end = time.monotonic() + seconds

    def read(reader: int) -> Counter[int]:
        found: Counter[int] = Counter()
        for number in itertools.count():
            found[ask(f"{address}?year={reader}{number}").status] += 1
            if time.monotonic() > end:
                return found
        raise AssertionError

    with ThreadPoolExecutor(4) as readers:
        reading = readers.map(read, range(4))
        time.sleep(0.5)
        disturb()
        return sum(reading, Counter())


def is_file(answer: Any) -> bool:
    """Return whether nginx has served a file: it makes an ETag of two numbers, the application one."""
    return re.fullmatch(r'"[0-9a-f]+-[0-9a-f]+"', answer.headers["ETag"] or "") is not None


@dataclass
class Machines:
    """Two applications, and nginx before them."""

    folder: Path
    environment: dict[str, str]
    session: str
    applications: list[str]
    front: str
    redis_port: int
    redis: servers.Server
    dying: int

    @property
    def everywhere(self) -> list[str]:
        return [*self.applications, self.front]

    def edit_in_the_newsroom(self, machine: str, name: str) -> None:
        """Change a name in the form of the admin and publish it, as an editor does."""
        [key] = self.sql("SELECT id FROM zone_field WHERE slug = 'newsroom'")
        address = f"{machine}/admin/zone/field/{key}/change/"
        cookie = f"sessionid={self.session}; csrftoken={TOKEN}"
        form = answers(SimpleNamespace(content=ask(address, cookie=cookie).body))
        given = form | {"csrfmiddlewaretoken": TOKEN, "name_en": name, "_publish": "Publish"}
        assert ask(address, given, cookie=cookie).status == 302

    def wait_for_file(self, path: str) -> None:
        """Wait until nginx serves the page itself."""

        def look() -> None:
            if not is_file(ask(f"{self.front}{path}")):
                raise OSError

        servers.wait_until(look, seconds=5)

    def sql(self, statement: str, *values: str) -> list[Any]:
        """Do what ``statement`` says past Django; return what it found first."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as database:
            cursor = database.execute(statement.encode(), values)
            return list(cursor.fetchone() or ()) if cursor.description else []

    def names(self, path: str) -> set[str]:
        """Return the headings that a page has now, as often as there are workers."""
        with ThreadPoolExecutor(6) as readers:
            pages = list(readers.map(sites.get, [f"{machine}{path}" for machine in self.everywhere * 3]))
        return {heading(page) for page in pages}


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Return the address of a database of our own on the server of TEST_DATABASE_URL."""
    server, name = os.environ["TEST_DATABASE_URL"], f"hetao_machines_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield f"{server.rpartition('/')[0]}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def machines(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    folder.chmod(0o755)
    port, redis_port = sites.free_port(), sites.free_port()
    environment = sites.variables(folder) | {
        "BEHIND_PROXY": "true",
        "DATABASE_URL": database,
        "DATABASE_POOL": "4",
        "CACHE_URL": f"redis://127.0.0.1:{redis_port}/0",
        "PAGE_FILES": str(folder / "pages"),
    }
    with ExitStack() as stack:
        together = stack.enter_context(ThreadPoolExecutor())
        commands = (("migrate", "-v0"), ("collectstatic", "-v0", "--noinput"))
        list(together.map(lambda command: sites.manage(environment, *command), commands))
        filled = python("manage.py", "shell", "-v0", "-c", FILL, environment=environment)
        assert filled.stderr == ""
        redis_server = stack.enter_context(servers.redis(redis_port, folder))
        first, second = (stack.enter_context(sites.served(environment, workers)) for workers in (2, 1))
        stack.enter_context(servers.nginx(port, [first.port, second.port], folder / "pages" / "now", folder))
        yield Machines(
            folder=folder,
            environment=environment,
            session=filled.stdout.strip(),
            applications=[first.address, second.address],
            front=f"http://127.0.0.1:{port}",
            redis_port=redis_port,
            redis=redis_server,
            dying=second.pid,
        )


def heading(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page.partition("<h1>")[2].partition("</h1>")[0])


def test_no_edit_is_unseen_by_the_next_request_to_any_machine(machines: Machines) -> None:
    chance = random.Random(1)  # noqa: S311
    stale = []
    with servers.shell(machines.environment, EDIT) as edit:
        for number in range(EDITS):
            name, language = f"Name{number}", chance.choice(LANGUAGES)
            slug = chance.choice(["newsroom", *["django"] * 8, "sql"])
            if slug == "newsroom":
                machines.edit_in_the_newsroom(chance.choice(machines.everywhere), name)
            elif slug == "django":
                edit(name)
            else:
                machines.sql("UPDATE zone_field SET name_en = %s WHERE slug = 'sql'", name)
                time.sleep(2 * page_files.INTERVAL)  # What is done past Django is seen by nginx after a look.
            if (found := machines.names(f"/{language}/fields/{slug}/")) != {name}:
                stale.append((number, slug, found))
            if number % 4 == 0:
                machines.wait_for_file(f"/{language}/fields/{slug}/")
    assert stale == []


# What nginx serves


def said(answer: Any) -> dict[str, Any]:
    """Return the headers that say something of the page."""
    found = {name.lower(): text for name, text in answer.headers.items()}
    for name in ("date", "server", "connection", "etag"):
        found.pop(name, None)
    policy = found["content-security-policy"].split(";")
    return found | {"content-security-policy": sorted(part.strip() for part in policy)}


@pytest.fixture
def path(machines: Machines) -> str:
    """Return the path of a page that nginx has as a file."""
    machines.wait_for_file("/zh-hant/about/")
    return "/zh-hant/about/"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("accepted", ["identity", "gzip"])
def test_file_is_sent_with_the_headers_of_the_application(
    machines: Machines, path: str, accepted: str, method: str
) -> None:
    file = ask(f"{machines.front}{path}", method=method, accept_encoding=accepted)
    made = ask(f"{machines.applications[0]}{path}", method=method, accept_encoding=accepted)
    assert is_file(file)
    assert not is_file(made)
    assert (file.status, said(file), file.body) == (made.status, said(made), made.body)
    again = ask(f"{machines.front}{path}", accept_encoding=accepted, if_none_match=file.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("query", "headers", "method"),
    [
        ("?page=1", {}, "GET"),
        ("", {"cookie": "sessionid=x"}, "GET"),
        ("", {"cookie": "a=b; __Host-sessionid=x"}, "GET"),
        ("", {"authorization": "Basic x"}, "GET"),
        ("", {"host": "127.0.0.2"}, "GET"),
        ("", {}, "POST"),
    ],
)
def test_what_is_not_for_everybody_comes_from_the_application(
    machines: Machines, path: str, query: str, headers: dict[str, Any], method: str
) -> None:
    assert not is_file(ask(f"{machines.front}{path}{query}", method=method, **headers))


@pytest.mark.parametrize("cookie", ["", "__Host-sessionid=x"])
def test_files_of_a_page_come_from_nginx_whoever_asks(machines: Machines, cookie: str) -> None:
    asked: dict[str, Any] = {"cookie": cookie}
    page = ask(f"{machines.front}/admin/login/", **asked).body.decode()
    files = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    answers = {file: ask(f"{machines.front}{file}", **asked) for file in files}
    assert {file.rpartition(".")[2] for file in files} == {"css", "js", "svg"}
    assert {file: answer.status for file, answer in answers.items()} == dict.fromkeys(files, 200)
    assert not any("X-Request-ID" in answer.headers for answer in answers.values())


def test_answer_is_called_what_nginx_calls_the_request(machines: Machines) -> None:
    named = "0123456789abcdef"
    answer = ask(f"{machines.front}/en/search/?q=field", x_request_id=named)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    # Behind nginx the application believes what it is told, and nobody but nginx may tell it.
    assert ask(f"{machines.applications[0]}/en/search/?q=field", x_request_id=named).headers["X-Request-ID"] == named


# What fails


def pages_come(machines: Machines) -> None:
    """Fail unless an edit is seen everywhere, and in little time: the machine has others to serve as well."""
    name = f"Name{time.monotonic_ns()}"
    machines.sql("UPDATE zone_field SET name_en = %s WHERE slug = 'sql'", name)
    time.sleep(2 * page_files.INTERVAL)
    for machine in machines.everywhere:
        begun = time.monotonic()
        assert heading(sites.get(f"{machine}/en/fields/sql/")) == name
        assert time.monotonic() - begun < 3


def test_redis_may_hang_and_die_and_come_back(machines: Machines) -> None:
    machines.redis.send_signal(signal.SIGSTOP)
    pages_come(machines)
    machines.redis.kill()
    machines.redis.wait()
    pages_come(machines)
    with servers.redis(machines.redis_port, machines.folder):
        client = redis.Redis(port=machines.redis_port)

        def share() -> None:
            pages_come(machines)
            if not client.keys("*page-*"):
                raise OSError

        servers.wait_until(share, seconds=10)


def test_connections_to_the_database_may_end(machines: Machines) -> None:
    for _ in range(2):
        machines.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        pages_come(machines)


def test_application_that_dies_loses_no_request(machines: Machines) -> None:
    address = f"{machines.front}/en/fields/"
    assert set(statuses(address, 2, lambda: os.killpg(machines.dying, signal.SIGKILL))) == {200}
    assert ask(f"{machines.front}/en/").status == 200
