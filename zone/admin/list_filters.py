"""Filters of the lists of records: what waits for an editor."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zone.models.draft import DraftState
from zone.publishing import Status
from zone.translation import LANGUAGE_NAMES, ORIGINAL, TRANSLATIONS, Translatable, column

Choices = list[tuple[str, Any]]


# The conditions, which the desk asks for as well


def unsourced(model: type[models.Model]) -> Q:
    """Return the condition "rests on nothing"."""
    links = model.sources.through.objects.filter(**{f"{model._meta.model_name}_id": OuterRef("pk")})  # type: ignore[attr-defined]
    return Q(~Exists(links))


def not_checked() -> Q:
    """Return the condition "was not compared with its sources for a year, or ever"."""
    return Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - datetime.timedelta(days=365))


def missing_text(model: type[Translatable], language: str) -> Q:
    """Return the condition "has an English text that is missing in ``language``", as ``translation_state`` says it."""
    missing = Q()
    for name in model.to_translate():
        missing |= ~Q(**{column(name, ORIGINAL): ""}) & Q(**{column(name, language): ""})
    return missing


# The filters


class StatusFilter(admin.ChoicesFieldListFilter):
    """The statuses of the records of a list, on which nothing of the trash stands."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        everything, *choices = super().choices(changelist)
        yield everything
        for (value, _label), choice in zip(self.field.flatchoices, choices, strict=True):
            if value != Status.TRASHED:
                yield choice


class KeptFilter(admin.RelatedFieldListFilter):
    """The records that a relation leads to, without those in the trash."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Choices:
        ordering = self.field_admin_ordering(field, request, model_admin)
        kept = ~Q(status=Status.TRASHED)
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=kept)


class DraftFilter(admin.SimpleListFilter):
    """Records with a draft beside what visitors see."""

    title = pgettext_lazy("filter", "draft")
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("yes", _("has a draft")),
            ("review", _("in review")),
            ("scheduled", _("scheduled")),
            ("failed", _("could not go live")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        conditions = {
            "yes": Q(drafts__isnull=False),
            "review": Q(drafts__state=DraftState.REVIEW),
            "scheduled": Q(drafts__state=DraftState.SCHEDULED),
            "failed": Q(drafts__problem__gt=""),
        }
        condition = conditions.get(self.value() or "")
        return queryset.filter(condition) if condition is not None else None


class UnsourcedFilter(admin.SimpleListFilter):
    """Records that rest on nothing."""

    title = _("sources")
    parameter_name = "unsourced"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", _("unsourced")), ("no", _("with sources"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        missing = unsourced(queryset.model)
        return {"yes": queryset.filter(missing), "no": queryset.filter(~missing)}.get(self.value() or "")


class NotCheckedFilter(admin.SimpleListFilter):
    """Records that nobody has compared with their sources for a year, or ever."""

    title = _("last check")
    parameter_name = "checked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("stale", _("not checked for a year")), ("fresh", _("checked within a year"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        stale = not_checked()
        return {"stale": queryset.filter(stale), "fresh": queryset.exclude(stale)}.get(self.value() or "")


class LanguageFilter(admin.SimpleListFilter):
    """Records of whose texts in a language something is to be said, by :meth:`condition`."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(language, LANGUAGE_NAMES[language]) for language in TRANSLATIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        language = self.value()
        return queryset.filter(self.condition(queryset.model, language)) if language in TRANSLATIONS else None

    def condition(self, model: type[Translatable], language: str) -> Q:
        """Return which records of ``model`` are meant."""
        raise NotImplementedError


class MissingTextFilter(LanguageFilter):
    """Records with an English text that has no translation."""

    title = _("missing translation")
    parameter_name = "missing"

    def condition(self, model: type[Translatable], language: str) -> Q:
        return missing_text(model, language)


class OutdatedFilter(LanguageFilter):
    """Records of which an English text has changed since it was translated."""

    title = _("outdated translation")
    parameter_name = "outdated"

    def condition(self, model: type[Translatable], language: str) -> Q:
        return model.outdated(language)


STATUS_FILTERS = (("status", StatusFilter), DraftFilter)
"""The filters that the list of every kind of record begins with."""
