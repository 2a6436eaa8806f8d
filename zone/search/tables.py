"""The table of terms: FTS5 on SQLite, tsvector with a GIN index on PostgreSQL, behind the same few functions.

A row has the key of its entry and four parts: the title, other names, the summary, the other texts. Before and after
each text stands a :data:`BORDER`, so that no phrase goes from one text to the next, and a whole title can be asked for.
Terms consist of letters, digits and full stops, so nothing in them has a meaning of its own in either database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL

from zone.search.question import Phrase, Question, Wanted
from zone.search.words import terms

BORDER: Final = "|"
PARTS: Final = ("title", "names", "summary", "texts")

Parts = Sequence[Sequence[str]]
"""The texts of a record: a list for each of :data:`PARTS`."""


def sequence(texts: Iterable[str]) -> list[str]:
    """Return the terms of ``texts`` with borders around each."""
    found = [BORDER]
    for text in texts:
        found += [*terms(text), BORDER]
    return found


class Table(Protocol):
    """How a database keeps and finds terms."""

    insert: str

    def row(self, key: int, parts: Parts) -> tuple[object, ...]:
        """Return what ``insert`` takes."""

    def matching(self, question: Question, parts: int) -> RawSQL:
        """Return the keys of the rows whose first ``parts`` parts have what ``question`` asks for."""


class Fts5:
    """SQLite: https://sqlite.org/fts5.html."""

    insert = "INSERT INTO zone_search (rowid, title, names, summary, texts) VALUES (%s, %s, %s, %s, %s)"

    def row(self, key: int, parts: Parts) -> tuple[object, ...]:
        """Return the key and the terms of each part."""
        return (key, *(" ".join(sequence(texts)) for texts in parts))

    def matching(self, question: Question, parts: int) -> RawSQL:
        """Return the keys of the rows that match."""
        wanted = " AND ".join(map(self._wanted, question.wanted))
        expression = f"{{{' '.join(PARTS[:parts])}}} : ({wanted})"
        if question.unwanted:
            expression = f"({expression}) NOT ({' OR '.join(map(self._wanted, question.unwanted))})"
        return RawSQL("SELECT rowid FROM zone_search WHERE zone_search MATCH %s", [expression])

    def _wanted(self, wanted: Wanted) -> str:
        return f"({' OR '.join(map(self._phrase, wanted.phrases))})"

    def _phrase(self, phrase: Phrase) -> str:
        return f'"{" ".join(phrase.terms)}"{"*" if phrase.is_open else ""}'


class TsVector:
    """PostgreSQL: https://www.postgresql.org/docs/current/datatype-textsearch.html."""

    _FURTHEST = 16_383
    _WEIGHTS = "ABCD"

    insert = "INSERT INTO zone_search (rowid, terms) VALUES (%s, %s::tsvector)"

    def row(self, key: int, parts: Parts) -> tuple[object, ...]:
        """Return the key and each term with its places and weights."""
        places: dict[str, list[str]] = defaultdict(list)
        place = 0
        for weight, texts in zip(self._WEIGHTS, parts, strict=True):
            for term in sequence(texts):
                place += 1
                places[term].append(f"{min(place, self._FURTHEST)}{weight}")
        return key, " ".join(f"'{term}':{','.join(found)}" for term, found in places.items())

    def matching(self, question: Question, parts: int) -> RawSQL:
        """Return the keys of the rows that match."""
        weights = "" if parts == len(PARTS) else self._WEIGHTS[:parts]
        expression = [self._wanted(one, weights) for one in question.wanted]
        expression += [f"!{self._wanted(one, '')}" for one in question.unwanted]
        return RawSQL("SELECT rowid FROM zone_search WHERE terms @@ %s::tsquery", [" & ".join(expression)])

    def _wanted(self, wanted: Wanted, weights: str) -> str:
        return f"({' | '.join(self._phrase(phrase, weights) for phrase in wanted.phrases)})"

    def _phrase(self, phrase: Phrase, weights: str) -> str:
        *before, last = phrase.terms
        labels = [f"'{term}':{weights}" if weights else f"'{term}'" for term in before]
        end = f"{'*' if phrase.is_open else ''}{weights}"
        labels.append(f"'{last}':{end}" if end else f"'{last}'")
        return f"({' <-> '.join(labels)})"


_TABLES: Final[dict[str, Table]] = {"sqlite": Fts5(), "postgresql": TsVector()}


def table_of(connection: BaseDatabaseWrapper) -> Table:
    """Return how the database of ``connection`` keeps terms."""
    return _TABLES[connection.vendor]


def table_for(records: models.QuerySet[models.Model]) -> Table:
    """Return how the database that ``records`` are read from keeps terms."""
    return table_of(connections[records.db])
