"""The key figures."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import draft, named, state
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
from zone.admin.rows import ChangeNoteInline, ObservationInline
from zone.admin.texts import row
from zone.models import KeyFigure


@admin.register(KeyFigure)
class KeyFigureAdmin(RecordAdmin):
    """The figures with all their observations."""

    slug_from = ("label_en",)
    list_display = (named("label_en"), state, draft, "scope", "headline_position", *STATE_COLUMNS)
    list_filter = (*STATUS_FILTERS, "scope", *STATE_FILTERS)
    search_fields = (*row("label"), "slug")
    autocomplete_fields = ("sources", "organisation", "facility")
    inlines = (ObservationInline, ChangeNoteInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    row("label"),
                    row("definition"),
                    ("scope", "organisation", "facility"),
                    ("headline_position", "forms_one_series"),
                )
            },
        ),
        EVIDENCE,
        PUBLICATION,
        TRANSLATION,
        DATES,
    )
    help_texts = {
        "label": _("What is counted, without number, unit or date: “Researchers in the Shenzhen Park”."),
        "scope": _("The area or body that the number is true for."),
    }
