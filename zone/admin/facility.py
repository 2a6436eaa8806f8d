"""The facilities."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import draft, named, state
from zone.admin.list_filters import STATUS_FILTERS, KeptFilter
from zone.admin.record import (
    DATES,
    EVIDENCE,
    PICTURE,
    PUBLICATION,
    STATE_COLUMNS,
    STATE_FILTERS,
    TRANSLATION,
    RecordAdmin,
)
from zone.admin.rows import ChangeNoteInline, FactInline, SpecificationInline
from zone.admin.texts import row
from zone.models import Facility


@admin.register(Facility)
class FacilityAdmin(RecordAdmin):
    """The facilities with their facts and specifications."""

    list_display = (named("name_en"), state, draft, "kind", "building_status", "park", *STATE_COLUMNS)
    list_filter = (*STATUS_FILTERS, ("park", KeptFilter), "kind", "building_status", *STATE_FILTERS)
    list_select_related = ("park",)
    search_fields = (*row("name"), "slug")
    autocomplete_fields = ("sources", "park", "located_in", "operator", "organisations")
    inlines = (FactInline, SpecificationInline, ChangeNoteInline)
    fieldsets = (
        (None, {"fields": (row("name"), ("english_name_basis", "script_conversion"))}),
        (
            _("What and where"),
            {
                "fields": (
                    ("kind", "building_status", "opened"),
                    ("park", "located_in", "floor"),
                    row("address"),
                    ("latitude", "longitude", "coordinate_basis"),
                    "floor_area_m2",
                    row("floor_area_note"),
                )
            },
        ),
        (
            _("Use"),
            {"fields": (("operator", "organisations"), row("operator_name"), row("access"), row("booking"))},
        ),
        (_("Texts"), {"fields": (row("summary"), row("body"))}),
        PICTURE,
        EVIDENCE,
        PUBLICATION,
        TRANSLATION,
        DATES,
    )
    help_texts = {
        "kind": _("What it is, by its main use."),
        "building_status": _("As far as the newest source says. A handover is not an opening."),
        "park": _("The park on whose land it stands."),
        "located_in": _("The building that it is a part of, where that is on this site."),
        "floor_area_m2": _("Gross floor area. Empty: unknown."),
        "address": _("The postal address in the form of its own city."),
        "body": _("Two or three paragraphs: what it is for and what it has. Each statement must stand in a source."),
    }
