"""Queries that are put together once, and asked again with other values.

Django takes about ten times as long to put a statement together as SQLite takes to answer it, and most statements of
a page differ from those of the page before in a key or two and in the present moment.
"""

from __future__ import annotations

import copy
import datetime
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NoReturn, TypeVar, TypeVarTuple

from django.db import connections, models
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

Row = TypeVar("Row")
Values = TypeVarTuple("Values")

_FIRST_MARK: Final = 30_000
"""What stands for values, and upwards: the smallest column of numbers holds it, and no query names it besides."""


def prepared(make: Callable[[*Values], models.QuerySet[Any, Row]]) -> Callable[[*Values], models.QuerySet[Any, Row]]:
    """Return ``make`` as a function that has Django put the statement together at its first call only.

    Values are numbers, texts that are compared as they are, and sequences of numbers, of which a query asks whether
    something is ``in`` them. The statement rests on nothing else but the present moment, taken as it is from
    ``timezone.now()``. What is returned may be read, and not be filtered or put in another order.

    Raises ``LookupError`` where a value is not in the statement as it was given, and ``TypeError`` for a query that
    fetches something along by itself: what of it is public was said at the first call.
    """
    statements: dict[tuple[Any, ...], Statement] = {}

    @functools.wraps(make)
    def asked(*values: *Values) -> models.QuerySet[Any, Row]:
        if any(not value and isinstance(value, Sequence) and not isinstance(value, str) for value in values):
            return make(*values).none()
        filled = [_filled(value) for value in values]
        shape = tuple(len(value) if isinstance(value, list) else type(value) for value in filled)
        statement = statements.get(shape)
        if statement is None:
            statement = statements[shape] = Statement.of(make, filled)
        return statement.asked(filled)

    return asked


def adapted(moment: datetime.datetime, alias: str = "default") -> Any:
    """Return ``moment`` as the statements of a database have it."""
    return connections[alias].ops.adapt_datetimefield_value(moment)


def places_between(parameters: Sequence[Any], first: Any, last: Any) -> tuple[int, ...]:
    """Return which of ``parameters`` are a moment from ``first`` to ``last``, which are :func:`adapted`."""
    return tuple(
        place for place, value in enumerate(parameters) if type(value) is type(first) and first <= value <= last
    )


def _filled(value: Any) -> Any:
    """Return a sequence as a list of a length that is a power of two, so that there are few statements of each query.

    What is in it twice is in it.
    """
    if isinstance(value, (int, str)):
        return value
    return [*value, *[value[-1]] * ((1 << (len(value) - 1).bit_length()) - len(value))]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A query with marks in the place of its values."""

    queryset: models.QuerySet[Any]
    compiler: SQLCompiler
    text: str
    parameters: tuple[Any, ...]
    converters: dict[int, Any]
    """What makes values of columns, by their number."""
    moments: tuple[int, ...]
    """Which of the parameters are the present moment."""
    places: tuple[tuple[int, int, type[Any]], ...]
    """Which are one of the values, counted as in :func:`_flat`, and as what: psycopg has numbers of several sizes."""

    @classmethod
    def of(cls, make: Callable[..., models.QuerySet[Any]], values: Sequence[Any]) -> Statement:
        """Have Django make the statement of a query for values of these shapes."""
        numbers = count(_FIRST_MARK)
        marks = [_marks(value, numbers) for value in values]
        begun, queryset = timezone.now(), make(*marks)
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise TypeError("What is fetched along with a prepared query would be what it was at its first call.")
        compiler = queryset.query.get_compiler(using=queryset.db)
        text, parameters = compiler.as_sql(with_col_aliases=True)  # Named, they can be read out of it as a table.
        ended = timezone.now()
        if ended < begun:  # The clock was put back: which parameter was the present moment, nobody can tell.
            return cls.of(make, values)
        number_of = {mark: number for number, mark in enumerate(_flat(marks))}
        places = tuple(
            (place, number_of[one], type(one))
            for place, one in enumerate(parameters)
            if isinstance(one, (int, str)) and one in number_of
        )
        if {number for _place, number, _kind in places} != set(number_of.values()):
            raise LookupError(f"A value is not in the statement as it was given: {text}")
        moments = places_between(parameters, adapted(begun, queryset.db), adapted(ended, queryset.db))
        converters = compiler.get_converters([column for column, _text, _name in compiler.select or ()])
        return cls(queryset, compiler, text, tuple(parameters), converters, moments, places)

    @property
    def columns(self) -> list[str]:
        """Return what the statement calls its columns."""
        return [str(name) for _column, _text, name in self.compiler.select or ()]

    @property
    def kinds(self) -> list[models.Field[Any, Any]]:
        """Return what fields its columns are of."""
        return [column.output_field for column, _text, _name in self.compiler.select or ()]

    def asked(self, values: Sequence[Any]) -> models.QuerySet[Any]:
        """Return the query with ``values``, which is asked when it is read."""
        parameters, given, now = list(self.parameters), _flat(values), adapted(timezone.now(), self.queryset.db)
        for place in self.moments:
            parameters[place] = now
        for place, number, kind in self.places:
            parameters[place] = kind(given[number])
        queryset = self.queryset.all()
        queryset._query = Prepared(self, tuple(parameters))  # type: ignore[attr-defined]
        return queryset


class Prepared:
    """What a query set takes for its query: it gives a compiler that has compiled, and can become no other query."""

    def __init__(self, statement: Statement, parameters: tuple[Any, ...]) -> None:
        """Take a statement and what stands in the places of its marks."""
        self.statement, self.parameters = statement, parameters
        compiler: Any = copy.copy(statement.compiler)
        compiler.connection = connections[statement.queryset.db]  # Each thread has one.
        # What it would find out each time.
        compiler.as_sql = lambda *_args, **_kwargs: (statement.text, parameters)
        compiler.get_converters = lambda _columns: statement.converters
        self._compiler = compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler.query, name)

    def get_compiler(self, *_args: Any, **_kwargs: Any) -> SQLCompiler:
        """Return the compiler."""
        return self._compiler  # type: ignore[no-any-return]

    def answer(self, rows: Iterable[Sequence[Any]], converters: dict[int, Any]) -> None:
        """Take ``rows``, whose values ``converters`` make, for the answer of the database, which is not asked then."""
        self._compiler.execute_sql = lambda *_args, **_kwargs: [rows]
        self._compiler.get_converters = lambda _columns: converters

    def chain(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse what would be asked for with the statement that is there."""
        raise TypeError("A prepared query can be read and not be changed.")

    clone = chain


def _marks(value: Any, numbers: Iterator[int]) -> Any:
    """Return what no other value is, of the same shape as ``value``."""
    if isinstance(value, list):
        return [next(numbers) for _one in value]
    return str(next(numbers)) if isinstance(value, str) else next(numbers)


def _flat(values: Sequence[Any]) -> list[Any]:
    return [one for value in values for one in (value if isinstance(value, list) else [value])]
