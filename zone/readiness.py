"""Which parts of the site work at this moment, for monitors: found out within a second or two, whatever hangs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import DatabaseError, connection

from zone.databases.patience import limited
from zone.models import Park
from zone.static_files import StaticFiles

OK: Final = "ok"
SECONDS: Final = 1.0
"""For which the database may take to read a row."""


def parts() -> dict[str, str]:
    """Return for each part ``ok``, or in a few words what is wrong with it."""
    return {"database": _database(), "cache": _cache(), "disk": _disk(), "static files": _static_files()}


def _database() -> str:
    """Read a real table: ``SELECT 1`` would succeed on a file that is empty."""
    try:
        with limited(in_all=SECONDS):
            Park.objects.exists()
    except DatabaseError:
        return "cannot be read"
    return OK


def _cache() -> str:
    cache.set("readiness", OK, 60)
    return OK if cache.get("readiness") == OK else "does not answer"


def _disk() -> str:
    """Write a block: what a disk says of itself does not tell whether it takes one."""
    for folder in _folders():
        try:
            with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
                file.write(bytes(4096))
        except OSError as error:
            return f"cannot be written to: {error.strerror}"
    return OK


def _folders() -> Iterator[Path]:
    """Yield the folders in which this machine keeps what must not be lost."""
    if connection.vendor == "sqlite" and (file := Path(connection.settings_dict["NAME"])).is_absolute():
        yield file.parent
    if not settings.S3_BUCKET and (media := Path(settings.MEDIA_ROOT)).exists():  # The first upload makes it.
        yield media


def _static_files() -> str:
    if not isinstance(staticfiles_storage, StaticFiles):
        return OK
    staticfiles_storage.look_again()
    if not staticfiles_storage.hashed_files:
        return "were not collected"
    return f"missing: {', '.join(sorted(missing))}" if (missing := staticfiles_storage.missing) else OK
