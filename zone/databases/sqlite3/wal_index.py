"""Whether anything has been committed to a SQLite database in WAL mode since, without a question to it.

Whoever reads such a database begins by comparing the header of its WAL index, a file that all its processes have in
their memory, with the one that it knows (https://www.sqlite.org/walformat.html, section 2.1): each commit writes
another one, with a counter, salts and checksums, as the last thing it does. Here no more is done than that comparison,
which takes a fiftieth of a question and does not give away the interpreter's lock, for which the thread of a busy
server would have to wait again each time.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sqlite3
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from zone.databases.sqlite3.base import file_at

_HEADER: Final = 96
"""Bytes at the beginning of the index: the header, twice."""

_of_files: Final[dict[tuple[int, int], WalIndex | None]] = {}
_opening: Final = threading.Lock()


def wal_index(name: str, file: tuple[int, int]) -> WalIndex | None:
    """Return the index of the database called ``name``, which is ``file``; ``None`` where there is none to be read.

    A process has one for each file and keeps it for ever. To close any descriptor of the index would give up all locks
    that SQLite holds on it in this process (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    Raises ``sqlite3.Error`` where the database does not answer, or has just become another file.
    """
    with _opening:
        if file not in _of_files:
            _of_files[file] = _opened(name, file)
        return _of_files[file]


def _opened(name: str, file: tuple[int, int]) -> WalIndex | None:
    with contextlib.ExitStack() as stack:
        held = sqlite3.connect(f"file:{quote(name)}?mode=rw", uri=True, timeout=1, check_same_thread=False)
        stack.callback(held.close)
        [[mode]] = held.execute("PRAGMA journal_mode").fetchall()
        held.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # Has the index opened.
        if file_at(name) != file:
            raise sqlite3.OperationalError("The file of the database has just become another one.")
        if mode != "wal":
            return None
        with contextlib.suppress(OSError, ValueError):
            index = WalIndex(held, os.open(f"{os.path.realpath(name)}-shm", os.O_RDONLY))
            stack.pop_all()
            return index
    return None


class WalIndex:
    """The WAL index of a file, and what was true when it was looked at last."""

    def __init__(self, held: sqlite3.Connection, descriptor: int) -> None:
        """Take a connection, which as long as it is open keeps the index from being cut off or made anew."""
        self._held = held
        self._bytes = mmap.mmap(descriptor, _HEADER, prot=mmap.PROT_READ)
        self._seen: tuple[bytes, int] | None = None

    def since_last_commit(self, ask: Callable[[], int]) -> int:
        """Return what ``ask`` says: what it said before, unless something has been committed since then.

        It is always the same question, asked outside a transaction. The header is looked at before: what is committed
        meanwhile makes another one.
        """
        header, seen = self._bytes[:], self._seen
        if seen is None or seen[0] != header:
            self._seen = seen = header, ask()
        return seen[1]
