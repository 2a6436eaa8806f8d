"""The sources."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import checked, draft, named, state, updated
from zone.admin.list_filters import STATUS_FILTERS, NotCheckedFilter
from zone.admin.record import DATES, EDITING, PUBLICATION, RecordAdmin
from zone.models import Source


@admin.register(Source)
class SourceAdmin(RecordAdmin):
    """The sources, each in its own language."""

    slug_from = ("publisher_original", "published")
    list_display = (
        named("publisher_original"),
        state,
        draft,
        "language",
        "published",
        "seen_on_a_copy",
        checked,
        updated,
    )
    list_filter = (*STATUS_FILTERS, "language", "seen_on_a_copy", NotCheckedFilter)
    search_fields = ("title_original", "publisher_original", "url", "slug")
    search_help_text = _("Search titles, publishers and addresses.")
    autocomplete_fields = ()
    fieldsets = (
        (
            None,
            {"fields": ("title_original", ("publisher_original", "language", "published"), ("url", "seen_on_a_copy"))},
        ),
        EDITING,
        PUBLICATION,
        DATES,
    )
    help_texts = {
        "language": _("The language of the title."),
        "publisher_original": _("The newspaper, authority or company that published it."),
        "slug": _("The last part of the address. Left empty it is made from the publisher and the date."),
    }
