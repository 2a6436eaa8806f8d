"""Restore a backup into an empty database and an empty place for uploads."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from zone.backups.databases import CopyError
from zone.backups.restoring import RestoreRefusedError, restore_backup


class Command(BaseCommand):
    """Put back what ``backup`` has made, where there is nothing that it could replace."""

    help = "Restore a backup into an empty database and an empty place for uploads. It refuses any other."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the backup."""
        parser.add_argument("source", help="the folder of one backup, or s3://bucket/prefix/name")

    def handle(self, *args: Any, source: str, **options: Any) -> None:
        """Restore, and say what is left to do."""
        try:
            manifest, is_older = restore_backup(source)
        except RestoreRefusedError as error:
            raise CommandError(f"Nothing was restored or changed. {error}") from error
        except (CopyError, DatabaseError, OSError) as error:
            raise CommandError(f"The backup could not be restored. {error}") from error
        self.stdout.write(
            f"Restored as of {manifest.made_at}: every table and file is what it was. All logins have ended."
        )
        if is_older:
            self.stdout.write("The backup is of an older release. Next: manage.py migrate, manage.py rebuild_search.")
