"""Requests have limited patience with a database; tests/drills has servers that hang."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from zone.databases import patience
from zone.databases.patience import found_hanging, left, limited
from zone.databases.sqlite3.base import DatabaseWrapper

pytestmark = pytest.mark.any_database


@pytest.fixture
def database(db: None, tmp_path: Path, settings: Any) -> Iterator[DatabaseWrapper]:
    """Return a connection of Django's to a file of its own, with a row."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    changed = {"NAME": str(tmp_path / "site.sqlite3"), "OPTIONS": options, "CONN_HEALTH_CHECKS": True}
    found = DatabaseWrapper({**settings.DATABASES["default"], **changed})
    found.inc_thread_sharing()
    execute(found, "CREATE TABLE zone (name text)")
    yield found
    found.close()


def execute(database: Any, statement: str) -> Any:
    with database.cursor() as cursor:
        return cursor.execute(statement).fetchall()


def test_nobody_waits_at_a_pool_longer_than_they_have_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from psycopg_pool import ConnectionPool

    from zone.databases.postgresql.driver import PatientPool

    allowed: list[float] = []
    monkeypatch.setattr(ConnectionPool, "getconn", lambda _pool, timeout: allowed.append(timeout))
    pool = PatientPool(open=False, timeout=2)
    pool.getconn()
    with limited(each=0.5):
        pool.getconn()
        pool.getconn(0.1)
    with limited(each=9):
        pool.getconn()
    assert allowed == [2, 0.5, 0.1, 2]


def test_whoever_waits_has_what_is_left_of_his_patience() -> None:
    assert left() is None
    with limited(in_all=2):
        assert 1.9 < (left() or 0) <= 2
        with limited(in_all=1):
            assert 0.9 < (left() or 0) <= 1
        with limited(in_all=9):
            assert 1.9 < (left() or 0) <= 2
    with limited(in_all=2, since=time.monotonic() - 0.5):
        assert 1.4 < (left() or 0) <= 1.5
    with limited(each=10):
        assert left() == 10
    assert left() is None


def test_database_that_hangs_is_left_alone_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "REST", 0.05)
    with limited(in_all=2):
        found_hanging()
        assert left() == 0
        time.sleep(0.06)
        assert left() != 0
    found_hanging()
    assert left() is None  # Commands wait.


def test_reader_does_not_wait_for_a_lock_as_long_as_a_command(database: DatabaseWrapper) -> None:
    execute(database, "SELECT 1")
    other = sqlite3.connect(database.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with limited(in_all=0.5), pytest.raises(OperationalError):
        execute(database, "INSERT INTO zone VALUES ('a')")
    assert time.monotonic() - begun < 1
    other.close()
    execute(database, "INSERT INTO zone VALUES ('b')")
    assert execute(database, "PRAGMA busy_timeout") == [(20_000,)]


def test_nothing_is_written_to_a_file_that_is_not_at_its_place(database: DatabaseWrapper, tmp_path: Path) -> None:
    file, away = tmp_path / "site.sqlite3", tmp_path / "away"
    file.rename(away)
    database.close_if_unusable_or_obsolete()
    with limited(in_all=1), pytest.raises(OperationalError):
        execute(database, "INSERT INTO zone VALUES ('lost')")
    assert not file.exists()
    away.rename(file)
    with limited(in_all=1):
        execute(database, "INSERT INTO zone VALUES ('kept')")
    assert sqlite3.connect(file).execute("SELECT name FROM zone").fetchall() == [("kept",)]


def test_command_makes_no_file_beside_what_others_have_written(database: DatabaseWrapper, tmp_path: Path) -> None:
    file, away = tmp_path / "site.sqlite3", tmp_path / "away"
    execute(database, "PRAGMA journal_mode=WAL")
    other = sqlite3.connect(file)
    other.execute("SELECT name FROM zone")
    database.close()
    file.rename(away)
    with pytest.raises(OperationalError):
        execute(database, "SELECT 1")
    assert not file.exists()
    other.close()
    (tmp_path / "site.sqlite3-wal").unlink(missing_ok=True)
    assert execute(database, "SELECT 1") == [(1,)]


def test_statement_is_asked_again_with_other_values_however_they_are_named(database: DatabaseWrapper) -> None:
    execute(database, "INSERT INTO zone VALUES ('100 %'), ('100 a')")
    statement = "SELECT name FROM zone WHERE name LIKE '100 %%' AND name <> {}"
    for mark, values in (("%s", [["100 a"], ["100 %"]]), ("%(name)s", [{"name": "100 a"}, {"name": "100 %"}])):
        with database.cursor() as cursor:
            found = [cursor.execute(statement.format(mark), value).fetchall() for value in values]
        assert (mark, found) == (mark, [[("100 %",)], [("100 a",)]])
    assert execute(database, "SELECT name FROM zone WHERE name LIKE '100 %' ORDER BY name") == [("100 %",), ("100 a",)]
