"""The pages of a list: with numbers as far as somebody may turn them one by one, beyond that from place to place.

A page with a number is met by walking there from the first one. A page from a place is reached at once, however deep it
lies, and neither repeats nor skips a record when others have come before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.http import QueryDict

from zone.search.listing import Found

PER_PAGE: Final = 20
MOST_NUMBERED: Final = 50
"""How many pages have a number."""


@dataclass(frozen=True)
class Way:
    """Where another page is, as the address says it: by its number, or by the place that it comes after or before."""

    page: int | None = None
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True)
class Page:
    """Some records of a list, and the ways to the pages around them."""

    records: Sequence[Any]
    count: int
    """How many records the list has."""
    number: int | None = None
    """The number of the page, if it has one."""
    numbers: list[int | str] = field(default_factory=list)
    """The numbers that are shown, with an ellipsis between those that are not neighbours."""
    previous: Way | None = None
    next: Way | None = None
    here: Way | None = None
    """The address of the page itself, where it is not the first."""
    is_lost: bool = False
    """Whether the address named a place that is none."""

    ELLIPSIS = Paginator.ELLIPSIS

    @property
    def first(self) -> int:
        """Return as which of the list the first record stands, on a page with a number."""
        return PER_PAGE * ((self.number or 1) - 1) + 1

    @property
    def is_last_numbered(self) -> bool:
        """Whether the list goes on after it without numbers."""
        return self.number is not None and self.next is not None and self.next.after is not None


def page_of(records: Sequence[Any], asked: QueryDict) -> Page:
    """Return the page of ``records`` that the address asks for; where it makes no sense, the nearest or the first."""
    if isinstance(records, Found):
        try:
            if after := asked.get("after"):
                return _page_after(records, after)
            if before := asked.get("before"):
                return _page_before(records, before)
        except ValueError:
            return _numbered(records, "1", is_lost=True)
    return _numbered(records, asked.get("page"))


def _numbered(records: Sequence[Any], asked: str | None, *, is_lost: bool = False) -> Page:
    paginator = Paginator(records, PER_PAGE)
    number = _number(paginator, asked)
    last = min(paginator.num_pages, MOST_NUMBERED)
    shown: Any = paginator.page(number).object_list
    following = Way(page=number + 1) if number < last else None
    if number == MOST_NUMBERED and paginator.num_pages > number and isinstance(records, Found):
        following = _after(records, shown)
    return Page(
        shown,
        count=len(records),
        number=number,
        numbers=list(Paginator(range(last), 1).get_elided_page_range(number)) if last > 1 else [],
        previous=Way(page=number - 1) if number > 1 else None,
        next=following,
        here=Way(page=number) if number > 1 else None,
        is_lost=is_lost,
    )


def _number(paginator: Paginator, asked: str | None) -> int:
    """Return the number of the page that is asked for, or the nearest; no page is read for it, however deep it lies."""
    try:
        number = paginator.validate_number(asked or 1)
    except PageNotAnInteger:
        number = 1
    except EmptyPage:
        number = paginator.num_pages
    return min(number, MOST_NUMBERED)


def _page_after(records: Found, place: str) -> Page:
    found = records.after(place, PER_PAGE + 1)
    if not found:  # What stood there has gone.
        return _numbered(records, str(MOST_NUMBERED))
    shown = found[:PER_PAGE]
    return Page(
        shown,
        count=len(records),
        previous=_before(records, shown),
        next=_after(records, shown) if found[PER_PAGE:] else None,
        here=Way(after=place),
    )


def _page_before(records: Found, place: str) -> Page:
    """Return the page before ``place``: the first one, where there are too few records for a whole one."""
    above, *shown = [None, *records.before(place, PER_PAGE + 1)][-PER_PAGE - 1 :]
    if above is None:
        return _numbered(records, "1")
    return Page(
        shown,
        count=len(records),
        previous=_before(records, shown),
        next=_after(records, shown),
        here=_after(records, [above]),
    )


def _after(records: Found, shown: Sequence[Any]) -> Way | None:
    return Way(after=place) if shown and (place := records.place_of(shown[-1])) else None


def _before(records: Found, shown: Sequence[Any]) -> Way | None:
    return Way(before=place) if shown and (place := records.place_of(shown[0])) else None
