"""Posting lists: for each noun and term, which public records have it, as Roaring bitmaps (https://roaringbitmap.org).

Whatever is chosen together, what it leaves is an intersection, and a number beside an option its size: no rows are
counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Self

from pyroaring import BitMap

from zone.models import PostingList
from zone.models.record import Record
from zone.search.documents import NOUNS
from zone.search.facets import PUBLIC, Terms


class Postings:
    """The posting lists of one noun, as they are now."""

    def __init__(self, lists: Mapping[str, BitMap]) -> None:
        self._lists = lists

    @classmethod
    def of(cls, model: type[Record]) -> Self:
        """Read all posting lists of ``model``, in one query."""
        lists = PostingList.objects.filter(noun=NOUNS.index(model)).values_list("term", "bitmap")
        return cls({term: BitMap.deserialize(bytes(bitmap)) for term, bitmap in lists})

    @property
    def public(self) -> BitMap:
        """Return the keys of all public records."""
        return self[PUBLIC]

    def __getitem__(self, term: str) -> BitMap:
        return self._lists.get(term) or BitMap()

    def any_of(self, terms: Iterable[str]) -> BitMap:
        """Return the keys of the records that have at least one of ``terms``."""
        return BitMap().union(*map(self.__getitem__, terms))

    def hold(self, lists: Mapping[str, BitMap]) -> bool:
        """Whether these lists say the same as ``lists``."""
        return all(self[term] == lists.get(term, BitMap()) for term in self._lists.keys() | lists.keys())

    def values(self, facet: str) -> list[str]:
        """Return the values of ``facet`` that any public record has, in their order."""
        terms = (term.partition("=") for term, keys in self._lists.items() if keys)
        return sorted(value for name, _separator, value in terms if name == facet)


def lists_of(terms: Iterable[str]) -> dict[str, dict[type[Record], BitMap]]:
    """Return the posting lists of ``terms``, of each noun, in one query."""
    found: dict[str, dict[type[Record], BitMap]] = {term: {} for term in terms}
    for term, noun, bitmap in PostingList.objects.filter(term__in=found).values_list("term", "noun", "bitmap"):
        found[term][NOUNS[noun]] = BitMap.deserialize(bytes(bitmap))
    return found


def collect(records: Iterable[tuple[int, Iterable[str]]], lists: dict[str, BitMap] | None = None) -> dict[str, BitMap]:
    """Return the posting lists of records that have these terms, added to ``lists`` if there are some already."""
    lists = defaultdict(BitMap) if lists is None else lists
    for pk, terms in records:
        for term in terms:
            lists[term].add(pk)
    return lists


def replace(model: type[Record], lists: Mapping[str, BitMap]) -> None:
    """Make ``lists`` the posting lists of ``model``."""
    noun = NOUNS.index(model)
    PostingList.objects.filter(noun=noun).delete()
    PostingList.objects.bulk_create(
        PostingList(noun=noun, term=term, bitmap=keys.serialize()) for term, keys in lists.items()
    )


def move(model: type[Record], before: Terms, after: Terms) -> None:
    """Take records out of the lists of the terms that they had ``before`` and put them into those of ``after``.

    Lists that nothing moves into or out of are not touched. Only who has the turn may write (:mod:`zone.turns`).
    """
    keys = before.keys() | after.keys()
    leaving = collect((pk, before.get(pk, set()) - after.get(pk, set())) for pk in keys)
    coming = collect((pk, after.get(pk, set()) - before.get(pk, set())) for pk in keys)
    noun = NOUNS.index(model)
    terms = {term for term in leaving.keys() | coming.keys() if leaving.get(term) or coming.get(term)}
    kept = {one.term: one for one in PostingList.objects.filter(noun=noun, term__in=terms)}
    new = []
    for term in sorted(terms):
        one = kept.get(term) or PostingList(noun=noun, term=term, bitmap=BitMap().serialize())
        bitmap = BitMap.deserialize(bytes(one.bitmap)) - leaving.get(term, BitMap())
        one.bitmap = (bitmap | coming.get(term, BitMap())).serialize()
        if term not in kept:
            new.append(one)
    PostingList.objects.bulk_create(new)
    PostingList.objects.bulk_update(kept.values(), ["bitmap"])
