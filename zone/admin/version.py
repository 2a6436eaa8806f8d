"""The history of the whole site, to look at only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zone.admin.columns import badge
from zone.admin.describing import labels_in_short, moment_in_words, name_of
from zone.admin.history import state_in_words, version_with_changes
from zone.admin.read_only import ReadOnlyAdmin
from zone.models import Version


class WhoFilter(admin.RelatedOnlyFieldListFilter):
    """Those who have changed something."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("person")
        self.empty_value_display = format_html("{}", name_of(None))


class OfDraftFilter(admin.SimpleListFilter):
    """Versions of drafts, or of what is or was in the tables."""

    title = _("draft or record")
    parameter_name = "of_draft"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", pgettext_lazy("version", "drafts")), ("no", pgettext_lazy("version", "records"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        wanted = {"yes": True, "no": False}.get(self.value() or "")
        return None if wanted is None else queryset.filter(of_draft=wanted)


@admin.register(Version)
class VersionAdmin(ReadOnlyAdmin):
    """What was done to each record, by whom and when. Nobody adds, changes or deletes versions by hand."""

    list_display = ("when", "who", "record", "kind", "what", "state_column", "fields_column", "comment")
    list_display_links = ("when",)
    list_filter = (
        ("content_type", admin.RelatedOnlyFieldListFilter),
        ("by", WhoFilter),
        "action",
        OfDraftFilter,
    )
    list_per_page = 50
    list_select_related = ("content_type", "by")
    show_full_result_count = False
    search_fields = ("name", "comment")
    search_help_text = _("Search names and comments.")
    date_hierarchy = "at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content", "sent", "added_rows")

    @admin.display(description=_("when"), ordering="at")
    def when(self, version: Version) -> str:
        return moment_in_words(version.at)

    @admin.display(description=_("who"), ordering="by")
    def who(self, version: Version) -> str:
        return name_of(version.by)

    @admin.display(description=_("record"), ordering="name")
    def record(self, version: Version) -> str:
        """Name the record as it was called then."""
        name = version.name or str(version.object_id)
        address = address_of(version, "change")
        return format_html('<a href="{}">{}</a>', address, name) if address else name

    @admin.display(description=_("kind"), ordering="content_type")
    def kind(self, version: Version) -> str:
        return capfirst(version.content_type.name)

    @admin.display(description=_("action"), ordering="action")
    def what(self, version: Version) -> str:
        return version.get_action_display()

    @admin.display(description=_("state"), ordering="state")
    def state_column(self, version: Version) -> str:
        return badge("draft" if version.of_draft else version.state, state_in_words(version))

    @admin.display(description=_("changed fields"))
    def fields_column(self, version: Version) -> str:
        model: Any = version.content_type.model_class()
        return labels_in_short(model, version.changed) if model is not None else ""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("History of the whole site"), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what a version changed."""
        version = self.get_object(request, object_id)
        if not self.has_view_permission(request, version):
            return super().change_view(request, object_id, form_url, extra_context)
        if version is None or version.content_type.model_class() is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        before, differences = version_with_changes(version)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Version"),
            "subtitle": version.name or version.object_id,
            "opts": self.opts,
            "version": version,
            "when": moment_in_words(version.at),
            "who": name_of(version.by),
            "state": state_in_words(version),
            "before": before,
            "differences": differences,
            "form_address": address_of(version, "change"),
            "history_address": address_of(version, "history"),
        }
        return TemplateResponse(request, "admin/zone/version.html", context)


def address_of(version: Version, page: str) -> str:
    """Return the address of a page of the record; nothing for a kind of record that the newsroom does not have."""
    try:
        return reverse(f"admin:zone_{version.content_type.model}_{page}", args=[version.object_id])
    except NoReverseMatch:
        return ""
