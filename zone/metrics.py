"""What Prometheus is told, where ``METRICS_PORT`` is set; nothing imports this otherwise.

Each worker counts in files of its own, and whichever is asked adds up those of all. Answers that Django did not have
to give are the difference of ``hetao_requests_total`` and ``hetao_django_seconds_count``. No label has anything of a
visitor: routes have names, and addresses are left out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from zone.log_lines import route_of
from zone.page_cache import Edition, Environment, Key, PageCache

REQUESTS: Final = Counter("hetao_requests", "Requests, whoever answered them")
MISSES: Final = Counter(
    "hetao_page_cache_misses", "Requests for a page of which this process did not know what it says"
)
HELD: Final = Counter(
    "hetao_page_cache_held", "Pages shown again in an edition in which they would be made of the same"
)
EDITIONS: Final = Counter("hetao_page_cache_editions", "How often an edition began: content or time had changed")
PAGES: Final = Gauge("hetao_page_cache_pages", "Pages in memory", multiprocess_mode="livesum")
BYTES: Final = Gauge("hetao_page_cache_bytes", "Bytes of the pages in memory", multiprocess_mode="livesum")
SECONDS: Final = Histogram("hetao_django_seconds", "Time that Django took to answer", ["route", "status"])
DATABASE_ERRORS: Final = Counter("hetao_database_errors", "Statements that the database refused", ["kind"])
FAILED_LOGINS: Final = Counter("hetao_failed_logins", "Wrong passwords, and logins that were not let through")
LINES: Final = Counter("hetao_log_lines", "Warnings and errors in the log", ["level", "logger"])


class MeasuredPages(PageCache):
    """Kept pages that are counted, and the answer at ``METRICS_PORT``, which only this machine reaches."""

    def __call__(self, environ: Environment, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        # It is the port on which the server was reached, whatever the request says.
        if environ["SERVER_PORT"] == str(settings.METRICS_PORT):
            start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
            return (counted(),)
        REQUESTS.inc()
        return super().__call__(environ, start_response)

    def _begun(self, generation: int) -> Edition:
        edition = super()._begun(generation)
        EDITIONS.inc()
        return edition

    def _answer_new(self, *request: Any) -> Iterable[bytes]:
        MISSES.inc()
        return super()._answer_new(*request)

    def _keep_and_send(self, key: Key, kept: Any, *request: Any) -> Iterable[bytes]:
        old = self._pages.get(key)
        if old is not None and old.page is kept.page:
            HELD.inc()
        answer = super()._keep_and_send(key, kept, *request)
        PAGES.set(len(self._pages))
        BYTES.set(self._size)
        return answer


def counted() -> bytes:
    """Return what all workers have counted, as Prometheus reads it."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class CountedLines(logging.Handler):
    """Counts lines by where they come from."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count ``record``."""
        LINES.labels(record.levelname, record.name).inc()


def requests_are_measured(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Time what Django answers, and count what goes wrong in it."""
    connection_created.connect(_count_errors)
    user_login_failed.connect(_count_failed_login)

    def answer_in_time(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = answer(request)
        SECONDS.labels(route_of(request), response.status_code).observe(time.perf_counter() - began)
        return response

    return answer_in_time


def _count_failed_login(**signal: Any) -> None:
    FAILED_LOGINS.inc()


def _count_errors(connection: BaseDatabaseWrapper, **signal: Any) -> None:
    if _counting_errors not in connection.execute_wrappers:
        connection.execute_wrappers.append(_counting_errors)


def _counting_errors(execute: Callable[..., Any], *statement: Any) -> Any:
    try:
        return execute(*statement)
    except DatabaseError as error:
        DATABASE_ERRORS.labels(type(error).__name__).inc()
        raise
