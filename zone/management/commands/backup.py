"""Make a backup of the database and the uploads."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from zone.backups.databases import CopyError
from zone.backups.making import make_backup
from zone.backups.places import thin_out

_SHOWN: Final = 20


class Command(BaseCommand):
    """Back up while people write; meant for a timer that runs once a night."""

    help = (
        "Make a backup of the database and the uploads while people write, read it back, and say where it is. "
        "It has all that is secret in the database, and not the .env file with the SECRET_KEY: keep that elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the place for backups, and how many of them to keep."""
        parser.add_argument(
            "target", help="a folder, or s3://bucket/prefix, in which each backup gets a name of its own"
        )
        parser.add_argument("--keep", type=int, metavar="N", help="then delete what is older than the newest N")

    def handle(self, *args: Any, target: str, keep: int | None, **options: Any) -> None:
        """Back up, and thin out; fail where files are missing that the database names."""
        if keep is not None and keep < 1:
            raise CommandError("--keep: At least 1.")
        try:
            address, manifest = make_backup(target)
        except (CopyError, DatabaseError, OSError) as error:
            raise CommandError(f"No backup was made. {error}") from error
        count = f"{len(manifest.tables)} tables, {len(manifest.files)} files"
        self.stdout.write(f"{address}: {count}, read back and right.")
        if missing := manifest.missing:  # No reason to part with backups that have them.
            shown = "\n".join([*missing[:_SHOWN], *([f"and {len(missing) - _SHOWN} more"] if missing[_SHOWN:] else [])])
            raise CommandError(
                "The backup was made, but files that the database names are not where uploads are kept. Renditions "
                f"(__processed__/) are made again by process_imagefields --all; the rest is lost:\n{shown}"
            )
        if keep:
            self._thin_out(target, keep)

    def _thin_out(self, target: str, keep: int) -> None:
        try:
            for name in thin_out(target, keep):
                self.stdout.write(f"deleted: {name}")
        except OSError as error:
            raise CommandError(f"The backup was made, but old ones could not be deleted. {error}") from error
