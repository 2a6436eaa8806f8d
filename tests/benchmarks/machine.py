"""What processes take of the machine, as Linux tells it under ``/proc``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds in the unit in which Linux counts the time of the processor."""
CORES: Final = sorted(os.sched_getaffinity(0))
CLIENTS: Final = CORES[-1:]
"""The core of what asks."""
SERVERS: Final = CORES[:-1] or CORES
"""The cores of what answers: others, where there are two."""


@contextmanager
def pinned_to(cores: list[int]) -> Iterator[None]:
    """Keep this thread, and the processes that it starts, on ``cores``."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield pid
    for children in PROC.glob(f"{pid}/task/*/children"):
        for child in children.read_text("ascii").split():
            yield from tree(int(child))


def processor_seconds(pid: int) -> float:
    """Return what a tree of processes has worked, those that have ended included: for the program and in the kernel."""
    return sum(map(_worked, tree(pid))) * TICK


def _worked(pid: int) -> int:
    # The name of the program, in brackets, may have spaces. It is the second field; the four are the 14th to the 17th.
    fields = (PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def machine_seconds() -> float:
    """Return what all processes of the machine have worked."""
    user, nice, system, _idle, _waiting, *rest = (PROC / "stat").read_text("ascii").splitlines()[0].split()[1:9]
    return sum(map(int, (user, nice, system, *rest))) * TICK


def megabytes(pid: int) -> dict[str, float]:
    """Return the memory of a tree of processes: RSS counts what they share once for each of them, PSS once."""
    sizes = {"Rss": 0.0, "Pss": 0.0}
    for process in tree(pid):
        for line in (PROC / str(process) / "smaps_rollup").read_text("ascii").splitlines()[1:]:
            name, size, *_unit = line.split()
            if name[:-1] in sizes:
                sizes[name[:-1]] += int(size) / 1024
    return sizes
