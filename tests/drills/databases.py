"""Databases of a drill's own: files of SQLite, or a cluster of PostgreSQL that may be killed."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg

from tests.servers import wait_until
from tests.sites import free_port

State = dict[str, str]
"""The checksum of what each table says."""

_OTHER_EACH_TIME: Final = {"datetime", "timestamp with time zone", "char(32)", "uuid"}
"""The types of columns that say when something was done, or a random number."""
_NOT_SAID: Final = {"zone_session", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4", "zone_generation"}
_NUMBERED: Final = {
    ("zone_version", "id"),
    *(("django_content_type", "id"), ("auth_permission", "id"), ("auth_permission", "content_type_id")),
    *(("auth_group", "id"), *(("auth_group_permissions", name) for name in ("id", "group_id", "permission_id"))),
}
"""PostgreSQL does not give a number again that it has given to what was undone. Django numbers kinds and permissions in
the order of its state, which is another one when it was killed after the last migration."""
_ROLES: Final = """
    SELECT auth_group.name, app_label, codename FROM auth_group_permissions
    JOIN auth_group ON auth_group.id = group_id
    JOIN auth_permission ON auth_permission.id = permission_id
    JOIN django_content_type ON django_content_type.id = content_type_id
"""
_PARTS_OF_INDEX: Final = "zone_search_"
"""How SQLite keeps the index of words; what it says is in ``zone_search``."""
_PROGRAMS: Final = "/usr/lib/postgresql"


class Databases(Protocol):
    """What a drill needs of a kind of database."""

    def new(self) -> str:
        """Return the address of an empty database."""

    def copy(self, address: str) -> str:
        """Return the address of a copy of a database that nobody uses."""

    def ask(self, address: str, question: str) -> list[Any]:
        """Return the rows that answer a question, asked past Django."""

    def schema(self, address: str) -> object:
        """Return all tables, columns, constraints, indexes and triggers."""

    def columns(self, address: str) -> list[tuple[str, str, str]]:
        """Return table, name and type of each column."""


def state(databases: Databases, address: str) -> State:
    """Return what each table says, whenever it was said."""
    tables: dict[str, list[str]] = {}
    for table, column, kind in databases.columns(address):
        is_said = table not in _NOT_SAID and not table.startswith(_PARTS_OF_INDEX)
        if is_said and kind not in _OTHER_EACH_TIME and (table, column) not in _NUMBERED:
            tables.setdefault(table, []).append(f'"{column}"')
    questions = {table: f'SELECT {", ".join(columns)} FROM "{table}"' for table, columns in tables.items()}  # noqa: S608
    return {name: _checksum(databases.ask(address, asked)) for name, asked in (questions | {"roles": _ROLES}).items()}


def _checksum(rows: list[Any]) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


def generation(databases: Databases, address: str) -> int:
    [[number]] = databases.ask(address, "SELECT number FROM zone_generation")
    return int(number)


class Files:
    """SQLite."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count()

    def new(self) -> str:
        return f"sqlite:///{self.folder}/{next(self.numbers)}.sqlite3"

    def copy(self, address: str) -> str:
        copied = self.new()
        shutil.copyfile(self.path(address), self.path(copied))
        return copied

    @staticmethod
    def path(address: str) -> str:
        return address.removeprefix("sqlite:///")

    def ask(self, address: str, question: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.path(address), timeout=20)) as database:
            return database.execute(question).fetchall()

    def schema(self, address: str) -> object:
        found = self.ask(address, "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'")
        return sorted(found, key=repr)

    def columns(self, address: str) -> list[tuple[str, str, str]]:
        return self.ask(
            address,
            "SELECT one.name, two.name, lower(two.type) FROM sqlite_master AS one, pragma_table_info(one.name) AS two "
            "WHERE one.type = 'table' ORDER BY one.name, two.cid",
        )


class Cluster:
    """PostgreSQL, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.numbers = itertools.count()
        self.home = folder / "cluster"
        # PostgreSQL refuses to run as root.
        self.person = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.home.mkdir()
        if self.person:
            shutil.chown(self.home, "postgres")
            for parent in (folder, *folder.parents[:3]):
                parent.chmod(parent.stat().st_mode | 0o011)
        self.run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on the cluster."""
        subprocess.run(  # noqa: S603
            [*self.person, _program(program), "-D", str(self.home), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    def start(self) -> None:
        """Start the server, however it has ended; wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=50"
        end = time.monotonic() + 60
        while True:
            try:
                self.run("pg_ctl", "start", "--wait", "--silent", f"--log={self.home}/log", "-o", options)
                return
            except subprocess.CalledProcessError:  # The processes of one that was killed are still there.
                assert time.monotonic() < end
                time.sleep(0.2)

    def stop(self) -> None:
        """Stop the server at once, as when the power fails: what it has promised is in its log or lost."""
        self.run("pg_ctl", "stop", "--mode=immediate", "--silent")

    @property
    def pid(self) -> int:
        """The number of the process to which the others belong."""
        return int((self.home / "postmaster.pid").read_text().splitlines()[0])

    def address(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def make(self, more: str = "") -> str:
        name = f"drill_{next(self.numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name} {more}".encode())
        return self.address(name)

    def new(self) -> str:
        return self.make()

    def copy(self, address: str) -> str:
        self.wait_until_alone(address)
        return self.make(f"TEMPLATE {address.rpartition('/')[2]}")

    def wait_until_alone(self, address: str) -> None:
        """Wait until the server has noticed that a client was killed."""
        name = address.rpartition("/")[2]

        def look() -> None:
            with psycopg.connect(self.address("postgres"), autocommit=True) as server:
                if server.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", [name]).fetchall():
                    raise OSError

        wait_until(look, seconds=60)

    def ask(self, address: str, question: str) -> list[Any]:
        self.wait_until_alone(address)
        with psycopg.connect(address) as database:
            return database.execute(question.encode()).fetchall()

    def schema(self, address: str) -> object:
        self.wait_until_alone(address)
        dumped = subprocess.run(  # noqa: S603
            [_program("pg_dump"), "--schema-only", address], check=True, capture_output=True, text=True
        )
        return [line for line in dumped.stdout.splitlines() if not line.startswith("\\")]

    def columns(self, address: str) -> list[tuple[str, str, str]]:
        return self.ask(
            address,
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY table_name, ordinal_position",
        )


def _program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, of which only some are where programs are looked for."""
    newest: Sequence[Path] = sorted(Path(_PROGRAMS).glob(f"*/bin/{name}"))
    found = str(newest[-1]) if newest else shutil.which(name)
    assert found, f"{name} of PostgreSQL is needed"
    return found


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Run a cluster of PostgreSQL in ``folder``."""
    found = Cluster(folder)
    found.start()
    try:
        yield found
    finally:
        found.stop()
