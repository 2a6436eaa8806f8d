"""Delete the reports of readers that are old, and who sent the newer ones."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from zone.models import Report


class Command(BaseCommand):
    """Keep what the privacy page promises; meant for a timer that runs once a day."""

    help = "Delete the reports that are dealt with and 90 days old, and forget who sent those of before today."

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge, and say how many."""
        reports = Report.objects.all()
        forgotten, deleted = reports.forget_senders(), reports.purge()
        self.stdout.write(f"{deleted} deleted; the senders of {forgotten} others forgotten.")
