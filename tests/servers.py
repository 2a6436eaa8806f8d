"""Starting the servers that the site is made of, each on a port of its own, and stopping them by their process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

Server = subprocess.Popen[bytes]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def get(address: str) -> str:
    """Return the page at ``address``. Raises ``urllib.error.HTTPError`` for any other answer."""
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


def wait_until(answers: Callable[[], object], server: Server | None = None, seconds: float = 30) -> None:
    """Wait until ``answers`` raises nothing, as long as ``server`` lives."""
    end = time.monotonic() + seconds
    while True:
        try:
            answers()
            return
        except (urllib.error.URLError, OSError):
            assert server is None or server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)


@contextmanager
def started(*command: str, port: int, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run ``command`` at the top of the project; yield it once it listens on ``port``."""
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), server)
            yield server
        finally:
            server.terminate()


@contextmanager
def gunicorn(environment: Mapping[str, str], port: int, workers: int) -> Iterator[Server]:
    """Serve the site as it is shipped."""
    variables = {**environment, "PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    command = (sys.executable, "-m", "gunicorn", "-c", "hetao/gunicorn.conf.py")
    with started(*command, port=port, environment=variables) as server:
        wait_until(lambda: get(f"http://127.0.0.1:{port}/healthz"), server)
        yield server


@contextmanager
def served(environment: Mapping[str, str], workers: int) -> Iterator[str]:
    """Serve the site; yield its address."""
    port = free_port()
    with gunicorn(environment, port, workers):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def redis(port: int, folder: Path) -> Iterator[Server]:
    """Run Redis, which keeps nothing on the disk."""
    with started("redis-server", "--port", str(port), "--dir", str(folder), "--save", "", port=port) as server:
        yield server
