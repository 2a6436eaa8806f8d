"""Delete for good what has lain in the trash long enough."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from zone.trash import purge


class Command(BaseCommand):
    """Empty the trash of what is old; meant for a timer that runs once a day."""

    help = "Delete for good what has been in the trash for longer than a number of days, with its history and drafts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another number of days than the setting, and only look."""
        parser.add_argument("--days", type=int, default=settings.TRASH_DAYS, help="default: the setting TRASH_DAYS")
        parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        """Purge, and say what was deleted and what was kept."""
        if not 0 <= days <= 36500:
            raise CommandError("--days: from 0 to 36500.")
        done = purge(timezone.now() - datetime.timedelta(days=days), pretend=dry_run)
        for name in done.deleted:
            self.stdout.write(f"{'would delete' if dry_run else 'deleted'}: {name}")
        for name, dependants in done.kept.items():
            self.stdout.write(f"kept: {name}, on which depend: {', '.join(dependants)}")
        verb = "would be deleted" if dry_run else "deleted"
        self.stdout.write(f"{len(done.deleted)} {verb}, {len(done.kept)} kept.")
