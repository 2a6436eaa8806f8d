"""What the release that runs is called. Pages of one release are nothing to another, even after a minute's upgrade."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hetao import settings

_OF_THE_MACHINE: Final = frozenset(
    {
        "BIND",
        "CACHES",
        "LOGGING",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "MEDIA_ROOT",
        "PAGE_FILES",
        "PAGE_LINK",
        "PORT",
        "SENTRY_DSN",
        "STATIC_ROOT",
        "THREADS",
        "WEB_CONCURRENCY",
    }
)
"""Settings that no page follows from. All others count, so that none can be forgotten."""
_SUFFIXES: Final = (".py", ".html", ".txt", ".xml", ".svg", ".mo")


def fingerprint() -> str:
    """Return what the code, the templates, the static files, the packages and the settings add up to."""
    said = sorted(
        (name, repr(value)) for name, value in vars(settings).items() if name.isupper() and name not in _OF_THE_MACHINE
    )
    # With the secret key in it, this tells nobody anything about the other settings.
    digest = hashlib.sha256(repr(said).encode())
    for path in sorted(_files(settings.BASE_DIR)):
        digest.update(f"{path.relative_to(settings.BASE_DIR)} {path.stat().st_size} ".encode() + path.read_bytes())
    names = Path(settings.STATIC_ROOT, "staticfiles.json")
    digest.update(names.read_bytes() if names.exists() else b"")
    return digest.hexdigest()[:32]


def _files(base: Path) -> Iterator[Path]:
    yield base / "requirements.txt"
    for room in ("hetao", "templates", "zone"):
        yield from (path for path in (base / room).rglob("*") if path.suffix in _SUFFIXES)
