"""The database: what it is, what it promises, and whether it has all that the site relies on."""

from __future__ import annotations

import datetime
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from zone.generations import missing_triggers
from zone.models import Version

OLDEST_POSTGRESQL: Final = 14
LONGEST_TRANSACTION: Final = 300
"""How many seconds one may take before somebody should look; an import of a million records is meant to."""
FEWEST_CONNECTIONS: Final = 10
"""How many must be free, so that a restart and somebody with a shell find room beside what runs."""
_CLOCK_DIFFERENCE: Final = datetime.timedelta(seconds=1)
_OF_A_VALUE: Final = re.compile(r"^CHECK constraint failed|\bvalue in ")
"""What SQLite says of a value that its column may not have, in a file that is whole."""
_REPAIR: Final = "Keep a copy of the file as it is, and restore the last backup."


def database() -> Iterator[checks.CheckMessage]:
    """Look at whether it answers, and at its version."""
    if connection.vendor == "sqlite" and (wrong := _wrong_with_the_file()):
        yield wrong
        return
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        yield checks.Info(f"SQLite {sqlite3.sqlite_version}, {connection.settings_dict['NAME']}.")
        return
    version = _one("SHOW server_version")
    if int(_one("SHOW server_version_num")) < OLDEST_POSTGRESQL * 10_000:
        yield checks.Error(f"PostgreSQL {version} is too old.", hint=f"Upgrade it to {OLDEST_POSTGRESQL} or newer.")
    else:
        yield checks.Info(f"PostgreSQL {version}, {connection.settings_dict['NAME']}.")


def _wrong_with_the_file() -> checks.Error | None:
    """Return what keeps SQLite from its file: a connection would make an empty one in the place of one that is gone."""
    if connection.is_in_memory_db():  # type: ignore[attr-defined]
        return None
    file = Path(connection.settings_dict["NAME"])
    if not file.exists():
        hint = "Put it back with its -wal, or restore the last backup; manage.py set_up makes a new one."
        return checks.Error(f"There is no {file}.", hint=hint)
    if shut := [place for place in (file.parent, file) if not os.access(place, os.W_OK)]:
        return checks.Error(f"{shut[0]} cannot be written.", hint="Let the user of the site write there.")
    return None


def encoding() -> Iterator[checks.CheckMessage]:
    """Look at whether it can keep Chinese."""
    name = _one("PRAGMA encoding" if connection.vendor == "sqlite" else "SHOW server_encoding")
    if name not in ("UTF-8", "UTF8"):
        yield checks.Error(f"Texts are kept as {name}.", hint="Make the database anew: createdb --encoding UTF8.")
    else:
        yield checks.Info(f"Texts are kept as {name}.")


def durability() -> Iterator[checks.CheckMessage]:
    """Look at whether what is saved survives a loss of power."""
    settings: dict[str, dict[str, tuple[object, ...]]] = {
        "sqlite": {"PRAGMA journal_mode": ("wal",), "PRAGMA synchronous": (2, 3), "PRAGMA foreign_keys": (1,)},
        "postgresql": {
            "SHOW fsync": ("on",),
            "SHOW full_page_writes": ("on",),
            "SHOW synchronous_commit": ("on", "remote_apply"),
        },
    }
    wanted = settings[connection.vendor]
    said = {question.split()[1]: (_one(question), right) for question, right in wanted.items()}
    wrong = [f"{name} is {value}" for name, (value, right) in said.items() if value not in right]
    if wrong:
        hint = "Take the setting out of DATABASE_URL or postgresql.conf: with it, saved work can be lost."
        yield checks.Error(f"{', '.join(wrong)}.", hint=hint)
    else:
        yield checks.Info(f"{', '.join(f'{name} is {value}' for name, (value, _right) in said.items())}.")


def integrity() -> Iterator[checks.CheckMessage]:
    """Look at every page and every reference of SQLite's file; PostgreSQL looks after its own."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        found = [row[0] for row in cursor.execute("PRAGMA quick_check(5)").fetchall() if row[0] != "ok"]
        astray = cursor.execute("PRAGMA foreign_key_check").fetchall()
    wrong = [said for said in found if _OF_A_VALUE.search(said)]
    damage = [said for said in found if said not in wrong]
    if wrong:
        hint = "Correct the rows: somebody's SQL has written them past the rules. Pages take such a value for unknown."
        yield checks.Error(f"There are values that cannot be: {'; '.join(wrong)}.", hint=hint)
    if damage:
        yield checks.Error(f"The file is damaged: {'; '.join(damage)}.", hint=_REPAIR)
    if astray:
        tables = ", ".join(sorted({f"{row[0]} to {row[2]}" for row in astray}))
        yield checks.Error(f"{len(astray)} references lead nowhere: from {tables}.", hint=_REPAIR)
    if not found and not astray:
        yield checks.Info("The file is whole, and every reference leads somewhere.")


def connections() -> Iterator[checks.CheckMessage]:
    """Look at how many more connections PostgreSQL would take."""
    if connection.vendor != "postgresql":
        return
    most = int(_one("SHOW max_connections")) - int(_one("SHOW superuser_reserved_connections"))
    left = most - _one("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    said = f"{left} of {most} connections are free."
    if left < FEWEST_CONNECTIONS:
        yield checks.Warning(said, hint="Set DATABASE_POOL, or raise max_connections.")
    else:
        yield checks.Info(said)


def transactions() -> Iterator[checks.CheckMessage]:
    """Look at who keeps others waiting: one transaction writes content at a time."""
    waiting = _long_transactions() if connection.vendor == "postgresql" else _lock_of_the_file()
    if waiting:
        yield checks.Warning(
            f"{waiting}.", hint="Wait for the import or command that runs; end it where nobody knows of it."
        )
    else:
        yield checks.Info("Nobody keeps others from writing.")


def _long_transactions() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND xact_start < now() - make_interval(secs => %s)",
            [LONGEST_TRANSACTION],
        )
        return ", ".join(
            f"Process {pid} of PostgreSQL has been in a transaction for long ({state})" for pid, state in cursor
        )


def _lock_of_the_file() -> str:
    if connection.is_in_memory_db():  # type: ignore[attr-defined]
        return ""
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=1, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return "Somebody has been writing to the file for a second"
    finally:
        other.close()
    return ""


def migrations() -> Iterator[checks.CheckMessage]:
    """Look at whether the tables are those of this release."""
    executor = MigrationExecutor(connection)
    newer = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if app in executor.loader.migrated_apps and (app, name) not in executor.loader.disk_migrations
    )
    to_come = unapplied(executor)
    if to_come:
        yield checks.Error(f"Not applied: {', '.join(to_come)}.", hint="manage.py migrate, then restart the site.")
    if newer:
        yield checks.Warning(
            f"Applied, but not of this release: {', '.join(newer)}.",
            hint="Run the release that they belong to, or go back as .readme/operations.md says.",
        )
    if not to_come and not newer:
        yield checks.Info("All migrations are applied.")


def unapplied(executor: MigrationExecutor) -> list[str]:
    """Return the migrations that ``migrate`` would apply, in its order."""
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def triggers() -> Iterator[checks.CheckMessage]:
    """Look at whether every change of content ends the pages that are kept."""
    if missing := missing_triggers():
        yield checks.Error(
            f"Pages may stay as they are after an edit: {len(missing)} triggers are missing, such as {missing[0]}.",
            hint="manage.py migrate puts them back.",
        )
    else:
        yield checks.Info("Every change of content is counted.")


def clock() -> Iterator[checks.CheckMessage]:
    """Look at whether this machine, the database and the history agree about the time."""
    now = timezone.now()
    newest = Version.objects.order_by("-at").values_list("at", flat=True).first()
    difference = abs(_one("SELECT clock_timestamp()") - now) if connection.vendor == "postgresql" else None
    if difference is not None and difference > _CLOCK_DIFFERENCE:
        yield checks.Warning(
            f"The database's clock is {difference.total_seconds():.0f} s off this machine's.",
            hint="Let both follow a time server: schedules and sessions go by the clock.",
        )
    if newest is not None and newest - now > _CLOCK_DIFFERENCE:
        yield checks.Warning(
            f"The newest version is of {newest.isoformat(timespec='seconds')}, which has yet to come.",
            hint="Set the clock: it has been put back, or was wrong when that was written.",
        )
    if (difference or _CLOCK_DIFFERENCE) <= _CLOCK_DIFFERENCE and (newest is None or newest - now <= _CLOCK_DIFFERENCE):
        yield checks.Info(f"It is {timezone.localtime(now).isoformat(timespec='seconds')}, and nothing says otherwise.")


def _one(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        [value] = cursor.fetchone()
    return value
