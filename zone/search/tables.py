"""The table of terms: FTS5 on SQLite, tsvector with a GIN index on PostgreSQL, behind the same few functions.

A row has the key of its entry and a text of terms, in which all that the record says stands once for each
:class:`Depth`: its names, what it is in short, everything. The terms of each depth have a mark of their own, so that a
word in names is looked for among names only, and is found as quickly as a rare word however often others say it. Before
and after each text stands a :data:`BORDER`, so that no phrase goes from one text to the next. Terms consist of letters,
digits and full stops, so nothing in them has a meaning of its own in either database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import chain
from typing import Final, Protocol

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from zone.models import SearchEntry
from zone.models.record import Record
from zone.search.documents import NOUNS
from zone.search.question import Phrase, Question, Wanted
from zone.search.words import characters, terms

BORDER: Final = "|"
NOUNS_AT_MOST: Final = 16
"""How many nouns have room in the keys of rows."""
RELEASE: Final = "#z2"
"""A term of all rows. It changes when rows get other terms, so that those of an earlier release are known."""
CANDIDATES: Final = 5_000
"""How many rows are looked at where more have the words that are asked for."""

Parts = Sequence[Sequence[str]]
"""The texts of a record: the titles, other names, the summaries, the other texts."""


class Depth(Enum):
    """How much of a record is looked at: how many of its parts, and the mark of their terms."""

    NAMES = (2, "n|")
    SUMMARY = (3, "s|")
    EVERYTHING = (4, "")

    def __init__(self, parts: int, mark: str) -> None:
        self.parts, self.mark = parts, mark


def key_of(model: type[Record], pk: int) -> int:
    """Return the key of the row, and of the entry, of a record."""
    return pk * NOUNS_AT_MOST + NOUNS.index(model)


def pk_of(key: int) -> int:
    """Return the key of the record whose entry has ``key``."""
    return key // NOUNS_AT_MOST


def _noun_term(noun: int) -> str:
    """Return a term that no text has."""
    return f"#{noun}"


def sequence(key: int, parts: Parts) -> str:
    """Return all terms of a row in their order: its noun, and at each depth the texts with borders around them."""
    found = [[BORDER, *(one for text in texts for one in (*terms(text), BORDER))] for texts in parts]
    row = f"{_noun_term(key % NOUNS_AT_MOST)} {RELEASE}"
    for depth in Depth:
        said = list(chain.from_iterable(found[: depth.parts]))
        before = f" {depth.mark}"
        row += before + before.join(chain(said, characters(said)))
    return row


class Table(Protocol):
    """How a database keeps and finds terms."""

    insert: str

    def row(self, key: int, parts: Parts) -> tuple[int, str]:
        """Return what ``insert`` takes."""

    def expression(self, question: Question, depth: Depth, noun: int | None) -> str:
        """Return what is asked of rows at ``depth``, of one noun only if it is named."""

    def newest(self, cursor: CursorWrapper, expression: str, most: int) -> list[int]:
        """Return the keys of the newest rows of which ``expression`` is true, at most ``most``, the newest first."""

    def outdated(self, cursor: CursorWrapper) -> list[int]:
        """Return the keys of rows that lack terms, as an earlier release writes them beside this one."""


class Fts5:
    """SQLite: https://sqlite.org/fts5.html."""

    insert = "INSERT INTO zone_search (rowid, terms) VALUES (%s, %s)"
    _MATCHING = "SELECT rowid FROM zone_search WHERE zone_search MATCH %s ORDER BY rowid DESC LIMIT %s"
    _OUTDATED = """
        SELECT rowid FROM zone_search EXCEPT SELECT rowid FROM zone_search WHERE zone_search MATCH %s ORDER BY rowid
    """

    def row(self, key: int, parts: Parts) -> tuple[int, str]:
        """Return the key and the terms."""
        return key, sequence(key, parts)

    def expression(self, question: Question, depth: Depth, noun: int | None) -> str:
        """Return the query in the language of FTS5."""
        wanted = [self._wanted(one, depth) for one in question.wanted]
        wanted += [f'"{_noun_term(noun)}"'] if noun is not None else []
        expression = " AND ".join(wanted)
        if question.unwanted:
            unwanted = " OR ".join(self._wanted(one, Depth.EVERYTHING) for one in question.unwanted)
            expression = f"({expression}) NOT ({unwanted})"
        return expression

    def newest(self, cursor: CursorWrapper, expression: str, most: int) -> list[int]:
        """Return what the index has in this order."""
        cursor.execute(self._MATCHING, [expression, most])
        return [key for (key,) in cursor.fetchall()]

    def outdated(self, cursor: CursorWrapper) -> list[int]:
        """Ask for all that have the term of this release, and for the others."""
        cursor.execute(self._OUTDATED, [f'"{RELEASE}"'])
        return [key for (key,) in cursor.fetchall()]

    def _wanted(self, wanted: Wanted, depth: Depth) -> str:
        return f"({' OR '.join(self._phrase(phrase, depth) for phrase in wanted.phrases)})"

    def _phrase(self, phrase: Phrase, depth: Depth) -> str:
        marked = (f"{depth.mark}{term}" for term in phrase.terms)
        return f'"{" ".join(marked)}"{"*" if phrase.is_open else ""}'


class TsVector:
    """PostgreSQL: https://www.postgresql.org/docs/current/datatype-textsearch.html.

    Its index knows no order: of a word that half of all rows have it would read half of all rows, to find the newest.
    So rows have terms for the blocks of keys that they are in, which the index leaps to, and the newest blocks are
    asked first.
    """

    _FURTHEST = 16_383
    _BLOCKS: Final = {12: "a", 14: "b", 16: "c", 18: "d", 20: "e"}
    """By how many bits the keys of the records in a block differ at most, and how its term begins."""
    _SMALLEST: Final = 1 << min(_BLOCKS)
    _LEAP: Final = 16
    """How many times as many rows are looked at next, at most, where too few of those before had what is asked."""

    insert = "INSERT INTO zone_search (rowid, terms) VALUES (%s, %s::tsvector)"
    # Apart, so that the rows are not walked through by their keys in the hope of a match.
    _MATCHING = """
        WITH found AS MATERIALIZED (SELECT rowid FROM zone_search WHERE terms @@ %s::tsquery)
        SELECT rowid FROM found ORDER BY rowid DESC LIMIT %s
    """

    _OUTDATED = "SELECT rowid FROM zone_search WHERE NOT terms @@ %s::tsquery ORDER BY rowid"

    def row(self, key: int, parts: Parts) -> tuple[int, str]:
        """Return the key and each term with its places."""
        places: dict[str, list[str]] = defaultdict(list)
        for place, term in enumerate(sequence(key, parts).split(" "), start=1):
            places[term].append(str(min(place, self._FURTHEST)))
        texts = [f"'{term}':{','.join(found)}" for term, found in places.items()]
        return key, " ".join(texts + [f"'#{begun}{pk_of(key) >> bits}'" for bits, begun in self._BLOCKS.items()])

    def newest(self, cursor: CursorWrapper, expression: str, most: int) -> list[int]:
        """Ask for the newest rows, then for as many before them as should have the rest, until there are enough."""
        cursor.execute("SELECT max(rowid) FROM zone_search")
        [newest] = cursor.fetchone()
        found: list[int] = []
        end = 0 if newest is None else pk_of(newest) + 1
        # All words that begin so are looked up for each question, in whatever blocks: it is put fewer times.
        size = self._SMALLEST * (4 if ":*" in expression else 1)
        while end and len(found) < most:
            start = max(end - size, 0) // self._SMALLEST * self._SMALLEST
            blocks = " | ".join(f"'{block}'" for block in self.blocks(start, end))
            cursor.execute(self._MATCHING, [f"{expression} & ({blocks})", most - len(found)])
            met = [key for (key,) in cursor.fetchall()]
            found += met
            needed = (most - len(found)) * (end - start) // max(len(met), 1)
            end, size = start, min(max(2 * needed, self._SMALLEST), self._LEAP * size)
        return found

    def outdated(self, cursor: CursorWrapper) -> list[int]:
        """Ask each row."""
        cursor.execute(self._OUTDATED, [f"'{RELEASE}'"])
        return [key for (key,) in cursor.fetchall()]

    def blocks(self, start: int, end: int) -> Iterator[str]:
        """Yield the terms of the largest blocks that together have the records from ``start`` until before ``end``.

        ``start`` is where a block begins; ``end`` is that too, unless there is nothing after it.
        """
        smallest, *larger = self._BLOCKS
        while start < end:
            fitting = (bits for bits in larger if start % (1 << bits) == 0 and start + (1 << bits) <= end)
            bits = max(fitting, default=smallest)
            yield f"#{self._BLOCKS[bits]}{start >> bits}"
            start += 1 << bits

    def expression(self, question: Question, depth: Depth, noun: int | None) -> str:
        """Return the query in the language of tsquery."""
        expression = [self._wanted(one, depth) for one in question.wanted]
        expression += [f"!{self._wanted(one, Depth.EVERYTHING)}" for one in question.unwanted]
        expression += [f"'{_noun_term(noun)}'"] if noun is not None else []
        return " & ".join(expression)

    def _wanted(self, wanted: Wanted, depth: Depth) -> str:
        return f"({' | '.join(self._phrase(phrase, depth) for phrase in wanted.phrases)})"

    def _phrase(self, phrase: Phrase, depth: Depth) -> str:
        terms = [f"'{depth.mark}{term}'" for term in phrase.terms]
        return f"({' <-> '.join(terms)}{':*' if phrase.is_open else ''})"


_TABLES: Final[dict[str, Table]] = {"sqlite": Fts5(), "postgresql": TsVector()}


def table_of(connection: BaseDatabaseWrapper) -> Table:
    """Return how the database of ``connection`` keeps terms."""
    return _TABLES[connection.vendor]


def keys_of_rows(question: Question, depth: Depth, most: int, noun: int | None = None) -> list[int]:
    """Return the keys of at most ``most`` rows that have what is asked at ``depth``, the newest first."""
    connection = connections[router.db_for_read(SearchEntry)]
    table = table_of(connection)
    with connection.cursor() as cursor:
        return table.newest(cursor, table.expression(question, depth, noun), most)
