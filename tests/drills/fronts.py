"""The site as README deploys it: a server that is started again when it ends, behind nginx."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from tests import servers, sites
from tests.test_machines import ask

NGINX = pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="nginx is not installed.")


@dataclass
class Front:
    """nginx before one server, which a loop starts again as systemd does."""

    address: str
    port: int
    folder: Path
    restarts: list[int]
    """The processes of the server, the running one last."""


@contextmanager
def supervised(environment: dict[str, str], port: int) -> Iterator[list[int]]:
    """Do what systemd does: hold the socket, and start the server again as soon as it has ended."""
    running: list[subprocess.Popen[bytes]] = []
    pids: list[int] = []
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", port), backlog=128) as listening:
        server = (sys.executable, "-m", "gunicorn", "-c", "hetao/gunicorn.conf.py")
        passing = f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        command = ("bash", "-c", passing, "bash", *server)  # The sh of Debian knows no descriptor above 9.

        def keep() -> None:
            while not is_over.is_set():
                running[:] = [
                    subprocess.Popen(  # noqa: S603
                        command,
                        cwd=settings.BASE_DIR,
                        env=environment,
                        stdout=subprocess.DEVNULL,
                        pass_fds=[listening.fileno()],
                    )
                ]
                pids.append(running[0].pid)
                running[0].wait()
                is_over.wait(0.1)

        thread = threading.Thread(target=keep)
        thread.start()
        try:
            yield pids
        finally:
            is_over.set()
            running[0].terminate()
            thread.join()


@contextmanager
def front_in(folder: Path) -> Iterator[Front]:
    """Run both, with what they keep in ``folder``."""
    folder.chmod(0o755)
    application, port = sites.free_port(), sites.free_port()
    environment = sites.variables(folder) | {"BEHIND_PROXY": "true", "PORT": str(application)}
    for command in (("migrate", "-v0"), ("collectstatic", "-v0", "--noinput")):
        sites.manage(environment, *command)
    with supervised(environment, application) as pids, servers.nginx(port, [application], folder / "now", folder):
        found = Front(f"http://127.0.0.1:{port}", port, folder, pids)
        servers.wait_until(lambda: answers(found))
        yield found


def answers(front: Front) -> None:
    if ask(f"{front.address}/healthz").status != 200:
        raise OSError
