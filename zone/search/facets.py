"""By what each noun can be narrowed down: the terms that a record has, such as ``kind=company`` and ``park=1``.

Records of other nouns stand in terms by their keys, since a slug may change. A path that leads through another record
counts while that one is public: news are not found by the park of a hidden organisation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from zone.bulk import among
from zone.models import Facility, KeyFigure, NewsItem, Organisation, Park, Source
from zone.models.record import Record
from zone.translation import LANGUAGES

PUBLIC: Final = "public"
"""The term of every record that visitors may see; one that they may not see has no term at all."""
YEAR: Final = "year"
INITIAL: Final = "initial"

Terms = Mapping[int, set[str]]
"""The terms of records, by key."""

FACETS: Final[dict[type[Record], dict[str, tuple[str, ...]]]] = {
    Organisation: {
        "park": ("parks",),
        "field": ("fields",),
        "presence": ("presence",),
        "kind": ("kind",),
        "role": ("role",),
        "source": ("sources", "presence_source"),
    },
    Facility: {
        "park": ("park",),
        "field": ("organisations__fields",),
        "status": ("building_status",),
        "kind": ("kind",),
        "source": ("sources",),
    },
    KeyFigure: {"park": ("organisation__parks", "facility__park"), "scope": ("scope",)},
    Park: {"park": ("pk",)},
    NewsItem: {
        "park": ("organisations__parks", "facilities__park"),
        "field": ("fields", "organisations__fields"),
        "kind": ("kind",),
        "organisation": ("organisations",),
        "facility": ("facilities",),
        "source": ("sources",),
    },
    Source: {"language": ("language",)},
}
"""The paths on which the values of each facet are found. What a path leads through has a facet of the rest of it."""

APART: Final = frozenset({"organisation", "facility", "source"})
"""The facets that have as many values as there are records of a noun. They are no choices in the form of a list, and of
their lists only those are read that are asked for: what else rests on this source, all news about that organisation."""


def facets_of(model: type[Record]) -> list[str]:
    """Return the facets of which every list of ``model`` reads all posting lists."""
    own = FACETS.get(model, {}).keys() - APART
    return sorted({PUBLIC, YEAR, *(f"{INITIAL}.{language}" for language in LANGUAGES), *own})


def facet_of(term: str) -> str:
    """Return the facet that ``term`` is of."""
    return term.partition("=")[0]


def term(facet: str, value: object) -> str:
    """Return the term of what has ``value`` of ``facet``."""
    return f"{facet}={value}"


def terms_of(model: type[Record], records: Iterable[Any]) -> dict[int, set[str]]:
    """Return the terms of ``records`` of ``model``, by key; those that are not public have none."""
    public = {record.pk: record for record in records if record.is_public}
    found = {pk: {PUBLIC} for pk in public}
    for facet, paths in FACETS.get(model, {}).items():
        for path in paths:
            for pk, value in _values(model, path, public):
                found[pk].add(term(facet, value))
    return found


def _values(model: type[Record], path: str, records: dict[int, Any]) -> Iterable[tuple[int, Any]]:
    """Return pairs of the key of a record and a value at the end of ``path``.

    A relation is followed step by step: a database that joins them all may begin with the wrong table.
    """
    first, _separator, further = path.partition("__")
    field: Any = model._meta.pk if first == "pk" else model._meta.get_field(first)
    if not field.many_to_many:
        pairs = [(pk, value) for pk, record in records.items() if (value := getattr(record, field.attname)) is not None]
    else:
        own, other = field.m2m_field_name(), field.m2m_reverse_field_name()
        rows = field.remote_field.through._default_manager.filter(among(f"{own}_id", records))
        pairs = list(rows.values_list(own, other))
    if not further:
        return pairs
    reached = _reached(field.related_model, {value for _pk, value in pairs}, further)
    values: dict[int, list[Any]] = defaultdict(list)
    for key, value in _values(field.related_model, further, reached):
        values[key].append(value)
    return [(pk, value) for pk, through in pairs for value in values[through]]


def _reached(model: type[Record], keys: Collection[int], path: str) -> dict[int, Any]:
    """Return of the public records of ``model`` with ``keys`` what the first step of ``path`` needs, by key."""
    field: Any = model._meta.get_field(path.partition("__")[0])
    public: Any = model._default_manager.filter(among("pk", keys))
    rows = public.published().values_list("pk", *([] if field.many_to_many else [field.attname]), named=True)
    return {row.pk: row for row in rows}


def heirs(model: type[Record], before: Terms, after: Terms) -> dict[type[Record], set[int]]:
    """Return the records of other nouns whose terms follow from those of records of ``model`` that have changed so."""
    found: dict[type[Record], set[int]] = defaultdict(set)
    for other, relation, facets in _ways_through(model):
        moved = [
            pk
            for pk in before.keys() | after.keys()
            if any(facet_of(one) in facets for one in before.get(pk, set()) ^ after.get(pk, set()))
        ]
        if moved:
            records: Any = other._default_manager.filter(**{f"{relation}__in": moved})
            found[other] |= set(records.order_by().values_list("pk", flat=True))
    return found


def _ways_through(model: type[Record]) -> Iterator[tuple[type[Record], str, set[str]]]:
    """Yield the nouns that have a facet through ``model``: the relation, and the facets on which that depends."""
    own = {path: facet for facet, paths in FACETS.get(model, {}).items() for path in paths}
    for other, facets in FACETS.items():
        for paths in facets.values():
            for path in paths:
                relation, _separator, further = path.partition("__")
                if further and other._meta.get_field(relation).related_model is model:
                    yield other, relation, {own[further], PUBLIC}
