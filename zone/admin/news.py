"""The news."""

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
from zone.admin.rows import ChangeNoteInline
from zone.admin.texts import row
from zone.models import NewsItem


@admin.register(NewsItem)
class NewsItemAdmin(RecordAdmin):
    """Stories, press releases and notices."""

    slug_from = ("title_en",)
    list_display = (named("title_en"), state, draft, "kind", "date", *STATE_COLUMNS)
    list_filter = (*STATUS_FILTERS, "kind", ("fields", KeptFilter), *STATE_FILTERS)
    search_fields = (*row("title"), *row("summary"), "slug")
    search_help_text = _("Search titles and summaries in all languages, and slugs.")
    autocomplete_fields = ("sources", "organisations", "facilities", "fields")
    inlines = (ChangeNoteInline,)
    fieldsets = (
        (None, {"fields": (("kind", "date"), row("title"), row("summary"), row("body"))}),
        (_("Service notice"), {"fields": (("holds_from", "holds_until"),)}),
        (_("About"), {"fields": (("organisations", "facilities", "fields"),)}),
        PICTURE,
        EVIDENCE,
        PUBLICATION,
        TRANSLATION,
        DATES,
    )
    help_texts = {
        "kind": _("A story is our own text; a release is somebody else's; a notice says what to do or to know."),
        "title": _("What happened, in a sentence without a full stop. No advertising."),
        "body": _("What happened, where, who says so. The newest first; give dates, never “today” or “recently”."),
        "organisations": _("The organisations that the news is about."),
        "facilities": _("The facilities that the news is about."),
        "fields": _("The fields that the news is about."),
    }
