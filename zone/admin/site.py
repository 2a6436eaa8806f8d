"""The newsroom: Django's admin with the desk as its first page, and the pages that belong to no single kind."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from zone.admin.desk import desk
from zone.admin.trash import recover_view, trash_view
from zone.admin.undo import undo_view


class Newsroom(AdminSite):
    """The editors' rooms."""

    site_header = _("Hetao newsroom")
    site_title = _("Hetao newsroom")
    index_title = _("Newsroom")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the desk."""
        return super().index(request, {**desk(request), **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("trash/", self.admin_view(partial(trash_view, self)), name="trash"),
            path("trash/<slug:kind>/<int:pk>/recover/", self.admin_view(recover_view), name="recover"),
            path("undo/<uuid:batch>/", self.admin_view(undo_view), name="undo"),
        ]
        return [*own, *super().get_urls()]
