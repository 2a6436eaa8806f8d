"""No save that was acknowledged is lost, however often workers, master and database are killed meanwhile."""

from __future__ import annotations

import itertools
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from tests.admin.forms import answers
from tests.drills.databases import Cluster, Databases
from tests.drills.killing import environment
from tests.programs import python
from tests.sites import free_port, manage
from tests.test_machines import FILL, TOKEN, ask

pytestmark = pytest.mark.drill

SAVES = int(os.environ.get("SAVES", "10000"))
KILLS = 12
WRITERS = 6
WITHOUT_VERSION = """
SELECT slug FROM zone_field WHERE NOT EXISTS (
    SELECT 1 FROM zone_version JOIN django_content_type ON django_content_type.id = content_type_id
    WHERE model = 'field' AND object_id = zone_field.id
)
"""


class Supervisor:
    """Does what systemd does with the unit in the README: it ends what a dead server has left, and starts another."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.starts = 0
        self.ending = False
        self.server = self._start()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        return subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "hetao/gunicorn.conf.py"],
            cwd=settings.BASE_DIR,
            env=self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def _watch(self) -> None:
        while not self.ending:
            if self.server.poll() is not None:
                kill_group(self.server.pid)
                self.server = self._start()
            time.sleep(0.1)

    def workers(self) -> list[int]:
        pid = self.server.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def end(self) -> None:
        self.ending = True
        self.thread.join()
        self.server.terminate()
        self.server.wait()


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def supervised(variables: dict[str, str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(variables)
    try:
        yield supervisor
    finally:
        supervisor.end()


class Writer:
    """An editor who adds records in the newsroom, one after another, and remembers those that were acknowledged.

    The first one adds fields, each of which gets a version; the others redirects, which take the least time.
    """

    def __init__(self, site: str, session: str, number: int) -> None:
        self.number = number
        self.kind = "redirect" if number else "field"
        self.address = f"{site}/admin/zone/{self.kind}/add/"
        self.cookie = f"sessionid={session}; csrftoken={TOKEN}"
        self.form = answers(SimpleNamespace(content=ask(self.address, cookie=self.cookie).body))
        self.acknowledged: list[str] = []
        self.refused: Counter[str] = Counter()

    def write(self, enough: Callable[[], bool]) -> None:
        for number in itertools.count():
            if enough():
                return
            name = f"writer-{self.number}-{number}"
            try:
                answer = ask(self.address, self.form | self.given(name), cookie=self.cookie)
            except OSError as error:
                self.refused[type(error).__name__] += 1
                time.sleep(0.2)
                continue
            if answer.status == 302 and f"/admin/zone/{self.kind}/" in answer.headers["Location"]:
                self.acknowledged.append(name)
            else:
                self.refused[str(answer.status)] += 1

    def given(self, name: str) -> dict[str, str]:
        given = {"csrfmiddlewaretoken": TOKEN}
        if self.kind == "redirect":
            return given | {"old_path": f"/organisations/{name}/", "new_path": "/organisations/"}
        return given | {"_opening": secrets.token_urlsafe(16), "slug": name, "name_en": name}


def kills(databases: Databases, supervisor: Supervisor) -> dict[str, Callable[[], object]]:
    """Return how each part is killed. SQLite has no server: it dies with the workers."""
    ways: dict[str, Callable[[], object]] = {
        "worker": lambda: os.kill(random.choice(supervisor.workers()), signal.SIGKILL),  # noqa: S311
        "master": lambda: os.kill(supervisor.server.pid, signal.SIGKILL),
    }
    if not isinstance(databases, Cluster):
        return ways | {"all at once": lambda: kill_group(supervisor.server.pid)}

    def kill_database() -> None:
        os.kill(databases.pid, signal.SIGKILL)
        databases.start()

    def stop_database() -> None:
        databases.stop()
        databases.start()

    return ways | {"database": kill_database, "database, as if the power failed": stop_database}


def test_no_acknowledged_save_is_lost(databases: Databases, tmp_path: Path) -> None:
    address, port = databases.new(), free_port()
    variables = environment(tmp_path, address) | {"PORT": str(port), "LOG_LEVEL": "CRITICAL"}
    manage(variables, "migrate", "-v0")
    manage(variables, "collectstatic", "-v0", "--noinput")
    session = python("manage.py", "shell", "-v0", "-c", FILL, environment=variables).stdout.strip()
    with supervised(variables) as supervisor:
        site = f"http://127.0.0.1:{port}"
        wait_for(site)
        writers = [Writer(site, session, number) for number in range(WRITERS)]
        start = time.monotonic()

        def count() -> int:
            return sum(len(writer.acknowledged) for writer in writers)

        with ThreadPoolExecutor(WRITERS) as together:
            writing = [together.submit(writer.write, lambda: count() >= SAVES) for writer in writers]
            ways = itertools.cycle(kills(databases, supervisor).items())
            done: Counter[str] = Counter()
            for number, (name, kill) in zip(range(KILLS), ways, strict=False):
                while count() < SAVES * (number + 1) / (KILLS + 1):
                    time.sleep(0.05)
                kill()
                done[name] += 1
            for one in writing:
                one.result()
        seconds = time.monotonic() - start
        starts = supervisor.starts
    fields = {slug for (slug,) in databases.ask(address, "SELECT slug FROM zone_field")}
    kept = fields | {path.split("/")[2] for (path,) in databases.ask(address, "SELECT old_path FROM zone_redirect")}
    acknowledged = {name for writer in writers for name in writer.acknowledged}
    lost = acknowledged - kept
    refused = sum((writer.refused for writer in writers), Counter[str]())
    print(  # noqa: T201
        f"\n{type(databases).__name__}: "
        f"{len(acknowledged)} acknowledged saves in {seconds:.0f} s; killed {dict(done)}; "
        f"{starts - 1} new starts; not acknowledged {dict(refused)}; lost {len(lost)}"
    )
    assert lost == set()
    assert len(acknowledged) >= SAVES
    manage(variables, "rebuild_search", "--check")
    assert databases.ask(address, WITHOUT_VERSION) == []


def wait_for(site: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            assert ask(f"{site}/healthz").status == 200
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return
