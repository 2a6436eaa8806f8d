"""What Prometheus is told, asked of a server with two workers; and that nothing of it is there without the setting."""

from __future__ import annotations

import re
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests import sites
from tests.programs import python

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Path:
    """Return a folder with a database of its own: that of the tests, for migrations take many times as long."""
    folder = tmp_path_factory.mktemp("measured")
    with django_db_blocker.unblock(), closing(sqlite3.connect(folder / "site.sqlite3")) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)
    return folder


@pytest.fixture(scope="module")
def measured(folder: Path) -> Iterator[tuple[sites.Server, str]]:
    """Return a server, and where it tells its figures."""
    port = sites.free_port()
    environment = sites.variables(folder) | {"METRICS_PORT": str(port), "TMPDIR": str(folder)}
    with sites.served(environment) as server:
        yield server, f"http://127.0.0.1:{port}/metrics"
    assert list(folder.glob("hetao-metrics-*")) == []


def figures(address: str) -> dict[str, float]:
    """Return the samples by name and labels, without those of buckets."""
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310
        text = answer.read().decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#") and "_bucket" not in line]
    return {re.sub(r"hetao_", "", name): float(value) for name, value in lines}


def test_both_workers_count_pages_that_are_kept_and_made(measured: tuple[sites.Server, str]) -> None:
    server, address = measured
    before = figures(address).get("requests_total", 0)
    for _ in range(40):
        sites.get(f"{server.address}/robots.txt")
    with pytest.raises(urllib.error.HTTPError):
        sites.get(f"{server.address}/siuming?q=dementia")
    told = figures(address)
    assert told["requests_total"] - before == 41
    # Each worker has made the page once at most, and sent it from its memory since.
    made = told['django_seconds_count{route="robots",status="200"}']
    assert 1 <= made <= 2
    assert told["page_cache_misses_total"] == told["page_cache_pages"] == told["page_cache_editions_total"] == made
    assert told["page_cache_bytes"] > 0
    assert "siuming" not in str(told)


def test_figures_are_not_public(measured: tuple[sites.Server, str]) -> None:
    server, address = measured
    port = address.split(":")[2].partition("/")[0]
    request = urllib.request.Request(f"{server.address}/metrics", headers={"Host": f"localhost:{port}"})  # noqa: S310
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)  # noqa: S310


def test_what_goes_wrong_is_counted(folder: Path) -> None:
    code = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "hetao.settings"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["TMPDIR"]
import django
django.setup()
from django.db import connection
from django.test import Client
from zone.metrics import counted
site = Client(headers={"host": "localhost"})
site.get("/healthz")
site.post("/admin/login/", {"username": "siuming", "password": "wrong"})
connection.cursor().execute("DROP TABLE zone_park")
site.get("/readyz")
print(counted().decode())
"""
    environment = sites.variables(folder) | {"METRICS_PORT": "9100", "TMPDIR": str(folder)}
    run = python("-c", code, environment=environment)
    assert run.returncode == 0, run.stderr
    assert {line for line in run.stdout.splitlines() if line.startswith("hetao_") and "seconds" not in line} >= {
        "hetao_failed_logins_total 1.0",
        'hetao_database_errors_total{kind="OperationalError"} 1.0',
        'hetao_log_lines_total{level="ERROR",logger="django.request"} 1.0',
    }
    assert 'hetao_django_seconds_count{route="readyz",status="503"} 1.0' in run.stdout
    assert "siuming" not in run.stdout


def test_an_edition_is_counted_once_and_none_that_could_not_begin(tmp_path: Path) -> None:
    code = """
import datetime, os, threading, time
os.environ["DJANGO_SETTINGS_MODULE"] = "hetao.settings"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["TMPDIR"]
import django
django.setup()
from zone.metrics import MeasuredPages, counted
def later():
    time.sleep(0.2)
    return datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
def fail():
    raise ValueError
whole, broken = (MeasuredPages(None, None, change, None) for change in (later, fail))
threads = [threading.Thread(target=whole._edition_of, args=(1,)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for _ in range(5):
    broken._edition_of(1)
print(counted().decode())
"""
    run = python("-c", code, environment=sites.variables(tmp_path) | {"METRICS_PORT": "9100", "TMPDIR": str(tmp_path)})
    assert run.returncode == 0, run.stderr
    assert re.findall(r"^hetao_page_cache_editions_total .+", run.stdout, re.MULTILINE) == [
        "hetao_page_cache_editions_total 1.0"
    ]


def test_nothing_of_it_is_loaded_without_the_setting(tmp_path: Path) -> None:
    code = "import sys; from hetao import wsgi; print({'prometheus_client', 'sentry_sdk'} & set(sys.modules))"
    assert python("-c", code, environment=sites.variables(tmp_path)).stdout == "set()\n"
