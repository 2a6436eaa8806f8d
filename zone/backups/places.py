"""Where backups lie: in a folder, or in a bucket, which is named ``s3://bucket/prefix``."""

from __future__ import annotations

import datetime
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage

from zone.backups import manifest
from zone.media_storage import Bucket
from zone.picture_files import files_in

_BUCKETS: Final = "s3://"
_UNFINISHED: Final = ".unfinished"
_NAME: Final = "%Y%m%dT%H%M%SZ"
"""What a backup is called: sorts by time."""
_NAMES: Final = re.compile(rf"[0-9]{{8}}T[0-9]{{6}}Z({re.escape(_UNFINISHED)})?")


def name_of(moment: datetime.datetime) -> str:
    """Return what a backup is called that was made at a moment, in UTC."""
    return moment.strftime(_NAME)


def place(address: str) -> Storage:
    """Return what lies at ``address``. Only who makes a backup in a folder may read it: it has all that is secret."""
    if not address.startswith(_BUCKETS):
        return FileSystemStorage(Path(address).absolute(), None, 0o600, 0o700)
    bucket, _slash, prefix = address.removeprefix(_BUCKETS).partition("/")
    return Bucket(
        bucket_name=bucket,
        location=prefix.strip("/"),
        endpoint_url=settings.S3_ENDPOINT or None,
        region_name=settings.S3_REGION or None,
        access_key=settings.S3_ACCESS_KEY or None,
        secret_key=settings.S3_SECRET_KEY or None,
    )


def is_among_uploads(address: str) -> bool:
    """Return whether ``address`` lies where uploads are kept: readers can fetch what is there."""
    if address.startswith(_BUCKETS):
        return address.removeprefix(_BUCKETS).partition("/")[0] == settings.S3_BUCKET
    return not settings.S3_BUCKET and Path(address).resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve())


def inside(address: str, name: str) -> str:
    """Return the address of the backup called ``name`` at ``address``."""
    return f"{address.rstrip('/')}/{name}"


def names_of_backups(address: str) -> list[str]:
    """Return the names of the whole backups at ``address``, the oldest first."""
    names = [name for name in _folders(address) if not name.endswith(_UNFINISHED)]
    return [name for name in names if place(inside(address, name)).exists(manifest.NAME)]


def _folders(address: str) -> list[str]:
    """Return the names of all that was ever begun at ``address``; what else lies there is not ours."""
    try:
        folders, _files = place(address).listdir("")
    except FileNotFoundError:
        return []
    return sorted(filter(_NAMES.fullmatch, folders))


@contextmanager
def begun(address: str, name: str) -> Iterator[Storage]:
    """Yield where to write the backup ``name``. It is taken away again unless everything has gone well.

    In a folder it is called so only when all of it is on the disk. In a bucket, which cannot rename, nothing but its
    manifest makes it one.
    """
    final = inside(address, name)
    working = final if address.startswith(_BUCKETS) else f"{final}{_UNFINISHED}"
    backup = place(working)
    if working != final:
        Path(working).mkdir(0o700, parents=True)  # Fails where another backup has the name already.
    try:
        yield backup
        if working != final:
            os.sync()
            Path(working).rename(final)
            os.sync()
    except BaseException:
        _remove(backup)
        raise


def thin_out(address: str, keep: int) -> list[str]:
    """Delete what is older than the ``keep`` newest whole backups; return the names of what was deleted."""
    kept = names_of_backups(address)[-keep:]
    old = [name for name in _folders(address) if kept and name < kept[0]]
    for name in old:
        _remove(place(inside(address, name)))
    return old


def _remove(backup: Storage) -> None:
    backup.delete(manifest.NAME)  # What is half deleted must not be taken for whole.
    if isinstance(backup, FileSystemStorage):
        shutil.rmtree(backup.location, ignore_errors=True)
    else:
        for name in list(files_in(backup)):
            backup.delete(name)
