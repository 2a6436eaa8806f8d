"""Putting a backup back where nothing is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from django.core.files.storage import Storage, default_storage
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from zone.backups.databases import ALIAS, CopyError, database
from zone.backups.making import damaged_files
from zone.backups.manifest import MEDIA, Manifest, checksum_of_file, checksums_of_tables
from zone.backups.places import names_of_backups, place
from zone.generations import move_on
from zone.media_storage import answering
from zone.models import Session
from zone.picture_files import files_in
from zone.progress import progress

_SHOWN: Final = 3


class RestoreRefusedError(Exception):
    """A backup that cannot be restored here; says why. Nothing was changed."""


def restore_backup(address: str) -> tuple[Manifest, bool]:
    """Restore the backup at ``address``; return what it is, and whether it lacks migrations that this release has.

    The files come first and the database last, all of it or nothing: where there is a database, the rest is there.
    Raises ``RestoreRefusedError``, ``CopyError`` or ``OSError``.
    """
    with answering():
        backup = place(address)
        manifest = Manifest.read(backup)
        if manifest is None:
            raise RestoreRefusedError(_no_backup(address))
        is_older = _fits(manifest)
        _is_empty_here()
        with progress("Checking the backup"):
            if damaged := damaged_files(backup, manifest):
                raise RestoreRefusedError(f"The backup is damaged: {', '.join(damaged[:_SHOWN])}")
        written: list[str] = []
        try:
            with progress("Restoring the files"):
                _put_media_back(backup, manifest, written)
            with progress("Restoring the database"):
                _put_database_back(backup, manifest)
        except BaseException:
            for name in written:
                default_storage.delete(name)
            raise
    return manifest, is_older


def _no_backup(address: str) -> str:
    said = f"There is no whole backup at {address!r} that this release can read."
    inside = names_of_backups(address)
    return f"{said} Those in it: {', '.join(inside)}" if inside else said


def _fits(manifest: Manifest) -> bool:
    """Return whether this release has migrations that ``manifest`` has not; refuse the opposite."""
    if manifest.database != connection.vendor:
        raise RestoreRefusedError(f"The backup is of {manifest.database}, and DATABASE_URL names {connection.vendor}.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := [name for name in manifest.migrations if name not in known]:
        raise RestoreRefusedError(
            f"The backup is of a newer release, whose migrations are not here: {', '.join(unknown[:_SHOWN])}"
        )
    return not known <= set(manifest.migrations)


def _is_empty_here() -> None:
    try:
        is_empty = database().is_empty()
    except DatabaseError as error:
        raise RestoreRefusedError(f"The database cannot be looked at: {error}") from error
    if not is_empty:
        raise RestoreRefusedError("The database that DATABASE_URL names is not empty. Restore into a new one.")
    if any(True for _name in files_in(default_storage)):
        raise RestoreRefusedError("There are files where uploads are kept (MEDIA_ROOT, S3_BUCKET). Use an empty place.")


def _put_media_back(backup: Storage, manifest: Manifest, written: list[str]) -> None:
    for file, checksum in manifest.files.items():
        if not file.startswith(MEDIA):
            continue
        name = file.removeprefix(MEDIA)
        written.append(name)
        with backup.open(file) as content:
            kept = default_storage.save(name, content)
        if kept != name or checksum_of_file(default_storage, name) != checksum:
            raise CopyError(f"A file was not written as it is in the backup: {name}")


def _put_database_back(backup: Storage, manifest: Manifest) -> None:
    target = database()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, target.file)
        with backup.open(target.file) as content, path.open("wb") as file:
            for chunk in content.chunks():
                file.write(chunk)
        with target.put_back(path) as restored:
            found = checksums_of_tables(restored)
            if found != manifest.tables:
                different = sorted(table for table, _sum in found.items() ^ manifest.tables.items())
                raise CopyError(f"Tables differ from those in the backup; drop this database: {', '.join(different)}")
            _begin_anew(restored)


def _begin_anew(restored: BaseDatabaseWrapper) -> None:
    """End what must not go on: logins of the time of the backup, and pages that are kept of its content."""
    Session.objects.using(ALIAS).all().delete()
    move_on(restored)
