"""Collect the static files as Django does, and write the pages that the web server in front shows by itself."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.management.commands import collectstatic

from zone import front_pages


class Command(collectstatic.Command):
    """Django's ``collectstatic``, followed by the pages that need the names of what was collected."""

    def collect(self) -> dict[str, list[str]]:
        """Collect the files and return which, as Django does."""
        collected = super().collect()
        if not self.dry_run:
            front_pages.write(Path(settings.STATIC_ROOT))
        return collected
