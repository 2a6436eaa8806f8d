"""Validate, sanitise and record content that came into the database by another way than the forms."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from zone.settling import UnsettledError, settle


class Command(BaseCommand):
    """Keep the content right after a restore or a bulk change; ``loaddata`` does it by itself."""

    help = "Validate and sanitise all content and record a version of what has changed. Run again, it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Settle, or list what has to be put right by hand."""
        try:
            recorded = settle()
        except UnsettledError as error:
            raise CommandError(f"Nothing was changed. These records are wrong:\n{error}") from error
        self.stdout.write(f"All content is right; {recorded} new versions recorded.")
