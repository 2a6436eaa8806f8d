"""The pages as files, so that a web server in front serves them itself.

Each edition of the content, that is a generation until time changes it, has a directory of its own. A link leads to
the edition that the database has; in a folder in memory it can be taken away when the disk cannot be written to any
more. It is made under a lock under which nobody can change content, and whoever
changes content through Django takes it away: in a transaction before that is committed, else before anybody is told.
What is changed past Django or by another machine, and what time changes, is watched for in each process.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from zone.generations import Reader, public_tables
from zone.page_cache import Edition, Key, Page

INTERVAL: Final = 0.1
"""Seconds between two looks at the database and at the clock."""
_MARGIN: Final = datetime.timedelta(seconds=1)
"""How long before time changes the pages the link goes, for a look may come late on a busy machine."""
MOST_BYTES: Final = 256 * 1024 * 1024
"""How much one process writes of an edition at most."""
_NAME: Final = re.compile(r"[0-9a-f]{12}-[0-9]+-[0-9]+")
_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_PATH: Final = re.compile(r"/(en|zh-hans|zh-hant)/([a-z0-9_-]+/)*")
_SUFFIXES: Final = {"br": ".br", "gzip": ".gz", "": ""}
"""Of the encodings; what every page has comes last, for a server looks for it first."""
_HEADERS: Final = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "etag",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "vary",
        "x-content-type-options",
        "x-frame-options",
    }
)
"""What the configuration in the README sends with a file. A page that has more to say is none."""

logger = logging.getLogger(__name__)


class PageFiles:
    """The files below ``root`` that processes of one ``release`` write, and the ``link`` that leads to them."""

    def __init__(self, root: Path, link: Path, release: str, reader: Reader) -> None:
        self._root = root
        self._link = link
        self._release = release
        self._reader = reader
        self._written: tuple[str, int] = ("", 0)
        root.mkdir(parents=True, exist_ok=True)
        # Nobody has watched since the last process ended, which may have been when the machine lost its power.
        hide(link)
        for old in self._editions():
            shutil.rmtree(old, ignore_errors=True)

    def keep(self, edition: Edition, key: Key, page: Page) -> None:
        """Write ``page`` if it is one that a server can serve; where that fails it is none, and no harm is done."""
        name, place = self._name(edition), _place(key)
        written = self._written[1] if self._written[0] == name else 0
        if place is None or not _is_plain(page) or written + page.size > MOST_BYTES:
            return
        self._written = name, written + page.size
        try:
            folder = self._root / name / place
            folder.mkdir(parents=True, exist_ok=True)
            bodies = page.bodies()
            for encoding, suffix in _SUFFIXES.items():
                if encoding in bodies:
                    _write(folder / f"index.html{suffix}", bodies[encoding])
        except FileNotFoundError:  # Its edition has ended, and somebody has deleted it.
            pass
        except OSError as error:
            logger.warning("The file of a page could not be written: %s", error.strerror)

    def follow(self, edition: Edition | None) -> None:
        """Let the link lead to ``edition`` while it holds and has pages, or to nothing."""
        name = self._name(edition) if edition is not None and not _is_ending(edition) else ""
        if self._shown() != name:
            hide(self._link)
            if edition is not None and name and (self._root / name).is_dir():
                self._show(edition)
        if edition is not None:
            self._delete_before(self._name(edition))

    def _shown(self) -> str:
        try:
            return self._link.readlink().name
        except OSError:
            return ""

    def _show(self, edition: Edition) -> None:
        with self._reader.unchanging() as number:
            if number == edition.generation:
                unfinished = self._link.with_name(f".{self._link.name}-{os.getpid()}")
                unfinished.unlink(missing_ok=True)
                unfinished.symlink_to(self._root / self._name(edition))
                unfinished.replace(self._link)

    def _delete_before(self, name: str) -> None:
        """Delete what is older than ``name``; somebody who has looked at the database since began a younger one."""
        for folder in self._editions():
            if folder.name.startswith(self._release[:12]) and _age(folder.name) < _age(name):
                shutil.rmtree(folder, ignore_errors=True)

    def _editions(self) -> list[Path]:
        return [folder for folder in self._root.iterdir() if _NAME.fullmatch(folder.name)]

    def watch(self, edition: Callable[[], Edition | None]) -> None:
        """Follow what ``edition`` returns for as long as this process lives."""

        def watch() -> None:
            while True:
                try:
                    self.follow(edition())
                except Exception:
                    logger.exception("The files of pages could not be followed up.")
                time.sleep(INTERVAL)

        threading.Thread(target=watch, name="page files", daemon=True).start()

    def _name(self, edition: Edition) -> str:
        return f"{self._release[:12]}-{edition.generation}-{edition.until.timestamp() * 1_000_000:.0f}"


def hide(link: Path) -> None:
    """Take the link away; what fails is logged, for it must not stop what is being saved."""
    try:
        link.unlink(missing_ok=True)
    except OSError:
        logger.exception("The link to the files of pages could not be taken away.")


def hide_what_changes(connection: BaseDatabaseWrapper, **options: Any) -> None:
    """Let whatever changes content through ``connection`` take the link away."""
    if _hide_changed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_hide_changed)


def _hide_changed(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    try:
        return execute(sql, params, many, context)
    finally:
        # In a transaction nobody can make the link again before it has ended, see Reader.unchanging().
        if _changes_pages(str(sql)):
            hide(Path(settings.PAGE_LINK))


def _changes_pages(sql: str) -> bool:
    return not sql.lstrip("(").startswith("SELECT") and _public_table().search(sql) is not None


@functools.cache
def _public_table() -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(public_tables())})\b")


def _is_ending(edition: Edition) -> bool:
    return edition.until - datetime.datetime.now(datetime.UTC) < _MARGIN


def _age(name: str) -> tuple[int, int]:
    _release, generation, until = name.split("-")
    return int(generation), int(until)


def _place(key: Key) -> Path | None:
    """Return where below its edition a page stands, unless its address has what no file can have."""
    scheme, host, path, query = key
    if query or not _HOST.fullmatch(host) or not _PATH.fullmatch(path):
        return None
    return Path(scheme.split()[-1], host, path.lstrip("/"))


def _is_plain(page: Page) -> bool:
    said = {name.lower(): value for name, value in page.variant("").headers}
    return said.get("content-type") == "text/html; charset=utf-8" and said.keys() <= _HEADERS


def _write(path: Path, body: bytes) -> None:
    """Write the file at once or not at all.

    A web server makes the ETag of a file of its size and its time in seconds: with a time that follows from the content
    a page that has changed within a second gets another ETag, and one that another machine has written the same.
    """
    seconds = int.from_bytes(hashlib.sha256(body).digest()[:4]) // 2
    unfinished = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
    try:
        unfinished.write_bytes(body)
        os.utime(unfinished, (seconds, seconds))
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
