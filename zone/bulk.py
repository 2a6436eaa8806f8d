"""Reading and writing very many rows, by some hundreds at once.

``bulk_create`` composes an SQL statement for every few rows and asks each field of each row how it is written, which
takes several times as long as the database does. :func:`insert` prepares one statement for all rows, and asks only
about values that are not what the database takes.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import NoneType
from typing import Any, Final, TypeVar

from django.core.management.color import no_style
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

BATCH: Final = 500
"""How many rows are read and written at once."""

Item = TypeVar("Item")

_AS_IT_IS: Final = (
    *(models.CharField, models.TextField, models.IntegerField, models.BooleanField),
    *(models.ForeignKey, models.FileField),
)
"""Fields whose plain values every database takes; of a file that is its name."""
_PLAIN: Final = (str, int, bool)


def batches(many: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Yield ``many`` by and by, as lists."""
    left = iter(many)
    while some := list(islice(left, size)):
        yield some


@contextmanager
def garbage_left() -> Iterator[None]:
    """Look for garbage seldom, and only among what is made from now on: a tenth of the time would go into looking."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def among(name: str, keys: Collection[int]) -> Q:
    """Return the condition that the column ``name`` has one of ``keys``.

    Keys that follow each other, as those of what was written together do, are asked for as a range: a list of hundreds
    takes longer to put together than the database takes to answer.
    """
    if keys and max(keys) - min(keys) + 1 == len(set(keys)):
        return Q(**{f"{name}__gte": min(keys), f"{name}__lte": max(keys)})
    return Q(**{f"{name}__in": keys})


def insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert ``rows`` of ``model``, giving a primary key to those that have none.

    Nothing but the row is written: no signal is sent, and no file is kept.
    Has to run in a transaction in which nobody else inserts rows of ``model`` on SQLite; others wait there anyway.
    Raises what the database raises for the first row that it refuses.
    """
    if not rows:
        return
    connection = connections[router.db_for_write(model)]
    key: Any = model._meta.pk
    nameless = [row for row in rows if getattr(row, key.attname) is None]
    for row, number in zip(nameless, _numbers(connection, model, len(nameless)), strict=True):
        setattr(row, key.attname, number)
    fields: Any = model._meta.concrete_fields
    columns = [(field.attname, *_writer(field, connection)) for field in fields]
    values = (
        [value if type(value := state.get(name)) in plain else write(value) for name, plain, write in columns]
        for state in map(vars, rows)
    )
    _insert(connection, model, fields, values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_pairs(relation: models.ManyToManyField[Any, Any], pairs: Iterable[tuple[int, int]]) -> None:
    """Insert ``pairs`` of the keys of a record and what ``relation`` leads to; none of them may be there already."""
    through: Any = relation.remote_field.through  # type: ignore[attr-defined]
    ends = (relation.m2m_field_name(), relation.m2m_reverse_field_name())
    _insert(connections[router.db_for_write(through)], through, map(through._meta.get_field, ends), pairs)


def _insert(
    connection: BaseDatabaseWrapper, model: type[models.Model], fields: Iterable[Any], rows: Iterable[Sequence[Any]]
) -> None:
    quote = connection.ops.quote_name
    names = [quote(field.column) for field in fields]
    places = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)}) VALUES ({places})",  # noqa: S608
            list(rows),
        )


def _numbers(connection: BaseDatabaseWrapper, model: type[models.Model], count: int) -> Iterable[int]:
    """Return ``count`` primary keys that no row has or ever had, as the database itself would give them."""
    if not count:
        return []
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), column, count],
            )
            return [number for (number,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        [last] = cursor.fetchone() or (0,)
    return range(last + 1, last + 1 + count)


def _writer(field: Any, connection: BaseDatabaseWrapper) -> tuple[frozenset[type], Callable[[Any], Any]]:
    """Return the types of values of ``field`` that the database takes, and what makes such a value of others."""
    plain = (*(_PLAIN if isinstance(field, _AS_IT_IS) else ()), NoneType)
    return frozenset(plain), functools.partial(field.get_db_prep_save, connection=connection)


def continue_numbers(model: type[models.Model]) -> None:
    """Let the database count on from the largest primary key of ``model``, after rows that came with one."""
    connection = connections[router.db_for_write(model)]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
