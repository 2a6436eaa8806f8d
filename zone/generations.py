"""Which generation of the content the database has. Pages that were made of another one are not shown any more.

Triggers count every change of a table that pages are made of, in the transaction that makes it: whatever writes, be it
the newsroom, a load or somebody's SQL, is seen by the next request on every machine, and nothing has to be remembered.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from django.apps import AppConfig, apps
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from zone.databases.sqlite3.base import file_at
from zone.databases.sqlite3.wal_index import wal_index

QUIET: Final = frozenset(
    {"AuditEntry", "FruitlessSearch", "Generation", "OpenForm", "PreviewLink", "Report", "Session", "Version"},
)
"""The models that no page shows. A draft is none of them: it says when a page is going to change."""

_READ: Final = "SELECT number FROM zone_generation"
_COUNT: Final = "UPDATE zone_generation SET number = {greater}(number + 1, {milliseconds})"
"""By the clock rather than one by one: what a restored backup counts from there has not been shown under its number."""
_CLOCKS: Final = {
    "sqlite": {"greater": "max", "milliseconds": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"},
    "postgresql": {"greater": "greatest", "milliseconds": "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"},
}
_CHANGES: Final = {
    "INSERT": "NEW.publish_at IS NOT NULL",
    "UPDATE": "coalesce(OLD.publish_at <> NEW.publish_at, (OLD.publish_at IS NULL) <> (NEW.publish_at IS NULL))",
    "DELETE": "OLD.publish_at IS NOT NULL",
}
"""What is counted; and when it is of a draft, of which pages follow nothing but when it takes effect: editors save
drafts all the time, and each count ends all pages."""
_DRAFTS: Final = "zone_draft"
_PATIENCE: Final = 1.0
"""Seconds for which a database that did not answer is not asked again, and that it has to answer."""
_CONNECTING: Final = 3.0
"""Seconds for which others go on without an answer while one request tries whether the database is back."""

logger = logging.getLogger(__name__)


def public_tables() -> list[str]:
    """Return the tables that pages are made of."""
    models = apps.get_app_config("zone").get_models(include_auto_created=True)
    return sorted(model._meta.db_table for model in models if model.__name__ not in QUIET)


def watch(sender: AppConfig, using: str, **options: Any) -> None:
    """Put the triggers on all tables, and the row that they count in; SQLite drops them where it makes a table anew."""
    database = connections[using]
    if "zone_generation" not in database.introspection.table_names():
        return
    # Killed halfway, it must not leave a table whose changes nothing counts.
    with transaction.atomic(using), database.cursor() as cursor:
        cursor.execute("INSERT INTO zone_generation (id, number) VALUES (1, 0) ON CONFLICT DO NOTHING")
        for statement in _statements(database):
            cursor.execute(statement)


def move_on(database: BaseDatabaseWrapper) -> None:
    """Count as if content had changed: what is there now came in past the triggers."""
    with database.cursor() as cursor:
        cursor.execute(_COUNT.format(**_CLOCKS[database.vendor]))


def missing_triggers() -> list[str]:
    """Return the triggers that the database should have and does not, or has switched off."""
    found = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'",
    }
    with connection.cursor() as cursor:
        cursor.execute(found[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
    wanted = re.findall(r"CREATE (?:OR REPLACE )?TRIGGER (\w+)", "\n".join(_statements(connection)))  # type: ignore[arg-type]
    return [name for name in wanted if name not in there]


def _statements(database: BaseDatabaseWrapper) -> list[str]:
    count = _COUNT.format(**_CLOCKS[database.vendor])
    if database.vendor == "sqlite":
        return list(_statements_for_sqlite(count))
    function = f"BEGIN {count}; RETURN NULL; END"
    each = "FOR EACH STATEMENT EXECUTE FUNCTION zone_count()"
    return [
        f"CREATE OR REPLACE FUNCTION zone_count() RETURNS trigger LANGUAGE plpgsql AS $${function}$$",
        *(
            f"CREATE OR REPLACE TRIGGER {table}_counts AFTER {' OR '.join(_CHANGES)} OR TRUNCATE ON {table} {each}"
            for table in public_tables()
            if table != _DRAFTS
        ),
        f"CREATE OR REPLACE TRIGGER {_DRAFTS}_counts AFTER TRUNCATE ON {_DRAFTS} {each}",
        *(
            f"CREATE OR REPLACE TRIGGER {_DRAFTS}_{change.lower()}_counts AFTER {change} ON {_DRAFTS} "
            f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION zone_count()"
            for change, condition in _CHANGES.items()
        ),
    ]


def _statements_for_sqlite(count: str) -> Iterator[str]:
    for table in public_tables():
        for change, condition in _CHANGES.items():
            name, when = f"{table}_{change.lower()}_counts", f"WHEN {condition} " if table == _DRAFTS else ""
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield f"CREATE TRIGGER {name} AFTER {change} ON {table} {when}BEGIN {count}; END"


class Reader:
    """Reads the number for each request, without Django and as cheaply as the database can tell it."""

    def __init__(self) -> None:
        self._thread = threading.local()
        self._last: int | None = None
        self._asked_again_at = 0.0

    def read(self) -> int | None:
        """Return the number; while the database does not answer the last one, and ``None`` where there was none."""
        now = time.monotonic()
        if now < self._asked_again_at:
            return self._last
        if self._asked_again_at:
            self._asked_again_at = now + _CONNECTING
        try:
            self._last = self._read()
            self._asked_again_at = 0.0
        except (DatabaseError, _driver().Error):
            logger.exception("The generation of the content could not be read.")
            self.close()
            self._asked_again_at = time.monotonic() + _PATIENCE
        return self._last

    @contextlib.contextmanager
    def unchanging(self) -> Iterator[int | None]:
        """Yield the number while nobody can change content, or ``None`` where somebody is doing so."""
        with contextlib.ExitStack() as stack:
            try:
                number = self._held(stack)
            except _driver().Error:
                number = None
            yield number

    def _held(self, stack: contextlib.ExitStack) -> int | None:
        """Return the number and hold it until ``stack`` is left: every change of content has to change it too."""
        if connection.vendor == "postgresql":
            self._read_postgresql()  # From here on there is a connection.
            stack.enter_context(self._thread.database.transaction())
            return _number(self._thread.database.execute(f"{_READ} FOR SHARE NOWAIT").fetchone())
        database = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
        stack.callback(database.close)
        database.execute("BEGIN IMMEDIATE")
        return _number(database.execute(_READ).fetchone())

    def close(self) -> None:
        """Close the connection of this thread; the next reading opens another."""
        if database := self._thread.__dict__.pop("database", None):
            database.close()

    @cached_property
    def _read(self) -> Callable[[], int]:
        """How this database is asked; to find that out takes Django as long as the asking."""
        if connection.vendor == "postgresql":
            return self._read_postgresql
        if connection.vendor == "sqlite" and not connection.is_in_memory_db():  # type: ignore[attr-defined]
            return self._read_sqlite
        return self._read_with_django

    @staticmethod
    def _read_with_django() -> int:
        with connection.cursor() as cursor:
            return _number(cursor.execute(_READ).fetchone())

    def _read_sqlite(self) -> int:
        thread, now = self._thread, time.monotonic()
        if not hasattr(thread, "database") or now > thread.looked_at + _PATIENCE:
            self._look_at_file(now)
        return self._ask_sqlite() if thread.index is None else thread.index.since_last_commit(self._ask_sqlite)

    def _ask_sqlite(self) -> int:
        return _number(self._thread.database.execute(_READ).fetchone())

    def _look_at_file(self, now: float) -> None:
        """Have this thread read the file that is at its place: somebody may have put another one there."""
        thread, name = self._thread, connection.settings_dict["NAME"]
        file = file_at(name)
        if file != getattr(thread, "file", None):
            self.close()
        if not hasattr(thread, "database"):
            address = f"file:{quote(str(name))}?mode=rw"  # What is gone must not be made anew, and empty.
            database = sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)
            thread.index, thread.database = wal_index(str(name), file) if file else None, database
        thread.file, thread.looked_at = file, now

    def _read_postgresql(self) -> int:
        thread = self._thread
        if hasattr(thread, "database"):
            try:
                return _number(thread.database.execute(_READ, prepare=True).fetchone())
            except (_driver().errors.ConnectionTimeout, _driver().errors.QueryCanceled):
                raise  # It is there, and does not answer: another connection would wait as long again.
            except _driver().OperationalError:  # The server was restarted.
                self.close()
                _renew_pool()
        thread.database = _driver().connect(**_postgresql_parameters(), autocommit=True)
        thread.database.seconds = _PATIENCE
        return _number(thread.database.execute(_READ, prepare=True).fetchone())


def _driver() -> Any:
    """Return the module of the database that is used, so that a process on SQLite does without PostgreSQL's 6 MB."""
    return connection.Database  # type: ignore[attr-defined]


def _renew_pool() -> None:
    """Replace the broken connections of Django's pool at once: it waits for seconds each time that it meets one."""
    if pool := getattr(connection, "pool", None):
        pool.check()


def _postgresql_parameters() -> dict[str, Any]:
    names = ("dbname", "user", "password", "host", "port", "sslmode", "connect_timeout")
    found = connection.get_connection_params()
    return {name: found[name] for name in names if found.get(name)} | {"options": "-c statement_timeout=1s"}


def _number(row: Any) -> int:
    [number] = row
    return int(number)
