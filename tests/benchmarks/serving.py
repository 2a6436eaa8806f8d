"""The servers that are measured, and where the figures are kept."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.servers import free_port, started

RESULTS: Final = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    pid: int


@contextmanager
def gunicorn(environment: Mapping[str, str], *application: str) -> Iterator[Server]:
    """Serve the site, or another application, as the site is shipped."""
    port = free_port()
    command = (sys.executable, "-m", "gunicorn", "-c", "hetao/gunicorn.conf.py", *application)
    with started(*command, port=port, environment={**environment, "PORT": str(port)}) as process:
        yield Server(port, process.pid)


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """Serve the files of ``folder`` with nginx."""
    template = Path(__file__).parent / "references" / "nginx.conf"
    port, conf = free_port(), folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""  # Who may read the folder.
    conf.write_text(template.read_text("utf-8").format(folder=folder, port=port, user=user), "utf-8")
    with started("nginx", "-p", str(folder), "-c", str(conf), port=port) as process:
        yield Server(port, process.pid)


def write(name: str, figures: Mapping[str, Any]) -> None:
    """Keep figures as JSON beside the benchmarks, with when and where they were measured."""
    where = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({**where, **figures}, indent=2), "utf-8")
