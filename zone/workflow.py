"""The way of a record to the public and back. Every step checks who may take it, and is recorded as a version.

What visitors see of a record is edited in a draft, which takes its place when somebody publishes it. A draft with a
time takes effect with the first page that is made after that time, by :func:`publish_due`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zone.databases.passing import is_passing
from zone.history import Occasion, content_of, draft_of, live_version, record_version
from zone.merging import Content, merge
from zone.models import Draft, PreviewLink, Version
from zone.models.draft import DraftState
from zone.models.record import Record
from zone.models.version import Action
from zone.notifications import tell_authors, tell_publishers
from zone.publishing import PUBLISHERS_OWN, Status
from zone.redirects import redirect_from
from zone.snapshots import Problems, blank, problems, take, without_lost_relations, write
from zone.translation import LANGUAGES, column
from zone.turns import take_turn, take_turn_if_free

HIDDEN = frozenset({"zh_hans_of", "zh_hant_of", "logo_width", "logo_height", "picture_width", "picture_height"})
"""Fields that follow from others, so that nobody can be asked about them."""

REASONS = tuple(column("withdrawal_reason", language) for language in LANGUAGES)

_UNFORESEEN = _("Something went wrong on our side. Publish it by hand; if that fails too, tell an administrator.")

logger = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818
    """A step that cannot be taken. ``problems`` says what is wrong, by the key of the field."""

    def __init__(self, message: str | Promise, problems: Problems | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems or {}


@dataclass
class Standing:
    """How a record stands: what it is, and the draft of what it is to become."""

    record: Any
    draft: Draft | None
    live: Version

    @property
    def current(self) -> Version:
        """Return what an editor sees and changes: the draft, or the record itself."""
        return self.draft.version if self.draft is not None else self.live

    @property
    def uses_draft(self) -> bool:
        """Whether what is written goes into a draft: visitors see the record, or its end."""
        return uses_draft(self.record, self.draft)


def standing(record: Any) -> Standing:
    """Return how ``record`` stands now."""
    return Standing(record, draft_of(record), live_version(record))


def uses_draft(record: Record, draft: Draft | None) -> bool:
    """Return whether what is written about ``record`` goes into a draft: visitors see the record, or its end."""
    return draft is not None or record.status in PUBLISHERS_OWN


def current_version(record: Record) -> Version:
    """Return what an editor of ``record`` sees and changes: its draft, or the record itself."""
    draft = draft_of(record)
    return draft.version if draft is not None else live_version(record)


def lock(record: Any) -> Any:
    """Return ``record`` as it is now, and let nobody else change it until the transaction ends."""
    take_turn()
    return type(record)._default_manager.select_for_update().get(pk=record.pk)


def _lock_kept(record: Any) -> Any:
    """Lock ``record``. Raises :class:`Refused` where it is in the trash."""
    return _kept(lock(record))


def _kept(record: Any) -> Any:
    if record.status == Status.TRASHED:
        raise Refused(_("It is in the trash. Take it out first."))
    return record


# Writing


@transaction.atomic
def add(model: type[Record], content: Content, occasion: Occasion) -> Any:
    """Add the record that ``content`` describes, as a draft that nobody has published."""
    take_turn()
    content = _with(content, status=Status.DRAFT)
    record = write(model, None, content)
    record_version(record, take(record), Action.ADDED, occasion, before=blank(model))
    return record


@transaction.atomic
def keep(
    record: Any, content: Content, occasion: Occasion, action: Action = Action.CHANGED, base: Version | None = None
) -> Any:
    """Keep ``content`` as what ``record`` is to become: in its draft while visitors see the record, else at once."""
    return keep_in(standing(_lock_kept(record)), content, occasion, action, base)


@transaction.atomic
def keep_in(
    found: Standing, content: Content, occasion: Occasion, action: Action = Action.CHANGED, base: Version | None = None
) -> Any:
    """Keep ``content`` as :func:`keep` does, for a record that is locked and was ``found`` to stand so since then.

    A draft that was approved for a certain time loses that time, for it is not what was approved any more.
    """
    record, draft, before = _kept(found.record), found.draft, content_of(found.current)
    content = _with(content, status=record.status, **{name: getattr(record, name) for name in REASONS})
    if not found.uses_draft:
        record = write(type(record), record.pk, content, before)
        record_version(record, take(record), action, occasion, before=before)
        return record
    if draft is None:
        draft = Draft(record=record, started_by=occasion.by)
    elif draft.state == DraftState.SCHEDULED:
        draft.state, draft.publish_at = DraftState.DRAFT, None
    state = DraftState(draft.state)
    draft.version = record_version(record, content, action, occasion, draft=state, before=before)
    draft.base, draft.problem = base or found.live, ""
    draft.save()
    return record


# Steps


@transaction.atomic
def submit(record: Any, occasion: Occasion) -> Any:
    """Ask a publisher to publish ``record`` or its draft."""
    require_edit(record, occasion)
    record = _lock_kept(record)
    draft = draft_of(record)
    if draft is None and record.status != Status.DRAFT:
        raise Refused(_("There is nothing to submit: it has no draft."))
    if draft is not None and draft.state != DraftState.DRAFT:
        raise Refused(_("The draft was submitted already."))
    record = _move(record, draft, Status.REVIEW, Action.SUBMITTED, occasion)
    tell_publishers(record, occasion)
    return record


@transaction.atomic
def send_back(record: Any, occasion: Occasion) -> Any:
    """Return ``record`` or its draft to its authors, with a comment that says what is missing.

    What was to go live later does not, neither the draft nor a record that visitors have never seen.
    """
    require_publish(record, occasion)
    if not occasion.comment.strip():
        raise Refused(_("Say in a comment what has to be changed."), {"comment": [str(_("This field is required."))]})
    record = _lock_kept(record)
    draft = draft_of(record)
    if draft is not None and draft.state != DraftState.DRAFT:
        record = _move(record, draft, Status.DRAFT, Action.RETURNED, occasion)
    elif is_scheduled(record) or (draft is None and record.status == Status.REVIEW):
        record = _move(record, None, Status.DRAFT, Action.RETURNED, occasion)
    else:
        raise Refused(_("There is nothing to return: it is not in review."))
    tell_authors(record, occasion, Action.RETURNED)
    return record


def _move(record: Any, draft: Draft | None, status: Status, action: Action, occasion: Occasion) -> Any:
    """Give the draft, or the record itself, another state on its way."""
    if draft is None:
        before = content_of(live_version(record))
        record.move_to(status, by=occasion.by)
        record.save(update_fields=["status"])
        record_version(record, take(record), action, occasion, before=before)
        return record
    content = content_of(draft.version)
    draft.state, draft.publish_at, draft.problem = DraftState(status.value), None, ""
    draft.version = record_version(record, content, action, occasion, draft=draft.state, before=content)
    draft.save()
    return record


@transaction.atomic
def publish(record: Any, occasion: Occasion) -> Any:
    """Publish ``record``, or put its draft in its place; a draft that is to appear later waits until then.

    Raises :class:`Refused` with everything that is missing.
    """
    require_publish(record, occasion)
    record = _lock_kept(record)
    draft = draft_of(record)
    if draft is None and record.status == Status.PUBLISHED:
        raise Refused(_("It is published already, and has no draft."))
    content = ready(record, draft)
    moment = appears_at(content)
    if draft is not None and record.is_public and moment is not None and moment > timezone.now():
        before = content_of(draft.version)
        draft.state, draft.publish_at, draft.problem = DraftState.SCHEDULED, moment, ""
        draft.version = record_version(record, content, Action.SCHEDULED, occasion, draft=draft.state, before=before)
        draft.base = live_version(record)
        draft.save()
        return record
    record = _go_live(record, draft, content, occasion)
    tell_authors(record, occasion, _gone_live(record))
    return record


def ready(record: Any, draft: Draft | None) -> Content:
    """Return what ``record`` will be when it is published. Raises :class:`Refused` where it cannot be."""
    content = take(record)
    if draft is not None:
        merged = merge(content_of(draft.base), content, content_of(draft.version), hidden=HIDDEN)
        if merged.conflicts:
            message = _("The published version has been changed since. Open the draft and save it to compare them.")
            raise Refused(message, {conflict.key: [str(message)] for conflict in merged.conflicts})
        content = without_lost_relations(type(record), merged.content)
    content = _with(content, status=Status.PUBLISHED, **dict.fromkeys(REASONS, ""))
    if found := problems(type(record), record.pk, content):
        raise Refused(_("It cannot be published yet."), found)
    return content


def _go_live(record: Any, draft: Draft | None, content: Content, occasion: Occasion) -> Any:
    before = content_of(live_version(record))
    had_appeared, old_slug = has_appeared(record), record.slug
    record = write(type(record), record.pk, content)
    if had_appeared and record.is_public and record.slug != old_slug:
        redirect_from(old_slug, record)
    record_version(record, take(record), _gone_live(record), occasion, before=before)
    if draft is not None:
        draft.delete()
    return record


def _gone_live(record: Any) -> Action:
    return Action.SCHEDULED if is_scheduled(record) else Action.PUBLISHED


def is_scheduled(record: Any) -> bool:
    """Return whether ``record`` is published, and visitors see it from some time on that has not come yet."""
    return record.status == Status.PUBLISHED and not has_appeared(record)


def has_appeared(record: Any) -> bool:
    """Return whether visitors may know the address of ``record``: they see it, or saw it once."""
    return record.status in PUBLISHERS_OWN and (record.publish_at is None or record.publish_at <= timezone.now())


def _due() -> models.QuerySet[Draft]:
    return Draft.objects.filter(publish_at__lte=timezone.now())


def publish_due() -> None:
    """Let the drafts whose time has come take effect, each once; one that cannot stays a draft and says why.

    Where the database fails, or a disk, no draft is at fault: that is raised, and the next request tries again.
    """
    for draft in _due().order_by("publish_at", "pk"):
        try:
            _take_effect(draft)
        except Exception as error:
            if is_passing(error):
                raise
            _say_why(draft, error)


@transaction.atomic
def _take_effect(draft: Draft) -> None:
    # Whoever asks for a page does not wait for somebody who writes for long: the next request tries again.
    if not take_turn_if_free():
        return
    # As in every step the record is locked first. Its draft is then read again: another process may have been quicker.
    record = lock(draft.record) if draft.record is not None else None
    due = _due().select_related("version__by", "base").filter(pk=draft.pk).first()
    if due is None:
        return
    if due.publish_at is None:  # SQLite takes what is no time for one, and most of it for an earlier one.
        raise Refused(_("The time at which the draft was to go live cannot be read. Publish it again."))
    if record is None or record.status != Status.PUBLISHED:
        raise Refused(_("It was not published any more when the time of its draft came."))
    _go_live(record, due, ready(record, due), Occasion(by=due.version.by))


@transaction.atomic
def _say_why(draft: Draft, error: Exception) -> None:
    """Take the time of a draft that did not go live away, and keep why; unless somebody has changed it meanwhile."""
    due = _due().filter(pk=draft.pk).first() if take_turn_if_free() else None
    if due is None:
        return
    is_foreseen = isinstance(error, (Refused, IntegrityError, DataError))
    logger.log(
        logging.WARNING if is_foreseen else logging.ERROR,
        "A scheduled draft did not go live; the desk says why: draft %d, %s",
        due.pk,
        type(error).__name__,
        exc_info=None if is_foreseen else error,
    )
    said = [f"{key}: {' '.join(words)}" for key, words in getattr(error, "problems", {}).items()]
    due.state, due.publish_at = DraftState.DRAFT, None
    due.problem = "\n".join([str(error if is_foreseen else _UNFORESEEN), *said])
    due.save()


@transaction.atomic
def withdraw(record: Any, reasons: Mapping[str, str], occasion: Occasion) -> Any:
    """Take ``record`` from the public, and from whoever has a link to a preview of it until then.

    ``reasons`` has the reason that its page shows, by language.
    """
    require_publish(record, occasion)
    record = _lock_kept(record)
    if record.status not in PUBLISHERS_OWN:
        raise Refused(_("It is not published."))
    if not any(reasons.values()):
        raise Refused(_("Say why: readers who come to the page are told."))
    if not has_appeared(record):
        raise Refused(_("Visitors have not seen it yet: return it to its authors, or move it to the trash."))
    before = content_of(live_version(record))
    _unschedule(record)
    if record.status != Status.WITHDRAWN:
        PreviewLink.objects.to(record).valid().update(revoked_at=timezone.now())
    record.move_to(Status.WITHDRAWN, by=occasion.by)
    for language in LANGUAGES:
        setattr(record, column("withdrawal_reason", language), reasons.get(language, ""))
    record.updated_at = timezone.now()
    record.save(update_fields=["status", "updated_at", *REASONS])
    record_version(record, take(record), Action.WITHDRAWN, occasion, before=before)
    return record


@transaction.atomic
def discard(record: Any, occasion: Occasion) -> Any:
    """Throw the draft of ``record`` away. It stays in the history, from which it can be restored."""
    _require(record, occasion, "change")
    record = _lock_kept(record)
    draft = draft_of(record)
    if draft is None:
        raise Refused(_("It has no draft."))
    live = content_of(live_version(record))
    before = content_of(draft.version)
    record_version(record, live, Action.DISCARDED, occasion, draft=DraftState.DRAFT, before=before)
    draft.delete()
    return record


@transaction.atomic
def trash(record: Any, occasion: Occasion) -> Any:
    """Move ``record`` to the trash, with everything that belongs to it."""
    _require(record, occasion, "delete")
    record = lock(record)
    if record.status == Status.TRASHED:
        raise Refused(_("It is in the trash already."))
    if record.status in PUBLISHERS_OWN:
        require_publish(record, occasion)
    _unschedule(record)
    return _set_status(record, Status.TRASHED, Action.TRASHED, occasion)


def _unschedule(record: Any) -> None:
    """Take back the time of a draft: what visitors shall not see any more must not come back by itself."""
    draft = draft_of(record)
    if draft is not None and draft.state == DraftState.SCHEDULED:
        draft.state, draft.publish_at = DraftState.DRAFT, None
        draft.problem = gettext("Its time was taken back when the record was withdrawn or moved to the trash.")
        draft.save(update_fields=["state", "publish_at", "problem"])


@transaction.atomic
def recover(record: Any, occasion: Occasion) -> Any:
    """Take ``record`` out of the trash, as a draft that nobody has published."""
    _require(record, occasion, "delete")
    record = lock(record)
    if record.status != Status.TRASHED:
        raise Refused(_("It is not in the trash."))
    return _set_status(record, Status.DRAFT, Action.RECOVERED, occasion)


def _set_status(record: Any, status: Status, action: Action, occasion: Occasion) -> Any:
    before = content_of(live_version(record))
    record.status = status
    record.updated_at = timezone.now()
    record.save(update_fields=["status", "updated_at"])
    record_version(record, take(record), action, occasion, before=before)
    return record


@transaction.atomic
def restore(version: Version, occasion: Occasion) -> Any:
    """Make of an old version what the record is to become: its draft while visitors see the record."""
    record = _lock_kept(version.content_type.get_object_for_this_type(pk=version.object_id))
    _require(record, occasion, "change")
    content = without_lost_relations(type(record), content_of(version))
    if not uses_draft(record, draft_of(record)) and (found := problems(type(record), record.pk, content, lenient=True)):
        raise Refused(_("This version cannot be restored: something that it needs is gone."), found)
    return keep(record, content, occasion, Action.RESTORED)


# Rights


def _require(record: Any, occasion: Occasion, action: str) -> None:
    """Raise ``PermissionDenied`` unless who does it may ``action`` such records."""
    permission = f"{record._meta.app_label}.{action}_{record._meta.model_name}"
    if occasion.by is None or not occasion.by.has_perm(permission):
        raise PermissionDenied(f"{occasion.by} may not {action} {record._meta.verbose_name_plural}.")


def require_edit(record: Any, occasion: Occasion) -> None:
    """Raise ``PermissionDenied`` unless who does it may change such records, or at least their texts."""
    try:
        _require(record, occasion, "translate")
    except PermissionDenied:
        _require(record, occasion, "change")


def require_publish(record: Any, occasion: Occasion) -> None:
    """Raise ``PermissionDenied`` unless who does it may publish such records."""
    _require(record, occasion, "publish")


def _with(content: Content, **values: Any) -> Content:
    return {**content, "fields": {**content["fields"], **values}}


def appears_at(content: Content) -> Any:
    """Return when ``content`` is to appear."""
    return parse_datetime(content["fields"]["publish_at"] or "")
