"""Old addresses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from zone.models import Redirect
from zone.translation import ORIGINAL


class RedirectForm(forms.ModelForm):
    """The form of a redirect."""

    def clean(self) -> dict[str, Any]:
        """Say at the field that only a record's page moves, that it leads somewhere else, and straight there."""
        cleaned = super().clean() or self.cleaned_data
        if "old_path" in cleaned and not _is_page_of_record(cleaned["old_path"]):
            self.add_error("old_path", _("Only the page of a record can have moved: /organisations/old-name/."))
        new_path = cleaned.get("new_path")
        if new_path and cleaned.get("old_path") == new_path:
            self.add_error("new_path", _("The new address is the old one."))
        elif Redirect.objects.filter(old_path=new_path).exists():
            self.add_error("new_path", _("That address has moved itself. Write the one where readers find it now."))
        return cleaned


def _is_page_of_record(path: str) -> bool:
    """Whether ``path`` can be the page of a record: only where one is missing is a redirect looked for."""
    try:
        return (resolve(f"/{ORIGINAL}{path}").url_name or "").endswith("_detail")
    except Resolver404:
        return False


@admin.register(Redirect)
class RedirectAdmin(admin.ModelAdmin):
    """Old addresses. Those of changed slugs are made when the record is saved."""

    form = RedirectForm
    list_display = ("old_path", "new_path")
    search_fields = ("old_path", "new_path")
    fields = ("old_path", "new_path")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        help_texts = {
            "old_path": _("The address that is no longer used, without site and language: /organisations/old-name/"),
            "new_path": _("Where readers find it now, without site and language: /organisations/new-name/"),
        }
        return super().get_form(request, obj, change, **{"help_texts": help_texts, **kwargs})
