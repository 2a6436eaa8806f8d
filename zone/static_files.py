"""The names of static files. One that was not collected costs a page its picture or its style, and not the page."""

from __future__ import annotations

import logging

from whitenoise.storage import CompressedManifestStaticFilesStorage

logger = logging.getLogger(__name__)


class StaticFiles(CompressedManifestStaticFilesStorage):
    """The storage of the collected files, which says what is missing in the log."""

    def stored_name(self, name: str) -> str:
        """Return what the file ``name`` was collected as; its own name where it was not."""
        try:
            return super().stored_name(name)
        except ValueError:
            logger.error("The static file %s is missing; run manage.py collectstatic and restart the server.", name)
            return name
