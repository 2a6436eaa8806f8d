"""The names of static files. One that was not collected costs a page its picture or its style, and not the page.

The server reads once what was collected as what. Where something is missing it reads that again as soon as there is
something new: nobody has to restart it.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

logger = logging.getLogger(__name__)


class StaticFiles(CompressedManifestStaticFilesStorage):
    """The storage of the collected files, which says what is missing in the log, and learns what is collected since."""

    hashed_files: dict[str, str]
    missing: set[str]
    """What has been asked for and was not collected."""
    _read: tuple[int, int, int] | None
    """Which manifest the names are from."""

    _addresses: dict[str, str]
    """Of files whose names are known, by these: a page names a dozen, each of which takes 25 µs to put together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.missing, self._addresses = set(), {}
        super().__init__(*args, **kwargs)

    def url(self, name: str, force: bool = False) -> str:
        """Return the address of the file ``name``; ``force`` a hash into it, also while developing."""
        address = self._addresses.get(name)
        if address is None:
            address = super().url(name, force)
            if name in self.hashed_files and not settings.DEBUG:
                self._addresses[name] = address
        return address

    def stored_name(self, name: str) -> str:
        """Return what the file ``name`` was collected as; its own name where it was not."""
        try:
            return super().stored_name(name)
        except ValueError:
            return self.collected_as(name) or self._missed(name)

    def collected_as(self, name: str) -> str | None:
        """Return what the file ``name`` was collected as, also since the server was started."""
        if name not in self.hashed_files:
            self.look_again()
        return self.hashed_files.get(name)

    def _missed(self, name: str) -> str:
        if name not in self.missing:
            self.missing.add(name)
            logger.error("The static file %s is missing; run manage.py collectstatic.", name)
        return name

    def look_again(self) -> None:
        """Learn what was collected since the manifest was read. What is known stays: pages have been made with it."""
        if self._manifest() != self._read:
            found, self.manifest_hash = self.load_manifest()
            self.hashed_files = found | self.hashed_files
            self.missing -= self.hashed_files.keys()

    def load_manifest(self) -> tuple[dict[str, str], str]:
        """Return the names, and the digest of them all; nothing where the manifest is none, or is being written."""
        self._read = self._manifest()
        try:
            return super().load_manifest()
        except (OSError, ValueError):
            logger.error("The names of the static files cannot be read; run manage.py collectstatic.")
            return {}, ""

    def _manifest(self) -> tuple[int, int, int] | None:
        """Return which manifest there is, if any."""
        try:
            found = Path(self.path(self.manifest_name)).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def address_of(name: str) -> str | None:
    """Return the address of the static file ``name`` where it was collected under another one."""
    collected = staticfiles_storage.collected_as(name) if isinstance(staticfiles_storage, StaticFiles) else None
    return f"{settings.STATIC_URL}{collected}" if collected else None
