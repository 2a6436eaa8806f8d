"""Where a record stands, in words, and the steps that can be taken from there."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from zone import workflow
from zone.admin.columns import stage
from zone.admin.describing import moment_in_words, name_of
from zone.admin.occasions import explained
from zone.admin.saving import Opened
from zone.history import Occasion, draft_of, versions_of
from zone.models import Draft, Version
from zone.models.draft import DraftState
from zone.models.version import Action
from zone.publishing import PUBLISHERS_OWN, Status
from zone.templatetags.newsroom import until

if TYPE_CHECKING:
    from zone.admin.record import RecordAdmin

STEPS: Final = {
    "publish": workflow.publish,
    "submit": workflow.submit,
    "return": workflow.send_back,
    "discard": workflow.discard,
}
"""The steps that a button takes, by what it is called."""

SENTENCES = {
    Status.DRAFT: _("Visitors do not see it."),
    Status.REVIEW: _("It waits for somebody to publish it. Visitors do not see it."),
    Status.PUBLISHED: _("What you change here is saved as a draft, until it is published."),
    Status.WITHDRAWN: _("Visitors are told that it was withdrawn. What you change here is saved as a draft."),
}
"""What an editor has to know about a record without a draft, by its status."""

SENTENCES_WITH_DRAFT = {
    DraftState.DRAFT: _("Visitors do not see the draft."),
    DraftState.REVIEW: _("The draft waits for somebody to publish it."),
    DraftState.SCHEDULED: _("The draft is approved. If you change it, it has to be published again."),
}

OUTCOMES = {
    "publish": _("“%(record)s” is published."),
    "submit": _("“%(record)s” was submitted for review."),
    "return": _("“%(record)s” was returned to its authors."),
    "discard": _("The draft of “%(record)s” was thrown away. It stays in the history."),
}

BUTTONS = {"_publish": "publish", "_submit": "submit", "_return": "return"}
"""The buttons of the form that save and then take a step."""


def take_step(step: str, record: Any, occasion: Occasion) -> Any:
    """Take ``step`` with ``record``, and return the record. Raises ``KeyError`` for a step that does not exist."""
    return STEPS[step](record, occasion)


def steps_offered(model_admin: RecordAdmin, request: HttpRequest, opened: Opened | None) -> set[str]:
    """Return the steps that a form offers. Whether somebody may take them is asked again when they do."""
    may = model_admin.has_publish_permission(request)
    if opened is None:
        return {"submit", *({"publish"} if may else ())}
    status, draft = opened.record.status, opened.draft
    state = draft.state if draft is not None else status
    offered = {
        "submit": state == DraftState.DRAFT or (draft is None and status in PUBLISHERS_OWN),
        "publish": may,
        "return": may and (state in (DraftState.REVIEW, DraftState.SCHEDULED) or workflow.is_scheduled(opened.record)),
        "withdraw": may and workflow.has_appeared(opened.record),
        "discard": draft is not None and model_admin.has_edit_permission(request),
    }
    return {step for step, is_offered in offered.items() if is_offered}


def state_of(opened: Opened) -> dict[str, Any]:
    """Return in words where a record stands, for the head of its form."""
    record, draft = opened.record, opened.draft
    moment, comment = goes_live_at(record, draft), last_comment(record)
    hook, label = stage(record)
    return {
        "hook": hook,
        "label": label,
        "sentence": SENTENCES[Status(record.status)]
        if draft is None
        else SENTENCES_WITH_DRAFT[DraftState(draft.state)],
        "moment": moment,
        "draft_by": name_of(draft.version.by) if draft is not None else "",
        "problem": "\n".join(explained(type(record), draft.problem)) if draft is not None else "",
        "comment": comment,
        "comment_by": name_of(comment.by) if comment else "",
        "compare": f"admin:zone_{record._meta.model_name}_compare",
    }


def last_comment(record: Any) -> Version | None:
    """Return the newest step of ``record``, if it came with a comment."""
    steps = versions_of(record).exclude(action__in=(Action.CHANGED, Action.FOUND)).select_related("by")
    newest = steps.defer("content", "sent").first()
    return newest if newest is not None and newest.comment else None


def goes_live_at(record: Any, draft: Draft | None) -> datetime.datetime | None:
    """Return the time for which ``record`` or its ``draft`` is scheduled."""
    if draft is not None and draft.publish_at is not None:
        return draft.publish_at
    return record.publish_at if workflow.is_scheduled(record) else None


def outcome(step: str, record: Any) -> str:
    """Return in a sentence what ``step`` has made of ``record``."""
    if step == "publish" and (moment := goes_live_at(record, draft_of(record))) is not None:
        return _("“%(record)s” goes live on %(moment)s Hong Kong time, %(left)s.") % {
            "record": record,
            "moment": moment_in_words(moment),
            "left": until(moment),
        }
    return OUTCOMES[step] % {"record": record}
