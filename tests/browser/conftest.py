from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tests.conftest import load_content, with_room


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Return how to start the Chromium of the system, which root may start only outside its sandbox."""
    found = filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome")))
    chromium = os.environ.get("CHROMIUM") or next(found, None)
    assert chromium, (
        "No Chromium was found: install it (Debian: apt install chromium-headless-shell, "
        "or chromium, which takes longer), or name it: CHROMIUM=/path/to/it"
    )
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": sandbox}


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server answer one request after another: its threads share a connection, where a transaction of one would
    be that of all.
    """
    turn, answer = threading.Lock(), WSGIHandler.get_response

    def answer_in_turn(handler: WSGIHandler, request: HttpRequest) -> HttpResponseBase:
        with turn:
            return with_room(answer, handler, request)

    monkeypatch.setattr(WSGIHandler, "get_response", answer_in_turn)


@pytest.fixture(autouse=True)
def heard_out(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the server hear out all browsers, which are closed by then, before the database is emptied."""
    if "live_server" in request.fixturenames:
        request.getfixturevalue("transactional_db")
    yield
    end = time.monotonic() + 10
    while any("process_request_thread" in thread.name for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.02)


@pytest.fixture
def site(transactional_db: None, live_server: Any, copy: sqlite3.Connection) -> str:
    """Return the address of the site, served with the real content."""
    load_content(copy)
    return str(live_server.url)
