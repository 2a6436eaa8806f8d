"""What the content of the site consists of: which record stands in which fixture, and which rows belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

from django.core import serializers
from django.db import connections, models
from django.db.models.functions import Collate

from zone.fixture_format import LineSerializer
from zone.models import (
    Crossing,
    Facility,
    Field,
    HolidayCalendar,
    KeyFigure,
    NewsItem,
    Organisation,
    Park,
    Redirect,
    Route,
    Source,
)
from zone.models.claim import Owned
from zone.models.record import Record

FIXTURES: Final[dict[str, tuple[type[models.Model], ...]]] = {
    "parks": (Park,),
    "fields": (Field,),
    "sources": (Source,),
    "facilities": (Facility,),
    "organisations": (Organisation,),
    "news": (NewsItem,),
    "figures": (KeyFigure,),
    "transport": (Crossing, Route),
    "holidays": (HolidayCalendar,),
    "redirects": (Redirect,),
}
"""The records of each fixture, in an order in which required relations lead backwards only."""

RECORDS: Final[tuple[type[Record], ...]] = tuple(
    model for models_ in FIXTURES.values() for model in models_ if issubclass(model, Record)
)
"""The public nouns."""

CHUNK: Final = 500
"""How many records are held at once while very many are written."""


def rows_of(model: type[models.Model]) -> list[str]:
    """Return the names under which a record of ``model`` knows the rows that belong to it: ``facts``, ``people``."""
    return [
        str(relation.get_accessor_name())
        for relation in model._meta.related_objects
        if issubclass(relation.related_model, Owned) and relation.field.name in relation.related_model.owners
    ]


def with_rows(records: models.QuerySet[Any]) -> Iterator[models.Model]:
    """Yield each record followed by its rows, by kind and number."""
    names = rows_of(records.model)
    for record in records.prefetch_related(*names):
        yield record
        for name in names:
            yield from sorted(getattr(record, name).all(), key=lambda row: row.number)


def _with_names(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Fetch with ``rows`` the names of what they refer to."""
    fields = (*rows.model._meta.concrete_fields, *rows.model._meta.many_to_many)
    relations = [field for field in fields if field.is_relation and field.name not in getattr(rows.model, "owners", ())]
    return rows.prefetch_related(
        *(models.Prefetch(one.name, one.related_model._default_manager.only("slug")) for one in relations)
    )


def in_order(records: models.QuerySet[Any]) -> Iterator[models.Model]:
    """Yield each record followed by its rows, in the order of their names, and hold only a few at a time."""
    name = "slug" if issubclass(records.model, Record) else "old_path"
    collation = "C" if connections[records.db].vendor == "postgresql" else "BINARY"
    ordered = _with_names(records.order_by(Collate(name, collation)))
    kinds = {kind: getattr(records.model, kind).rel.related_model for kind in rows_of(records.model)}
    rows = [
        models.Prefetch(kind, _with_names(model._default_manager.order_by("number"))) for kind, model in kinds.items()
    ]
    for record in ordered.prefetch_related(*rows).iterator(CHUNK):
        yield record
        for kind in kinds:
            yield from getattr(record, kind).all()


def dump_lines(stream: IO[str]) -> None:
    """Write all content to ``stream``, an object a line; equal content gives equal lines."""
    for models_ in FIXTURES.values():
        for model in models_:
            LineSerializer().serialize(
                in_order(model._default_manager.all()),
                stream=stream,
                use_natural_foreign_keys=True,
                use_natural_primary_keys=True,
            )


def dump(objects: Iterator[models.Model] | list[models.Model]) -> str:
    """Return ``objects`` as the text of a fixture, named by natural key."""
    return serializers.serialize("json", objects, use_natural_foreign_keys=True, use_natural_primary_keys=True)


def dump_fixture(name: str) -> str:
    """Return the text of fixture ``name`` as the database has it now.

    The order is made here, for databases differ in how they sort hyphens.
    """
    rows: list[models.Model] = []
    for model in FIXTURES[name]:
        blocks: dict[tuple[str, ...], list[models.Model]] = {}
        for row in with_rows(model._default_manager.all()):
            if isinstance(row, model):
                key = (str(getattr(row, "date", "")), *row.natural_key())  # type: ignore[attr-defined]
            blocks.setdefault(key, []).append(row)
        rows += [row for key in sorted(blocks) for row in blocks[key]]
    return dump(rows)
