"""Delete what need not be known of logins any longer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from zone.logins import purge_failures
from zone.models import AuditEntry, Session


class Command(BaseCommand):
    """Keep what the page of one's own account promises; meant for a timer that runs once a day."""

    help = "Delete ended sessions, failed logins that count no longer, and what is older than a year in the audit trail"

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge, and say how many."""
        sessions, _by_model = Session.objects.ended().delete()
        failures, entries = purge_failures(), AuditEntry.objects.all().purge()
        text = f"{sessions} sessions, {failures} failed logins and {entries} entries of the audit trail deleted."
        self.stdout.write(text)
