"""What readers have reported."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zone.admin.describing import moment_in_words
from zone.content import RECORDS
from zone.models import Report


def where_to_look(page: str) -> str:
    """Return links to the page at the path ``page`` and to the form of its record; the path as it is if it is none."""
    try:
        with translation.override(translation.get_language_from_path(page)):
            match = resolve(page)
    except Resolver404:
        return page
    links = [(page, gettext("page"))]
    stem, _underscore, kind = (match.url_name or "").rpartition("_")
    model = next((model for model in RECORDS if model.stem == stem), None)
    if model and kind == "detail":
        record = model.objects.filter(slug=match.kwargs["slug"]).first()
        if record:
            name = model._meta.model_name
            links.append((reverse(f"admin:zone_{name}_change", args=[record.pk]), gettext("form of the record")))
    return format_html("<code>{}</code> · {}", page, format_html_join(" · ", '<a href="{}">{}</a>', links))


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin):
    """Reports: to be read, answered elsewhere, and marked as dealt with. What readers wrote nobody changes."""

    list_display = ("__str__", "page", "language", "sent", "is_closed")
    list_editable = ("is_closed",)
    list_filter = ("is_closed", "language")
    list_per_page = 50
    search_fields = ("message", "evidence", "page", "note")
    search_help_text = _("Search messages, pages and notes.")
    fields = ("message", "evidence", "where", "language", "email", "sent", "is_closed", "note")
    readonly_fields = ("message", "evidence", "where", "language", "email", "sent")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only readers write reports."""
        return False

    @admin.display(description=_("page"))
    def where(self, report: Report) -> str:
        return where_to_look(report.page)

    @admin.display(description=_("sent"), ordering="created_at")
    def sent(self, report: Report) -> Any:
        return moment_in_words(report.created_at)
