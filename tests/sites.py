"""A site of its own, set up and served as in production, for tests that look at it from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.programs import python


@dataclass(frozen=True)
class Server:
    """A server that runs, with its workers in a group of processes of its own."""

    address: str
    port: int
    pid: int


def variables(folder: Path) -> dict[str, str]:
    """Return the variables of a site that keeps everything in ``folder``."""
    return {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "nothing but a test of the served pages, and long enough",
        "HTTPS": "false",
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "PATH": os.environ["PATH"],
    }


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Run a command of ``manage.py``, which has to succeed without a complaint; return what it says."""
    done = python("manage.py", *arguments, environment=environment)
    assert (done.returncode, done.stderr) == (0, ""), (arguments, done.stderr)
    return done.stdout


def copy_database(file: Path) -> None:
    """Write the database of the tests, which is SQLite and has all migrations, to ``file``."""
    file.write_bytes(connection.cursor().connection.serialize())


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def get(address: str, host: str = "localhost") -> str:
    """Return the page at ``address``, of a ``host`` without a port. Raises ``HTTPError`` for any other answer."""
    request = urllib.request.Request(address, headers={"Host": host})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


@contextmanager
def served(environment: Mapping[str, str], workers: int = 2, application: str = "") -> Iterator[Server]:
    """Serve the site, or another ``application``, with gunicorn as it is shipped."""
    port = free_port()
    environment = {**environment, "PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    command = (sys.executable, "-m", "gunicorn", "-c", "hetao/gunicorn.conf.py", *filter(None, [application]))
    with subprocess.Popen(  # noqa: S603
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL, process_group=0
    ) as process:
        try:
            _wait_for(process, port)
            yield Server(f"http://127.0.0.1:{port}", port, process.pid)
        finally:
            process.terminate()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10):
                return
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
