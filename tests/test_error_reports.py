"""What reaches Sentry, by its own protocol, when a request with personal data breaks."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest

from tests import sites
from tests.programs import python

pytestmark = pytest.mark.any_database

DECODED: dict[str, Any] = {"br": brotli.decompress, "gzip": gzip.decompress}
TESTS = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
BREAK = """
import logging
from hetao import wsgi
from django.test import Client
from zone import readiness
class Park:
    class objects:
        def exists():
            name = "siuming@example.org"
            raise KeyError(name)
readiness.Park = Park
for name in ("", "django"):
    logging.getLogger(name).setLevel("INFO")
site = Client(raise_request_exception=False, headers={"host": "localhost"})
site.cookies["sessionid"] = "s3cret"
visitor = {"REMOTE_ADDR": "203.0.113.77", "HTTP_REFERER": "https://evil.example/", "HTTP_AUTHORIZATION": "Basic s3cret"}
print(site.get("/readyz?q=dementia", **visitor).headers["X-Request-ID"])
site.get("/readyz?q=dementia", **visitor | {"HTTP_HOST": "evil.example"})
logging.getLogger("zone.test").error("%s could not be told.", "An error")
import sentry_sdk
sentry_sdk.flush()
"""

KEPT = """
from wsgiref.util import setup_testing_defaults
from hetao.wsgi import application
request = {"PATH_INFO": "/robots.txt", "HTTP_HOST": "localhost"}
setup_testing_defaults(request)
application(request, lambda status, headers: print(status, "ETag" in dict(headers)))
"""


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[str]]]:
    """Return the address of a server, and what it was sent."""
    sent: list[str] = []

    class Sentry(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.append(DECODED[self.headers["Content-Encoding"]](body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *line: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sentry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", sent
    server.shutdown()
    thread.join()
    server.server_close()


def test_error_is_sent_with_its_place_and_without_whose_it_is(sentry: tuple[str, list[str]], tmp_path: Path) -> None:
    dsn, sent = sentry
    run = python("-c", BREAK, environment=sites.variables(tmp_path) | {"SENTRY_DSN": dsn, **TESTS})
    assert run.returncode == 0, run.stderr
    events = [json.loads(line) for envelope in sent for line in envelope.splitlines() if '"event_id"' in line][1::2]
    by_place = {
        event["exception"]["values"][-1]["type"] if "exception" in event else event["message"]: event
        for event in events
    }
    assert {"KeyError", "An error could not be told."} <= set(by_place)
    broken = by_place["KeyError"]
    assert broken["tags"] == {"request": run.stdout.strip()}
    assert broken["message"].endswith("answered with 500")
    assert len(broken["release"]) == 12
    [exception] = broken["exception"]["values"]
    assert (exception["value"], exception["stacktrace"]["frames"][-2]["function"]) == ("", "_database")
    for word in ("siuming", "s3cret", "203.0.113.77", "evil.example"):
        assert [envelope for envelope in sent if word in envelope] == []
    assert "dementia" not in "".join(sent)


@pytest.mark.django_db
def test_page_cache_keeps_pages_whoever_listens(tmp_path: Path) -> None:
    """What watches the application must not come between it and the cache: a page that is kept has an ``ETag``."""
    sites.copy_database(tmp_path / "site.sqlite3")
    listening = {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "METRICS_PORT": "9100", "TMPDIR": str(tmp_path)}
    run = python("-c", KEPT, environment=sites.variables(tmp_path) | listening)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "200 OK True\n"
