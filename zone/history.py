"""The history of the records: recording versions, and finding them again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils import translation

from zone.bulk import among, batches, insert
from zone.merging import Content, changes
from zone.models import Draft, Version
from zone.models.draft import DraftState
from zone.models.record import Record
from zone.models.version import Action
from zone.search.index import follow, following
from zone.snapshots import completed, contents_of, materialise, take
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
        name=_name(materialise(type(record), record.pk, content)),
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
    return record_all({records.model: records.values_list("pk", flat=True)}, by, action, batch)


def record_all(
    keys: Mapping[type[Record], Iterable[int]],
    by: Any = None,
    action: Action = Action.FOUND,
    batch: uuid.UUID | None = None,
) -> int:
    """Record versions as :func:`record_versions` does, of records of several models and by some hundreds at once."""
    count = 0
    with following() as index:
        for model, wanted in keys.items():
            for some in batches(wanted):
                records = list(model._default_manager.filter(among("pk", some)).order_by("pk"))
                new = {version.object_id for version in _write_versions(model, records, by, action, batch)}
                index.put(model, new, [record for record in records if record.pk in new])
                count += len(new)
    return count


def _write_versions(
    model: type[Record], records: list[Any], by: Any, action: Action, batch: uuid.UUID | None
) -> list[Version]:
    """Write and return a version of each of ``records`` that differs from its last one."""
    kind = ContentType.objects.get_for_model(model)
    found = {record.pk: record for record in records}
    last = {version.object_id: content_of(version) for version in last_versions(kind, found)}
    new = [
        Version(
            content_type=kind,
            object_id=pk,
            by=by,
            action=action,
            state=content["fields"]["status"],
            batch=batch,
            name=_name(found[pk]),
            changed=[key for key, _before, _after in changes(last[pk], content)] if pk in last else [],
            content=content,
        )
        for pk, content in contents_of(model, records).items()
        if last.get(pk) != content
    ]
    insert(Version, new)
    return new


def last_versions(kind: ContentType, keys: Collection[int]) -> models.QuerySet[Version]:
    """Return the last version of each of the records of a kind with ``keys``, drafts apart, if it has one."""
    newest = Version.objects.filter(content_type=kind, object_id=OuterRef("object_id"), of_draft=False).order_by("-id")
    versions = Version.objects.filter(among("object_id", keys), content_type=kind)
    return versions.filter(pk=Subquery(newest.values("pk")[:1]))


def overwritten(model: type[Record]) -> list[str]:
    """Return the names of the records of ``model`` that are not any more what a person has made of them last."""
    kind = ContentType.objects.get_for_model(model)
    touched = Version.objects.filter(content_type=kind, by__isnull=False, of_draft=False).order_by("object_id")
    names = []
    for some in batches(touched.values_list("object_id", flat=True).distinct()):
        contents = contents_of(model, model._default_manager.filter(pk__in=some))
        last = last_versions(kind, contents).filter(by__isnull=False)
        names += [one.name for one in last if contents[one.object_id] != content_of(one)]
    return names


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


def _name(record: Record) -> str:
    with translation.override(ORIGINAL):
        return str(record)[:300]
