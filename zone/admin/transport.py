"""The ways to get there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import checked, draft, named, sources, state, updated
from zone.admin.forms import RecordForm
from zone.admin.list_filters import STATUS_FILTERS
from zone.admin.record import (
    DATES,
    EVIDENCE,
    PUBLICATION,
    STATE_COLUMNS,
    STATE_FILTERS,
    TRANSLATION,
    RecordAdmin,
)
from zone.admin.rows import ChangeNoteInline, DepartureInline, FactInline, StopInline
from zone.admin.texts import row
from zone.models import Crossing, Route
from zone.translation import ORIGINAL, text_of


class CrossingForm(RecordForm):
    """The form of a crossing, whose name is that of its facility."""

    def slug_words(self, cleaned: dict[str, Any]) -> str:
        """Return the facility's English name."""
        facility = cleaned.get("facility")
        return text_of(facility, "name", ORIGINAL) if facility else ""


@admin.register(Crossing)
class CrossingAdmin(RecordAdmin):
    """The ports, with their hours. Name and texts are those of the facility."""

    form = CrossingForm
    slug_from = ()
    list_display = (named("facility__name_en"), state, draft, "hours", "hours_as_of", sources, checked, updated)
    list_filter = (*STATUS_FILTERS, "hours", "hours_are_planned", *STATE_FILTERS)
    list_select_related = ("facility",)
    search_fields = (*(f"facility__{name}" for name in row("name")), "slug")
    autocomplete_fields = ("sources", "facility", "paired_with", "hours_source", "documents_source")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("facility", "paired_with"),
                    ("hours", "opens", "closes"),
                    ("hours_as_of", "hours_source", "hours_are_planned"),
                )
            },
        ),
        (_("Documents"), {"fields": (row("documents"), ("documents_as_of", "documents_source"))}),
        EVIDENCE,
        PUBLICATION,
        TRANSLATION,
        DATES,
    )
    help_texts = {
        "facility": _("The port, of the kind “boundary crossing point”. It has the name, the place and the page."),
        "hours": _("What a source says of the hours. “Unknown” where none does."),
        "hours_as_of": _("The date of the report: 2024, 2024-06 or 2024-06-13."),
        "hours_source": _("Who says so."),
        "documents": _("What a source says that one has to show. Empty where none does: the page then says so."),
        "documents_as_of": _("The date of the report: 2024, 2024-06 or 2024-06-13."),
        "documents_source": _("Who says so."),
        "slug": _("The name of the crossing in addresses. Left empty it is made from the facility's English name."),
    }

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        """Propose nothing: the name is the facility's."""
        return {}

    def view_on_site(self, obj: Any) -> str | None:
        """Return the page of the facility, if visitors see that too."""
        record = obj._opened.record if hasattr(obj, "_opened") else obj
        return super().view_on_site(obj) if record.facility.is_public else None


@admin.register(Route)
class RouteAdmin(RecordAdmin):
    """Buses, railways and bridges with their stops and departures."""

    list_display = (named("name_en"), state, draft, "mode", "facility", *STATE_COLUMNS)
    list_filter = (*STATUS_FILTERS, "mode", *STATE_FILTERS)
    list_select_related = ("facility",)
    search_fields = (*row("name"), "slug")
    autocomplete_fields = (
        *("sources", "facility"),
        *("frequency_source", "eligibility_source", "fare_source", "trip_source"),
    )
    inlines = (StopInline, DepartureInline, FactInline, ChangeNoteInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    row("name"),
                    ("mode", "facility"),
                    row("operator_name"),
                    ("trial_start", "regular_start"),
                    ("stops_lead", "runs_both_ways"),
                    row("eligibility"),
                    ("eligibility_as_of", "eligibility_source"),
                    row("fare"),
                    ("fare_as_of", "fare_source"),
                )
            },
        ),
        (
            _("Frequency and duration"),
            {
                "fields": (
                    ("frequency", "frequency_as_of", "frequency_source"),
                    row("frequency_unit"),
                    ("commute_before_min", "commute_after_min", "trial_trip_min"),
                    ("trip_as_of", "trip_source"),
                )
            },
        ),
        EVIDENCE,
        PUBLICATION,
        TRANSLATION,
        DATES,
    )
    help_texts = {
        "name": _("The name or number on the vehicle or in the timetable."),
        "mode": _("How one travels."),
        "facility": _("The transport link or port that the route belongs to."),
        "operator_name": _("Who runs it."),
        "trial_start": _("The first day of a trial: 2024, 2024-06 or 2024-06-13."),
        "regular_start": _("The first day of regular service. Empty: none known."),
        "eligibility_as_of": _("The date of the report: 2024, 2024-06 or 2024-06-13."),
        "eligibility_source": _("Who says who may ride. Empty: one of the sources of the route."),
        "fare_as_of": _("The date of the report: 2024, 2024-06 or 2024-06-13."),
        "fare_source": _("Who says what it costs. Empty: one of the sources of the route."),
        "trip_as_of": _("The date of the report: 2024, 2024-06 or 2024-06-13."),
        "trip_source": _("Who says how long it takes. Empty: one of the sources of the route."),
        "fare": _("The price with its currency, or “free of charge”. Empty: unknown."),
        "frequency": _("How often it runs; the unit says what is counted."),
        "frequency_as_of": _("The date of the report: 2024, 2024-06 or 2024-06-13."),
        "frequency_source": _("Who says so."),
        "commute_before_min": _("How long the trip took before the route, as a source says."),
        "commute_after_min": _("How long it takes with the route, as a source says."),
        "trial_trip_min": _("How long it took during the trial, as a source says."),
    }
