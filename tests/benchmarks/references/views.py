"""D and R: a view that returns bytes, and a list as it is written on an ordinary day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.db.models.functions import Left, Lower, Upper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tests.benchmarks.references.made import made_page
from zone.models import Field, Organisation, Park
from zone.models.organisation import OrganisationKind, Presence, Role


def page_bytes(request: HttpRequest) -> HttpResponse:
    """Return the bytes of a page that was made before."""
    made = made_page()
    return HttpResponse(made.body, headers=made.headers)


class OrganisationFilter(django_filters.FilterSet):
    """What the list can be narrowed down by."""

    q = django_filters.CharFilter(field_name="name_en", lookup_expr="icontains")
    initial = django_filters.CharFilter(field_name="name_en", lookup_expr="istartswith")
    park = django_filters.ModelChoiceFilter(field_name="parks", to_field_name="slug", queryset=Park.objects.published())
    field = django_filters.ModelMultipleChoiceFilter(
        field_name="fields", to_field_name="slug", queryset=Field.objects.published()
    )

    class Meta:
        model = Organisation
        fields = ("presence", "kind", "role")


def organisation_list(request: HttpRequest) -> HttpResponse:
    """List who is in the zone."""
    everybody = Organisation.objects.filter(status="published")
    found = OrganisationFilter(request.GET, everybody)
    organisations = found.qs.prefetch_related("parks", "fields").order_by(Lower("name_en"))
    page = Paginator(organisations, 20).get_page(request.GET.get("page"))
    context = {"filter": found, "facets": facets(everybody), "page": page}
    return render(request, "references/organisation_list.html", context)


def facets(organisations: QuerySet[Organisation]) -> list[dict[str, Any]]:
    """Return what can be chosen, with how many there are of each."""
    letters = organisations.annotate(letter=Upper(Left("name_en", 1))).values_list("letter")
    counted = letters.annotate(number=Count("pk")).order_by("letter")
    return [
        {"name": "initial", "label": _("A to Z"), "options": [(letter, letter, number) for letter, number in counted]},
        {"name": "park", "label": _("Park"), "options": records(Park.objects.published())},
        {"name": "field", "label": _("Field"), "options": records(Field.objects.published()), "several": True},
        {"name": "presence", "label": _("Presence"), "options": choices(organisations, "presence", Presence.choices)},
        {"name": "kind", "label": _("Kind"), "options": choices(organisations, "kind", OrganisationKind.choices)},
        {"name": "role", "label": _("Role"), "options": choices(organisations, "role", Role.choices)},
    ]


def records(others: QuerySet[Any]) -> list[tuple[str, str, int]]:
    """Return the records that a filter may name."""
    return [(other.slug, other.name, other.number) for other in others.annotate(number=Count("organisations"))]


def choices(
    organisations: QuerySet[Organisation], name: str, labels: Iterable[tuple[Any, Any]]
) -> list[tuple[str, str, int]]:
    """Return the values that a filter may have."""
    numbers = dict(organisations.order_by().values_list(name).annotate(number=Count("pk")))
    return [(value, label, numbers.get(value, 0)) for value, label in labels]
