"""Taking one step with several records: each is judged by itself, and none past what somebody else has done since."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import DataError, IntegrityError, transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zone.admin.describing import name_of
from zone.admin.keys import key_of
from zone.admin.occasions import occasion_of, said
from zone.admin.undo import with_undo
from zone.history import Occasion, versions_of
from zone.models import Version
from zone.models.version import Action
from zone.workflow import Refused, lock

Step = Callable[[Any, Occasion], Any]
"""A step of the workflow: it takes a record and the occasion, and raises what keeps it from being taken."""

NAMED: Final = 20
"""How many of the reasons why records were left alone are named."""


@dataclass
class Outcome:
    """What became of the records."""

    done: int = 0
    later: int = 0
    """How many of those that were done take effect at a time that has not come yet."""
    reasons: list[str] = field(default_factory=list)
    left: int = 0

    def leave(self, record: object, reasons: Iterable[str]) -> None:
        """Remember why ``record`` was left alone."""
        self.left += 1
        self.reasons += [f"{record}: {reason}" for reason in reasons]


def newest_version() -> int:
    """Return what :func:`changed_by_another` compares with: the newest version of all; 0 where there is none."""
    return Version.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def seen_in(request: HttpRequest) -> int | None:
    """Return the newest version when the list was loaded; ``None`` where the form does not say so."""
    seen = request.POST.get("seen", "")
    return 0 if seen == "0" else key_of(seen)


@transaction.atomic
def perform(
    request: HttpRequest,
    records: Iterable[Any],
    step: Step,
    done: Promise,
    *,
    scheduled: Promise | None = None,
    seen: int | None = None,
    comment: str = "",
) -> None:
    """Take ``step`` with each of ``records``, and say what was done, how it is undone, and what was left alone.

    ``done`` says the first of the number of records, and ``scheduled`` of those that visitors see later only. With
    ``seen``, what somebody else has changed since that version is left alone. What a crash interrupts has not been done
    to any of them: nobody would know to which.
    """
    batch = uuid.uuid4()
    occasion = occasion_of(request, comment, batch)
    outcome = Outcome()
    for record in list(records):
        try:
            _take(record, step, occasion, seen)
            outcome.done += 1
        except Refused as refused:
            outcome.leave(record, said(type(record), refused))
        except PermissionDenied:
            outcome.leave(record, [_("You are not allowed to do this.")])
        except ObjectDoesNotExist:
            outcome.leave(record, [_("It has been deleted.")])
        except (IntegrityError, DataError):
            outcome.leave(record, [_("Something that it refers to is gone. Open it and save it.")])
    if scheduled is not None:
        outcome.later = Version.objects.filter(batch=batch, action=Action.SCHEDULED).count()
    _say(request, outcome, batch, [(outcome.done - outcome.later, done), (outcome.later, scheduled)])


@transaction.atomic
def _take(record: Any, step: Step, occasion: Occasion, seen: int | None) -> None:
    record = lock(record)
    if seen is not None and (who := changed_by_another(record, seen, occasion.by)):
        raise Refused(_("changed by %(who)s since you loaded the list") % {"who": who})
    step(record, occasion)


def changed_by_another(record: Any, seen: int, user: Any) -> str:
    """Return who has changed ``record`` or its draft after version ``seen``; nothing where only ``user`` has."""
    newer = versions_of(record).filter(pk__gt=seen).select_related("by").defer("content", "sent")
    for version in newer:
        # A first version of what was there before says nothing new.
        first_record = version.action == Action.FOUND and not version.changed
        if version.by != user and not first_record:
            return name_of(version.by)
    return ""


def _say(request: HttpRequest, outcome: Outcome, batch: uuid.UUID, done: list[tuple[int, Any]]) -> None:
    """Say what became of the records; ``done`` has numbers of records, each with what says the number."""
    if outcome.done:
        text = " ".join(words % {"count": count} for count, words in done if count)
        messages.success(request, with_undo(request, text, batch))
    if outcome.left:
        messages.warning(request, _left(outcome))


def _left(outcome: Outcome) -> SafeString:
    text = ngettext("%(count)d record stays as it is:", "%(count)d records stay as they are:", outcome.left) % {
        "count": outcome.left
    }
    reasons = outcome.reasons[:NAMED]
    if (more := len(outcome.reasons) - NAMED) > 0:
        reasons.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
    return format_html("{}<ul>{}</ul>", text, format_html_join("", "<li>{}</li>", ((reason,) for reason in reasons)))
