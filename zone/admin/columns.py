"""Columns of the lists of records. None of them asks the database for a single row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zone.admin.across import LONG
from zone.admin.describing import name_of
from zone.models import Draft
from zone.models.record import Record
from zone.publishing import Status
from zone.templatetags.newsroom import newsroom_time
from zone.translation import TranslationState

STATES: Final = {
    TranslationState.MISSING: pgettext_lazy("translation", "missing"),
    TranslationState.OUTDATED: pgettext_lazy("translation", "outdated"),
    TranslationState.UNCHECKED: pgettext_lazy("translation", "unchecked"),
    TranslationState.CHECKED: pgettext_lazy("translation", "checked"),
}
"""The state of a translation in one word."""

SIGNS: Final = {"zh-hans": "简", "zh-hant": "繁"}
"""Each script in one character."""


def badge(kind: str, text: str | Promise) -> SafeString:
    """Return ``text`` as a badge; ``kind`` is its hook in the style sheet."""
    return format_html('<span class="badge badge-{}">{}</span>', kind, text)


def named(order: str) -> Callable[[models.Model], str]:
    """Return the column that names a record in the editor's language, sorted by the column ``order``."""

    @admin.display(description=_("name"), ordering=order)
    def name(record: models.Model) -> str:
        return str(record)

    return name


@admin.display(description=_("status"), ordering="status")
def state(record: Record) -> SafeString:
    """Show the status, and what time makes of it."""
    return badge(*stage(record))


def stage(record: Record) -> tuple[str, str]:
    """Return the status, and what time makes of it: what its badge is called, and the word."""
    if record.status != Status.PUBLISHED or record.is_public:
        return record.status, record.get_status_display()
    if record.expire_at is not None and record.expire_at <= timezone.now():
        return "expired", pgettext("status", "expired")
    return "scheduled", pgettext("status", "scheduled")


@admin.display(description=pgettext_lazy("column", "draft"))
def draft(record: Any) -> SafeString | str:
    """Show what is being written beside what visitors see: how far it is, since when, and by whom it was changed last.

    The list has fetched it beforehand; see :func:`with_drafts`.
    """
    found = next(iter(record.drafts.all()), None)
    if found is None:
        return ""
    if found.problem:
        shown = badge("failed", _("could not go live"))
    else:
        shown = badge(f"draft-{found.state}", found.get_state_display())
    if found.publish_at is not None:
        return format_html("{}<br>{}", shown, newsroom_time(found.publish_at))
    since = timezone.localdate(found.started_at).isoformat()
    words = gettext("%(who)s, since %(day)s") % {"who": name_of(found.version.by), "day": since}
    return format_html("{}<br>{}", shown, words)


@admin.display(description=_("translations"), ordering="zh_hans_check")
def translations(record: Record) -> SafeString:
    """Show how far the texts in each Chinese script can be trusted."""
    states = [(sign, record.translation_state(language)) for language, sign in SIGNS.items()]
    return format_html_join(
        " ",
        '<span class="badge badge-{}" title="{}">{} {}</span>',
        [(found, found.label, sign, STATES[found]) for sign, found in states],
    )


@admin.display(description=_("sources"), ordering="number_of_sources")
def sources(record: Any) -> str:
    """Show the number of sources; a record without any stands out."""
    return str(record.number_of_sources or badge("unsourced", _("unsourced")))


@admin.display(description=_("checked"), ordering="checked_on")
def checked(record: Record) -> str:
    """Show the day of the last check, short enough for a list."""
    return record.checked_on.isoformat() if record.checked_on else ""


@admin.display(description=_("updated"), ordering="updated_at")
def updated(record: Record) -> str:
    """Show the day of the last change, short enough for a list."""
    return timezone.localdate(record.updated_at).isoformat()


@admin.display(description=_("parks"))
def parks(record: Any) -> str:
    """Show the parks, which the list has fetched beforehand."""
    return gettext(", ").join(str(park) for park in record.parks.all())


def with_number_of_sources(records: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Count the sources of each record, without joining and grouping the long texts."""
    model = records.model
    links = model.sources.through.objects.filter(**{f"{model._meta.model_name}_id": OuterRef("pk")})
    numbers = links.order_by().values(f"{model._meta.model_name}_id").annotate(number=Count("pk")).values("number")
    return records.annotate(number_of_sources=Coalesce(Subquery(numbers), 0))


def with_drafts(records: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Fetch the drafts along with the records, without what they say."""
    drafts = Draft.objects.select_related("version__by").defer(*(f"version__{name}" for name in LONG))
    return records.prefetch_related(models.Prefetch("drafts", drafts))
