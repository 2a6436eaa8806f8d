"""The site with two holes in its newsroom, to show that the tools would find them. Nobody is to serve it."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString, mark_safe

from hetao.wsgi import application as application
from zone.admin.field import FieldAdmin


def unescaped(record: Any) -> SafeString:
    """Show a name as if no editor could have written markup into it."""
    return mark_safe(record.name_en)  # noqa: S308


def found_by_words(self: FieldAdmin, request: Any, records: Any, words: str) -> Any:
    """Put what was searched for into the query itself."""
    return records.extra(where=[words] if words else []), False  # noqa: S610


FieldAdmin.list_display = (*FieldAdmin.list_display, unescaped)  # type: ignore[assignment]
FieldAdmin.get_search_results = found_by_words  # type: ignore[method-assign, assignment]
