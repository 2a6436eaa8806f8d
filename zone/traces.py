"""What a page asked of the database and was told: while it would be told the same, the page would be the same.

When content changes, most pages still say what they said. To ask their questions once more costs a tenth of making
them, for nothing has to be put together: no statement, no record, no page. Nobody has to know what depends on what,
and nothing can be forgotten, since all that a page knows of the content it has been told by the database. Build systems
call this a verifying trace (Mokhov, Mitchell, Peyton Jones, "Build Systems à la Carte", 2018, section 4.2.2).
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar, TypeVarTuple, cast

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from zone.databases.patience import limited
from zone.databases.prepared import adapted, places_between

_PATIENCE: Final = 1.0
"""Seconds that the database has for all questions of a page."""
_ASKING: Final = ("SELECT ", "(SELECT ")

Made = TypeVar("Made")
Arguments = TypeVarTuple("Arguments")

_thread: Final = threading.local()
_known: Final[dict[tuple[Any, ...], tuple[Trace, Any]]] = {}
"""What this process has made last in each function that is :func:`remembered`, and of its arguments."""


@dataclass(frozen=True, slots=True)
class _Question:
    statement: str
    parameters: tuple[Any, ...]
    moments: tuple[int, ...]
    """Which of the parameters are the present moment."""
    answer: bytes
    """A digest of the rows."""

    def has_same_answer(self, cursor: Any, now: Any) -> bool:
        """Whether the database answers now as it did then."""
        parameters = [now if place in self.moments else value for place, value in enumerate(self.parameters)]
        cursor.execute(self.statement, parameters)
        return _digest(cursor.fetchall()) == self.answer


class Trace:
    """All questions that were asked in :func:`traced`. Those that change something make it one that never holds."""

    def __init__(self) -> None:
        self._questions: list[_Question] | None = None

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes; statements are shared with the traces of other pages."""
        questions = self._questions or []
        return sum(sys.getsizeof(one.parameters) + len(one.answer) + 200 for one in questions)

    def holds(self) -> bool:
        """Return whether every question has the answer that it had; without a database, nothing does."""
        try:
            with limited(in_all=_PATIENCE):
                return self.is_confirmed()
        except DatabaseError:
            return False
        finally:
            if not connection.in_atomic_block:  # No request of Django's ends here, which would do so.
                close_old_connections()

    def is_confirmed(self) -> bool:
        """Ask every question once more, and return whether each has the answer that it had."""
        if self._questions is None:
            return False
        now = adapted(timezone.now())
        with connection.cursor() as cursor:
            return all(question.has_same_answer(cursor, now) for question in self._questions)

    def end(self, heard: list[_Heard], begun: datetime.datetime) -> None:
        """Take what was ``heard`` since ``begun``. A time between then and now was the present moment.

        Where the clock was put back meanwhile, nobody can tell.
        """
        ended = timezone.now()
        if begun <= ended and all(one.statement.startswith(_ASKING) for one in heard):
            first, last = adapted(begun), adapted(ended)
            self._questions = [one.question(first, last) for one in heard]


class _Heard:
    """A cursor that remembers what it was asked and what it answered."""

    def __init__(self, cursor: Any, statement: str, parameters: Any) -> None:
        self.cursor: Any = cursor.cursor if isinstance(cursor, _Heard) else cursor
        self.statement = statement
        self._parameters = tuple(parameters or ())
        self._rows: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchone, None)

    def fetchone(self) -> Any:
        row = self.cursor.fetchone()
        self._rows += [] if row is None else [row]
        return row

    def fetchmany(self, *size: int) -> list[Any]:
        rows: list[Any] = self.cursor.fetchmany(*size)
        self._rows += rows
        return rows

    def fetchall(self) -> list[Any]:
        rows: list[Any] = self.cursor.fetchall()
        self._rows += rows
        return rows

    def question(self, first: Any, last: Any) -> _Question:
        """Return what was asked, with the times from ``first`` to ``last`` as the present moment."""
        moments = places_between(self._parameters, first, last)
        return _Question(sys.intern(self.statement), self._parameters, moments, _digest(self._rows))


@contextmanager
def traced() -> Iterator[Trace]:
    """Yield the trace of what is asked in the ``with`` block, by this thread; it is whole when the block has ended."""
    trace, begun = Trace(), timezone.now()
    with _listening() as heard:
        before = len(heard)
        yield trace
    trace.end(heard[before:], begun)


@contextmanager
def _listening() -> Iterator[list[_Heard]]:
    """Yield the list to which is added what this thread asks: one list for a block and for those within it."""
    if hasattr(_thread, "heard"):
        yield _thread.heard
        return
    _thread.heard = heard = []

    def listen(execute: Callable[..., Any], statement: str, parameters: Any, many: bool, context: Any) -> Any:
        cursor = context["cursor"]
        cursor.cursor = listening = _Heard(cursor.cursor, statement, parameters)
        heard.append(listening)
        return execute(statement, parameters, many, context)

    try:
        with connection.execute_wrapper(listen):
            yield heard
    finally:
        del _thread.heard


def remembered(make: Callable[[*Arguments], Made]) -> Callable[[*Arguments], Made]:
    """Return ``make`` as a function that asks the same questions each time, and makes something of new answers only.

    What is made rests on the arguments, of which there are few, and on the database alone; nobody may change it. A
    page that is made of it has asked these questions too.
    """

    @functools.wraps(make)
    def made_before(*arguments: *Arguments) -> Made:
        if (before := _known.get((make, *arguments))) and before[0].is_confirmed():
            return cast(Made, before[1])
        with traced() as trace:
            made = make(*arguments)
        _known[make, *arguments] = trace, made
        return made

    return made_before


def _digest(rows: list[Any]) -> bytes:
    return hashlib.blake2b(repr(rows).encode(), digest_size=16).digest()
