"""The parks."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import draft, named, state
from zone.admin.record import DATES, EVIDENCE, PICTURE, PUBLICATION, STATE_COLUMNS, TRANSLATION, RecordAdmin
from zone.admin.texts import row
from zone.models import Park


@admin.register(Park)
class ParkAdmin(RecordAdmin):
    """The two parks."""

    list_display = (named("name_en"), state, draft, "operator", *STATE_COLUMNS)
    list_select_related = ("operator",)
    search_fields = (*row("name"), "slug")
    autocomplete_fields = ("sources", "operator", "area")
    fieldsets = (
        (None, {"fields": (row("name"), row("summary"), ("operator", "area"))}),
        PICTURE,
        EVIDENCE,
        PUBLICATION,
        TRANSLATION,
        DATES,
    )
    help_texts = {
        "name": _("The official name of the park."),
        "operator": _("The organisation that runs the park."),
    }
