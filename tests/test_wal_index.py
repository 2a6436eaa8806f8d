"""Nothing is asked while nothing has been committed, and nothing is missed, whoever commits and however."""

from __future__ import annotations

import random
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.programs import python
from zone.databases.sqlite3.base import file_at
from zone.databases.sqlite3.wal_index import WalIndex, wal_index
from zone.generations import Reader

READ = "SELECT number FROM zone_generation"
COUNT = "UPDATE zone_generation SET number = number + 1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return made(tmp_path / "site%20.sqlite3")


def made(path: Path, mode: str = "wal", number: int = 1) -> Path:
    database = opened(path)
    database.execute(f"PRAGMA journal_mode = {mode}")
    database.execute("CREATE TABLE zone_generation (number integer)")
    database.execute("INSERT INTO zone_generation VALUES (?)", [number])
    database.close()
    return path


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=20, check_same_thread=False)


def index_of(path: Path) -> WalIndex | None:
    file = file_at(path)
    assert file is not None
    return wal_index(str(path), file)


def read(path: Path) -> int:
    database = opened(path)
    [[number]] = database.execute(READ).fetchall()
    database.close()
    return int(number)


class Asked:
    """Counts how often the database was asked."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        found = index_of(path)
        assert found is not None
        self.index: WalIndex = found

    def __call__(self) -> int:
        self.count += 1
        return read(self.path)

    def number(self) -> int:
        return self.index.since_last_commit(self)


def test_nothing_is_asked_while_nothing_is_committed(path: Path) -> None:
    asked, other = Asked(path), opened(path)
    assert [asked.number() for _time in range(3)] == [1, 1, 1]
    other.execute(READ).fetchall()
    other.execute("BEGIN IMMEDIATE")
    other.execute(COUNT)
    assert asked.number() == 1
    other.execute("ROLLBACK")
    assert (asked.number(), asked.count) == (1, 1)
    other.execute(COUNT)
    assert ([asked.number() for _time in range(3)], asked.count) == ([2, 2, 2], 2)


def test_commit_of_any_kind_is_seen_at_once(path: Path) -> None:
    asked, other, choice = Asked(path), opened(path), random.Random(5)  # noqa: S311
    number = 1
    for _step in range(300):
        match choice.randrange(6):
            case 0:
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            case 1:
                other.close()
                other = opened(path)
            case 2:
                other.execute("VACUUM")
            case _:
                other.execute(COUNT)
                number += 1
        assert asked.number() == number


def test_commit_of_another_process_is_seen_when_it_has_ended(path: Path) -> None:
    asked = Asked(path)
    program = f"import sqlite3; d = sqlite3.connect({str(path)!r}); d.execute({COUNT!r}); d.commit()"
    for number in (1, 2, 3):
        assert asked.number() == number
        assert python("-c", program, environment={}).returncode == 0


def test_no_thread_misses_what_another_has_committed(path: Path) -> None:
    asked, missed = Asked(path), []

    def write() -> None:
        other = opened(path)
        for _time in range(60):
            [[committed]] = other.execute(f"{COUNT} RETURNING number").fetchall()
            if asked.number() < committed:
                missed.append(committed)

    threads = [threading.Thread(target=write) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (asked.number(), missed) == (241, [])


def test_index_stays_when_everybody_else_has_gone(path: Path) -> None:
    asked = Asked(path)
    assert asked.number() == 1
    before = Path(f"{path}-shm").stat().st_ino
    for number in (2, 3):
        other = opened(path)
        other.execute(COUNT)
        other.close()
        assert (asked.number(), Path(f"{path}-shm").stat().st_ino) == (number, before)


@pytest.mark.parametrize("mode", ["delete", "truncate", "memory"])
def test_database_in_another_mode_has_none(tmp_path: Path, mode: str) -> None:
    assert index_of(made(tmp_path / "site.sqlite3", mode)) is None


@pytest.mark.parametrize("reason", [PermissionError, ValueError])
def test_database_whose_index_cannot_be_read_is_asked(
    path: Path, monkeypatch: pytest.MonkeyPatch, reason: type[Exception]
) -> None:
    def fail(*_args: Any) -> int:
        raise reason

    with monkeypatch.context() as patch:
        patch.setattr("zone.databases.sqlite3.wal_index.os.open", fail)
        assert index_of(path) is None


def test_file_that_has_just_become_another_one_is_not_taken_for_the_old_one(path: Path, tmp_path: Path) -> None:
    gone = file_at(path)
    assert gone is not None
    made(tmp_path / "other").replace(path)
    with pytest.raises(sqlite3.OperationalError, match="just become another one"):
        wal_index(str(path), gone)


@pytest.fixture
def reader(path: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    if connection.vendor != "sqlite":
        pytest.skip("Another database has no such file.")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    reader = Reader()
    monkeypatch.setattr(type(connection), "is_in_memory_db", lambda _self: False, raising=False)
    yield reader
    reader.close()


def test_reader_follows_commits_and_another_file(
    reader: Reader, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = opened(path)
    assert reader.read() == 1
    other.execute(COUNT)
    assert reader.read() == 2
    for name in ("-wal", "-shm"):
        Path(f"{path}{name}").unlink()
    made(tmp_path / "restored", number=7).replace(path)
    monkeypatch.setattr("zone.generations._PATIENCE", 0)
    assert reader.read() == 7
    opened(path).execute(COUNT)
    assert reader.read() == 8
