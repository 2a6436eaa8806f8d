"""The research fields."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import checked, draft, named, state, translations, updated
from zone.admin.forms import CHECKS
from zone.admin.list_filters import STATUS_FILTERS, MissingTextFilter, NotCheckedFilter, OutdatedFilter
from zone.admin.record import DATES, EDITING, PUBLICATION, TRANSLATION, RecordAdmin
from zone.admin.texts import row
from zone.models import Field


@admin.register(Field)
class FieldAdmin(RecordAdmin):
    """The vocabulary of fields, which needs no sources."""

    list_display = (named("name_en"), state, draft, translations, checked, updated)
    list_filter = (*STATUS_FILTERS, NotCheckedFilter, MissingTextFilter, OutdatedFilter, *CHECKS)
    search_fields = (*row("name"), "slug")
    autocomplete_fields = ()
    fieldsets = ((None, {"fields": (row("name"),)}), EDITING, PUBLICATION, TRANSLATION, DATES)
    help_texts = {"name": _("A field of research or work in one to four words, as the field calls itself.")}
