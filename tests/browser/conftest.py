from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from tests.conftest import FIXTURES


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Return how to start the Chromium of the system, which root may start only outside its sandbox."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, (
        "No Chromium was found: install it (Debian: apt install chromium), or name it: CHROMIUM=/path/to/it"
    )
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": sandbox}


@pytest.fixture(autouse=True)
def heard_out(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the server hear out all browsers, which are closed by then, before the database is emptied."""
    if "live_server" in request.fixturenames:
        request.getfixturevalue("transactional_db")
    yield
    end = time.monotonic() + 10
    while any("process_request_thread" in thread.name for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.02)


@pytest.fixture(scope="session")
def copy() -> sqlite3.Connection:
    """Return where a database with the real content is kept, for loading it takes seconds."""
    return sqlite3.connect(":memory:", check_same_thread=False)


@pytest.fixture
def site(transactional_db: None, live_server: Any, copy: sqlite3.Connection) -> str:
    """Return the address of the site, served with the real content."""
    database = connection.cursor().connection
    if copy.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        call_command("loaddata", *FIXTURES, verbosity=0)
        database.backup(copy)
    else:
        copy.backup(database)
    return str(live_server.url)
