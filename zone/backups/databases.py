"""Copying a database out while people write to it, and putting the copy into an empty one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

ALIAS: Final = "backup"
"""Under which Django knows the database as it is in the backup."""

_VARIABLES: Final = {
    "dbname": "PGDATABASE",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
"""How PostgreSQL's own programs are told where to connect: other people can read the arguments of a program."""


class CopyError(Exception):
    """A database could not be copied, or its copy is damaged; says why."""


class SQLite:
    """A file, copied page by page by SQLite itself (https://www.sqlite.org/backup.html)."""

    file = "database.sqlite3"

    @contextmanager
    def copied(self, path: Path) -> Iterator[BaseDatabaseWrapper]:
        """Copy the database to ``path`` as it is at one moment, check the copy and yield a connection to it."""
        with another(NAME=str(path)) as copy:
            connection.ensure_connection()
            copy.ensure_connection()
            connection.connection.backup(copy.connection)
            with copy.cursor() as cursor:
                cursor.execute("PRAGMA journal_mode = DELETE")  # All of it in one file.
            self.check(copy)
            yield copy

    def check(self, database: BaseDatabaseWrapper) -> None:
        """Raise ``CopyError`` where a page is damaged, or a row refers to one that is not there."""
        with database.cursor() as cursor:
            for question, right in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
                found = cursor.execute(f"PRAGMA {question}").fetchall()
                if found != right:
                    raise CopyError(f"SQLite says of the copy ({question}): {found[:3]}")

    def is_empty(self) -> bool:
        """Return whether there is nothing where the database is going to be, which must not be made by looking."""
        path = Path(connection.settings_dict["NAME"])
        return not any(one.exists() and one.stat().st_size for one in (path, Path(f"{path}-wal")))

    @contextmanager
    def put_back(self, path: Path) -> Iterator[BaseDatabaseWrapper]:
        """Yield a connection to a copy of the file at ``path``, which takes its place when all has gone well."""
        final = Path(connection.settings_dict["NAME"])
        unfinished = final.with_name(f"{final.name}.unfinished")
        try:
            shutil.copyfile(path, unfinished)
            with another(NAME=str(unfinished)) as copy:
                self.check(copy)
                yield copy
            os.sync()
            unfinished.rename(final)
            os.sync()
        finally:
            unfinished.unlink(missing_ok=True)


class PostgreSQL:
    """A database, copied by ``pg_dump`` and ``pg_restore``."""

    file = "database.dump"

    @contextmanager
    def copied(self, path: Path) -> Iterator[BaseDatabaseWrapper]:
        """Dump the database to ``path`` as it is at one moment, and yield a connection that sees that moment."""
        with another() as database:
            database.set_autocommit(False)
            with database.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # A checksum reads all of a table, and the snapshot is there while its transaction is.
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                [snapshot] = cursor.execute("SELECT pg_export_snapshot()").fetchone()
            self._run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={path}")
            self._run("pg_restore", "--file=/dev/null", str(path))  # Reads all of it.
            yield database

    def is_empty(self) -> bool:
        """Return whether the database has no table at all."""
        with another() as database:
            return not database.introspection.table_names()

    @contextmanager
    def put_back(self, path: Path) -> Iterator[BaseDatabaseWrapper]:
        """Restore what was dumped to ``path`` in one transaction, and yield a connection to it."""
        whole = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        self._run("pg_restore", *whole, "--dbname=", str(path))
        with another() as database:
            with database.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
            yield database

    def _run(self, program: str, *arguments: str) -> None:
        found = shutil.which(program)
        if found is None:
            raise CopyError(f"{program} is not on the PATH. Install PostgreSQL's programs, as new as its server.")
        given = connection.get_connection_params()
        where = {variable: str(given[name]) for name, variable in _VARIABLES.items() if given.get(name)}
        environment = {**os.environ, **where}
        done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise CopyError(done.stderr.strip() or f"{program} ended with {done.returncode}.")


Database = SQLite | PostgreSQL


def database() -> Database:
    """Return how the database of the settings is copied."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


@contextmanager
def another(**changes: Any) -> Iterator[BaseDatabaseWrapper]:
    """Yield another connection than the one of the settings, known to Django as :data:`ALIAS`."""
    database = connections[DEFAULT_DB_ALIAS].copy(ALIAS)
    options = {name: value for name, value in database.settings_dict["OPTIONS"].items() if name != "pool"}
    options.pop("init_command", None)
    database.settings_dict.update({"OPTIONS": options, **changes})
    connections[ALIAS] = database
    try:
        yield database
    finally:
        database.close()
        del connections[ALIAS]
