"""What is found for the words that somebody has typed, the best first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Final

from pyroaring import AbstractBitMap, BitMap

from zone.models import NewsItem, SearchEntry, Source
from zone.models.record import Record
from zone.search.documents import NOUNS
from zone.search.question import Question, read, read_beginning, read_loosely
from zone.search.tables import CANDIDATES, Depth, keys_of_rows, pk_of
from zone.search.words import spelt

AT_MOST: Final = 1000
"""How many results are ranked; of more, the oldest are left out."""

_MOST_BEGUN: Final = 200
_LAST: Final[dict[type[Record], int]] = {NewsItem: 1, Source: 2}
"""What stands behind things that are called so: news about them, and the sources that mention them."""


@dataclass(frozen=True)
class Hit:
    """A record that matches, and how well."""

    model: type[Record]
    pk: int
    rank: tuple[Any, ...]


@dataclass
class Findings:
    """What was found for ``words``."""

    words: str
    question: Question
    hits: list[Hit]
    is_capped: bool
    """Whether there is more than was ranked, of which the hits may be a part."""

    most: ClassVar = AT_MOST

    @cached_property
    def counts(self) -> Counter[type[Record]]:
        """Return how many were found of each noun."""
        return Counter(hit.model for hit in self.hits)

    def of(self, noun: str) -> Findings:
        """Return what was found of the noun with the stem ``noun``."""
        return replace(self, hits=[hit for hit in self.hits if hit.model.stem == noun])

    def among(self, lists: Iterable[Mapping[type[Record], AbstractBitMap]]) -> Findings:
        """Return what was found among the records whose keys stand in one of ``lists``."""
        hits = [hit for hit in self.hits if any(hit.pk in keys.get(hit.model, ()) for keys in lists)]
        return replace(self, hits=hits)


@dataclass(frozen=True)
class Matches:
    """The keys of records that have words: those in the first tiers are among those in the last."""

    tiers: tuple[AbstractBitMap, ...]
    is_capped: bool
    """Whether there are more than were looked at."""


def matching(model: type[Record], words: str, public: AbstractBitMap, *, by_relevance: bool) -> Matches:
    """Return which of the ``public`` records of ``model`` have all of ``words``, or come near where none has.

    ``by_relevance`` there is a tier for each depth: in their names, at most in their summaries, and in any text. Of
    very many the newest are looked at, and the newest that are called so.
    """
    for question in (read(words), read_loosely(words)):
        found, is_capped = _keys(model, question, Depth.EVERYTHING, public)
        heavier = (Depth.NAMES,) if is_capped else (Depth.NAMES, Depth.SUMMARY) if by_relevance else ()
        before = [_keys(model, question, depth, public)[0] for depth in heavier]
        found = found.union(*before)
        if found:
            break
    return Matches((*before, found) if by_relevance else (found,), is_capped)


def _keys(model: type[Record], question: Question, depth: Depth, public: AbstractBitMap) -> tuple[AbstractBitMap, bool]:
    """Return the public records that have what is asked at ``depth``, and whether there may be more."""
    if not question.wanted:
        return BitMap(), False
    keys = keys_of_rows(question, depth, CANDIDATES, NOUNS.index(model))
    return BitMap([pk_of(key) for key in keys]) & public, len(keys) == CANDIDATES


def find(words: str) -> Findings:
    """Return what is public and has all of ``words``; where nothing has them as they stand, what comes near."""
    findings = _found(words, read(words), Depth, AT_MOST)
    if not findings.hits:
        loose = _found(words, read_loosely(words), Depth, AT_MOST)
        if loose.hits:
            return loose
    return findings


def begun(words: str) -> Findings:
    """Return what is called as somebody may mean who is still typing ``words``."""
    return _found(words, read_beginning(words), (Depth.NAMES,), _MOST_BEGUN)


def _found(words: str, question: Question, depths: Iterable[Depth], most: int) -> Findings:
    """Return what was found, the best first: what is called so, then the new."""
    if not question.wanted:
        return Findings(words, question, [], is_capped=False)
    tiers: dict[int, int] = {}
    for tier, depth in enumerate(depths):
        for key in keys_of_rows(question, depth, most + 1):  # One more says that there is more.
            tiers.setdefault(key, tier)
    name, hits = spelt(words), []
    entries = SearchEntry.objects.published().filter(pk__in=list(tiers)[:most])
    for key, noun, pk, date, titles in entries.values_list("pk", "noun", "record_id", "date", "titles"):
        model = NOUNS[noun]
        closeness = -round(4 * _share(question, titles)) if tiers[key] == 0 else 0
        rank = (tiers[key], name not in titles, _LAST.get(model, 0), closeness, _newest_first(date), noun, pk)
        hits.append(Hit(model, pk, rank))
    return Findings(words, question, sorted(hits, key=lambda hit: hit.rank), is_capped=len(tiers) > most)


def _share(question: Question, titles: list[str]) -> float:
    """Return how much of the title that has all words consists of them: from 0 to 1."""
    sought = [[word for phrase in one.phrases for word in phrase.words] for one in question.wanted]
    shares = [
        sum(max(len(word) for word in words if word in title) for words in sought) / len(title.replace(" ", ""))
        for title in titles
        if title and all(any(word in title for word in words) for words in sought)
    ]
    return min(max(shares, default=0), 1)


def _newest_first(date: str) -> tuple[bool, list[int]]:
    """Return what sorts partial dates, the newest first and those that are unknown last."""
    return not date, [-int(part) for part in date.split("-") if part]
