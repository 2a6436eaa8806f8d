"""What else a reader of a page may want to see: records that have to do with the same things.

Candidates are found by relations only, which are indexed. Words that the titles share put them in order, and find none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final

from django.db import connections, models, router

from zone.databases.prepared import prepared
from zone.databases.together import read_together
from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park
from zone.models.figure import Scope
from zone.models.record import Record
from zone.translation import ORIGINAL, text_of

Candidate = tuple[type[Record], int]
"""The noun and the primary key of a record that may be related."""

_CANDIDATES: Final = 60
"""How many records each relation brings, the newest first: a field may have thousands."""
_COMPARED: Final = 30
"""Of how many candidates, those with the most in common, the titles and dates are read."""
_MOST_WORDS: Final = 3
"""How many words in common count: less than one organisation."""
_MOST_TIES: Final = 2
"""How many of the things in common are named."""

_LISTED: Final[dict[type[Record], tuple[str, ...]]] = {
    Organisation: (
        *("parent", "children", "premises", "facilities", "facilities_run"),
        *("fields", "parks", "figures"),
    ),
    Facility: (
        *("organisations", "operator", "occupants", "located_in", "contents"),
        *("park", "figures"),
    ),
    NewsItem: ("organisations", "facilities", "fields"),
    KeyFigure: ("organisation", "facility"),
}
"""The relations that the page of each noun shows, besides its news."""

_FOUND_BY: Final[dict[type[Record], tuple[str, ...]]] = {
    Organisation: ("fields", "parks", "premises", "facilities", "facilities_run", "parent"),
    Facility: ("organisations", "operator", "located_in", "park"),
    NewsItem: ("organisations", "facilities", "fields"),
    KeyFigure: ("organisation", "facility"),
}
"""The relations by which a record of each noun has to do with the same thing."""

_WEIGHTS: Final[dict[type[Any], int]] = {Organisation: 4, Facility: 4, Field: 3, Park: 1, Scope: 2}

_ENOUGH: Final = 2
"""What two records have at least to have in common: more than a park, which half of everything shares."""

_WORD: Final = re.compile(r"[^\W_]{3,}")
_IN_EVERY_TITLE: Final = frozenset(
    {"and", "for", "from", "hetao", "hong", "kong", "park", "shenzhen", "the", "with", "zone"}
)


@dataclass(frozen=True)
class Related:
    """A record, and what it has in common with the one that is read, the most telling first."""

    record: Any
    ties: list[Any]


def related(record: Any, news: Iterable[NewsItem] = (), most: int = 6) -> list[Related]:
    """Return at most ``most`` public records that are related to ``record`` and that its page, with ``news``, lacks.

    What both have in common counts most, then words that their titles share, then the newer date, then the slug.
    """
    if type(record) not in _LISTED:
        return []
    ties = _ties_of_candidates(record)
    for item in news:
        ties.pop(_name(item), None)
    words = _words(record)
    scores = {
        one: _weight(ties[_name(one)]) + min(len(words & _words(one)), _MOST_WORDS)
        for one in sorted(_records(ties), key=lambda one: one.slug)
    }
    found = [one for one in scores if scores[one] >= _ENOUGH]
    found.sort(key=lambda one: (scores[one], _date(one)), reverse=True)
    return [Related(one, _most_telling(ties[_name(one)])) for one in found[:most]]


def _name(record: Record) -> Candidate:
    return type(record), record.pk


def _ties_of_candidates(record: Any) -> dict[Candidate, set[Any]]:
    """Return the records that have to do with something that ``record`` has to do with, and with what."""
    shown = list(_shown(record))
    ties: dict[Candidate, set[Any]] = defaultdict(set)
    for candidate, tie in (*_by_relations(type(record), shown), *_by_scope(record)):
        ties[candidate].add(tie)
    for one in (record, *shown):
        ties.pop(_name(one), None)
    return ties


def _shown(record: Any) -> Iterator[Any]:
    """Yield the public records that the page of ``record`` shows."""
    for relation in _LISTED[type(record)]:
        value = getattr(record, relation)
        for one in value.all() if hasattr(value, "all") else [value]:
            if one is not None and one.is_public:
                yield one


@dataclass(frozen=True)
class _Relation:
    """By which rows records of a noun, the candidates, have to do with things of a kind: their table and columns."""

    model: type[Record]
    kind: type[Record]
    table: str
    candidate: str
    thing: str


@cache
def _relations() -> tuple[_Relation, ...]:
    """Return the relations of :data:`_FOUND_BY`.

    Asked is only the table that holds a relation: which candidates are public is asked of the few that are read.
    """
    return tuple(_relation(model, name) for model, names in _FOUND_BY.items() for name in names)


def _relation(model: type[Record], name: str) -> _Relation:
    field: Any = model._meta.get_field(name)
    rows, candidate, thing = field.model, field.model._meta.pk.column, getattr(field, "column", "")
    if field.many_to_many:
        own = field.field if field.auto_created else field
        rows, candidate, thing = own.remote_field.through, own.m2m_column_name(), own.m2m_reverse_name()
        if field.auto_created:
            candidate, thing = thing, candidate
    elif field.one_to_many:
        rows, candidate, thing = field.related_model, field.field.column, field.related_model._meta.pk.column
    return _Relation(model, field.related_model, rows._meta.db_table, candidate, thing)


def _by_relations(noun: type[Record], shown: Iterable[Any]) -> Iterator[tuple[Candidate, Any]]:
    """Yield what is related to ``shown``, with what of it, in one query."""
    things: dict[Any, dict[int, Any]] = defaultdict(dict)
    for one in shown:
        things[type(one)][one.pk] = one
    # A park relates a record to its own noun only.
    asked = [one for one in _relations() if things[one.kind] and (one.kind is not Park or one.model is noun)]
    if not asked:
        return
    selects = " UNION ALL ".join(_select(number, one, len(things[one.kind])) for number, one in enumerate(asked))
    with connections[router.db_for_read(noun)].cursor() as cursor:
        cursor.execute(selects, [key for one in asked for key in things[one.kind]])
        for number, candidate, thing in cursor.fetchall():
            yield (asked[number].model, candidate), things[asked[number].kind][thing]


def _select(number: int, relation: _Relation, count: int) -> str:
    """Return the query for the newest candidates of a relation to ``count`` things: its number, candidate and thing."""
    marks = ", ".join(["%s"] * count)
    return (
        f"SELECT * FROM (SELECT {number}, {relation.candidate}, {relation.thing} FROM {relation.table} "  # noqa: S608
        f"WHERE {relation.thing} IN ({marks}) AND {relation.candidate} IS NOT NULL "
        f"ORDER BY id DESC LIMIT {_CANDIDATES}) AS of_relation_{number}"
    )


def _by_scope(record: Any) -> Iterator[tuple[Candidate, Scope]]:
    """Yield the figures that count in the same half of the zone, or in the whole of it."""
    if isinstance(record, KeyFigure) and record.scope != Scope.ORGANISATION:
        figures = KeyFigure.objects.published().filter(scope=record.scope).order_by("-pk")
        for pk in figures.values_list("pk", flat=True)[:_CANDIDATES]:
            yield (KeyFigure, pk), Scope(record.scope)


def _records(ties: dict[Candidate, set[Any]]) -> Iterator[Any]:
    """Return the candidates that have the most in common with the record, in one query."""
    by_noun = defaultdict(list)
    for model, pk in sorted(ties, key=lambda one: (_weight(ties[one]), one[1]), reverse=True)[:_COMPARED]:
        by_noun[model].append(pk)
    found = [_mentioned(model)(keys) for model, keys in by_noun.items()]
    read_together(found)
    return chain.from_iterable(found)


@cache
def _mentioned(model: Any) -> Callable[[Sequence[int]], models.QuerySet[Any]]:
    """Return what reads the public records of ``model`` with some keys, as far as other pages show them."""
    return prepared(lambda keys: model.objects.published().for_mention().filter(pk__in=keys).order_by())


def _weight(ties: Iterable[Any]) -> int:
    return sum(_WEIGHTS[type(tie)] for tie in ties)


def _most_telling(ties: Iterable[Any]) -> list[Any]:
    ordered = sorted(ties, key=lambda tie: (-_WEIGHTS[type(tie)], getattr(tie, "slug", "")))
    return ordered[:_MOST_TIES]


def _words(record: Any) -> set[str]:
    """Return the telling words of the title, which are English in every language so that the order is the same."""
    return set(_WORD.findall(text_of(record, record.title_field, ORIGINAL).lower())) - _IN_EVERY_TITLE


def _date(record: Any) -> str:
    """Return when it happened, arrived or opened; figures, which have no date, come after what has one."""
    return next((date for name in ("date", "arrived", "opened") if (date := getattr(record, name, None))), "")
