"""Killing a program of the site at moments that chance chooses."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from tests.sites import variables

TIMES = int(os.environ.get("KILLS", "20"))
"""How often each thing is killed."""


def environment(folder: Path, address: str) -> dict[str, str]:
    """Return the variables of a program that uses the database at ``address``."""
    return variables(folder) | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "hetao.settings"}


def begun(command: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start this Python with ``command``."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def run(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Run ``command`` to its end, which has to be a good one; return how many seconds it took."""
    start = time.monotonic()
    with begun(command, variables) as process:
        _out, said = process.communicate()
    assert process.returncode == 0, said.decode()
    return time.monotonic() - start


def killed(command: Sequence[str], variables: Mapping[str, str], after: float) -> bool:
    """Run ``command`` and kill it ``after`` so many seconds; return whether it was still running."""
    with begun(command, variables) as process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _out, said = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said.decode()
    return process.returncode != 0


def moments(longest: float, first: float, seed: int) -> list[float]:
    """Return moments in seconds, from the share ``first`` of ``longest`` on until a little after it."""
    chance = random.Random(seed)  # noqa: S311
    return [longest * chance.uniform(first, 1.05) for _ in range(TIMES)]
