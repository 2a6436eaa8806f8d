"""Making a backup: the database first, then the files that it names, then what both add up to.

A file is written before the record that names it, and its name is never used again. So all that the database names at
the moment of its snapshot is there when the files are copied afterwards, but for what ``purge_pictures`` deletes
meanwhile, which is found.
"""

from __future__ import annotations

import datetime
import tempfile
from dataclasses import replace
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.db import connection

from zone.backups.databases import ALIAS, CopyError, database
from zone.backups.manifest import (
    MEDIA,
    Manifest,
    applied_migrations,
    checksum_of_file,
    checksums_of_tables,
)
from zone.backups.places import begun, inside, is_among_uploads, name_of
from zone.media_storage import answering
from zone.picture_files import files_in, needed_files
from zone.progress import progress


def make_backup(address: str) -> tuple[str, Manifest]:
    """Make a backup at ``address``, a folder or a bucket; return its own address, and what is in it.

    Raises ``CopyError`` or ``OSError``, and leaves nothing behind, where it could not be made or does not read back as
    what was written.
    """
    if is_among_uploads(address):
        raise CopyError("TARGET is where uploads are kept (MEDIA_ROOT, S3_BUCKET), which readers can fetch.")
    now = datetime.datetime.now(datetime.UTC)
    name = name_of(now)
    with answering(), begun(address, name) as backup:
        with progress("Copying the database"):
            manifest, needed = _copy_database(backup, now)
        with progress("Copying the files"):
            media = _copy_media(backup)
        files = manifest.files | {f"{MEDIA}{name}": checksum for name, checksum in media.items()}
        manifest = replace(manifest, files=files, missing=sorted(needed - media.keys()))
        with progress("Reading it back"):
            if damaged := damaged_files(backup, manifest):
                raise CopyError(f"What was written does not read back: {', '.join(damaged[:3])}")
        manifest.write(backup)
    return inside(address, name), manifest


def damaged_files(backup: Storage, manifest: Manifest) -> list[str]:
    """Return the names of the files in ``backup`` that are not what ``manifest`` says, or are not there."""
    return [name for name, checksum in manifest.files.items() if _found(backup, name) != checksum]


def _found(backup: Storage, name: str) -> str | None:
    try:
        return checksum_of_file(backup, name)
    except FileNotFoundError:
        return None


def _copy_database(backup: Storage, now: datetime.datetime) -> tuple[Manifest, set[str]]:
    """Copy the database into ``backup``; return what the manifest says of it, and the files that it names."""
    source = database()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, source.file)
        with source.copied(path) as copy:
            manifest = Manifest(
                made_at=now.isoformat(timespec="seconds"),
                database=connection.vendor,
                migrations=applied_migrations(copy),
                tables=checksums_of_tables(copy),
                files={source.file: checksum_of_file(FileSystemStorage(folder), source.file)},
                missing=[],
            )
            needed = needed_files(ALIAS)
        with path.open("rb") as file:
            backup.save(source.file, File(file))
    return manifest, needed


def _copy_media(backup: Storage) -> dict[str, str]:
    """Copy all files of the site into ``backup``, and return their checksums by name."""
    copied = {}
    for name in files_in(default_storage):
        try:
            checksum = checksum_of_file(default_storage, name)
            with default_storage.open(name) as file:
                backup.save(f"{MEDIA}{name}", file)
        except FileNotFoundError:  # Deleted since it was listed.
            continue
        copied[name] = checksum
    return copied
