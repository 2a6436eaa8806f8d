"""The memory of the records, to look at only."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from zone.models import Version


@admin.register(Version)
class VersionAdmin(admin.ModelAdmin):
    """What each record was after each change. Nobody adds, changes or deletes versions by hand."""

    list_display = ("slug", "content_type", "at", "by")
    list_filter = (("content_type", admin.RelatedOnlyFieldListFilter), ("by", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("content_type", "by")
    date_hierarchy = "at"
    fields = ("content_type", "slug", "at", "by", "as_fixture")
    readonly_fields = fields

    @admin.display(description=_("record"))
    def slug(self, version: Version) -> str:
        """Name the record as it was called then; it may not exist any more."""
        return str(version.content[0]["fields"].get("slug", version.object_id))

    @admin.display(description=_("content"))
    def as_fixture(self, version: Version) -> SafeString:
        """Show the content in the form of the fixtures."""
        return format_html('<pre class="version">{}</pre>', json.dumps(version.content, ensure_ascii=False, indent=2))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
