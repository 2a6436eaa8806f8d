"""The page as a file behind nginx, and where the figures are kept."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.servers import started
from tests.sites import Server, free_port

RESULTS: Final = Path(__file__).parent / "results"


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """Serve the files of ``folder`` with nginx."""
    template = Path(__file__).parent / "references" / "nginx.conf"
    port, conf = free_port(), folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""  # Who may read the folder.
    conf.write_text(template.read_text("utf-8").format(folder=folder, port=port, user=user), "utf-8")
    with started("nginx", "-p", str(folder), "-c", str(conf), port=port) as process:
        yield Server(f"http://127.0.0.1:{port}", port, process.pid)


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
