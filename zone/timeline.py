"""What happened in the zone and how it grew, year by year: news, and what was then counted of its main figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from zone.models import KeyFigure, NewsItem, Observation
from zone.partial_dates import PartialDate
from zone.search.facets import YEAR, term
from zone.search.postings import Postings

MOST_NEWS: Final = 12
"""How many news of a year are shown, the latest of it; the list of news has the rest."""
MOST_CLAIMS: Final = 200
"""How many claims about the main figures are looked at, the latest of them."""


@dataclass(frozen=True)
class Moment:
    """Something that happened, or was counted, at a date."""

    date: PartialDate
    news: NewsItem | None = None
    claim: Observation | None = None


@dataclass
class Year:
    """The moments of a year in their order."""

    number: str
    moments: list[Moment]
    news_count: int

    @property
    def has_more(self) -> bool:
        """Whether more news are of the year than are shown."""
        return self.news_count > MOST_NEWS


def timeline() -> list[Year]:
    """Return the years in which something happened or was counted, the first one first.

    How many queries that takes depends on the years and not on what happened in them.
    """
    postings = Postings(NewsItem)
    claims = _by_year(_claims())
    years = []
    for number in sorted({*postings.values(YEAR), *claims}):
        of_year = NewsItem.objects.published().filter(date__gte=number, date__lte=f"{number}-99").for_list()
        moments = [Moment(PartialDate(str(item.date)), news=item) for item in of_year[:MOST_NEWS]]
        moments += [Moment(PartialDate(str(claim.as_of)), claim=claim) for claim in claims[number]]
        moments.sort(key=lambda moment: moment.date)
        years.append(Year(number, moments, len(postings[term(YEAR, number)])))
    return [year for year in years if year.moments]


def _claims() -> QuerySet[Observation]:
    """Return the dated counts of the figures on the home page, without plans."""
    figures = KeyFigure.objects.published().filter(headline_position__isnull=False)
    claims = Observation.objects.published().filter(figure__in=figures, is_projection=False, as_of__isnull=False)
    return claims.select_related("figure", "source").order_by("-as_of", "-pk")[:MOST_CLAIMS]


def _by_year(claims: Iterable[Observation]) -> dict[str, list[Observation]]:
    years: dict[str, list[Observation]] = defaultdict(list)
    for claim in claims:
        if isinstance(claim.as_of, PartialDate):  # In a broken record it is some text.
            years[claim.as_of[:4]].append(claim)
    return years
