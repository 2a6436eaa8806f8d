"""What an import costs beside ``bulk_create`` of the same rows, and what memory it takes, each in a process of its own.

``bulk_create`` gets ready objects, in batches: first only the records and their relations, then everything that is in
the database after an import too: versions, search entries, terms and posting lists. It reads, checks and finds nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

pytestmark = pytest.mark.benchmark

MOST_TIMES = 2.0
"""How many times the processor time of ``bulk_create`` of all rows an import may take."""
MOST_MEGABYTES = 100
"""How much more memory 100,000 records may take than 1,000."""
RECORDS = int(os.environ.get("BENCHMARK_RECORDS", 100_000))
ROUNDS = 2

IMPORT = """
import json, resource, sys, time
import django
django.setup()
from django.core.management import call_command
start = time.process_time()
call_command("import_content", sys.argv[1], verbosity=0, stdout=sys.stderr)
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""

BULK_CREATE = """
import json, sys, time
import django
django.setup()
from django.apps import apps
from django.db import connections, transaction
from zone.search.tables import Fts5

BATCH = 1000
FOUND = {"Version", "SearchEntry", "PostingList"}
connections.databases["target"] = {**connections.databases["default"], "NAME": sys.argv[1]}
source, target = connections["default"], connections["target"]
seconds = {"records": 0.0, "all": 0.0}

def timed(kind, work):
    start = time.process_time()
    work()
    seconds[kind] += time.process_time() - start

with transaction.atomic(using="target"):
    for model in apps.get_app_config("zone").get_models(include_auto_created=True):
        kind = "all" if model.__name__ in FOUND else "records"
        last = 0
        while model.__name__ != "Generation":
            rows = list(model._base_manager.using("default").filter(pk__gt=last).order_by("pk")[:BATCH])
            if not rows:
                break
            last = rows[-1].pk
            for row in rows:
                row._state.adding = True
            timed(kind, lambda: model._base_manager.using("target").bulk_create(rows))
    with source.cursor() as read, target.cursor() as write:
        read.execute("SELECT rowid, terms FROM zone_search ORDER BY rowid")
        while rows := read.fetchmany(BATCH):
            timed("all", lambda: write.executemany(Fts5.insert, rows))
    start = time.process_time()
seconds["records"] += time.process_time() - start
print(json.dumps({"records": seconds["records"], "all": seconds["all"] + seconds["records"]}))
"""


class Machine:
    """Runs programs, each with a SQLite database that it names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def database(self) -> Path:
        """Return a new database that is ready and empty."""
        self.count += 1
        path = self.folder / f"{self.count}.sqlite3"
        self.run(path, "manage.py", "migrate", "--verbosity=0")
        return path

    def lines(self, records: int) -> Path:
        """Return a file of about as many made-up ``records``."""
        made, path = self.database(), self.folder / f"{records}.jsonl"
        shares = {"organisations": 0.4, "facilities": 0.1, "news": 0.5}
        numbers = [f"--{noun}={round(records * share)}" for noun, share in shares.items()]
        self.run(made, "manage.py", "make_load", *numbers)
        self.run(made, "manage.py", "dump_content", f"--lines={path}")
        made.unlink()
        return path

    def run(self, database: Path, *arguments: str | Path) -> str:
        """Run a program and return what it prints."""
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{database}",
            "DJANGO_SETTINGS_MODULE": "hetao.settings",
            "SECRET_KEY": "x" * 60,
            "DEBUG": "false",
            "ENV_FILE": os.devnull,
        }
        done = subprocess.run(  # noqa: S603
            [sys.executable, *map(str, arguments)],
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def measured(self, database: Path, program: str, *arguments: Path) -> dict[str, Any]:
        """Run a program and return the figures that it prints."""
        figures: dict[str, Any] = json.loads(self.run(database, "-c", program, *arguments).splitlines()[-1])
        return figures


def test_an_import_costs_little_more_than_writing_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine(tmp_path)
    few, many = machine.lines(1000), machine.lines(RECORDS)
    small = machine.measured(machine.database(), IMPORT, few)
    costs, memory = [], []
    for _ in range(ROUNDS):
        imported = machine.database()
        ours = machine.measured(imported, IMPORT, many)
        target = machine.database()
        bulk = machine.measured(imported, BULK_CREATE, target)
        imported.unlink()
        target.unlink()
        costs.append(ours["seconds"] / bulk["all"])
        memory.append(ours["megabytes"] - small["megabytes"])
        with capsys.disabled():
            sys.stdout.write(
                f"\n{RECORDS:,} records: import {ours['seconds']:.1f} s; bulk_create of all rows {bulk['all']:.1f} s, "
                f"{costs[-1]:.2f} times; of records and relations {bulk['records']:.1f} s, "
                f"{ours['seconds'] / bulk['records']:.2f} times; "
                f"memory {ours['megabytes']:.0f} MB, of 1,000 {small['megabytes']:.0f} MB"
            )
    assert min(costs) <= MOST_TIMES
    assert min(memory) <= MOST_MEGABYTES
