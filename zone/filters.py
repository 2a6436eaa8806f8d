"""One finder for each list: what the address may ask, what it means, and what each choice would leave.

A parameter that makes no sense is answered at its field; the others apply all the same.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Final

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pyroaring import AbstractBitMap

from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park, Source
from zone.models.facility import BuildingStatus, FacilityKind
from zone.models.figure import Scope
from zone.models.news import NewsKind
from zone.models.organisation import OrganisationKind, Presence, Role
from zone.models.record import Record
from zone.models.source import SourceLanguage
from zone.publishing import PublishableQuerySet
from zone.search.collation import LETTERS, OTHER
from zone.search.facets import INITIAL, YEAR, term
from zone.search.finding import Matches, matching
from zone.search.index import refresh
from zone.search.listing import Found, Tier, tier_of
from zone.search.postings import Postings
from zone.search.question import LONGEST_QUERY
from zone.search.tables import CANDIDATES
from zone.translation import active_language, column

Records = PublishableQuerySet[Any]

LONGEST_OPEN_FACET: Final = 5
"""A facet with more options is folded until one of them is chosen."""
RELEVANCE: Final = "relevance"

NOT_A_CHOICE: Final = _("This is not one of the choices, so it was left out.")
NOT_A_YEAR: Final = _("Write a year with four digits, such as 2024.")
NAME: Final = pgettext_lazy("order", "name")
NEWEST: Final = _("newest first")
OLDEST: Final = _("oldest first")


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


class Choice(forms.CharField):
    """One of the values of a facet. What they are called is not for the form: the page shows that by panels."""

    def __init__(self, values: Container[str], **arguments: Any) -> None:
        """Take what may be chosen."""
        super().__init__(**arguments)
        self.values = values

    def validate(self, value: str) -> None:
        """Raise ``ValidationError`` for what cannot be chosen."""
        super().validate(value)
        if value and value not in self.values:
            raise ValidationError(NOT_A_CHOICE, code="invalid_choice")


class Choices(forms.Field):
    """Any number of values of a facet, of which the ones that exist count."""

    widget = forms.MultipleHiddenInput

    def __init__(self, values: Container[str], **arguments: Any) -> None:
        """Take what may be chosen."""
        super().__init__(**arguments)
        self.values = values

    def clean(self, value: Any) -> list[str]:
        """Return the values that exist; that there were others, the form says."""
        return [one for one in dict.fromkeys(value) if one in self.values]


class FinderForm(forms.Form):
    """What the address asks, field by field."""

    def clean(self) -> None:
        """Say what cannot be one by one: choices that do not exist among those that do, and years in disorder."""
        for name, field in self.fields.items():
            if isinstance(field, Choices) and set(self[name].data) - {"", *self.cleaned_data[name]}:
                chosen = self.cleaned_data[name]
                self.add_error(name, NOT_A_CHOICE)
                self.cleaned_data[name] = chosen
        first, last = (self.cleaned_data.get(name) for name in ("from", "to"))
        if first and last and first > last:
            self.add_error("to", _("This is before the first year, so it was left out."))


class Facet(django_filters.Filter):
    """A choice among the values of a facet: see :data:`zone.search.facets.FACETS`."""

    def __init__(self, label: Any, values: Any = (), several: bool = False, **arguments: Any) -> None:
        super().__init__(label=label, **arguments)
        self.values, self.several = values, several

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return each value with what it is called."""
        return [(value, str(capfirst(label))) for value, label in self.values.choices]

    @cached_property
    def field(self) -> Any:
        """Return the field of the form, which knows the choices of this moment."""
        kind = Choices if self.several else Choice
        return kind(dict(self.choices), label=self.label, required=False)

    def term(self, value: str) -> str:
        """Return the term of the records that have ``value``."""
        return term(self.field_name, value)

    def keys(self, postings: Postings, value: Any) -> AbstractBitMap:
        """Return the keys of the records that have one of the values chosen."""
        return postings.any_of(map(self.term, value if self.several else [value]))


class RecordFacet(Facet):
    """A choice among the records of another noun."""

    def __init__(self, label: Any, noun: type[Record], **arguments: Any) -> None:
        super().__init__(label, **arguments)
        self.noun = noun

    @cached_property
    def options(self) -> dict[str, Record]:
        """Return the records that may be chosen, by slug."""
        return {record.slug: record for record in self.noun.objects.published().for_link()}

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return the slug and the name of each record that may be chosen."""
        return [(slug, record.heading) for slug, record in self.options.items()]

    def term(self, value: str) -> str:
        """Return the term of the records that have to do with the one with the slug ``value``."""
        return term(self.field_name, self.options[value].pk)


class ApartFacet(RecordFacet):
    """One of the many records of a noun, which the address names and no form offers."""

    @cached_property
    def options(self) -> dict[str, Record]:
        """Return the record that is asked for, if there is one."""
        asked = self.parent.data.get(self.field_name, "")
        found = self.noun.objects.published().filter(slug=asked).first() if asked else None
        return {asked: found} if found else {}


class InitialFacet(Facet):
    """A choice among the beginnings of names: letters, or in Traditional Chinese numbers of strokes."""

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return each beginning that there is, the letters first."""
        values = self.parent.postings.values(self._facet)
        return [(value, self._called(value)) for value in sorted(values, key=lambda value: (value == OTHER, value))]

    def between(self, value: str) -> tuple[str | None, str | None]:
        """Return from which key on, and below which, the names lie that begin so."""
        if value in (OTHER, LETTERS):
            return None, None
        return value, value[:-1] + chr(ord(value[-1]) + 1)

    def term(self, value: str) -> str:
        """Return the term of the records whose names begin so in the language of the page."""
        return term(self._facet, value)

    @property
    def _facet(self) -> str:
        return f"{INITIAL}.{active_language()}"

    @staticmethod
    def _called(value: str) -> str:
        if value in (OTHER, LETTERS):
            return gettext("A–Z") if value == LETTERS else gettext("other")
        return gettext("%(strokes)d strokes") % {"strokes": int(value)} if value.isdecimal() else value.upper()


class YearFilter(django_filters.Filter):
    """The first or the last year of a range."""

    field_class = forms.IntegerField

    def __init__(self, label: Any, parameter: str) -> None:
        attributes = {"inputmode": "numeric", "maxlength": 4}
        errors = dict.fromkeys(("invalid", "min_value", "max_value"), NOT_A_YEAR)
        super().__init__(label=label, widget=forms.TextInput(attributes), error_messages=errors)
        self.extra |= {"min_value": 1000, "max_value": 9999}
        self.is_first = parameter == "from"

    def keys(self, postings: Postings, value: int) -> AbstractBitMap:
        """Return the keys of the records of the year and of those on its side."""
        years = map(int, postings.values(YEAR))
        wanted = (year for year in years if (year >= value if self.is_first else year <= value))
        return postings.any_of(term(YEAR, f"{year:04}") for year in wanted)


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
        form = FinderForm
        fields: ClassVar[list[str]] = []

    def __init__(self, data: QueryDict, queryset: Records) -> None:
        if "year" in data and "from" not in data and "to" not in data:  # As addresses were before there was a range.
            data = data.copy()
            for name in ("from", "to"):
                data.setlist(name, data.getlist("year"))
        super().__init__(data, queryset)

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
        refresh()
        return Postings.of(self._meta.model)

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
        return Found(self.queryset, list(map(_column, columns)), pieces)

    @cached_property
    def _dated(self) -> AbstractBitMap:
        return self.postings.any_of(term(YEAR, year) for year in self.postings.values(YEAR))

    def latest(self, newest: str) -> Found:
        """Return the records that all filters leave, ordered by their column ``newest``."""
        return Found(self.queryset, [newest, "slug"], [Tier(self.keys, self._meta.model.objects.published())])

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
                    yield Tag(self.form[name].label, self.in_words(name, one), f"?{address}")

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


class OrganisationFinder(Finder):
    """Who is here, or has signed to come."""

    dates = _("Arrived")
    orders = {"name": (NAME, ("name",)), "arrived": (_("newest arrival"), ("-date", "name_en"))}

    initial = InitialFacet(_("A to Z"))
    park = RecordFacet(_("Park"), Park)
    field = RecordFacet(_("Field"), Field, several=True)
    presence = Facet(_("Presence"), Presence)
    kind = Facet(_("Kind"), OrganisationKind)
    role = Facet(_("Role"), Role)
    source = ApartFacet(_("Source"), Source)

    class Meta(Finder.Meta):
        model = Organisation


class FacilityFinder(Finder):
    """What there is to be used."""

    dates = _("Completed or opened")
    orders = {"name": (NAME, ("name",)), "opened": (NEWEST, ("-date", "name_en"))}

    park = RecordFacet(_("Park"), Park)
    status = Facet(_("Status"), BuildingStatus)
    kind = Facet(_("Kind"), FacilityKind)
    field = RecordFacet(_("Field"), Field, several=True)
    source = ApartFacet(_("Source"), Source)

    class Meta(Finder.Meta):
        model = Facility


class NewsFinder(Finder):
    """What happened."""

    dates = _("Year")
    orders = {"newest": (NEWEST, ("-date", "name_en")), "oldest": (OLDEST, ("date", "-name_en"))}

    park = RecordFacet(_("Park"), Park)
    kind = Facet(_("Kind"), NewsKind)
    field = RecordFacet(_("Field"), Field, several=True)
    organisation = ApartFacet(_("Organisation"), Organisation)
    facility = ApartFacet(_("Facility"), Facility)
    source = ApartFacet(_("Source"), Source)

    class Meta(Finder.Meta):
        model = NewsItem


class FigureFinder(Finder):
    """What has been counted."""

    orders = {"name": (NAME, ("name",))}

    scope = Facet(_("Scope"), Scope)

    class Meta(Finder.Meta):
        model = KeyFigure


class SourceFinder(Finder):
    """What the facts rest on."""

    dates = _("Published")
    orders = {"newest": (NEWEST, ("-date", "name_en")), "oldest": (OLDEST, ("date", "-name_en"))}

    language = Facet(_("Language"), SourceLanguage)

    class Meta(Finder.Meta):
        model = Source
