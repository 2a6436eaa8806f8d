"""Filters of the lists of records: what waits for an editor."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zone.admin.texts import LANGUAGE_NAMES
from zone.translation import ORIGINAL, TRANSLATIONS, column, translated_fields

Choices = list[tuple[str, Any]]


class UnsourcedFilter(admin.SimpleListFilter):
    """Records that rest on nothing."""

    title = _("sources")
    parameter_name = "unsourced"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", _("unsourced")), ("no", _("with sources"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return {"yes": queryset.filter(sources=None), "no": queryset.filter(~Q(sources=None)).distinct()}.get(
            self.value() or ""
        )


class NotCheckedFilter(admin.SimpleListFilter):
    """Records that nobody has compared with their sources for a year, or ever."""

    title = _("last check")
    parameter_name = "checked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("stale", _("not checked for a year")), ("fresh", _("checked within a year"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        a_year_ago = timezone.localdate() - datetime.timedelta(days=365)
        fresh = Q(checked_on__gte=a_year_ago)
        return {"stale": queryset.filter(Q(checked_on=None) | ~fresh), "fresh": queryset.filter(fresh)}.get(
            self.value() or ""
        )


class MissingTextFilter(admin.SimpleListFilter):
    """Records with an English text that has no translation."""

    title = _("missing translation")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(language, LANGUAGE_NAMES[language]) for language in TRANSLATIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        language = self.value()
        if language not in TRANSLATIONS:
            return None
        missing = Q()
        for name in translated_fields(queryset.model):
            missing |= ~Q(**{column(name, ORIGINAL): ""}) & Q(**{column(name, language): ""})
        return queryset.filter(missing)
