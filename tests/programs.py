"""Running the site's programs as a machine does that knows nothing but what it is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings


def run(*command: str, environment: Mapping[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``command`` at the top of the project, or in ``cwd``, with no other variables than ``environment``."""
    return subprocess.run(  # noqa: S603
        command, cwd=cwd or settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )


def python(
    *arguments: str, environment: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run this Python with ``arguments``."""
    return run(sys.executable, *arguments, environment=environment, cwd=cwd)
