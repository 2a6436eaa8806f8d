"""Finding records by words: every word must stand somewhere in the record, in any of the languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.db import models
from django.db.models import Case, Q, Value, When
from django.urls import reverse

from zone.models import (
    Facility,
    Fact,
    Field,
    KeyFigure,
    NewsItem,
    Observation,
    Organisation,
    Park,
    Person,
    Route,
    Source,
)
from zone.models.record import Record
from zone.publishing import PublishableQuerySet
from zone.translation import LANGUAGES, column, translated_fields

AnyRecord = TypeVar("AnyRecord", bound=Record)

LONGEST_QUERY: Final = 200
"""The number of characters that a question may have."""

_MOST_WORDS: Final = 10
_FURTHER_COLUMNS: Final[dict[type[models.Model], tuple[str, ...]]] = {
    Organisation: ("slug", "short_name"),
    Source: ("slug", "title_original", "publisher_original"),
}
_ROWS: Final[dict[type[models.Model], tuple[type[models.Model], ...]]] = {
    Organisation: (Fact, Person),
    Facility: (Fact,),
    Route: (Fact,),
    KeyFigure: (Observation,),
}
SEARCHED: Final = (Organisation, Facility, NewsItem, KeyFigure, Field, Park, Route, Source)
"""The nouns that the search over everything looks through, in the order of its results."""

_LISTED: Final = (Organisation, Facility, NewsItem, KeyFigure, Source)


@dataclass(frozen=True)
class Found(Generic[AnyRecord]):
    """What the search found of one noun: the first records, and how many there are."""

    model: type[AnyRecord]
    records: list[AnyRecord]
    count: int

    @property
    def stem(self) -> str:
        """Return what the pages of the noun are called."""
        return self.model.stem

    @property
    def name(self) -> str:
        """Return what the noun is called in the plural."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def list_address(self) -> str:
        """Return the address of the list that can be searched for more, or nothing where there is none."""
        return reverse(f"{self.stem}_list") if self.model in _LISTED else ""


def search(words: str, most: int) -> list[Found[Any]]:
    """Return what is public and has all of ``words``, at most ``most`` records a noun, without nouns that have none."""
    found = []
    for model in SEARCHED:
        records = matching(model._default_manager.published(), words)  # type: ignore[attr-defined]
        if count := records.count():
            found.append(Found(model, list(records.without_texts()[:most]), count))
    return found


def matching(records: PublishableQuerySet[Any], words: str) -> PublishableQuerySet[Any]:
    """Return those of ``records`` that have all of ``words``, the ones that have them in their name first."""
    terms = list(dict.fromkeys(words.split()))[:_MOST_WORDS]
    if not terms:
        return records.none()
    in_title = Q()
    for term in terms:
        records = records.filter(_anywhere(records.model, term))
        in_title &= _in_columns(_title_columns(records.model), term)
    rank = Case(When(in_title, then=Value(0)), default=Value(1))
    return records.order_by(rank, *records.model._meta.ordering)


def _title_columns(model: type[Record]) -> list[str]:
    return ["title_original"] if model is Source else [column(model.title_field, language) for language in LANGUAGES]


def _anywhere(model: type[models.Model], term: str) -> Q:
    columns = [column(name, language) for name in translated_fields(model) for language in LANGUAGES]
    condition = _in_columns([*columns, *_FURTHER_COLUMNS.get(model, ())], term)
    for row in _ROWS.get(model, ()):
        owner = next(name for name in row.owners if row._meta.get_field(name).related_model is model)  # type: ignore[attr-defined]
        texts = [column(name, language) for name in translated_fields(row) for language in LANGUAGES]
        rows = row._default_manager.published().filter(_in_columns(texts, term))  # type: ignore[attr-defined]
        condition |= Q(pk__in=rows.order_by().values(owner))
    return condition


def _in_columns(columns: list[str], term: str) -> Q:
    condition = Q()
    for name in columns:
        condition |= Q(**{f"{name}__icontains": term})
    return condition
