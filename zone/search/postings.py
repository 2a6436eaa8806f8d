"""Posting lists: for each noun and term, which public records have it, as Roaring bitmaps (https://roaringbitmap.org).

Whatever is chosen together, what it leaves is an intersection, and a number beside an option its size: no rows are
counted. A list of a million records has up to 125 kB, so a process keeps those that it has read. It asks each time for
the digests of all: a list that has changed has another one, so that nothing kept is ever out of date.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from django.db.models import Case, F, QuerySet, Value, When
from pyroaring import AbstractBitMap, BitMap, FrozenBitMap

from zone.bulk import batches
from zone.databases.prepared import prepared
from zone.models import PostingList
from zone.models.record import Record
from zone.search.documents import NOUNS
from zone.search.facets import APART, PUBLIC, Terms, facet_of, facets_of
from zone.traces import remembered

_BATCH: Final = 100
"""How many lists are written at once."""

Known = dict[str, tuple[str, AbstractBitMap]]
"""The digest and the keys of lists, by term."""

_known: dict[int, Known] = {}
"""What this process has read last of each noun. A value is replaced and never changed, as threads share it."""


class Postings:
    """The posting lists of one noun, as they are when one is asked for first."""

    def __init__(self, model: type[Record]) -> None:
        self._model, self._noun = model, NOUNS.index(model)
        self._apart: dict[str, AbstractBitMap] = {}

    @cached_property
    def _lists(self) -> Mapping[str, AbstractBitMap]:
        """Ask which lists there are, and where this process does not know all of them, read those, in one query.

        Lists of facets that are apart (:data:`zone.search.facets.APART`) are read each by itself.
        """
        digests, known = _digests(self._model), _known.get(self._noun, {})
        if all(term in known and known[term][0] == digest for term, digest in digests.items()):
            return {term: known[term][1] for term in digests}
        read = _read(_rows_of(self._model).filter(facet__in=facets_of(self._model)), known.values())
        _known[self._noun] = {term: (digest, keys) for _noun, term, digest, keys in read}
        return {term: keys for _noun, term, _digest, keys in read}

    @property
    def public(self) -> AbstractBitMap:
        """Return the keys of all public records."""
        return self[PUBLIC]

    def __getitem__(self, term: str) -> AbstractBitMap:
        if facet_of(term) not in APART:
            return self._lists.get(term, FrozenBitMap())
        if term not in self._apart:
            stored = next(iter(_bitmaps(self._noun, facet_of(term), term)), None)
            self._apart[term] = FrozenBitMap.deserialize(bytes(stored)) if stored else FrozenBitMap()
        return self._apart[term]

    def any_of(self, terms: Iterable[str]) -> AbstractBitMap:
        """Return the keys of the records that have at least one of ``terms``."""
        return BitMap().union(*map(self.__getitem__, terms))

    def values(self, facet: str) -> list[str]:
        """Return the values of ``facet`` that any public record has, in their order."""
        terms = (term.partition("=") for term, keys in self._lists.items() if keys)
        return sorted(value for name, _separator, value in terms if name == facet)


@remembered
def _digests(model: type[Record]) -> dict[str, str]:
    return dict(_rows_of(model).filter(facet__in=facets_of(model)).values_list("term", "digest"))


@prepared
def _bitmaps(noun: int, facet: str, term: str) -> QuerySet[PostingList, bytes]:
    return PostingList.objects.filter(noun=noun, facet=facet, term=term).values_list("bitmap", flat=True)


def _rows_of(model: type[Record]) -> QuerySet[PostingList]:
    return PostingList.objects.filter(noun=NOUNS.index(model))


def _read(
    rows: QuerySet[PostingList], known: Iterable[tuple[str, AbstractBitMap]]
) -> list[tuple[int, str, str, AbstractBitMap]]:
    """Return noun, term, digest and keys of the lists in ``rows``; what is ``known`` is not fetched again."""
    by_digest = dict(known)
    bitmap = Case(When(digest__in=list(by_digest), then=Value(None)), default=F("bitmap"))
    return [
        (noun, term, digest, by_digest[digest] if unknown is None else FrozenBitMap.deserialize(bytes(unknown)))
        for noun, term, digest, unknown in rows.values_list("noun", "term", "digest", bitmap)
    ]


def lists_of(facets: Iterable[str], terms: Iterable[str]) -> dict[str, dict[type[Record], AbstractBitMap]]:
    """Return the posting lists of ``terms``, which are of ``facets``, of each noun, in one query."""
    found: dict[str, dict[type[Record], AbstractBitMap]] = {term: {} for term in terms}
    rows = PostingList.objects.filter(noun__in=range(len(NOUNS)), facet__in=list(facets), term__in=found)
    # In one step: another thread may be reading the first list of a noun.
    each = tuple(_known.values())
    known = [lists[term] for lists in each for term in found if term in lists]
    for noun, term, digest, keys in _read(rows, known):
        found[term][NOUNS[noun]] = keys
        _known[noun] = {**_known.get(noun, {}), term: (digest, keys)}
    return found


def stored(model: type[Record]) -> dict[str, BitMap]:
    """Return all posting lists of ``model`` as they are stored, those apart too; of a wrong digest, an empty one."""
    rows = _rows_of(model).values_list("term", "digest", "bitmap").iterator()
    return {
        term: BitMap.deserialize(bytes(bitmap)) if digest == _digest(bytes(bitmap)) else BitMap()
        for term, digest, bitmap in rows
    }


def agree(these: Mapping[str, BitMap], those: Mapping[str, BitMap]) -> bool:
    """Whether both say the same: a list that there is none of is empty."""
    return all(these.get(term, BitMap()) == those.get(term, BitMap()) for term in these.keys() | those.keys())


def collect(records: Iterable[tuple[int, Iterable[str]]], lists: dict[str, BitMap] | None = None) -> dict[str, BitMap]:
    """Return the posting lists of records that have these terms, added to ``lists`` if there are some already."""
    lists = defaultdict(BitMap) if lists is None else lists
    for pk, terms in records:
        for term in terms:
            lists[term].add(pk)
    return lists


def replace(model: type[Record], lists: Mapping[str, BitMap]) -> None:
    """Make ``lists`` the posting lists of ``model``."""
    _rows_of(model).delete()
    PostingList.objects.bulk_create((_row(model, term, keys) for term, keys in lists.items()), batch_size=_BATCH)


class Moves:
    """Which records of a noun leave the lists of some terms and come into those of others, until they are written."""

    def __init__(self, model: type[Record]) -> None:
        self._model = model
        self._leaving: dict[str, BitMap] = defaultdict(BitMap)
        self._coming: dict[str, BitMap] = defaultdict(BitMap)

    def add(self, before: Terms, after: Terms) -> None:
        """Add records that leave the lists of the terms they had ``before``, and come into those of ``after``."""
        keys = before.keys() | after.keys()
        collect(((pk, before.get(pk, set()) - after.get(pk, set())) for pk in keys), self._leaving)
        collect(((pk, after.get(pk, set()) - before.get(pk, set())) for pk in keys), self._coming)

    def write(self) -> None:
        """Write the lists into or out of which something moves. Only who has the turn may (:mod:`zone.turns`)."""
        for terms in batches(sorted(self._leaving.keys() | self._coming.keys()), _BATCH):
            rows = _rows_of(self._model).filter(facet__in={facet_of(term) for term in terms}, term__in=terms)
            old = {term: BitMap.deserialize(bytes(bitmap)) for term, bitmap in rows.values_list("term", "bitmap")}
            PostingList.objects.bulk_create(
                (_row(self._model, term, self._moved(term, old.get(term, BitMap()))) for term in terms),
                update_conflicts=True,
                unique_fields=["noun", "facet", "term"],
                update_fields=["digest", "bitmap"],
            )

    def _moved(self, term: str, keys: BitMap) -> BitMap:
        return keys - self._leaving.get(term, BitMap()) | self._coming.get(term, BitMap())


def move(model: type[Record], before: Terms, after: Terms) -> None:
    """Take records out of the lists of the terms that they had ``before`` and put them into those of ``after``."""
    moves = Moves(model)
    moves.add(before, after)
    moves.write()


def _row(model: type[Record], term: str, keys: BitMap) -> PostingList:
    bitmap = keys.serialize()
    return PostingList(noun=NOUNS.index(model), facet=facet_of(term), term=term, digest=_digest(bitmap), bitmap=bitmap)


def _digest(bitmap: bytes) -> str:
    return hashlib.blake2b(bitmap, digest_size=16).hexdigest()
