"""One filter set for each list: what the address may ask, and what it means.

A parameter that makes no sense is answered at its field; the others apply all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

import django_filters
from django.db.models import F, Q
from django.db.models.functions import Lower, Substr
from django.forms import TextInput
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park, Source
from zone.models.facility import BuildingStatus, FacilityKind
from zone.models.figure import Scope
from zone.models.news import NewsKind
from zone.models.organisation import OrganisationKind, Presence, Role
from zone.models.source import SourceLanguage
from zone.publishing import PublishableQuerySet
from zone.search.finding import matching
from zone.search.question import LONGEST_QUERY

Choices = list[tuple[str, str]]

ALL: Final = _("all")
BY_NAME: Final = pgettext_lazy("order", "name")


def _records(model: type[Park] | type[Field]) -> Callable[[], Choices]:
    return lambda: [(record.slug, record.name) for record in model.objects.published()]


def _years(model: Any, date: str) -> Callable[[], Choices]:
    def choices() -> Choices:
        dates = model.objects.published().filter(**{f"{date}__isnull": False})
        years = dates.order_by().values_list(Substr(date, 1, 4), flat=True).distinct()
        return [(year, year) for year in sorted(years, reverse=True)]

    return choices


def _choice(label: Any, choices: Any, empty_label: Any = ALL, **arguments: Any) -> django_filters.ChoiceFilter:
    errors = {"invalid_choice": _("This is not one of the choices, so it was left out.")}
    return django_filters.ChoiceFilter(
        label=label, choices=choices, empty_label=empty_label, error_messages=errors, **arguments
    )


class Finder(django_filters.FilterSet):
    """A list that visitors narrow down by words and choices, all of which stand in the address."""

    q = django_filters.CharFilter(
        label=_("Words"),
        method="with_words",
        max_length=LONGEST_QUERY,
        widget=TextInput(attrs={"type": "search", "maxlength": LONGEST_QUERY}),
    )

    orders: ClassVar[dict[str, tuple[Any, ...]]] = {}
    """What each value of ``sort`` orders by."""

    def with_words(self, records: PublishableQuerySet[Any], name: str, words: str) -> PublishableQuerySet[Any]:
        """Keep the records that have all of ``words``."""
        return matching(records, words)

    def sorted(self, records: PublishableQuerySet[Any], name: str, order: str) -> PublishableQuerySet[Any]:
        """Order the records as chosen."""
        return records.order_by(*self.orders[order])

    def in_field(self, records: PublishableQuerySet[Any], name: str, slug: str) -> PublishableQuerySet[Any]:
        """Keep the records of a field, which is their own or that of an organisation which they are about."""
        active = Organisation.objects.published().filter(fields__slug=slug)
        condition = Q(organisations__in=active)
        if self._meta.model is NewsItem:
            condition |= Q(fields__slug=slug)
        return records.filter(pk__in=self._meta.model.objects.filter(condition).values("pk"))

    def in_park(self, records: PublishableQuerySet[Any], name: str, slug: str) -> PublishableQuerySet[Any]:
        """Keep the news about a park: about an organisation or a facility of it."""
        active = Organisation.objects.published().filter(parks__slug=slug)
        built = Facility.objects.published().filter(park__slug=slug)
        condition = Q(organisations__in=active) | Q(facilities__in=built)
        return records.filter(pk__in=self._meta.model.objects.filter(condition).values("pk"))


class OrganisationFinder(Finder):
    """Who is here, or has signed to come."""

    orders = {"arrived": (F("arrived").desc(nulls_last=True), Lower("name_en"))}

    park = _choice(_("Park"), _records(Park), field_name="parks__slug")
    field = _choice(_("Field"), _records(Field), field_name="fields__slug")
    kind = _choice(_("Kind"), OrganisationKind.choices)
    role = _choice(_("Role"), Role.choices)
    presence = _choice(_("Presence"), Presence.choices)
    year = _choice(_("Arrived in"), _years(Organisation, "arrived"), field_name="arrived", lookup_expr="startswith")
    sort = _choice(_("Sort by"), [("arrived", _("newest arrival"))], BY_NAME, method="sorted")

    class Meta:
        model = Organisation
        fields: ClassVar[list[str]] = []


class FacilityFinder(Finder):
    """What there is to be used."""

    orders = {"opened": (F("opened").desc(nulls_last=True), Lower("name_en"))}

    park = _choice(_("Park"), _records(Park), field_name="park__slug")
    field = _choice(_("Field"), _records(Field), method="in_field")
    kind = _choice(_("Kind"), FacilityKind.choices)
    status = _choice(_("Status"), BuildingStatus.choices, field_name="building_status")
    year = _choice(
        _("Completed or opened in"), _years(Facility, "opened"), field_name="opened", lookup_expr="startswith"
    )
    sort = _choice(_("Sort by"), [("opened", _("newest"))], BY_NAME, method="sorted")

    class Meta:
        model = Facility
        fields: ClassVar[list[str]] = []


class NewsFinder(Finder):
    """What happened."""

    orders = {"oldest": ("date", "slug")}

    park = _choice(_("Park"), _records(Park), method="in_park")
    field = _choice(_("Field"), _records(Field), method="in_field")
    kind = _choice(_("Kind"), NewsKind.choices)
    year = _choice(_("Year"), _years(NewsItem, "date"), field_name="date", lookup_expr="startswith")
    sort = _choice(_("Sort by"), [("oldest", _("oldest first"))], _("newest first"), method="sorted")

    class Meta:
        model = NewsItem
        fields: ClassVar[list[str]] = []


class FigureFinder(Finder):
    """What has been counted."""

    scope = _choice(_("Scope"), Scope.choices)

    class Meta:
        model = KeyFigure
        fields: ClassVar[list[str]] = []


class SourceFinder(Finder):
    """What the facts rest on."""

    language = _choice(_("Language"), SourceLanguage.choices)
    year = _choice(_("Published in"), _years(Source, "published"), field_name="published", lookup_expr="startswith")

    class Meta:
        model = Source
        fields: ClassVar[list[str]] = []
