"""What pages cost the processor, without a server and its network.

``python -m tests.benchmarks.in_process`` looks at the site that ``ENV_FILE`` or the environment names. It prints a
table for people (on the standard error) and the same as JSON. As a worker of the server it is a process of its own,
with the settings of production.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final

# Before anything of Django is imported: this process is started for nothing else.
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.references.settings"

from django.core.wsgi import get_wsgi_application

references = get_wsgi_application()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from hetao import settings  # noqa: E402
from tests.benchmarks.addresses import BYTES_OF_THE_REFERENCE, DETAIL, LIST, LIST_OF_THE_REFERENCE, LISTED  # noqa: E402
from tests.benchmarks.references.made import VARIABLE  # noqa: E402
from zone.freshness import next_change  # noqa: E402
from zone.generations import Reader  # noqa: E402
from zone.page_cache import NOTHING_IS_DUE, PageCache  # noqa: E402
from zone.traces import traced  # noqa: E402
from zone.views.answers import PAGES  # noqa: E402

with override_settings(MIDDLEWARE=settings.MIDDLEWARE):
    django = WSGIHandler()
site = PageCache(django, Reader().read, next_change, traced)

ROUNDS: Final = 10
CALLS: Final = 10
"""How often a page is called in each round, one call after the other, as a server does that has much to do."""
CHANGES: Final = {"first": "elsewhere", "anew": "here", "1st det.": "elsewhere"}
"""What changes before a page is called."""
FORGOTTEN: Final = ("new det.",)
"""Of which pages nothing is remembered when they are called."""
Application = Callable[[dict[str, Any], Any], Any]


def environ(path: str, **more: str) -> dict[str, Any]:
    """Return what a server makes of the request of a browser, and the cache of pages where nothing is due."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
        "HTTP_ACCEPT_ENCODING": "gzip",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        NOTHING_IS_DUE: True,
        **more,
    }


def answer(application: Application, path: str, status: str = "200 OK", **more: str) -> tuple[bytes, dict[str, str]]:
    """Return the body of a page as it goes over the wire, and its headers."""
    started: list[Any] = []
    response = application(environ(path, **more), lambda *answered: started.extend(answered))
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    if started[0] != status:
        sys.exit(f"{path} answers with {started[0]} and not with {status}.")
    return body, dict(started[1])


def queries(application: Application, path: str, *, is_new: bool) -> int:
    """Return how many queries a page takes, of which nothing is remembered where it ``is_new``."""
    if is_new:
        PAGES.clear()
    asked = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        answer(application, path)
    return asked


def change(where: str) -> None:
    """Let the content have another generation: by a change ``elsewhere`` or of what the list shows."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE zone_generation SET number = number + 1")
        if where == "here":
            now = connection.ops.adapt_datetimefield_value(timezone.now())
            cursor.execute("UPDATE zone_organisation SET updated_at = %s WHERE slug = %s", [now, LISTED])


def seconds(work: Callable[[], object]) -> float:
    """Return how long the processor works for this thread."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def measure() -> dict[str, Any]:
    """Return, by what is measured, the bytes, the queries, and the minimum and the median of the processor time."""
    kept, said = answer(site, LIST)
    with tempfile.NamedTemporaryFile() as page:
        page.write(kept)
        page.flush()
        os.environ[VARIABLE] = page.name
        returned, _headers = answer(references, BYTES_OF_THE_REFERENCE)
    if returned != kept:
        sys.exit("D returns other bytes than the page has.")
    etag = said["ETag"]
    pages: dict[str, tuple[Application, str, dict[str, str]]] = {
        "D": (references, BYTES_OF_THE_REFERENCE, {}),
        "R": (references, LIST_OF_THE_REFERENCE, {}),
        "list": (django, LIST, {}),
        "detail": (django, DETAIL, {}),
        "new det.": (django, DETAIL, {}),
        "first": (site, LIST, {}),
        "anew": (site, LIST, {}),
        "1st det.": (site, DETAIL, {}),
        "cached": (site, LIST, {}),
        "304": (site, LIST, {"status": "304 Not Modified", "HTTP_IF_NONE_MATCH": etag}),
    }
    taken: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(ROUNDS):
        for name, (application, path, more) in pages.items():
            for _ in range(CALLS):
                if name in CHANGES:
                    change(CHANGES[name])
                if name in FORGOTTEN:
                    PAGES.clear()
                taken[name].append(seconds(lambda: answer(application, path, **more)))  # noqa: B023
    return {
        name: {
            "bytes": len(_plain(answer(application, path, **more))),
            "queries": queries(application, path, is_new=name in FORGOTTEN),
            "least": min(taken[name]) * 1000,
            "median": median(taken[name]) * 1000,
        }
        for name, (application, path, more) in pages.items()
    }


def _plain(answered: tuple[bytes, dict[str, str]]) -> bytes:
    body, headers = answered
    return gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body


def lines(measured: dict[str, Any]) -> list[str]:
    """Return what was measured as a table, in milliseconds."""
    rows = [f"{'':8} {'bytes':>8} {'queries':>8} {'least':>9} {'median':>9}   ms of the processor"]
    for name, figures in measured.items():
        rows.append("{0:8} {bytes:8,} {queries:8} {least:9.3f} {median:9.3f}".format(name, **figures))
    return rows


if __name__ == "__main__":
    for warmed in (LIST, DETAIL) * 2:
        answer(django, warmed)
    measured = measure()
    print(*lines(measured), sep="\n", file=sys.stderr)  # noqa: T201
    print(json.dumps(measured))  # noqa: T201
