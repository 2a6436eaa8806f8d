"""wapiti, for the drills that let it at the site."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Final

import pytest

WAPITI: Final = os.environ.get("WAPITI", "wapiti")

needs_wapiti = pytest.mark.skipif(not shutil.which(WAPITI), reason="wapiti is not installed.")


def asked(address: str, folder: Path, modules: str, seconds: int) -> list[str]:
    """Return the command by which wapiti attacks ``address``, each of its ``modules`` for ``seconds`` at most."""
    report = ("-f", "json", "-o", str(folder / "report.json"), "--no-bugreport")
    places = ("--store-session", str(folder), "--flush-session")
    return [WAPITI, "-u", address, "-m", modules, "--max-attack-time", str(seconds), *report, *places]


def found(folder: Path) -> dict[str, int]:
    """Return how many holes of each kind its report names."""
    report = json.loads((folder / "report.json").read_text("utf-8"))
    return {kind: len(holes) for kind, holes in report["vulnerabilities"].items() if holes}
