"""Undoing what one person did in one bulk action, as long as nobody has changed the records since."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from zone.history import Occasion, content_of, draft_of, record_version, versions_of
from zone.models import Draft, Version
from zone.models.draft import DraftState
from zone.models.version import Action
from zone.publishing import PUBLISHERS_OWN, Status, may_publish
from zone.redirects import redirect_from
from zone.snapshots import take, write
from zone.workflow import appears_at, discard, lock, require_edit, require_publish, trash


@transaction.atomic
def undo(batch: uuid.UUID, occasion: Occasion) -> tuple[int, list[Version]]:
    """Undo what the same person did in one bulk action; return how many, and what was left for it was changed since."""
    undone, left = 0, []
    for version in Version.objects.filter(batch=batch, by=occasion.by).order_by("-pk"):
        record = lock(version.content_type.get_object_for_this_type(pk=version.object_id))
        newest = versions_of(record).first()
        if newest != version or version.action == Action.UNDONE:
            left.append(version)
            continue
        _undo(record, version, replace(occasion, batch=None))
        undone += 1
    return undone, left


def _undo(record: Any, version: Version, occasion: Occasion) -> None:
    earlier = versions_of(record).filter(pk__lt=version.pk)
    last, last_live = earlier.first(), earlier.filter(of_draft=False).first()
    if last is None or last_live is None:
        trash(record, occasion)
        return
    require_edit(record, occasion)
    draft = draft_of(record)
    if not version.of_draft:
        if {version.state, last_live.state} & set(PUBLISHERS_OWN):
            require_publish(record, occasion)
        new_slug, content = record.slug, content_of(last_live)
        record = write(type(record), record.pk, content)
        if record.is_public and record.slug != new_slug:
            redirect_from(new_slug, record)
        record_version(record, take(record), Action.UNDONE, occasion, before=content_of(version))
    last_draft = _draft_at(earlier)
    if last_draft is None:
        if draft is not None:
            discard(record, occasion)
    elif version.of_draft or draft is None or _took_time(record, version, last_draft):
        _undo_in_draft(record, draft or Draft(record=record, started_by=last_draft.by), version, last_draft, occasion)


def _took_time(record: Any, version: Version, last: Version) -> bool:
    """Return whether ``version`` of the record has taken the time of its draft back, which no version says."""
    is_gone = version.action in (Action.TRASHED, Action.WITHDRAWN)
    return is_gone and _state_before(record, version, last) == DraftState.SCHEDULED


def _state_before(record: Any, version: Version, last: Version) -> DraftState:
    """Return in which state the draft ``last`` was when ``version`` came: it may have lost its time before that."""
    moment = appears_at(content_of(last))
    has_time = record.status == Status.PUBLISHED and moment is not None and moment > version.at
    return DraftState.DRAFT if last.state == DraftState.SCHEDULED and not has_time else DraftState(last.state)


def _undo_in_draft(record: Any, draft: Draft, version: Version, last: Version, occasion: Occasion) -> None:
    """Let ``draft`` be again what ``last`` is, the draft that there was before ``version``."""
    before, content = content_of(draft.version) if draft.pk else take(record), content_of(last)
    moment = appears_at(content)
    in_time = moment is not None and moment > timezone.now() and may_publish(occasion.by, type(record))
    state = _state_before(record, version, last)
    draft.state = DraftState.REVIEW if state == DraftState.SCHEDULED and not in_time else state
    draft.publish_at, draft.problem = moment if draft.state == DraftState.SCHEDULED else None, ""
    draft.version = record_version(
        record, content, Action.UNDONE, occasion, draft=DraftState(draft.state), before=before
    )
    if not draft.pk:
        draft.base = _begun_from(versions_of(record).filter(pk__lt=version.pk), last)
    draft.save()


def _begun_from(earlier: models.QuerySet[Version], last: Version) -> Any:
    """Return what the draft ``last`` was begun from, or compared with when it was last written."""
    written = earlier.filter(of_draft=True, pk__lte=last.pk).exclude(action__in=(Action.SUBMITTED, Action.RETURNED))
    return earlier.filter(of_draft=False, pk__lt=(written.first() or last).pk).first()


def _draft_at(earlier: models.QuerySet[Version]) -> Version | None:
    """Return the draft that there was after ``earlier``, the versions up to some moment."""
    last = earlier.filter(of_draft=True).first()
    if last is None or last.action == Action.DISCARDED:
        return None
    published = earlier.filter(of_draft=False, action__in=(Action.PUBLISHED, Action.SCHEDULED), pk__gt=last.pk)
    return None if published.exists() else last
