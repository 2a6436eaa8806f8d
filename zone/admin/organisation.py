"""The organisations."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import draft, named, parks, state
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
from zone.admin.rows import ChangeNoteInline, FactInline, PersonInline
from zone.admin.texts import row
from zone.models import Organisation


@admin.register(Organisation)
class OrganisationAdmin(RecordAdmin):
    """The organisations with their facts and people."""

    list_display = (named("name_en"), state, draft, "kind", "presence", parks, *STATE_COLUMNS)
    list_filter = (*STATUS_FILTERS, ("parks", KeptFilter), "kind", "role", "presence", *STATE_FILTERS)
    search_fields = (*row("name"), "short_name", "slug")
    autocomplete_fields = ("sources", "presence_source", "parks", "fields", "parent", "premises")
    inlines = (FactInline, PersonInline, ChangeNoteInline)
    fieldsets = (
        (None, {"fields": (row("name"), ("short_name", "english_name_basis", "script_conversion"))}),
        (
            _("In the zone"),
            {
                "fields": (
                    ("kind", "role"),
                    ("presence", "presence_as_of", "presence_source"),
                    ("parks", "fields"),
                    ("parent", "premises", "floor"),
                    row("parent_name"),
                    ("founded", "arrived"),
                )
            },
        ),
        (_("Texts"), {"fields": (row("summary"), row("body"))}),
        (_("Contact and logo"), {"fields": (("website", "email"), ("logo", "logo_ppoi"))}),
        PICTURE,
        EVIDENCE,
        PUBLICATION,
        TRANSLATION,
        DATES,
    )
    help_texts = {
        "kind": _("What it is, after the Research Organization Registry."),
        "role": _("What it is to the zone. A partner is not in the zone."),
        "presence_source": _("The source that says whether it is in the zone."),
        "parks": _("The park where it is, or that it has signed with."),
        "fields": _("The fields in which it works, as far as sources say."),
        "founded": _("When the organisation itself was founded, anywhere: 1998, 1998-06 or 1998-06-13."),
        "website": _("Its own site, with https://. No directories, no social networks."),
        "email": _("An address that it publishes itself. Never a person's private one."),
        "body": _(
            "Two or three paragraphs for readers who have never heard of it. Each statement must stand in a source."
        ),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("parks")
