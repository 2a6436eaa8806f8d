"""What every finder does: it reads the address, intersects, orders, and says what each choice would leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Final

import django_filters
from django import forms
from django.forms.utils import ErrorList
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pyroaring import AbstractBitMap

from zone.filters.facets import ApartFacet, Facet, InitialFacet, RecordFacet, YearFilter
from zone.filters.form import Choice, FinderForm
from zone.models.reading import RecordQuerySet
from zone.models.record import Record
from zone.search.facets import YEAR, term
from zone.search.finding import Matches, matching
from zone.search.listing import Found, Tier, reader, tier_of
from zone.search.postings import Postings
from zone.search.question import LONGEST_QUERY
from zone.search.tables import CANDIDATES
from zone.translation import active_language, column

Records = RecordQuerySet[Any]
LONGEST_OPEN_FACET: Final = 5
"""A facet with more options is folded until one of them is chosen."""
RELEVANCE: Final = "relevance"


@dataclass(frozen=True)
class Option:
    """One choice of a facet, with the number of records that it alone would leave, beside the other filters."""

    value: str
    label: str
    count: int
    chosen: bool

    @property
    def leads_nowhere(self) -> bool:
        """Whether it has nothing to add."""
        return self.count == 0 and not self.chosen


@dataclass(frozen=True)
class Panel:
    """A facet as the form of a list shows it."""

    name: str
    label: str
    several: bool
    is_short: bool
    """Whether its options are letters or numbers, which stand side by side."""
    options: list[Option]
    errors: ErrorList

    @property
    def chosen(self) -> int:
        """Return how many options are chosen."""
        return sum(option.chosen for option in self.options)

    @property
    def is_open(self) -> bool:
        """Whether its options are seen at once."""
        return bool(self.is_short or self.chosen or self.errors) or len(self.options) <= LONGEST_OPEN_FACET


@dataclass(frozen=True)
class Tag:
    """Something that is asked for, and the address of the list without it."""

    label: str
    value: str
    address: str


@dataclass(frozen=True)
class Order:
    """A way to sort a list."""

    value: str
    label: str
    chosen: bool


class Finder(django_filters.FilterSet):
    """A list that visitors narrow down by words and choices, all of which stand in the address."""

    dates: ClassVar[Any] = ""
    """What the range of years is called, if years can be asked for."""
    orders: ClassVar[dict[str, tuple[Any, tuple[str, ...]]]] = {}
    """What each value of ``sort`` is called and orders by; the first is how the list stands unasked. Each is an index
    of the entries, or one that is read backwards."""

    q = django_filters.CharFilter(
        label=_("Words"),
        max_length=LONGEST_QUERY,
        widget=forms.TextInput(attrs={"type": "search", "maxlength": LONGEST_QUERY}),
    )

    class Meta:
        fields: ClassVar[list[str]] = []

    def __init__(self, data: QueryDict) -> None:
        if "year" in data and "from" not in data and "to" not in data:  # As addresses were before there was a range.
            data = data.copy()
            for name in ("from", "to"):
                data.setlist(name, data.getlist("year"))
        super().__init__(data)

    @classmethod
    def records(cls) -> Records:
        """Return what is read of the records that are listed."""
        records: Records = cls._meta.model.objects.published().for_list()
        return records

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """Return the filters of the finder, with the range of years and the order that it names."""
        filters = dict(super().get_filters())
        if cls.dates:
            filters["from"] = YearFilter(pgettext_lazy("year", "From"), "from")
            filters["to"] = YearFilter(pgettext_lazy("year", "To"), "to")
        filters["sort"] = django_filters.Filter(label=_("Sort by"))
        filters["sort"].field_class = Choice
        filters["sort"].extra |= {"values": {RELEVANCE, *cls.orders}}
        return filters

    @cached_property
    def form(self) -> FinderForm:
        """Return what the address asks as a form, whose fields are those of this request: none has to be copied."""
        form = FinderForm(self.data)
        form.fields = {name: one.field for name, one in self.filters.items()}
        return form

    @cached_property
    def asked(self) -> dict[str, Any]:
        """Return what is asked and makes sense, by parameter."""
        _errors = self.form.errors  # Has the form read.
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    @cached_property
    def parameters(self) -> QueryDict:
        """Return what is asked as the parameters of an address."""
        return self._parameters(self.asked)

    @cached_property
    def postings(self) -> Postings:
        """Return the posting lists of the noun, as they are at this moment."""
        return Postings(self._meta.model)

    @cached_property
    def matches(self) -> Matches:
        """Return what has the words that are asked for; without words, everything public."""
        if "q" in self.asked:
            public, by_relevance = self.postings.public, self.order == RELEVANCE
            return matching(self._meta.model, self.asked["q"], public, by_relevance=by_relevance)
        return Matches((self.postings.public,), is_capped=False)

    @property
    def is_capped(self) -> bool:
        """Whether more than :attr:`most` records have the words, of which only so many were looked at."""
        return self.matches.is_capped

    most = CANDIDATES

    @cached_property
    def keys(self) -> AbstractBitMap:
        """Return the keys of the records that all filters leave."""
        return self.without()

    def without(self, *names: str) -> AbstractBitMap:
        """Return the keys of the records that all filters but those named leave."""
        keys = self.matches.tiers[-1]
        for name, value in self.asked.items():
            if name not in ("q", "sort", *names):
                keys = keys & self.filters[name].keys(self.postings, value)
        return keys

    @cached_property
    def found(self) -> Found:
        """Return the records that all filters leave, in the order that is asked for."""
        _label, columns = self.orders.get(self.order) or next(iter(self.orders.values()))
        tiers = [tier & self.keys for tier in self.matches.tiers]
        if "date" in columns[0]:
            tiers = [part for tier in tiers for part in (tier & self._dated, tier - self._dated)]  # Unknown comes last.
        # Which of them are public, the keys say: where only an index is read, an order is walked through quickly.
        pieces = [tier_of(self._meta.model, self.postings, tier, columns[0]) for tier in tiers]
        if columns[0] == "name" and "initial" in self.asked:
            lowest, below = self.filters["initial"].between(self.asked["initial"])
            pieces = [replace(piece, lowest=lowest, below=below) for piece in pieces]
        return Found(self._meta.model, reader(self.records), list(map(_column, columns)), pieces, self._related)

    @property
    def _related(self) -> dict[str, dict[Record, AbstractBitMap]]:
        """Return what rows name of other nouns, each with the keys of the records that have it."""
        return {
            facet.shown_as: {one: self.postings[facet.term(slug)] for slug, one in facet.options.items()}
            for facet in self.filters.values()
            if isinstance(facet, RecordFacet) and facet.shown_as
        }

    @cached_property
    def _dated(self) -> AbstractBitMap:
        return self.postings.any_of(term(YEAR, year) for year in self.postings.values(YEAR))

    def latest(self, newest: str) -> Found:
        """Return the records that all filters leave, ordered by their column ``newest``."""
        tier = Tier(self.keys, self._meta.model.objects.published())
        return Found(self._meta.model, reader(self.records), [newest, "slug"], [tier], self._related)

    @cached_property
    def panels(self) -> list[Panel]:
        """Return the facets, with the number of records behind each option."""
        facets = {name: facet for name, facet in self.filters.items() if isinstance(facet, Facet)}
        return [
            self._panel(name, facet)
            for name, facet in facets.items()
            if not isinstance(facet, ApartFacet) or self.data.get(name)
        ]

    def _panel(self, name: str, facet: Facet) -> Panel:
        asked = self.asked.get(name, "")
        chosen = asked if facet.several else [asked]
        others = self.without(name)
        options = [
            Option(value, label, others.intersection_cardinality(self.postings[facet.term(value)]), value in chosen)
            for value, label in facet.choices
        ]
        is_short = isinstance(facet, InitialFacet)
        return Panel(name, facet.label, facet.several, is_short, options, self.form[name].errors)

    @cached_property
    def tags(self) -> list[Tag]:
        """Return what is asked, each with the way to the list without it."""
        return list(self._tags())

    def _tags(self) -> Iterator[Tag]:
        for name, value in self.asked.items():
            for one in value if isinstance(value, list) else [value]:
                rest = [other for other in value if other != one] if isinstance(value, list) else []
                if name != "sort":
                    address = self._parameters({**self.asked, name: rest}).urlencode()
                    yield Tag(str(self.form[name].label), self.in_words(name, one), f"?{address}")

    def in_words(self, name: str, value: Any) -> str:
        """Return what ``value`` of the parameter ``name`` is called."""
        facet = self.filters[name]
        if isinstance(facet, Facet):
            return dict(facet.choices)[value]
        return str(value) if name != "q" else gettext("“%(words)s”") % {"words": value}

    @cached_property
    def _orders(self) -> dict[str, Any]:
        """Return what each order that makes sense is called: by relevance, and first so, only where there are words."""
        labels = {value: label for value, (label, _order) in self.orders.items()}
        return {RELEVANCE: _("relevance"), **labels} if "q" in self.asked else labels

    @cached_property
    def order(self) -> str:
        """Return in which order the list stands."""
        asked = self.asked.get("sort")
        return asked if asked in self._orders else next(iter(self._orders))

    @cached_property
    def sort(self) -> list[Order]:
        """Return the ways to sort.

        The first has no value, so that words that are typed into a list of names sort it by relevance.
        """
        first = next(iter(self._orders))
        return [
            Order("" if value == first else value, label, value == self.order) for value, label in self._orders.items()
        ]

    @staticmethod
    def _parameters(asked: dict[str, Any]) -> QueryDict:
        parameters = QueryDict(mutable=True)
        for name, value in asked.items():
            parameters.setlist(name, value if isinstance(value, list) else [str(value)])
        return parameters


def _column(order: Any) -> Any:
    """Return what of an entry ``order`` names: of names, the column of the language of the page."""
    return column(order, active_language()) if order == "name" else order
