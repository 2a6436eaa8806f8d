"""The audit trail in the newsroom: to be read and taken along, and nothing else."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import Group, User
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zone.admin.describing import moment_in_words
from zone.admin.read_only import ReadOnlyAdmin
from zone.models import AuditEntry
from zone.models.audit import Kind
from zone.resources import harmless

EXPORTED: Final = ("event", "by", "kind", "subject", "address", "changes")
"""The fields that stand beside the time in a file."""


def changes_in_words(entry: AuditEntry) -> list[str]:
    """Return what ``entry`` changed, a line for each field: what came and went of a list, else the old and the new."""
    return [f"{_label(entry, name)}: {_difference(*values)}" for name, values in entry.changes.items()]


def _label(entry: AuditEntry, name: str) -> str:
    try:
        return _field_label(Group if entry.kind == Kind.GROUP else User, name)
    except FieldDoesNotExist:
        return name


def _field_label(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return capfirst(str(field.verbose_name))


def _difference(before: Any, after: Any) -> str:
    if isinstance(before or after, list):
        old, new = before or [], after or []
        came, went = ([f"+ {one}" for one in new if one not in old], [f"− {one}" for one in old if one not in new])
        return "; ".join([*came, *went])
    return f"{_said(before)} → {_said(after)}"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return str(value or "—")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who logged in, and who changed what of accounts and rights."""

    change_list_template = "admin/account/trail.html"
    list_display = ("when", "what", "by", "subject", "address", "changes_column")
    fields = readonly_fields = ("when", "what", "by", "subject", "address", "changes_column")
    list_filter = ("event", "kind")
    list_per_page = 50
    search_fields = ("by", "subject", "address")
    date_hierarchy = "at"
    show_full_result_count = False
    sortable_by = ()

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        return [path("export.csv", export, name="zone_auditentry_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponse:
        """Answer with the entries that the list would show with these filters, as a file in the active language.

        Filters that make no sense lead to the whole list, as they do from the list itself.

        The zone stands in the head: with it beside each time, spreadsheets would take that for a text.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            entries = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:zone_auditentry_changelist"))
        file = io.StringIO("\ufeff")
        file.seek(0, io.SEEK_END)
        table = csv.writer(file, lineterminator="\r\n")
        labels = [_field_label(AuditEntry, name) for name in EXPORTED]
        table.writerow([gettext("When (Hong Kong time)"), *labels])
        for entry in entries.iterator():
            event, kind = entry.get_event_display(), entry.get_kind_display()
            said = (event, entry.by, kind, entry.subject, entry.address or "", "\n".join(changes_in_words(entry)))
            table.writerow([f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}", *map(harmless, said)])
        headers = {"Content-Disposition": 'attachment; filename="audit-trail.csv"'}
        return HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": gettext("Audit trail"), **(extra_context or {})})

    @admin.display(description=_("when"))
    def when(self, entry: AuditEntry) -> str:
        return moment_in_words(entry.at)

    @admin.display(description=_("what happened"))
    def what(self, entry: AuditEntry) -> str:
        return entry.get_event_display()

    @admin.display(description=_("changes"))
    def changes_column(self, entry: AuditEntry) -> str:
        return format_html_join("", "<div>{}</div>", ((line,) for line in changes_in_words(entry)))
