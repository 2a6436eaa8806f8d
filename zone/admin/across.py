"""Lists of records of all kinds, each of which takes one query however many kinds and records there are."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from zone.admin.occasions import explained
from zone.content import RECORDS
from zone.models import Version
from zone.models.draft import DraftState
from zone.models.record import Record
from zone.models.version import Action
from zone.publishing import Status

COLUMNS: Final = ("kind_id", "pk", "slug", "status", "draft_state", "problem", "newest", "step", "moment", "rank")
LONG: Final = ("content", "sent", "added_rows", "changed")
"""What no list shows of a version."""

Records = models.QuerySet[Any]
Rows = list[tuple[Any, ...]]


def latest(model: type[Record], value: str, *actions: Action) -> Subquery:
    """Return ``value`` of the newest version of each record, or of the newest that was made by one of ``actions``."""
    versions = Version.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id=OuterRef("pk")
    ).order_by("-pk")
    if actions:
        versions = versions.filter(action__in=actions)
    return Subquery(versions.values(value)[:1])


def records_of(model: type[Record]) -> Records:
    """Return the records of ``model`` outside the trash, with what :data:`COLUMNS` names of them and their drafts.

    A list chooses its own ``step`` (the version to tell about), ``moment`` and ``rank``.
    """
    return (
        model._default_manager.kept()
        .order_by()
        .annotate(
            kind_id=Value(ContentType.objects.get_for_model(model).pk, IntegerField()),
            draft_state=Coalesce(F("drafts__state"), Value("")),
            going_live=F("drafts__publish_at"),
            problem=Coalesce(F("drafts__problem"), Value("", models.TextField())),
            newest=Coalesce(latest(model, "pk"), 0),
        )
    )


def union(parts: Iterable[Records], *order: str) -> Any:
    """Return the rows of ``parts`` as one query in an order; nothing where there are no parts."""
    rows = [part.values_list(*COLUMNS) for part in parts]
    return rows[0].union(*rows[1:], all=True).order_by(*order, "kind_id", "pk") if rows else []


def each(kinds: list[type[Record]], choose: Callable[[type[Record], Records], Records], *order: str) -> Any:
    """Return what ``choose`` makes of the records of each of ``kinds``, as one query in an order."""
    return union((choose(model, records_of(model)) for model in kinds), *order)


def content_types() -> dict[int, type[Record]]:
    """Return the kinds of records by the key of their content type; all of them take one query, and only once."""
    found: Any = ContentType.objects.get_for_models(*RECORDS)
    return {content_type.pk: model for model, content_type in found.items()}


@dataclass(frozen=True)
class Entry:
    """A record in such a list."""

    model: type[Record]
    pk: int
    slug: str
    status: str
    draft_state: str
    problem: str
    newest: Version | None
    step: Version | None
    moment: datetime.datetime
    rank: int

    @property
    def name(self) -> str:
        """Return what the record, or its draft, is called."""
        return (self.newest.name if self.newest is not None else "") or self.slug

    @property
    def kind(self) -> str:
        """Return what such a record is called."""
        return str(self.model._meta.verbose_name)

    @property
    def address(self) -> str:
        """Return where the record is edited."""
        return reverse(f"admin:zone_{self.model._meta.model_name}_change", args=[self.pk])

    @property
    def state(self) -> str:
        """Return the state of the draft, or the status where there is none."""
        return self.draft_state or self.status

    @property
    def state_name(self) -> str:
        """Return the state in words."""
        return str(DraftState(self.draft_state).label if self.draft_state else Status(self.status).label)

    @property
    def problems(self) -> list[str]:
        """Return why the draft did not go live, line by line."""
        return explained(self.model, self.problem)

    @property
    def is_returned(self) -> bool:
        """Return whether a publisher has returned the record, and nobody has changed it since."""
        return self.newest is not None and self.newest.action == Action.RETURNED


def entries(*lists: Rows) -> list[list[Entry]]:
    """Return the rows of several lists as entries, for which all versions are fetched at once."""
    wanted = {key for rows in lists for row in rows for key in row[6:8] if key}
    versions = Version.objects.select_related("by").defer(*LONG).in_bulk(wanted) if wanted else {}
    kinds = content_types()
    return [
        [
            Entry(kinds[kind], pk, slug, status, state, problem, versions.get(new), versions.get(step), *rest)
            for kind, pk, slug, status, state, problem, new, step, *rest in rows
        ]
        for rows in lists
    ]
