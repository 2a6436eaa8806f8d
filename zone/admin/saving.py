"""Saving a form so that nobody's work is lost.

A form says from which version it was opened. What it changes of that version is merged into what the record is now;
where two people have changed the same thing in different ways, the editor is asked. Sending a form twice, by a double
click or after going back, changes only what it says otherwise the second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import models
from django.http import HttpRequest, QueryDict

from zone import workflow
from zone.admin.describing import problems_in_words
from zone.admin.forms import RecordForm, RowFormSet, content_said
from zone.admin.kept_answers import is_opening
from zone.admin.keys import key_of
from zone.admin.occasions import occasion_of
from zone.admin.open_forms import OPENING
from zone.history import Occasion, content_of, last_number, versions_of
from zone.merging import Conflict, Content, Fields, merge, renumbered, unknown
from zone.models import OpenForm, Version
from zone.models.record import Record
from zone.snapshots import blank, materialise, problems

CHOICE: Final = "choice:"
LIVE: Final = "live:"
UPLOADS: Final = "uploads"
"""What the answers of the page that asks are called: the choices, by field, and the files that were kept for it."""


@dataclass
class Opened(workflow.Standing):
    """The record behind an opened form."""

    base: Version | None
    """What the form showed when it was opened; ``None`` where it does not say."""

    @property
    def compared(self) -> str:
        """Return the name of what an editor chooses between: another version, another choice."""
        return f"{self.current.pk}-{self.live.pk}"


class Contradiction(Exception):  # noqa: N818
    """Two people have changed the same. Nothing was saved; the editor has to choose."""

    def __init__(
        self, opened: Opened, conflicts: list[Conflict], with_live: list[Conflict], rules: list[str], uploads: str
    ) -> None:
        super().__init__([conflict.key for conflict in (*conflicts, *with_live)])
        self.opened = opened
        self.conflicts = conflicts
        self.with_live = with_live
        self.rules = rules
        self.uploads = uploads
        """The uploads of the form, which cannot be sent a second time, as the page that asks passes them on."""


class SentTwice(Exception):  # noqa: N818
    """The form that adds a record has added it in the meantime."""


def open_form(request: HttpRequest, record: Record) -> Any:
    """Return ``record`` as its form shows it: its draft where it has one, and for a sent form what that showed."""
    base = None
    answers = answers_of(request)
    if request.method == "POST":
        record = workflow.lock(record)
    if answers is not None:
        base = _version(record, answers.get("base", "")) or sent_before(request, versions_of(record))
    found = workflow.standing(record)
    opened = Opened(found.record, found.draft, found.live, base)
    shown = materialise(type(record), record.pk, content_of(base or opened.current))
    for name in ("status", "created_at", "updated_at"):
        setattr(shown, name, getattr(record, name))
    shown._opened = opened
    return shown


def answers_of(request: HttpRequest) -> QueryDict | None:
    """Return what the form says: as it was sent, or as it was kept and is shown again."""
    return request.POST if request.method == "POST" else getattr(request, "restored", None)


def _version(record: Record, number: str) -> Version | None:
    key = key_of(number)
    return versions_of(record).filter(pk=key).first() if key is not None else None


def save(request: HttpRequest, form: RecordForm, formsets: Iterable[RowFormSet]) -> Any:
    """Keep what the form says and return the record. Raises :class:`Contradiction`, and keeps nothing, where it cannot.

    Has to run in a transaction.
    """
    if opened := getattr(form.instance, "_opened", None):
        return _change(request, opened, form, formsets)
    # Two requests of one click come at the same time: the second waits here, and finds what the first has added.
    opening = opening_of(request)
    OpenForm.objects.select_for_update().filter(opening=opening, user=request.user.pk).first()
    kind = ContentType.objects.get_for_model(form._meta.model)
    if sent_before(request, Version.objects.filter(content_type=kind)) is not None:
        raise SentTwice
    nothing = blank(form._meta.model)
    merged = merge(nothing, nothing, content_said(nothing, form, formsets, {}))
    return workflow.add(form._meta.model, merged.content, _occasion(request, None, merged.numbers))


def _change(request: HttpRequest, opened: Opened, form: RecordForm, formsets: Iterable[RowFormSet]) -> Any:
    record, now = opened.record, content_of(opened.current)
    before = sent_before(request, versions_of(record))
    shown = content_of(opened.base or opened.current)
    mine = content_said(shown, form, formsets, before.added_rows if before is not None else {})
    uploads = _uploads(request, mine)
    mine["fields"] |= uploads
    base = unknown(now) if opened.base is None else shown
    if before is not None:
        base = before.sent or content_of(before)
    merged = merge(base, now, mine, _choices(request, opened, CHOICE), workflow.HIDDEN, _used(record, mine))
    content, with_live = merged.content, []
    if opened.draft is not None and opened.draft.base_id != opened.live.pk:
        whole = merge(
            content_of(opened.draft.base),
            content_of(opened.live),
            content,
            _choices(request, opened, LIVE),
            workflow.HIDDEN,
        )
        content, with_live = whole.content, whole.conflicts
    rules = _broken_rules(opened, content) if content != mine and not opened.uses_draft else []
    if merged.conflicts or with_live or rules:
        raise Contradiction(opened, merged.conflicts, with_live, rules, signing.dumps(uploads, salt=UPLOADS))
    request.has_unseen = now != (content_of(before) if before is not None else shown)  # type: ignore[attr-defined]
    # What was settled against the published version has to be remembered even where the draft stays as it is.
    if content != now or _choices(request, opened, LIVE):
        occasion = _occasion(request, renumbered(mine, merged.numbers), merged.numbers)
        record = workflow.keep_in(opened, content, occasion)
    return record


def _used(record: Record, mine: Content) -> dict[str, int]:
    """Return the last number of each kind with new rows."""
    kinds = [kind for kind, rows in mine["rows"].items() if any(not number.isdigit() for number in rows)]
    return {kind: last_number(record, kind) for kind in kinds}


def _broken_rules(opened: Opened, content: Content) -> list[str]:
    """Return what the tables would refuse of ``content``, which nobody has seen as a whole yet."""
    found = problems(type(opened.record), opened.record.pk, content, lenient=True)
    return problems_in_words(type(opened.record), found)


def _uploads(request: HttpRequest, mine: Content) -> Fields:
    """Return the columns of the files that came with the form, or with the form before the page that asked."""
    columns = {
        name: value
        for upload in request.FILES
        for name, value in mine["fields"].items()
        if name in (upload, f"{upload}_width", f"{upload}_height")
    }
    try:
        return {**signing.loads(request.POST.get(UPLOADS, ""), salt=UPLOADS), **columns}
    except signing.BadSignature:
        return columns


def _choices(request: HttpRequest, opened: Opened, prefix: str) -> dict[str, str]:
    """Return what the editor has chosen, if it was chosen between what is there now."""
    if request.POST.get("compared") != opened.compared:
        return {}
    return {name.removeprefix(prefix): str(value) for name, value in request.POST.items() if name.startswith(prefix)}


def opening_of(request: HttpRequest) -> str:
    """Return the random name of the opened form that was sent."""
    sent = request.POST.get(OPENING, "")
    return sent if is_opening(sent) else ""


def sent_before(request: HttpRequest, versions: models.QuerySet[Version]) -> Version | None:
    """Return the version among ``versions`` that the same opened form has made before."""
    opening = opening_of(request)
    return versions.filter(opening=opening, by=request.user.pk).order_by("-pk").first() if opening else None


def _occasion(request: HttpRequest, sent: Content | None, numbers: dict[str, dict[str, str]]) -> Occasion:
    """Return the occasion of saving a form, with what it said, for the case that it is sent again."""
    added_rows = {kind: found for kind, found in numbers.items() if found}
    return occasion_of(request, opening=opening_of(request), sent=sent, added_rows=added_rows)
