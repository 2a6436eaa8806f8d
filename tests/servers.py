"""Starting the servers that the site is made of, each on a port of its own, and stopping them by their process."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """Return the page at ``address``, for a host without a port. Raises ``HTTPError`` for any other answer."""
    request = urllib.request.Request(address, headers={"Host": "localhost"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
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


@contextmanager
def nginx(port: int, applications: Sequence[int], pages: Path, folder: Path) -> Iterator[Server]:
    """Run nginx as the README sets it up, with its places and ports exchanged, in front of ``applications``."""
    readme = (settings.BASE_DIR / "README.md").read_text("utf-8")
    [site] = re.findall(r"^```nginx\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    for pattern, here in (
        (r"listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        (r"ssl_certificate.*;", ""),
        (r"hetao\.example\.org", "127.0.0.1"),
        (r"server 127\.0\.0\.1:8000 (.*);", "".join(f"server 127.0.0.1:{one} \\1;" for one in applications)),
        (r"/srv/hetao/pages", str(pages)),
    ):
        site, found = re.subn(pattern, here, site)
        assert found
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log;"
        f"events {{}} http {{ {places} {site} }}",
        "utf-8",
    )
    with started("nginx", "-e", f"{folder}/nginx.log", "-c", str(conf), port=port) as server:
        yield server


@contextmanager
def shell(environment: Mapping[str, str], code: str) -> Iterator[Callable[[str], None]]:
    """Run ``code`` in the shell of Django; yield a function that tells it a line and waits for its answer."""
    command = (sys.executable, "manage.py", "shell", "-v0", "-c", code)
    with subprocess.Popen(  # noqa: S603
        command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as told:

        def tell(line: str) -> None:
            assert told.stdin is not None
            assert told.stdout is not None
            told.stdin.write(f"{line}\n")
            told.stdin.flush()
            assert told.stdout.readline()

        yield tell
        told.communicate()
