"""What a backup says of itself, and the checksums by which it is told whether that is still true."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final, Self

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

NAME: Final = "manifest.json"
MEDIA: Final = "media/"
"""Where in a backup the uploads lie."""

_FORM: Final = 1
"""Raised when a backup that is made differently has to be restored differently."""


@dataclass(frozen=True)
class Manifest:
    """All that is in a backup, as it was made."""

    made_at: str
    """The moment of the snapshot, in UTC, as ISO 8601 writes it."""
    database: str
    """``sqlite`` or ``postgresql``."""
    migrations: list[str]
    """Those that had been applied: ``zone.0001_initial``."""
    tables: dict[str, str]
    """The checksum of each table, as :func:`checksums_of_tables` makes it."""
    files: dict[str, str]
    """The SHA-256 of each file in the backup, by its name there."""
    missing: list[str]
    """Files of pictures that the database names and that were not there to be kept."""
    form: int = _FORM

    @classmethod
    def read(cls, backup: Storage) -> Self | None:
        """Return what ``backup`` says of itself; ``None`` where it is not whole, or none that this release knows."""
        try:
            with backup.open(NAME) as file:
                said = json.load(file)
            manifest = cls(**said)
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return manifest if manifest.form == _FORM else None

    def write(self, backup: Storage) -> None:
        """Let ``backup`` say it."""
        backup.save(NAME, ContentFile(json.dumps(asdict(self), indent=2).encode()))


def checksum_of_file(storage: Storage, name: str) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with storage.open(name) as file:
        for chunk in file.chunks():
            digest.update(chunk)
    return digest.hexdigest()


def checksums_of_tables(database: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the number of rows of each table and the sum of their SHA-256, in which no order of rows matters."""
    with database.cursor() as cursor:
        tables = [table.name for table in database.introspection.get_table_list(cursor) if table.type in "tp"]
    return {table: _checksum_of_table(database, table) for table in sorted(tables)}


def _checksum_of_table(database: BaseDatabaseWrapper, table: str) -> str:
    count = total = 0
    with database.chunked_cursor() as cursor:
        cursor.execute(f"SELECT * FROM {database.ops.quote_name(table)}")  # noqa: S608 - The database has told it.
        for row in cursor:
            count += 1
            total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest())
    return f"{count} rows, {total % 2**256:064x}"


def applied_migrations(database: BaseDatabaseWrapper) -> list[str]:
    """Return the migrations that ``database`` says it has had."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(database).applied_migrations())
