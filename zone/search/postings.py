"""Posting lists: for each noun and term, which public records have it, as Roaring bitmaps (https://roaringbitmap.org).

Whatever is chosen together, what it leaves is an intersection, and a number beside an option its size: no rows are
counted. A list of a million records has up to 125 kB, so a process keeps those that it has read. It knows them by the
digest of what they hold, not by their names: one that has changed has another digest, and nothing kept can be out of date.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Self

from django.db.models import QuerySet
from pyroaring import AbstractBitMap, BitMap, FrozenBitMap

from zone.models import PostingList
from zone.models.record import Record
from zone.search.documents import NOUNS
from zone.search.facets import APART, PUBLIC, Terms, facet_of, facets_of

MOST_BYTES: Final = 48 * 1024 * 1024
"""How much memory the lists of one process take at most."""
_BATCH: Final = 100
"""How many lists are written at once."""


class Kept:
    """The lists that this process has read, by digest; those that were not needed for longest go first."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._lists: OrderedDict[str, FrozenBitMap] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> FrozenBitMap | None:
        """Return the list with ``digest``, if it is kept."""
        with self._lock:
            if digest in self._lists:
                self._lists.move_to_end(digest)
            return self._lists.get(digest)

    def put(self, digest: str, serialised: bytes) -> FrozenBitMap:
        """Keep the list that ``serialised`` is, and return it."""
        with self._lock:
            if digest not in self._lists:
                self._lists[digest] = FrozenBitMap.deserialize(serialised)
                self._size += len(serialised)
            found = self._lists[digest]
            while self._size > self._most and len(self._lists) > 1:
                self._size -= len(self._lists.popitem(last=False)[1].serialize())
        return found


_kept = Kept(MOST_BYTES)


class Postings:
    """The posting lists of one noun, as they are now."""

    def __init__(self, model: type[Record], lists: Mapping[str, AbstractBitMap]) -> None:
        self._rows = _rows_of(model)
        self._lists = dict(lists)

    @classmethod
    def of(cls, model: type[Record]) -> Self:
        """Read which lists ``model`` has, and those that this process has not met: in one query or in two.

        Lists of facets that are apart (:data:`zone.search.facets.APART`) are read when they are asked for.
        """
        return cls(model, _read(_rows_of(model).filter(facet__in=facets_of(model))))

    @property
    def public(self) -> AbstractBitMap:
        """Return the keys of all public records."""
        return self[PUBLIC]

    def __getitem__(self, term: str) -> AbstractBitMap:
        if term not in self._lists and facet_of(term) in APART:
            self._lists |= _read(self._rows.filter(facet=facet_of(term), term=term))
        return self._lists.get(term, FrozenBitMap())

    def any_of(self, terms: Iterable[str]) -> AbstractBitMap:
        """Return the keys of the records that have at least one of ``terms``."""
        return BitMap().union(*map(self.__getitem__, terms))

    def values(self, facet: str) -> list[str]:
        """Return the values of ``facet`` that any public record has, in their order."""
        terms = (term.partition("=") for term, keys in self._lists.items() if keys)
        return sorted(value for name, _separator, value in terms if name == facet)


def _rows_of(model: type[Record]) -> QuerySet[PostingList]:
    return PostingList.objects.filter(noun=NOUNS.index(model))


def _read(rows: QuerySet[PostingList]) -> dict[str, AbstractBitMap]:
    """Return the lists in ``rows`` by their terms; only those are fetched that are not kept."""
    found: dict[str, AbstractBitMap] = {}
    missing = []
    for key, term, digest in rows.values_list("pk", "term", "digest"):
        if (kept := _kept.get(digest)) is not None:
            found[term] = kept
        else:
            missing.append(key)
    if missing:
        # With the digest once more: somebody may just have written another list.
        for term, digest, bitmap in PostingList.objects.filter(pk__in=missing).values_list("term", "digest", "bitmap"):
            found[term] = _kept.put(digest, bytes(bitmap))
    return found


def lists_of(facets: Iterable[str], terms: Iterable[str]) -> dict[str, dict[type[Record], AbstractBitMap]]:
    """Return the posting lists of ``terms``, which are of ``facets``, of each noun."""
    found: dict[str, dict[type[Record], AbstractBitMap]] = {term: {} for term in terms}
    rows = PostingList.objects.filter(noun__in=range(len(NOUNS)), facet__in=list(facets), term__in=found)
    for noun, model in enumerate(NOUNS):
        for term, keys in _read(rows.filter(noun=noun)).items():
            found[term][model] = keys
    return found


def stored(model: type[Record]) -> dict[str, BitMap]:
    """Return all posting lists of ``model`` as they are stored, those apart included; of a wrong digest, an empty one."""
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


def move(model: type[Record], before: Terms, after: Terms) -> None:
    """Take records out of the lists of the terms that they had ``before`` and put them into those of ``after``.

    Lists that nothing moves into or out of are not touched. Only who has the turn may write (:mod:`zone.turns`).
    """
    keys = before.keys() | after.keys()
    leaving = collect((pk, before.get(pk, set()) - after.get(pk, set())) for pk in keys)
    coming = collect((pk, after.get(pk, set()) - before.get(pk, set())) for pk in keys)
    terms = {term for term in leaving.keys() | coming.keys() if leaving.get(term) or coming.get(term)}
    rows = _rows_of(model).filter(facet__in={facet_of(term) for term in terms}, term__in=terms)
    kept = {one.term: one for one in rows}
    new = []
    for term in sorted(terms):
        before_it = BitMap.deserialize(bytes(kept[term].bitmap)) if term in kept else BitMap()
        row = _row(model, term, before_it - leaving.get(term, BitMap()) | coming.get(term, BitMap()))
        if term in kept:
            row.pk = kept[term].pk
            kept[term] = row
        else:
            new.append(row)
    PostingList.objects.bulk_create(new)
    PostingList.objects.bulk_update(kept.values(), ["digest", "bitmap"])


def _row(model: type[Record], term: str, keys: BitMap) -> PostingList:
    bitmap = keys.serialize()
    return PostingList(
        noun=NOUNS.index(model), facet=facet_of(term), term=term, digest=_digest(bitmap), bitmap=bitmap
    )


def _digest(bitmap: bytes) -> str:
    return hashlib.blake2b(bitmap, digest_size=16).hexdigest()
