"""Several prepared queries asked in one statement, each of whose answers comes as one JSON text.

A page asks for ten relations of its record. Each is a small question, but a journey to the database and back, and
Django does as much for it as for a large one.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from django.db import OperationalError, connections, models

from zone.databases.prepared import Prepared, Statement

_SELECT: Final = {
    "sqlite": "SELECT {number}, json_group_array(json_array({columns})) FROM ({rows}) AS rows_{number}",
    "postgresql": "SELECT {number}, json_agg(json_build_array({columns}))::text FROM ({rows}) AS rows_{number}",
}
"""Makes one text of rows, in their order."""
_MOST_COLUMNS: Final = 100
"""What PostgreSQL takes for one function; SQLite takes 127."""
_NUMBER: Final = {"sqlite": float, "postgresql": Decimal}
"""What each database has for a number that is no integer."""
_WRITTEN: Final = (models.DateField, models.TimeField, models.DecimalField)
"""What PostgreSQL has values of and JSON has not, moments too. On SQLite they are texts and numbers all along."""
_LOST: Final = (models.FloatField, models.BinaryField, models.JSONField, models.DurationField, models.UUIDField)
"""What JSON has no values for, and is not asked together."""
_MOST_DIGITS: Final = 15
"""How many SQLite writes of a number that is no integer."""


def read_together(querysets: Iterable[models.QuerySet[Any]]) -> None:
    """Ask in one statement what prepared ``querysets`` of one database would each ask when it is read.

    Then none asks any more, but for those whose columns are too many for this or do not come back from JSON, and all do
    where something is in a column that JSON cannot hold. Of one that is known to find nothing nothing is asked.
    """
    queries: list[Any] = [one.query for one in querysets]
    asked = [one for one in queries if isinstance(one, Prepared) and _fits(one.statement)]
    if len(asked) <= 1:
        return
    connection = connections[asked[0].statement.queryset.db]
    statement = _together(connection.vendor, tuple(one.statement for one in asked))
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, [value for one in asked for value in one.parameters])
            answers = dict(cursor.fetchall())
    except OperationalError as error:
        # SQLite keeps whatever somebody's SQL puts into a column. A database that is busy or gone has another code.
        if getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
            raise
        return
    for number, one in enumerate(asked):
        rows = json.loads(answers[number] or "[]", parse_float=_NUMBER[connection.vendor])
        one.answer(rows, _converters(connection.vendor, one.statement))


@functools.cache
def _fits(statement: Statement) -> bool:
    return len(statement.kinds) <= _MOST_COLUMNS and all(map(_comes_back, statement.kinds))


def _comes_back(field: models.Field[Any, Any]) -> bool:
    """Whether a value is after JSON what it was before, on both databases."""
    if isinstance(field, models.DecimalField):
        return field.max_digits is not None and field.max_digits <= _MOST_DIGITS
    return not isinstance(field, _LOST)


@functools.lru_cache(maxsize=500)
def _together(vendor: str, statements: tuple[Statement, ...]) -> str:
    """Return the statement that has all answers, each with its number."""
    return " UNION ALL ".join(
        _SELECT[vendor].format(number=number, columns=", ".join(f'"{name}"' for name in one.columns), rows=one.text)
        for number, one in enumerate(statements)
    )


@functools.cache
def _converters(vendor: str, statement: Statement) -> dict[int, Any]:
    """Return what makes values of what JSON has in the columns of a statement, by their number, as Django has it."""
    converters = dict(statement.converters)
    for number, column in enumerate(statement.kinds):
        if vendor == "postgresql" and isinstance(column, _WRITTEN):
            further, expression = converters.get(number, ([], None))
            converters[number] = ([_reading(column), *further], expression)
    return converters


def _reading(field: models.Field[Any, Any]) -> Callable[..., Any]:
    """Return what makes a value of a field of how PostgreSQL writes it in JSON."""
    return lambda value, _expression, _connection: field.to_python(value)
