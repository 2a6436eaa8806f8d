"""Delete the files of pictures that nothing needs any more."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from zone.picture_files import unused_files

_LEFT_ALONE: Final = datetime.timedelta(days=1)
"""How long a file may be needed by what is not saved yet, such as a form that asks a question first."""


class Command(BaseCommand):
    """Tidy up after changed pictures; meant for a timer that runs once a day."""

    help = "Delete the files of pictures that no record, draft or version needs, a day after they were written."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a wish only to look."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Delete, and say what was deleted."""
        try:
            self._purge(dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"The files cannot be looked at: {error}") from error

    def _purge(self, *, dry_run: bool) -> None:
        unused = unused_files(timezone.now() - _LEFT_ALONE)
        for name in unused:
            if not dry_run:
                default_storage.delete(name)
            self.stdout.write(f"{'would delete' if dry_run else 'deleted'}: {name}")
        self.stdout.write(f"{len(unused)} {'would be deleted' if dry_run else 'deleted'}.")
