"""One finder for each list: what the address may ask, what it means, and what each choice would leave.

A parameter that makes no sense is answered at its field; the others apply all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import django_filters
from django import forms
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.forms.utils import ErrorList
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park, Source
from zone.models.facility import BuildingStatus, FacilityKind
from zone.models.figure import Scope
from zone.models.news import NewsKind
from zone.models.organisation import OrganisationKind, Presence, Role
from zone.models.record import Record
from zone.models.source import SourceLanguage
from zone.publishing import PublishableQuerySet, public_condition
from zone.search.finding import matching
from zone.search.question import LONGEST_QUERY

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
    """One choice of a facet, with the number of records that choosing it would leave."""

    value: str
    label: str
    count: int
    chosen: bool

    @property
    def leads_nowhere(self) -> bool:
        """Whether choosing it would leave nothing."""
        return self.count == 0 and not self.chosen


@dataclass(frozen=True)
class Panel:
    """A facet as the form of a list shows it."""

    name: str
    label: str
    several: bool
    options: list[Option]
    errors: ErrorList

    @property
    def chosen(self) -> int:
        """Return how many options are chosen."""
        return sum(option.chosen for option in self.options)

    @property
    def is_open(self) -> bool:
        """Whether its options are seen at once."""
        return bool(self.chosen or self.errors) or len(self.options) <= LONGEST_OPEN_FACET


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


class Choices(forms.MultipleChoiceField):
    """Any number of choices, of which the ones that exist count."""

    def clean(self, value: Any) -> list[str]:
        """Return the choices that exist; that there were others, the form says."""
        return [one for one in dict.fromkeys(self.to_python(value)) if self.valid_value(one)]


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
    """A choice among the values of a column."""

    field_class = forms.ChoiceField

    def __init__(self, label: Any, values: Any = (), several: bool = False, **arguments: Any) -> None:
        super().__init__(label=label, **arguments)
        self.values, self.several = values, several
        if several:
            self.field_class = Choices

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return each value with what it is called."""
        return [(value, str(capfirst(label))) for value, label in self.values.choices]

    @cached_property
    def field(self) -> Any:
        """Return the field of the form, which knows the choices of this moment."""
        errors = {"invalid_choice": NOT_A_CHOICE}
        choices = self.choices if self.several else [("", ""), *self.choices]
        return self.field_class(label=self.label, choices=choices, required=False, error_messages=errors)

    def filter(self, records: Records, value: Any) -> Records:
        """Keep the records that have one of the values chosen."""
        values = value if self.several else [value]
        return records.filter(self.condition(values)) if value else records

    def condition(self, values: list[str]) -> Q:
        """Return the condition to have one of ``values``."""
        return Q(**{f"{self.field_name}__in": values})

    def counts(self, records: Records) -> Counter[str]:
        """Return how many of ``records`` have each value, in one query."""
        return Counter(dict(records.order_by().values_list(self.field_name).annotate(Count("pk", distinct=True))))


class RecordFacet(Facet):
    """A choice among the records of another noun, to which one or several paths of relations lead.

    What stands on the way has to be public: news are not found by the park of a hidden organisation.
    """

    def __init__(self, label: Any, noun: type[Record], *paths: str, several: bool = False) -> None:
        super().__init__(label, several=several)
        self.noun, self.paths = noun, paths

    @cached_property
    def options(self) -> list[Record]:
        """Return the records that may be chosen."""
        return list(self.noun._default_manager.published())  # type: ignore[attr-defined, arg-type]

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return the slug and the name of each record that may be chosen."""
        return [(record.slug, record.heading) for record in self.options]

    def condition(self, values: list[str]) -> Q:
        """Return the condition that a path leads to one of the records with the slugs ``values``."""
        condition = Q()
        for path in self.paths:
            leading = self.model.objects.filter(_public_way(path), **{f"{path}__slug__in": values})
            condition |= Q(pk__in=leading.order_by().values("pk"))
        return condition

    def counts(self, records: Records) -> Counter[str]:
        """Return how many of ``records`` lead to each slug, in one query for each path."""
        counts: Counter[int] = Counter()
        for number, path in enumerate(self.paths):
            leading = records.filter(_public_way(path))
            for earlier in self.paths[:number]:
                same = {"pk": OuterRef("pk"), earlier: OuterRef(path)}
                leading = leading.exclude(Exists(self.model.objects.filter(_public_way(earlier), **same)))
            counts.update(dict(leading.order_by().values_list(path).annotate(Count("pk", distinct=True))))
        return Counter({record.slug: counts[record.pk] for record in self.options})


def _public_way(path: str) -> Q:
    """Return the condition that what ``path`` leads through is public."""
    through = path.rpartition("__")[0]
    return public_condition(f"{through}__") if through else Q()


class YearFilter(django_filters.Filter):
    """The first or the last year of a range, compared with a partial date."""

    field_class = forms.IntegerField

    def __init__(self, label: Any, parameter: str, **arguments: Any) -> None:
        attributes = {"inputmode": "numeric", "maxlength": 4, "aria-describedby": f"id_{parameter}_error"}
        errors = dict.fromkeys(("invalid", "min_value", "max_value"), NOT_A_YEAR)
        super().__init__(label=label, widget=forms.TextInput(attributes), error_messages=errors, **arguments)
        self.extra |= {"min_value": 1000, "max_value": 9999}

    def filter(self, records: Records, value: int | None) -> Records:
        """Keep the records of the year and of those on its side."""
        # 2024-06 sorts after 2024 and before 2024-99.
        year = f"{value}-99" if self.lookup_expr == "lte" else str(value)
        return records.filter(**{f"{self.field_name}__{self.lookup_expr}": year}) if value else records


class Finder(django_filters.FilterSet):
    """A list that visitors narrow down by words and choices, all of which stand in the address."""

    dates: ClassVar[tuple[str, Any] | None] = None
    """The partial date whose years can be asked for, and what the range is called."""
    orders: ClassVar[dict[str, tuple[Any, tuple[Any, ...]]]] = {}
    """What each value of ``sort`` is called and orders by; the first is how the list stands unasked."""

    q = django_filters.CharFilter(
        label=_("Words"),
        method="with_words",
        max_length=LONGEST_QUERY,
        widget=forms.TextInput(attrs={"type": "search", "maxlength": LONGEST_QUERY, "aria-describedby": "id_q_error"}),
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
            column, _label = cls.dates
            filters["from"] = YearFilter(pgettext_lazy("year", "From"), "from", field_name=column, lookup_expr="gte")
            filters["to"] = YearFilter(pgettext_lazy("year", "To"), "to", field_name=column, lookup_expr="lte")
        orders = [("", ""), (RELEVANCE, ""), *((value, label) for value, (label, _order) in cls.orders.items())]
        filters["sort"] = django_filters.Filter(label=_("Sort by"), method="sorted")
        filters["sort"].field_class = forms.ChoiceField
        filters["sort"].extra |= {"choices": orders, "error_messages": {"invalid_choice": NOT_A_CHOICE}}
        return filters

    def with_words(self, records: Records, name: str, words: str) -> Records:
        """Keep the records that have all of ``words``, the best first."""
        return matching(records, words)

    def sorted(self, records: Records, name: str, order: str) -> Records:
        """Order the records as chosen. By relevance they stand already, where there are words."""
        return records if order == RELEVANCE else records.order_by(*self.orders[order][1])

    @cached_property
    def asked(self) -> dict[str, Any]:
        """Return what is asked and makes sense, by parameter."""
        _errors = self.form.errors  # Has the form read.
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    @cached_property
    def parameters(self) -> QueryDict:
        """Return what is asked as the parameters of an address."""
        return self._parameters(self.asked)

    def without(self, *names: str) -> Records:
        """Return the records that all filters but those named leave, in no order."""
        records = self.queryset.order_by()
        for name, value in self.asked.items():
            if name not in (*names, "sort"):
                records = self.filters[name].filter(records, value)
        return records

    @cached_property
    def panels(self) -> list[Panel]:
        """Return the facets, with the number of records behind each option."""
        return [self._panel(name, facet) for name, facet in self.filters.items() if isinstance(facet, Facet)]

    def _panel(self, name: str, facet: Facet) -> Panel:
        asked = self.asked.get(name, "")
        chosen = asked if facet.several else [asked]
        counts = facet.counts(self.without(name))
        options = [Option(value, label, counts[value], value in chosen) for value, label in facet.choices]
        return Panel(name, facet.label, facet.several, options, self.form[name].errors)

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
                    yield Tag(self.form[name].label, self._in_words(name, one), f"?{address}")

    def _in_words(self, name: str, value: Any) -> str:
        facet = self.filters[name]
        if isinstance(facet, Facet):
            return dict(facet.choices)[value]
        return str(value) if name != "q" else gettext("“%(words)s”") % {"words": value}

    @cached_property
    def sort(self) -> list[Order]:
        """Return the ways to sort that make sense; by relevance, and unasked so, only where there are words.

        The first has no value, so that words that are typed into a list of names sort it by relevance.
        """
        labels = {value: label for value, (label, _order) in self.orders.items()}
        if "q" in self.asked:
            labels = {RELEVANCE: _("relevance"), **labels}
        first = next(iter(labels))
        asked = self.asked.get("sort")
        chosen = asked if asked in labels else first
        return [Order("" if value == first else value, label, value == chosen) for value, label in labels.items()]

    @staticmethod
    def _parameters(asked: dict[str, Any]) -> QueryDict:
        parameters = QueryDict(mutable=True)
        for name, value in asked.items():
            parameters.setlist(name, value if isinstance(value, list) else [str(value)])
        return parameters


class OrganisationFinder(Finder):
    """Who is here, or has signed to come."""

    dates = ("arrived", _("Arrived"))
    orders = {
        "name": (NAME, (Lower("name_en"),)),
        "arrived": (_("newest arrival"), (F("arrived").desc(nulls_last=True), Lower("name_en"))),
    }

    park = RecordFacet(_("Park"), Park, "parks")
    field = RecordFacet(_("Field"), Field, "fields", several=True)
    presence = Facet(_("Presence"), Presence)
    kind = Facet(_("Kind"), OrganisationKind)
    role = Facet(_("Role"), Role)

    class Meta(Finder.Meta):
        model = Organisation


class FacilityFinder(Finder):
    """What there is to be used."""

    dates = ("opened", _("Completed or opened"))
    orders = {
        "name": (NAME, (Lower("name_en"),)),
        "opened": (NEWEST, (F("opened").desc(nulls_last=True), Lower("name_en"))),
    }

    park = RecordFacet(_("Park"), Park, "park")
    status = Facet(_("Status"), BuildingStatus, field_name="building_status")
    kind = Facet(_("Kind"), FacilityKind)
    field = RecordFacet(_("Field"), Field, "organisations__fields", several=True)

    class Meta(Finder.Meta):
        model = Facility


class NewsFinder(Finder):
    """What happened."""

    dates = ("date", _("Year"))
    orders = {"newest": (NEWEST, ("-date", "slug")), "oldest": (OLDEST, ("date", "slug"))}

    park = RecordFacet(_("Park"), Park, "organisations__parks", "facilities__park")
    kind = Facet(_("Kind"), NewsKind)
    field = RecordFacet(_("Field"), Field, "fields", "organisations__fields", several=True)

    class Meta(Finder.Meta):
        model = NewsItem


class FigureFinder(Finder):
    """What has been counted."""

    orders = {"name": (NAME, (Lower("label_en"),))}

    scope = Facet(_("Scope"), Scope)

    class Meta(Finder.Meta):
        model = KeyFigure


class SourceFinder(Finder):
    """What the facts rest on."""

    dates = ("published", _("Published"))
    orders = {
        "newest": (NEWEST, (F("published").desc(nulls_last=True), "slug")),
        "oldest": (OLDEST, (F("published").asc(nulls_last=True), "slug")),
    }

    language = Facet(_("Language"), SourceLanguage)

    class Meta(Finder.Meta):
        model = Source
