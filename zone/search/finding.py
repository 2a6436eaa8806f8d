"""What is found for the words that somebody has typed, the best first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db import models
from django.db.models import Case, Value, When

from zone.models import Facility, KeyFigure, NewsItem, Organisation, Park, SearchEntry, Source
from zone.models.record import Record
from zone.publishing import PublishableQuerySet
from zone.search.documents import NOUNS
from zone.search.index import refresh
from zone.search.question import Question, read, read_beginning, read_loosely
from zone.search.tables import PARTS, table_for
from zone.search.words import spelt

AT_MOST: Final = 1000
"""How many results are ranked; of more, the oldest are left out."""

NAMES, _SUMMARIES, _EVERYTHING = 2, 3, len(PARTS)
"""How many parts of a record are looked at, the heaviest first."""
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

    @property
    def is_capped(self) -> bool:
        """Whether there is more than was ranked."""
        return len(self.hits) >= AT_MOST

    @cached_property
    def counts(self) -> Counter[type[Record]]:
        """Return how many were found of each noun."""
        return Counter(hit.model for hit in self.hits)

    def of(self, noun: str) -> Findings:
        """Return what was found of the noun with the stem ``noun``."""
        return Findings(self.words, self.question, [hit for hit in self.hits if hit.model.stem == noun])

    def in_park(self, park: str) -> Findings:
        """Return what was found in the park with the slug ``park``."""
        return Findings(
            self.words, self.question, [hit for hit in self.hits if (hit.model, hit.pk, park) in self._parks]
        )

    @cached_property
    def _parks(self) -> set[tuple[type[Record], int, str]]:
        """Return which of the hits are in which park, or about something there."""
        keys = {model: [hit.pk for hit in self.hits if hit.model is model] for model in NOUNS}
        organisations, facilities = Organisation.objects.published(), Facility.objects.published()
        news, figures = keys[NewsItem], keys[KeyFigure]
        found: dict[type[Record], tuple[models.QuerySet[Any, Any], ...]] = {
            Organisation: (organisations.filter(pk__in=keys[Organisation]).values_list("pk", "parks__slug"),),
            Facility: (facilities.filter(pk__in=keys[Facility]).values_list("pk", "park__slug"),),
            Park: (Park.objects.published().filter(pk__in=keys[Park]).values_list("pk", "slug"),),
            KeyFigure: (
                KeyFigure.objects.filter(pk__in=figures).values_list("pk", "scope"),
                organisations.filter(figures__in=figures).values_list("figures", "parks__slug"),
                facilities.filter(figures__in=figures).values_list("figures", "park__slug"),
            ),
            NewsItem: (
                organisations.filter(news__in=news).values_list("news", "parks__slug"),
                facilities.filter(news__in=news).values_list("news", "park__slug"),
            ),
        }
        return {
            (model, pk, park) for model, pairs in found.items() for some in pairs for pk, park in some if keys[model]
        }


def matching(records: PublishableQuerySet[Any], words: str) -> PublishableQuerySet[Any]:
    """Return those of ``records`` that have all of ``words``, the ones that are called so first."""
    refresh()
    for question in (read(words), read_loosely(words)):
        if not question.wanted:
            return records.none()
        found = records.filter(pk__in=_keys(records, question, _EVERYTHING))
        if question.is_loose or found.exists():
            break
    rank = Case(
        When(pk__in=_keys(records, question, NAMES), then=Value(0)),
        When(pk__in=_keys(records, question, _SUMMARIES), then=Value(1)),
        default=Value(2),
    )
    return found.order_by(rank, *records.model._meta.ordering)


def _keys(records: models.QuerySet[Any], question: Question, parts: int) -> models.QuerySet[Any]:
    entries = SearchEntry.objects.filter(
        noun=NOUNS.index(records.model), pk__in=table_for(records).matching(question, parts)
    )
    return entries.values("record_id")


def find(words: str) -> Findings:
    """Return what is public and has all of ``words``; where nothing has them as they stand, what comes near."""
    refresh()
    question = read(words)
    hits = _hits(question, words)
    if not hits:
        loose = read_loosely(words)
        if hits := _hits(loose, words):
            question = loose
    return Findings(words, question, hits)


def begun(words: str) -> Findings:
    """Return what is called as somebody may mean who is still typing ``words``."""
    question = read_beginning(words)
    return Findings(words, question, _hits(question, words, parts=(NAMES,), most=_MOST_BEGUN))


def _hits(
    question: Question, words: str, parts: tuple[int, ...] = (NAMES, _SUMMARIES, _EVERYTHING), most: int = AT_MOST
) -> list[Hit]:
    """Return the hits, the best first: what is called so, then the new."""
    if not question.wanted:
        return []
    found: dict[int, Hit] = {}
    name, entries = spelt(words), SearchEntry.objects.published()
    table = table_for(entries)
    for tier, several in enumerate(parts):
        some = entries.filter(pk__in=table.matching(question, several)).exclude(pk__in=list(found)).order_by("-pk")
        for key, noun, pk, date, titles in some.values_list("pk", "noun", "record_id", "date", "titles")[
            : most - len(found)
        ]:
            model = NOUNS[noun]
            closeness = -round(4 * _share(question, titles)) if tier == 0 else 0
            rank = (tier, name not in titles, _LAST.get(model, 0), closeness, _newest_first(date), noun, pk)
            found[key] = Hit(model, pk, rank)
    return sorted(found.values(), key=lambda hit: hit.rank)


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
