"""The history of the records: recording versions, and finding them again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils import translation

from zone.merging import Content, changes
from zone.models import Draft, Version
from zone.models.draft import DraftState
from zone.models.record import Record
from zone.models.version import Action
from zone.search.index import follow
from zone.snapshots import completed, materialise, take, take_all
from zone.translation import ORIGINAL

STATES = frozenset({"status", "publish_at", "expire_at"})
"""The fields on which it depends whether visitors see a record, and what rests on it."""


@dataclass(frozen=True)
class Occasion:
    """On which occasion something is done: by whom, why, and by what."""

    by: Any = None
    """The user, or ``None`` for a command."""
    comment: str = ""
    opening: str = ""
    """The opened form that was sent."""
    sent: Content | None = None
    """What that form said; ``None`` where it is what was kept."""
    added_rows: dict[str, dict[str, str]] = field(default_factory=dict)
    """The numbers that the rows were given which that form added, by kind."""
    batch: uuid.UUID | None = None
    """The bulk action that it is a part of."""
    site: str = ""
    """The address of the site, for links in e-mails: ``https://example.org``."""


def versions_of(record: Record) -> models.QuerySet[Version]:
    """Return all versions of ``record`` and of its drafts, the newest first."""
    kind = ContentType.objects.get_for_model(type(record))
    return Version.objects.filter(content_type=kind, object_id=record.pk).order_by("-id")


def last_number(record: Record, kind: str) -> int:
    """Return the highest number that a row of ``kind`` ever had: a number names one row for ever."""
    found = versions_of(record).values_list(f"content__rows__{kind}", flat=True)
    return max((int(number) for rows in found for number in rows or ()), default=0)


def draft_of(record: Record) -> Draft | None:
    """Return the draft of ``record`` with its versions."""
    kind = ContentType.objects.get_for_model(type(record))
    drafts = Draft.objects.select_related("version__by", "base", "started_by")
    return drafts.filter(content_type=kind, object_id=record.pk).first()


def content_of(version: Version) -> Content:
    """Return what ``version`` holds, with the fields that have been added to the model since."""
    return completed(_model(version), version.content)


def record_version(
    record: Record,
    content: Content,
    action: Action,
    occasion: Occasion,
    *,
    draft: DraftState | None = None,
    before: Content | None = None,
) -> Version:
    """Record that ``record`` is ``content`` from now on, or its draft, which is then in the state ``draft``."""
    changed = [key for key, _before, _after in changes(before, content)] if before else []
    if draft is None:
        follow(type(record), [record.pk], with_dependents=bool(STATES & set(changed)))
    return Version.objects.create(
        content_type=ContentType.objects.get_for_model(type(record)),
        object_id=record.pk,
        by=occasion.by,
        action=action,
        of_draft=draft is not None,
        state=draft or record.status,
        comment=occasion.comment,
        opening=occasion.opening,
        sent=occasion.sent if occasion.sent != content else None,
        added_rows=occasion.added_rows,
        batch=occasion.batch,
        name=_name(type(record), record.pk, content),
        changed=changed,
        content=content,
    )


def live_version(record: Record) -> Version:
    """Return the version that ``record`` is now; one that nobody has recorded is recorded as it was found."""
    newest = versions_of(record).filter(of_draft=False).first()
    content = take(record)
    before = content_of(newest) if newest is not None else None
    if newest is not None and before == content:
        return newest
    return record_version(record, content, Action.FOUND, Occasion(), before=before)


def record_versions(
    records: models.QuerySet[Any], by: Any = None, action: Action = Action.FOUND, batch: uuid.UUID | None = None
) -> int:
    """Record a version of each of ``records`` that differs from its last one; return how many were recorded."""
    model = records.model
    kind = ContentType.objects.get_for_model(model)
    newest = Version.objects.filter(content_type=kind, object_id=OuterRef("object_id"), of_draft=False).order_by("-id")
    versions = Version.objects.filter(content_type=kind, object_id__in=records.order_by().values("pk"))
    last = {version.object_id: version for version in versions.filter(pk=Subquery(newest.values("pk")[:1]))}
    new = []
    for pk, content in take_all(records).items():
        before = content_of(last[pk]) if pk in last else None
        if before != content:
            new.append(
                Version(
                    content_type=kind,
                    object_id=pk,
                    by=by,
                    action=action,
                    state=content["fields"]["status"],
                    batch=batch,
                    name=_name(model, pk, content),
                    changed=[key for key, _before, _after in changes(before, content)] if before else [],
                    content=content,
                )
            )
    follow(model, [version.object_id for version in new], with_dependents=True)
    return len(Version.objects.bulk_create(new))


def overwritten(records: models.QuerySet[Any]) -> list[str]:
    """Return the names of ``records`` that are not any more what a person has made of them last."""
    kind = ContentType.objects.get_for_model(records.model)
    newest = Version.objects.filter(content_type=kind, object_id=OuterRef("object_id"), of_draft=False).order_by("-id")
    last = Version.objects.filter(content_type=kind, pk=Subquery(newest.values("pk")[:1]), by__isnull=False)
    contents = take_all(records.filter(pk__in=last.values("object_id")))
    return [one.name for one in last if one.object_id in contents and contents[one.object_id] != content_of(one)]


def authors_since(record: Record, version: Version | None) -> list[Any]:
    """Return who has changed ``record`` or its draft since ``version``: users, and ``None`` for commands."""
    newer = versions_of(record).select_related("by").defer("content")
    if version is not None:
        newer = newer.filter(pk__gt=version.pk)
    return list(dict.fromkeys(one.by for one in newer))


def forget(model: type[Record], keys: Iterable[int]) -> None:
    """Delete the versions and drafts of records of ``model`` that are gone for good."""
    kind = ContentType.objects.get_for_model(model)
    Draft.objects.filter(content_type=kind, object_id__in=keys).delete()
    Version.objects.filter(content_type=kind, object_id__in=keys).delete()
    follow(model, keys)


def _model(version: Version) -> Any:
    return ContentType.objects.get_for_id(version.content_type_id).model_class()


def _name(model: type[Record], pk: int, content: Content) -> str:
    with translation.override(ORIGINAL):
        return str(materialise(model, pk, content))[:300]
