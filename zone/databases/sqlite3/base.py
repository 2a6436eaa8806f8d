"""Django's engine for SQLite, for a server that lives longer than its patience, and maybe than its file."""

from __future__ import annotations

import functools
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.db.backends.sqlite3 import base, operations
from django.utils.dateparse import parse_date, parse_datetime, parse_time

from zone.databases import patience

_LEAST: Final = 0.1
"""Seconds for which a lock is waited for by who has no second left."""
_MOST_STATEMENTS: Final = 200
"""How many are remembered as SQLite takes them: some kB each."""

logger = logging.getLogger(__name__)


def or_unknown(convert: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``convert`` make ``None`` of rubbish: SQLite keeps whatever somebody's SQL puts into a column."""

    def converted(*given: Any) -> Any:
        try:
            return convert(*given)
        except (ArithmeticError, TypeError, ValueError):
            logger.exception("A value that its column cannot have is taken for unknown.")
            return None

    return converted


for kind, parse in {"date": parse_date, "time": parse_time, "datetime": parse_datetime}.items():
    sqlite3.register_converter(kind, or_unknown(base.decoder(parse)))


class DatabaseOperations(operations.DatabaseOperations):
    """How values are read."""

    def get_db_converters(self, expression: Any) -> list[Callable[..., Any]]:
        """Return what makes a number of a value."""
        return [or_unknown(convert) for convert in super().get_db_converters(expression)]


class Cursor(base.SQLiteCursorWrapper):
    """A cursor that rewrites a statement once: to look for its parameters takes longer than SQLite does to answer."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        """Return ``query`` with parameters as SQLite has them."""
        return super().convert_query(query, param_names=param_names) if param_names is not None else converted(query)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of Django's."""

    ops_class = DatabaseOperations
    _file: tuple[int, int] | None = None
    _longest: float
    """How many seconds the settings let everybody wait for a lock."""
    _seconds: float
    """How many seconds this connection waits now."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; where a file is gone, a request, or whoever finds others at it, makes no empty one."""
        name = self.settings_dict["NAME"]
        found = file_at(name)
        is_awaited = patience.left() is not None or file_at(f"{name}-wal")
        if found is None and is_awaited and not self.is_in_memory_db():
            raise self.Database.OperationalError("The file of the database is gone.")
        connection = super().get_new_connection(conn_params)
        self._file = found or file_at(name)
        self._longest = self._seconds = self.settings_dict["OPTIONS"].get("timeout", 5)
        return connection

    def is_usable(self) -> bool:
        """Return whether the file is still at its place: what is written to one that is gone would be lost."""
        return self._file == file_at(self.settings_dict["NAME"]) and super().is_usable()

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that waits for a lock as long as the request has time."""
        left = patience.left()
        # In whole seconds, so that it has to be told to the database once in a request and not with every statement.
        seconds = self._longest if left is None else min(int(left) or _LEAST, self._longest)
        if seconds != self._seconds:
            self.connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
            self._seconds = seconds
        return self.connection.cursor(factory=Cursor)


@functools.lru_cache(_MOST_STATEMENTS)
def converted(statement: str) -> str:
    """Return ``statement`` with question marks for its parameters."""
    return base.FORMAT_QMARK_REGEX.sub("?", statement).replace("%%", "%")


def file_at(name: str | Path) -> tuple[int, int] | None:
    """Return which file is called ``name``, if any."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
