"""What the pages about a record have in common that stand beside its form."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from zone.models.record import Record

PAGES: Final = ("changelist", "change", "delete", "history", "compare", "restore", "step", "withdraw", "links")


def addresses_of(model: type[Record]) -> dict[str, str]:
    """Return the names of the addresses of the pages of ``model``, by what the page is called."""
    return {name: f"admin:zone_{model._meta.model_name}_{name}" for name in PAGES}


def record_page(
    model_admin: ModelAdmin[Any],
    request: HttpRequest,
    record: Record,
    template: str,
    title: Any,
    context: dict[str, Any],
    status: int = 200,
) -> TemplateResponse:
    """Answer with a page about ``record`` that stands beside its form."""
    common = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "subtitle": str(record),
        "opts": model_admin.opts,
        "record": record,
        "addresses": addresses_of(type(record)),
    }
    return TemplateResponse(request, f"admin/{template}.html", common | context, status=status)
