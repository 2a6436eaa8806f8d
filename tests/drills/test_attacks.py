"""What is for sale as an attack, against the site as it is shipped: wapiti crawls it, sqlmap tries every parameter.

Both are asked the same of an application with holes, which they have to find. Install them with ``apt install sqlmap``
and ``pip install wapiti3`` (in a virtual environment of its own); ``WAPITI`` and ``SQLMAP`` name the programs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.conf import settings
from django.db import connection

from tests.drills.attacking import asked, found, needs_wapiti
from tests.security.holes import application
from tests.sites import manage, served, variables

SQLMAP = os.environ.get("SQLMAP", "sqlmap")
MODULES = "common,csrf,methods"
"""Those that wapiti runs by itself, among them xss, permanentxss, sql, file, exec, redirect, ssrf, upload, csp."""

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is a file of its own."),
]
needs_sqlmap = pytest.mark.skipif(not shutil.which(SQLMAP), reason="sqlmap is not installed.")


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - Its name is that of the library.
        pass


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@pytest.fixture
def holes() -> Iterator[str]:
    """Serve the application with holes to this machine; yield its address."""
    server = Threads(("127.0.0.1", 0), Quiet)
    server.set_app(application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the site with its content, as behind a proxy that speaks HTTPS; yield its address."""
    environment = variables(tmp_path_factory.mktemp("site")) | {"HTTPS": "true", "BEHIND_PROXY": "true"}
    manage(environment, "set_up")
    with served(environment) as server:
        yield server.address


def wapiti(address: str, folder: Path) -> dict[str, int]:
    """Return how many holes of each kind wapiti finds at ``address``."""
    crawled = ("-d", "2", "--max-links-per-page", "6", "--max-scan-time", "200", "-H", "X-Forwarded-Proto: https")
    command = [*asked(address, folder, MODULES, 60), *crawled]
    subprocess.run(command, check=True, capture_output=True, timeout=1800)  # noqa: S603
    return found(folder)


def sqlmap(address: str, folder: Path) -> set[str]:
    """Return the parameters of ``address`` by which sqlmap gets into the database."""
    tried = ("--batch", "--level", "2", "--risk", "2", "--technique", "BEUSQ", "--flush-session", "--disable-coloring")
    command = [SQLMAP, "-u", address, *tried, "--output-dir", str(folder), "-H", "X-Forwarded-Proto: https"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800).stdout  # noqa: S603
    assert "[*] ending" in told
    assert ("do not appear to be injectable" in told) != ("injection point(s)" in told)
    return set(re.findall(r"^Parameter: (\S+) \(", told, re.MULTILINE))


@needs_wapiti
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_wapiti_finds_nothing(site: str, tmp_path: Path, language: str) -> None:
    assert wapiti(f"{site}/{language}/", tmp_path) == {}


@needs_wapiti
def test_wapiti_finds_the_holes_that_were_made_for_it(holes: str, tmp_path: Path) -> None:
    assert wapiti(f"{holes}/", tmp_path).keys() == {
        "Clickjacking Protection",
        "Content Security Policy Configuration",
        "Cross Site Request Forgery",
        "MIME Type Confusion",
        "Open Redirect",
        "Path Traversal",
        "Reflected Cross Site Scripting",
        "SQL Injection",
    }


@needs_sqlmap
@pytest.mark.parametrize(
    "query",
    [
        "organisations/?field=quantum&kind=company&presence=operating",
        "organisations/?role=tenant&park=shenzhen",
        "organisations/?initial=h&sort=name&page=1",
        "news/?year=2025&from=2024&to=2026&after=2025",
        "news/?organisation=a&source=b&facility=c",
        "search/?q=laser&noun=organisation&language=en",
        "facilities/compare/?facility=a",
    ],
)
def test_sqlmap_finds_nothing(site: str, tmp_path: Path, query: str) -> None:
    assert sqlmap(f"{site}/en/{query}", tmp_path) == set()


@needs_sqlmap
def test_sqlmap_finds_the_hole_that_was_made_for_it(holes: str, tmp_path: Path) -> None:
    assert sqlmap(f"{holes}/asked?q=1", tmp_path) == {"q"}
