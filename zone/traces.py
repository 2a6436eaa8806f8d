"""What a page asked of the database and the clock and was told: while it would be told the same, it would be the same.

When content changes, most pages still say what they said. To ask their questions once more costs a tenth of making
them, for nothing has to be put together: no statement, no record, no page. Nobody has to know what depends on what,
and nothing can be forgotten, since all that a page knows of the content it has been told by the database. Build systems
call this a verifying trace (Mokhov, Mitchell, Peyton Jones, "Build Systems à la Carte", 2018, section 4.2.2).
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import pickle
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar, TypeVarTuple, cast

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from zone.clock import has_come, told_to
from zone.databases.patience import limited
from zone.databases.prepared import adapted, places_between

_PATIENCE: Final = 1.0
"""Seconds that the database has for all questions of a page."""
_PROTOCOL: Final = 5
"""Of pickling, which writes each value as what it is, in a third of the time of ``repr``. Nobody reads it."""
_ASKING: Final = ("SELECT ", "(SELECT ")

Made = TypeVar("Made")
Arguments = TypeVarTuple("Arguments")

_thread: Final = threading.local()


@dataclass(frozen=True, slots=True)
class _Question:
    statement: str
    parameters: tuple[Any, ...]
    moments: tuple[int, ...]
    """Which of the parameters are the present moment."""
    answer: bytes
    """A digest of the rows."""

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes, besides its statement."""
        return sys.getsizeof(self.parameters) + len(self.answer) + 200

    @property
    def weight(self) -> int:
        """Return how much is asked: most about what a page shows, and least about what stands around that."""
        return len(self.statement)

    def has_same_answer(self, cursor: Any, now: Any) -> bool:
        """Whether the database answers now as it did then."""
        parameters = [now if place in self.moments else value for place, value in enumerate(self.parameters)]
        cursor.execute(self.statement, parameters)
        return _digest(cursor.fetchall()) == self.answer


@dataclass(frozen=True, slots=True)
class _Moment:
    moment: datetime.datetime
    has_come: bool
    only_asks: ClassVar = True
    size: ClassVar = 150
    weight: ClassVar = 1_000_000
    """It is answered at once, and so before what the database is asked."""

    def question(self, _first: Any, _last: Any) -> _Moment:
        """Return what was asked."""
        return self

    def has_same_answer(self, _cursor: Any, _now: Any) -> bool:
        """Whether the clock answers now as it did then."""
        return has_come(self.moment) == self.has_come


class Trace:
    """All questions that were asked in :func:`traced`. Those that change something make it one that never holds."""

    def __init__(self) -> None:
        self._questions: list[_Question | _Moment] | None = None

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes; statements are shared with the traces of other pages."""
        return sum(one.size for one in self._questions or [])

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

    def end(self, heard: list[_Heard | _Moment], begun: datetime.datetime) -> None:
        """Take what was ``heard`` since ``begun``. A time between then and now was the present moment.

        Where the clock was put back meanwhile, nobody can tell.
        """
        ended = timezone.now()
        if begun <= ended and all(one.only_asks for one in heard):
            first, last = adapted(begun), adapted(ended)
            questions = (one.question(first, last) for one in heard)
            # What has most likely another answer comes first, so that nothing else is asked in vain.
            self._questions = sorted(questions, key=lambda one: one.weight, reverse=True)


class _Heard:
    """A cursor that remembers what it was asked and what it answered."""

    def __init__(self, cursor: Any, statement: str, parameters: Any) -> None:
        self.cursor: Any = cursor.cursor if isinstance(cursor, _Heard) else cursor
        self._statement = statement
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

    @property
    def only_asks(self) -> bool:
        """Whether it changes nothing."""
        return self._statement.startswith(_ASKING)

    def question(self, first: Any, last: Any) -> _Question:
        """Return what was asked, with the times from ``first`` to ``last`` as the present moment."""
        moments = places_between(self._parameters, first, last)
        return _Question(sys.intern(self._statement), self._parameters, moments, _digest(self._rows))


@contextmanager
def traced() -> Iterator[Trace]:
    """Yield the trace of what is asked in the ``with`` block, by this thread; it is whole when the block has ended."""
    trace, begun = Trace(), timezone.now()
    with _listening() as heard:
        before = len(heard)
        yield trace
    trace.end(heard[before:], begun)


@contextmanager
def _listening() -> Iterator[list[_Heard | _Moment]]:
    """Yield the list to which is added what this thread asks: one list for a block and for those within it."""
    if hasattr(_thread, "heard"):
        yield _thread.heard
        return
    heard: list[_Heard | _Moment] = []
    _thread.heard = heard

    def listen(execute: Callable[..., Any], statement: str, parameters: Any, many: bool, context: Any) -> Any:
        cursor = context["cursor"]
        cursor.cursor = listening = _Heard(cursor.cursor, statement, parameters)
        heard.append(listening)
        return execute(statement, parameters, many, context)

    # Django's own block would take away whoever listens last, such as one that came with the connection to stay.
    connection.execute_wrappers.append(listen)
    try:
        with told_to(lambda moment, come: heard.append(_Moment(moment, come))):
            yield heard
    finally:
        connection.execute_wrappers.remove(listen)
        del _thread.heard


class Memory:
    """What was made last under each name, and of which answers; of ``most`` names at most."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._known: OrderedDict[Hashable, tuple[Trace, Any]] = OrderedDict()

    def recall(self, name: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made under ``name`` if its questions have the same answers, and else what ``make`` makes.

        That rests on the name, the database and :func:`zone.clock.has_come` alone, and nobody may change it; ``None``
        is made anew each time. What is made of it in its turn has asked these questions too.
        """
        known = self._known.get(name)
        if known is None or not known[0].is_confirmed():
            with traced() as trace:
                made = make()
            if made is None:
                return made
            known = trace, made
        self._keep(name, known)
        return cast(Made, known[1])

    def _keep(self, name: Hashable, known: tuple[Trace, Any]) -> None:
        """Keep what is ``known``, and forget what has not been asked for for longest."""
        with self._lock:
            self._known[name] = known
            self._known.move_to_end(name)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()


MEMORY: Final = Memory(100)
"""What all functions that are :func:`remembered` have made."""


def remembered(make: Callable[[*Arguments], Made]) -> Callable[[*Arguments], Made]:
    """Return ``make`` as a function that asks the same questions each time, and makes something of new answers only.

    What is made rests on the arguments, of which there are few, and on what :meth:`Memory.recall` says.
    """

    @functools.wraps(make)
    def made_before(*arguments: *Arguments) -> Made:
        return MEMORY.recall((make, *arguments), lambda: make(*arguments))

    return made_before


def _digest(rows: list[Any]) -> bytes:
    return hashlib.blake2b(pickle.dumps(rows, _PROTOCOL), digest_size=16).digest()
