"""``migrate`` that is killed by ``kill -9`` again and again ends, when it may, with the same schema and rows."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.drills.databases import Databases, state
from tests.drills.killing import TIMES, environment, killed, run
from tests.drills.test_killed_commands import FIXTURES
from tests.sites import manage

pytestmark = pytest.mark.drill

MIGRATE = ("manage.py", "migrate", "-v0")
GO_BACK = """
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([("zone", "0013_scale")])
"""
"""Migrates the content back to an earlier release, which had the migrations that are one for new databases now."""


@pytest.mark.parametrize("begin", ["empty", "release before"])
def test_migrations_can_be_stopped_at_any_moment(databases: Databases, tmp_path: Path, begin: str) -> None:
    before = databases.new()
    if begin == "release before":
        run(MIGRATE, environment(tmp_path, before))
        manage(environment(tmp_path, before), "loaddata", *FIXTURES, "-v0")
        run(("-c", GO_BACK), environment(tmp_path, before))
    after = copy_of(databases, before, begin)
    longest = run(MIGRATE, environment(tmp_path, after))
    expected = databases.schema(after), state(databases, after)

    chance = random.Random(len(begin))  # noqa: S311
    kills, ended = 0, 0
    while kills < TIMES:
        address = copy_of(databases, before, begin)
        variables = environment(tmp_path, address)
        while kills < TIMES and killed(MIGRATE, variables, longest * chance.uniform(0.2, 0.9)):
            kills += 1
        run(MIGRATE, variables)
        assert (databases.schema(address), state(databases, address)) == expected
        ended += 1
    print(f"\n{type(databases).__name__}, migrate from {begin}: {kills} kills, {ended} databases equal")  # noqa: T201


def copy_of(databases: Databases, before: str, begin: str) -> str:
    return databases.new() if begin == "empty" else databases.copy(before)
