"""What stands around the site on its machines: nginx, Redis and somebody at the shell of Django."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

Server = subprocess.Popen[bytes]


def wait_until(answers: Callable[[], object], seconds: float = 30) -> None:
    """Wait until ``answers`` raises no ``OSError``, which is what a server does that is not there yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            answers()
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


@contextmanager
def started(*command: str, port: int) -> Iterator[Server]:
    """Run ``command``; yield it once it listens on ``port``."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
            yield server
        finally:
            server.terminate()


@contextmanager
def redis(port: int, folder: Path) -> Iterator[Server]:
    """Run Redis, which keeps nothing on the disk."""
    places = ("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder))
    with started("redis-server", *places, "--save", "", port=port) as server:
        yield server


@contextmanager
def nginx(port: int, applications: Sequence[int], link: Path, folder: Path) -> Iterator[Server]:
    """Run nginx as the README sets it up, with its places and ports exchanged, in front of ``applications``."""
    readme = (settings.BASE_DIR / "README.md").read_text("utf-8")
    [site] = re.findall(r"^```nginx\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    for pattern, here in (
        (r"listen 80;", ""),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        (r"ssl_certificate.*;", ""),
        (r"hetao\.example\.org", "127.0.0.1"),
        (r"server 127\.0\.0\.1:8000 (.*);", "".join(f"server 127.0.0.1:{one} \\1;" for one in applications)),
        (r"/run/hetao/now", str(link)),
        (r"/srv/hetao/staticfiles", f"{folder}/static"),
    ):
        site, found = re.subn(pattern, here, site)
        assert found
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"user {getpass.getuser()}; daemon off; worker_processes 2; pid {folder}/nginx.pid;"
        f"error_log {folder}/nginx.log;"
        f"events {{}} http {{ include /etc/nginx/mime.types; {places} {site} }}",
        "utf-8",
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    with started(program, "-e", f"{folder}/nginx.log", "-c", str(conf), port=port) as server:
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
