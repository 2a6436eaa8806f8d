"""The site as it is served: two workers of one server and one of another, over one database in a file."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.programs import python

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is a file of its own.")

EDITS = 40
SLUGS = ("a", "b", "c")
FILL = f"""
from zone.models import Organisation
for slug in {SLUGS}:
    Organisation.objects.create(
        slug=slug, name_en=slug, kind="company", role="tenant", presence="operating", status="published"
    )
"""
EDIT = """
import sys
from zone.models import Organisation
for line in sys.stdin:
    slug, name = line.split()
    Organisation.objects.filter(slug=slug).update(name_en=name)
    print(flush=True)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a site with three organisations in a database of its own."""
    variables = {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "nothing but a test of the served pages, and long enough",
        "HTTPS": "false",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}",
        "STATIC_ROOT": str(tmp_path / "static"),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "PATH": os.environ["PATH"],
    }
    for command in (("migrate", "-v0"), ("collectstatic", "-v0", "--noinput"), ("shell", "-v0", "-c", FILL)):
        done = python("manage.py", *command, environment=variables)
        assert (done.returncode, done.stderr) == (0, "")
    return variables


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


@contextmanager
def served(environment: dict[str, str], workers: int) -> Iterator[str]:
    """Serve the site with gunicorn as it is shipped; yield its address."""
    port = free_port()
    variables = {**environment, "PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    command = (sys.executable, "-m", "gunicorn", "-c", "hetao/gunicorn.conf.py")
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=variables, stdout=subprocess.DEVNULL) as server:  # noqa: S603
        address = f"http://127.0.0.1:{port}"
        try:
            end = time.monotonic() + 30
            while True:
                try:
                    get(f"{address}/healthz")
                    break
                except (urllib.error.URLError, ConnectionError):
                    assert server.poll() is None
                    assert time.monotonic() < end
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()


def test_no_worker_of_no_server_shows_a_page_that_is_older_than_the_last_edit(environment: dict[str, str]) -> None:
    chance = random.Random(1)  # noqa: S311
    with ExitStack() as stack:
        addresses = [stack.enter_context(served(environment, workers)) for workers in (2, 1)]
        edit = stack.enter_context(
            subprocess.Popen(  # noqa: S603
                (sys.executable, "manage.py", "shell", "-v0", "-c", EDIT),
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert edit.stdin is not None
        assert edit.stdout is not None
        readers = stack.enter_context(ThreadPoolExecutor(6))
        stale = []
        for number in range(EDITS):
            slug = chance.choice(SLUGS)
            edit.stdin.write(f"{slug} Name{number}\n")
            edit.stdin.flush()
            edit.stdout.readline()
            pages = readers.map(get, [f"{address}/en/organisations/{slug}/" for address in addresses * 3])
            stale += [number for page in pages if not re.search(rf"<h1>Name{number}</h1>", page)]
        edit.stdin.close()
    assert stale == []
