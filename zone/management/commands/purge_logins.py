"""Delete what need not be known of logins any longer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from zone.models import AuditEntry, Session


class Command(BaseCommand):
    """Keep what the page of one's own account promises; meant for a timer that runs once a day."""

    help = "Delete the sessions that have ended, and the entries of the audit trail that are older than a year."

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge, and say how many."""
        sessions, _by_model = Session.objects.ended().delete()
        entries = AuditEntry.objects.all().purge()
        self.stdout.write(f"{sessions} sessions and {entries} entries of the audit trail deleted.")
