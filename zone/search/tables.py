"""The table of terms: FTS5 on SQLite, tsvector with a GIN index on PostgreSQL, behind the same few functions.

A row has the key of its entry and four parts: the title, other names, the summary, the other texts. Before and after
each text stands a :data:`BORDER`, so that no phrase goes from one text to the next, and a whole title can be asked for.
Terms consist of letters, digits and full stops, so nothing in them has a meaning of its own in either database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from zone.models import SearchEntry
from zone.models.record import Record
from zone.search.documents import NOUNS
from zone.search.question import Phrase, Question, Wanted
from zone.search.words import terms

BORDER: Final = "|"
PARTS: Final = ("title", "names", "summary", "texts")
NOUNS_AT_MOST: Final = 16
"""How many nouns have room in the keys of rows."""
CANDIDATES: Final = 5_000
"""How many rows are looked at where more have the words that are asked for."""


def key_of(model: type[Record], pk: int) -> int:
    """Return the key of the row, and of the entry, of a record."""
    return pk * NOUNS_AT_MOST + NOUNS.index(model)


def pk_of(key: int) -> int:
    """Return the key of the record whose entry has ``key``."""
    return key // NOUNS_AT_MOST


def _noun_term(noun: int) -> str:
    """Return a term that no text has."""
    return f"#{noun}"


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

    def row(self, key: int, parts: Parts) -> tuple[int | str, ...]:
        """Return what ``insert`` takes."""

    matching: str
    """The query for the keys of rows, the newest first."""

    def expression(self, question: Question, parts: int, noun: int | None) -> str:
        """Return what is asked of the first ``parts`` parts of a row, of one noun only if it is named."""


class Fts5:
    """SQLite: https://sqlite.org/fts5.html."""

    insert = "INSERT INTO zone_search (rowid, title, names, summary, texts) VALUES (%s, %s, %s, %s, %s)"
    matching = """
        SELECT rowid FROM zone_search
        WHERE zone_search MATCH %(expression)s AND (%(noun)s < 0 OR rowid %% %(nouns)s = %(noun)s)
        ORDER BY rowid DESC LIMIT %(most)s
    """

    def row(self, key: int, parts: Parts) -> tuple[int | str, ...]:
        """Return the key and the terms of each part."""
        return (key, *(" ".join(sequence(texts)) for texts in parts))

    def expression(self, question: Question, parts: int, noun: int | None) -> str:
        """Return the query in the language of FTS5; a noun is told by the keys of its rows."""
        wanted = " AND ".join(map(self._wanted, question.wanted))
        expression = f"{{{' '.join(PARTS[:parts])}}} : ({wanted})"
        if question.unwanted:
            expression = f"({expression}) NOT ({' OR '.join(map(self._wanted, question.unwanted))})"
        return expression

    def _wanted(self, wanted: Wanted) -> str:
        return f"({' OR '.join(map(self._phrase, wanted.phrases))})"

    def _phrase(self, phrase: Phrase) -> str:
        return f'"{" ".join(phrase.terms)}"{"*" if phrase.is_open else ""}'


class TsVector:
    """PostgreSQL: https://www.postgresql.org/docs/current/datatype-textsearch.html."""

    _FURTHEST = 16_383
    _WEIGHTS = "ABCD"

    insert = "INSERT INTO zone_search (rowid, terms) VALUES (%s, %s::tsvector)"
    # Apart, so that the rows are not walked through by their keys in the hope of a match. The first that the index
    # yields are looked at where there are very many.
    matching = """
        WITH found AS MATERIALIZED (
            SELECT rowid FROM zone_search
            WHERE terms @@ %(expression)s::tsquery LIMIT %(candidates)s
        )
        SELECT rowid FROM found ORDER BY rowid DESC LIMIT %(most)s
    """

    def row(self, key: int, parts: Parts) -> tuple[int | str, ...]:
        """Return the key and each term with its places and weights."""
        places: dict[str, list[str]] = defaultdict(list)
        place = 0
        for weight, texts in zip(self._WEIGHTS, parts, strict=True):
            for term in sequence(texts):
                place += 1
                places[term].append(f"{min(place, self._FURTHEST)}{weight}")
        said = " ".join(f"'{term}':{','.join(found)}" for term, found in places.items())
        return key, f"'{_noun_term(key % NOUNS_AT_MOST)}' {said}"

    def expression(self, question: Question, parts: int, noun: int | None) -> str:
        """Return the query in the language of tsquery; a noun is a term too, for which the index is asked."""
        weights = "" if parts == len(PARTS) else self._WEIGHTS[:parts]
        expression = [self._wanted(one, weights) for one in question.wanted]
        expression += [f"!{self._wanted(one, '')}" for one in question.unwanted]
        expression += [f"'{_noun_term(noun)}'"] if noun is not None else []
        return " & ".join(expression)

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


def keys_of_rows(question: Question, parts: int, most: int, noun: int | None = None) -> list[int]:
    """Return the keys of at most ``most`` rows whose first ``parts`` parts have what is asked, the newest first."""
    connection = connections[router.db_for_read(SearchEntry)]
    table = table_of(connection)
    values: dict[str, str | int] = {
        "expression": table.expression(question, parts, noun),
        "noun": -1 if noun is None else noun,
        "nouns": NOUNS_AT_MOST,
        "candidates": CANDIDATES,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(table.matching, values)
        return [key for (key,) in cursor.fetchall()]
