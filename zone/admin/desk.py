"""The desk: what waits for the person who is logged in, on the first page of the newsroom.

Each list is one query, whatever it asks of how many kinds of records.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from zone.admin.across import COLUMNS, LONG, Entry, Records, content_types, each, entries, latest, records_of, union
from zone.admin.columns import SIGNS, STATES
from zone.admin.list_filters import missing_text, not_checked, unsourced
from zone.admin.permissions import may_see
from zone.content import RECORDS
from zone.models import Report, Version
from zone.models.draft import DraftState
from zone.models.record import Record
from zone.models.version import Action
from zone.publishing import Status, may_publish
from zone.search.fruitless import missed
from zone.translation import TRANSLATIONS, TranslationState, suffix, translated_fields

SHOWN: Final = 10
MOST: Final = 200
"""How many entries of a list are shown, and how many where somebody asks for all of them."""

SOON: Final = datetime.timedelta(days=7)

WRITTEN: Final = (Action.ADDED, Action.CHANGED, Action.SUBMITTED, Action.RESTORED)
"""What makes somebody the author of a record."""

Kinds = list[type[Record]]


@dataclass
class Section:
    """A list on the desk."""

    key: str
    title: str | Promise
    empty: str | Promise
    entries: list[Any] = field(default_factory=list)
    more: bool = False


def desk(request: HttpRequest) -> dict[str, Any]:
    """Return what the desk shows to the person who asks for it."""
    user: Any = request.user
    content_types()  # All at once: asked for one by one they would be a query each.
    asked = request.GET.get("all")
    seen = [model for model in RECORDS if may_see(user, model)]
    judged = [model for model in seen if may_publish(user, model)]
    queries = {
        "waiting": waiting(judged),
        "mine": mine(seen, user),
        "failed": failed(seen),
        "scheduled": scheduled(seen),
    }
    rows = [list(query[: _limit(key, asked) + 1]) for key, query in queries.items()]
    sections = [_section(key, found, asked) for key, found in zip(queries, entries(*rows), strict=True)]
    if not judged:
        del sections[0]
    return {
        "sections": sections if seen else [],
        "published": recently_published(seen),
        "attention": attention(seen),
        "attention_columns": [name for _key, name in COUNTED],
        "sees_history": user.has_perm("zone.view_version"),
        "sees_trash": bool(seen),
        "missed": missed(SHOWN) if seen else [],
        "sees_reports": may_see(user, Report),
        "reports": list(Report.objects.waiting()[:SHOWN]) if may_see(user, Report) else [],
    }


def _limit(key: str, asked: str | None) -> int:
    return MOST if asked == key else SHOWN


SECTIONS: Final = {
    "waiting": (_("Waiting for my review"), _("Nothing waits for you. Everything that was submitted has been seen.")),
    "mine": (_("My drafts"), _("You have nothing unfinished. What you write and do not publish stands here.")),
    "failed": (_("Could not go live"), _("Everything that was scheduled went live on time.")),
    "scheduled": (_("Scheduled"), _("Nothing is going to appear or to expire by itself in the next days.")),
}


def _section(key: str, found: list[Entry], asked: str | None) -> Section:
    limit = _limit(key, asked)
    title, empty = SECTIONS[key]
    return Section(key, title, empty, found[:limit], more=len(found) > limit)


# The lists


def waiting(kinds: Kinds) -> Any:
    """Return what was submitted and not yet published or returned, the oldest first."""

    def choose(model: type[Record], records: Records) -> Records:
        submitted = Coalesce(latest(model, "pk", Action.SUBMITTED), F("newest"))
        in_review = Q(draft_state=DraftState.REVIEW) | Q(draft_state="", status=Status.REVIEW)
        return records.filter(in_review).annotate(step=submitted, moment=F("updated_at"), rank=Value(0))

    return each(kinds, choose, "step")


def mine(kinds: Kinds, user: AbstractUser) -> Any:
    """Return what ``user`` wrote last or began, and is not public yet: first what was returned, then the newest."""

    def choose(model: type[Record], records: Records) -> Records:
        unfinished = Q(draft_state__in=(DraftState.DRAFT, DraftState.REVIEW)) | Q(
            draft_state="", status__in=(Status.DRAFT, Status.REVIEW)
        )
        own = records.annotate(author=latest(model, "by", *WRITTEN), begun_by=F("drafts__started_by"))
        returned = When(Q(last_action=Action.RETURNED), then=Value(0))
        return (
            own.filter(unfinished, Q(author=user.pk) | Q(begun_by=user.pk))
            .annotate(last_action=latest(model, "action"))
            .annotate(step=F("newest"), moment=F("updated_at"), rank=Case(returned, default=Value(1)))
        )

    return each(kinds, choose, "rank", "-newest")


def failed(kinds: Kinds) -> Any:
    """Return the drafts whose time came while something was wrong with them, the newest first."""

    def choose(model: type[Record], records: Records) -> Records:
        return records.filter(problem__gt="").annotate(step=F("newest"), moment=F("updated_at"), rank=Value(0))

    return each(kinds, choose, "-newest")


def scheduled(kinds: Kinds) -> Any:
    """Return what will appear, and what will expire in the next days (``rank`` 1), the next first."""
    now = timezone.now()
    parts: list[Records] = []
    for model in kinds:
        records = records_of(model)
        published = records.filter(status=Status.PUBLISHED)
        times = (
            (records.filter(draft_state=DraftState.SCHEDULED), "going_live", 0),
            (published.filter(publish_at__gt=now), "publish_at", 0),
            (published.filter(expire_at__gt=now, expire_at__lte=now + SOON), "expire_at", 1),
        )
        parts += [part.annotate(step=F("newest"), moment=F(time), rank=Value(rank)) for part, time, rank in times]
    return union(parts, "moment")


def recently_published(kinds: Kinds) -> list[tuple[Version, str, str]]:
    """Return the records that went live last, each by its version, with where it is edited and where it is seen."""
    by_kind = {kind: model for kind, model in content_types().items() if model in kinds}
    published = Version.objects.filter(
        Q(action=Action.PUBLISHED) | Q(action=Action.SCHEDULED, of_draft=False), content_type__in=by_kind
    )
    newest = list(published.select_related("by").defer(*LONG).order_by("-pk")[: 2 * SHOWN])
    public = _public([(by_kind[version.content_type_id], version.object_id) for version in newest])
    for version in newest:
        if version.action == Action.SCHEDULED and (moment := public.get(_key(version))):
            # Nothing is recorded when its time comes.
            version.action, version.at = Action.PUBLISHED, moment
    live = [version for version in newest if version.action == Action.PUBLISHED]
    last: dict[tuple[int, int], Version] = {}
    for version in sorted(live, key=lambda version: version.at, reverse=True):
        last.setdefault(_key(version), version)
    return [
        (version, _kind(by_kind, version), _public_address(version) if key in public else "")
        for key, version in list(last.items())[:SHOWN]
    ]


def _kind(by_kind: dict[int, type[Record]], version: Version) -> str:
    return str(by_kind[version.content_type_id]._meta.verbose_name)


def _key(version: Version) -> tuple[int, int]:
    return version.content_type_id, version.object_id


def _public_address(version: Version) -> str:
    """Return an address that leads to the page: where that is, only the whole record knows."""
    return reverse("admin:view_on_site", args=_key(version))


def _public(wanted: list[tuple[type[Record], int]]) -> dict[tuple[int, int], datetime.datetime | None]:
    """Return which of the records visitors see, with the time from which on, if they have one."""
    parts = [
        records_of(model)
        .filter(pk__in=model._default_manager.published().order_by().values("pk"))
        .filter(pk__in=[pk for kind, pk in wanted if kind is model])
        .annotate(step=F("newest"), moment=F("publish_at"), rank=Value(0))
        for model in dict.fromkeys(model for model, _pk in wanted)
    ]
    return {row[:2]: row[COLUMNS.index("moment")] for row in union(parts)}


# What needs attention

COUNTED: Final = (
    ("unsourced", _("Unsourced")),
    ("stale", _("Not checked for a year")),
    *(
        (f"{state}_{suffix(language)}", format_lazy("{} {}", SIGNS[language], STATES[state]))
        for state in (TranslationState.MISSING, TranslationState.OUTDATED)
        for language in TRANSLATIONS
    ),
)
FILTERS: Final = {
    "unsourced": "unsourced=yes",
    "stale": "checked=stale",
    **{f"missing_{suffix(language)}": f"missing={language}" for language in TRANSLATIONS},
    **{f"outdated_{suffix(language)}": f"outdated={language}" for language in TRANSLATIONS},
}


@dataclass(frozen=True)
class Attention:
    """How many records of a kind need an editor, by what they need; each with the list that shows them."""

    kind: str
    counts: list[tuple[int, str]]


def attention(kinds: Kinds) -> list[Attention]:
    """Return the kinds of which something is unsourced, unchecked or untranslated."""
    if not kinds:
        return []
    first, *rest = (_counts(model) for model in kinds)
    found = {kind: counts for kind, *counts in first.union(*rest, all=True)}
    rows = [_attention(model, found.get(ContentType.objects.get_for_model(model).pk, [])) for model in kinds]
    return [row for row in rows if any(count for count, _address in row.counts)]


def _counts(model: type[Record]) -> Any:
    conditions: dict[str, Any] = {"stale": not_checked()}
    if hasattr(model, "sources"):
        conditions["unsourced"] = unsourced(model)
    if translated_fields(model):
        conditions |= {f"missing_{suffix(language)}": missing_text(model, language) for language in TRANSLATIONS}
        conditions |= {f"outdated_{suffix(language)}": model.outdated(language) for language in TRANSLATIONS}
    nothing = Q(pk__in=[])
    counts = {key: Count("pk", filter=conditions.get(key, nothing)) for key, _name in COUNTED}
    kind = Value(ContentType.objects.get_for_model(model).pk, models.IntegerField())
    records = model._default_manager.kept().order_by().annotate(kind_id=kind).values("kind_id").annotate(**counts)
    return records.values_list("kind_id", *(key for key, _name in COUNTED))


def _attention(model: type[Record], counts: list[int]) -> Attention:
    address = reverse(f"admin:zone_{model._meta.model_name}_changelist")
    linked = [(count, f"{address}?{FILTERS[key]}") for count, (key, _name) in zip(counts, COUNTED, strict=False)]
    return Attention(str(model._meta.verbose_name_plural), linked)
