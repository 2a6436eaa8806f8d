"""What can be done to several records of a list at once. Each change is logged and recorded as a version."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zone.models.record import Record
from zone.publishing import Status
from zone.settling import record_versions

if TYPE_CHECKING:
    from zone.admin.record import RecordAdmin


@admin.action(permissions=["publish"], description=_("Publish"))
def publish(model_admin: RecordAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    """Show the records to visitors."""
    _move(model_admin, request, queryset, Status.PUBLISHED)


@admin.action(permissions=["publish"], description=_("Withdraw to draft"))
def withdraw(model_admin: RecordAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    """Hide the records from visitors."""
    _move(model_admin, request, queryset, Status.DRAFT)


@admin.action(permissions=["edit"], description=_("Send to review"))
def send_to_review(model_admin: RecordAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    """Ask a publisher to publish the records; only publishers may send back what is published."""
    _move(model_admin, request, queryset, Status.REVIEW)


@admin.action(permissions=["edit"], description=_("Mark as checked today"))
def mark_as_checked(model_admin: RecordAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    """Say that the records were compared with their sources today."""
    today = timezone.localdate()

    def check(record: Record) -> bool:
        changes = record.checked_on != today
        record.checked_on = today
        return changes

    _change(model_admin, request, queryset, "checked_on", check, _("Marked as checked."))


ACTIONS = (publish, withdraw, send_to_review, mark_as_checked)


def _move(model_admin: RecordAdmin, request: HttpRequest, queryset: QuerySet[Any], status: Status) -> None:
    """Give the records ``status``; leave those that the user may not move as they are, and say how many."""
    refused: list[Record] = []

    def move(record: Record) -> bool:
        changes = record.status != status
        try:
            record.move_to(status, by=request.user)
        except PermissionDenied:
            refused.append(record)
            return False
        return changes

    message = gettext("Status changed to “%(status)s”.") % {"status": status.label}
    _change(model_admin, request, queryset, "status", move, message)
    if refused:
        text = ngettext(
            "%(count)d record stays as it is: only publishers may move what is published.",
            "%(count)d records stay as they are: only publishers may move what is published.",
            len(refused),
        )
        messages.warning(request, text % {"count": len(refused)})


@transaction.atomic
def _change(
    model_admin: RecordAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    field: str,
    change: Callable[[Record], bool],
    message: str | Promise,
) -> None:
    """Save, log and record what ``change`` says that it has changed in ``field``."""
    changed = [record for record in queryset.order_by("pk") if change(record)]
    for record in changed:
        record.updated_at = timezone.now()
        record.save(update_fields=[field, "updated_at"])
        model_admin.log_change(request, record, str(message))
    record_versions(model_admin.model.objects.filter(pk__in=[record.pk for record in changed]), by=request.user)
    text = ngettext("%(count)d record was changed.", "%(count)d records were changed.", len(changed))
    messages.success(request, text % {"count": len(changed)})
