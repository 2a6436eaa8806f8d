"""What of each noun is indexed: every text that visitors may see, in all languages, by how much it says of the record.

A row rests on a source and is indexed while visitors may see that source too. When that will change by itself, because
the source appears or expires, the document says so.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import models
from django.utils import timezone, translation

from zone.bulk import among
from zone.content import rows_of
from zone.differences import text_of_html
from zone.models import (
    ChangeNote,
    Departure,
    Facility,
    Field,
    KeyFigure,
    NewsItem,
    Observation,
    Organisation,
    Park,
    Route,
    Source,
    Specification,
)
from zone.models.claim import Claim
from zone.models.record import Record
from zone.models.rich_text import RichTextField
from zone.partial_dates import PartialDate
from zone.publishing import Status
from zone.translation import LANGUAGES, Text, column, translated_fields

NOUNS: Final[tuple[type[Record], ...]] = (Organisation, Facility, KeyFigure, Field, Park, Route, NewsItem, Source)
"""The nouns that are found, in the order in which equally good results stand. The place in it is part of the keys of
the index: a new noun comes last. A crossing has its name and page as a facility."""

_DATES: Final[dict[type[Record], str]] = {
    Organisation: "arrived",
    Facility: "opened",
    NewsItem: "date",
    Source: "published",
}
_TITLES: Final[dict[type[Record], tuple[str, ...]]] = {Source: ("title_original",)}
_NAMES: Final[dict[type[Record], tuple[str, ...]]] = {
    Organisation: ("short_name",),
    Source: ("publisher_original",),
}
_FURTHER: Final[dict[type[models.Model], tuple[str, ...]]] = {
    Organisation: ("website",),
    Facility: ("floor_area_m2",),
    Specification: ("value", "unit"),
}
_WITHOUT_WORDS: Final = (ChangeNote, Departure)
"""Rows that say nothing about what the record is."""


@dataclass
class Document:
    """The texts of one record; those that are translated know their language."""

    record: Any
    title: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    right_until: datetime.datetime | None = None
    """When the record, or a source of one of the rows, appears or expires by itself."""

    @property
    def parts(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """Return the texts by their weight, the heaviest first."""
        return self.title, self.names, self.summary, self.texts

    @property
    def date(self) -> str:
        """Return the date that the record is of, where it has one that can be read: new ones come first."""
        date = getattr(self.record, _DATES.get(type(self.record), ""), None)
        return date if isinstance(date, PartialDate) else ""


def documents(model: type[Record], records: Iterable[Any]) -> Iterator[Document]:
    """Yield the documents of those of ``records`` of ``model`` that are or will be public."""
    found = {record.pk: _document(record) for record in records if record.status == Status.PUBLISHED}
    for kind in rows_of(model) if found else ():
        _add_rows(model, kind, found)
    yield from found.values()


def _document(record: Any) -> Document:
    model = type(record)
    document = Document(record, right_until=_next_change(record, timezone.now()))
    document.title += _values(record, _TITLES.get(model, ()))
    document.names += [*_values(record, _NAMES.get(model, ())), record.slug.replace("-", " ")]
    for name in translated_fields(model):
        if name == model.title_field:
            document.title += _translations(record, name)
        elif name == "summary":
            document.summary += _translations(record, name)
        else:
            document.texts += _translations(record, name)
    document.texts += _values(record, _FURTHER.get(model, ()))
    return document


def _add_rows(model: type[Record], kind: str, found: dict[int, Document]) -> None:
    relation: Any = getattr(model, kind).rel
    rows, owner = relation.related_model, relation.field.name
    if rows in _WITHOUT_WORDS:
        return
    now = timezone.now()
    owned = rows._default_manager.filter(among(f"{owner}_id", found)).order_by(owner, "number")
    public = set(rows._default_manager.published().filter(among(f"{owner}_id", found)).values_list("pk", flat=True))
    for row in owned.select_related("source") if issubclass(rows, Claim) else owned:
        document = found[getattr(row, f"{owner}_id")]
        if row.pk in public:
            document.texts += _row(row)
        if issubclass(rows, Claim) and (moment := _next_change(row.source, now)) is not None:
            document.right_until = min(moment, document.right_until or moment)


def _row(row: Any) -> list[str]:
    texts = [text for name in translated_fields(type(row)) for text in _translations(row, name)]
    if isinstance(row, Observation):
        texts.append(f"{row.value.normalize():f}")
        for language in LANGUAGES:
            with translation.override(language):
                texts.append(Text(row.amount, language))
    values = _values(row, _FURTHER.get(type(row), ()))
    return [*texts, " ".join(values)] if values else texts


def _next_change(record: Record, now: datetime.datetime) -> datetime.datetime | None:
    """Return when visitors begin or cease to see ``record`` by itself."""
    if record.status != Status.PUBLISHED:
        return None
    return min((time for time in (record.publish_at, record.expire_at) if time and time > now), default=None)


def _translations(record: models.Model, name: str) -> list[str]:
    found = [(getattr(record, column(name, language)), language) for language in LANGUAGES]
    if isinstance(record._meta.get_field(column(name, LANGUAGES[0])), RichTextField):
        found = [(text_of_html(text), language) for text, language in found]
    return [Text(text, language) for text, language in found if text]


def _values(record: models.Model, names: Iterable[str]) -> list[str]:
    return [str(value) for name in names if (value := getattr(record, name)) not in ("", None)]


def dependents(model: type[Record], keys: Iterable[int]) -> dict[type[Record], set[int]]:
    """Return the records whose documents change with the state of records of ``model``: those that cite a source."""
    found: dict[type[Record], set[int]] = defaultdict(set)
    if model is not Source:
        return found
    for owner_model in NOUNS:
        for kind in rows_of(owner_model):
            relation: Any = getattr(owner_model, kind).rel
            if issubclass(relation.related_model, Claim):
                owner = relation.field.name
                cites = relation.related_model._default_manager.filter(source__in=keys, **{f"{owner}__isnull": False})
                found[owner_model] |= set(cites.values_list(f"{owner}_id", flat=True))
    return found
