"""What a log says: one line, or one JSON object, for each event, and nothing of the person whose request it was.

The privacy page promises that nobody's visit is recorded. So no line has an address, a host, a query, a user or what
somebody has typed. Where other packages would write one of these, the line is written anew from what we know to be
harmless: the status, the name of the route, the kind of the exception and the place in the code.
"""

from __future__ import annotations

import datetime
import logging
import re
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from pythonjsonlogger.json import JsonFormatter

NOBODY: Final = "-"
"""Stands for the request of a line that belongs to none."""
current_request: ContextVar[str] = ContextVar("current_request", default=NOBODY)
"""The identifier of the request that this thread answers."""
IDENTIFIER: Final = re.compile(r"[0-9A-Za-z_-]{8,64}")
"""What a proxy may call a request: nothing that could break a line or a header."""

_HARMLESS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"route", "seconds", "status_code"}
_CODES: Final = ("sqlite_errorname", "sqlstate", "strerror")
"""Under which databases and systems say what went wrong without saying in what."""
_OF_THE_CODE: Final = (AttributeError, ImportError, NameError)
"""Exceptions that speak of names in the code alone. A ``ValueError`` quotes the value, a unique key the address."""

Error = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def route_of(request: HttpRequest) -> str:
    """Return the name of the route that a request took, or ``-``: its address may have what was typed, or a secret."""
    match = request.resolver_match
    return (match and match.view_name) or NOBODY


class _Harmless(logging.Formatter):
    """Says nothing of people; what a subclass makes of a record is its form."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``, which stays as it is for whoever else handles it."""
        return super().format(harmless(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Return the time with its offset, so that lines of several machines can be put in order."""
        moment = datetime.datetime.fromtimestamp(record.created, timezone.get_default_timezone())
        return moment.isoformat(timespec="milliseconds")

    def formatException(self, ei: Error) -> str:  # type: ignore[override]  # noqa: N802
        """Return where the exception came from, without what it says of values."""
        return "".join(_told(ei[1])).rstrip() if ei[1] is not None else ""


class Line(_Harmless):
    """Writes for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")


class Json(_Harmless, JsonFormatter):
    """Writes for programs: an object in one line."""

    def __init__(self) -> None:
        JsonFormatter.__init__(
            self,
            ("asctime", "levelname", "name", "request_id", "message"),
            rename_fields={
                "asctime": "time",
                "levelname": "level",
                "name": "logger",
                "request_id": "request",
                "status_code": "status",
                "exc_info": "exception",
            },
            json_ensure_ascii=False,
        )


def harmless(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy of ``record`` with the identifier of its request and without what comes from people."""
    said = {name: value for name, value in vars(record).items() if name in _HARMLESS}
    said |= {"exc_text": None, "request_id": current_request.get()}
    request = getattr(record, "request", None)
    if record.name.startswith("django.") and isinstance(request, HttpRequest):
        # Django names the path, the host or the referrer. It speaks when the request is over, too.
        route = route_of(request)
        said |= {"request_id": request.META.get("HTTP_X_REQUEST_ID", NOBODY), "route": route}
        said |= {"msg": "%s answered with %s", "args": (route, said.get("status_code", NOBODY))}
    elif record.name == "gunicorn.error" and _speaks_of_a_request(record):
        said |= {"msg": "A request could not be handled", "args": ()}
    return logging.makeLogRecord(said)


def _speaks_of_a_request(record: logging.LogRecord) -> bool:
    return str(record.msg).startswith(("Invalid request from ip=", "Error handling request"))


def _told(error: BaseException) -> Iterator[str]:
    """Yield the frames and the kinds of ``error`` and of what it came from, the first one first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
        yield "which led to:\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{_kind(error)}\n"


def _kind(error: BaseException) -> str:
    said = next((str(code) for name in _CODES if (code := getattr(error, name, None))), "")
    # Without a code PostgreSQL's driver speaks of its connection: refused, timed out, too many.
    is_of_the_connection = type(error).__module__.startswith("psycopg") and type(error).__name__ == "OperationalError"
    if isinstance(error, _OF_THE_CODE) or (is_of_the_connection and not said):
        said = " ".join(str(error).split())
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{name}: {said}" if said else name
