"""Undoing in one click what was done to several records at once."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zone.admin.occasions import occasion_of
from zone.models import Version
from zone.undoing import undo
from zone.workflow import Refused


def with_undo(request: HttpRequest, text: str, batch: uuid.UUID) -> SafeString:
    """Return ``text`` as a message with a button that undoes ``batch``."""
    return format_html(
        '{} <form class="undo" method="post" action="{}">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><button type="submit">{}</button></form>',
        text,
        reverse("admin:undo", args=[batch]),
        get_token(request),
        _("Undo"),
    )


@require_POST
def undo_view(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Undo what the user did in ``batch``, and go back to the list on which it was done."""
    kinds = Version.objects.filter(batch=batch, by=request.user.pk).order_by().values_list("content_type", flat=True)
    kind = kinds.first()
    if kind is None:
        messages.warning(request, _("There is nothing that you could undo."))
        return redirect("admin:index")
    try:
        undone, left = undo(batch, occasion_of(request))
    except (Refused, ObjectDoesNotExist, IntegrityError, DataError):
        messages.error(request, _("Nothing was undone: something that one of the records needs is gone for good."))
    else:
        _say(request, undone, left)
    return redirect(f"admin:zone_{ContentType.objects.get_for_id(kind).model}_changelist")


def _say(request: HttpRequest, undone: int, left: list[Version]) -> None:
    if undone:
        text = ngettext("%(count)d change was undone.", "%(count)d changes were undone.", undone)
        messages.success(request, text % {"count": undone})
    if left:
        text = ngettext(
            "%(count)d record was left as it is, because it was changed since: %(names)s",
            "%(count)d records were left as they are, because they were changed since: %(names)s",
            len(left),
        )
        messages.warning(request, text % {"count": len(left), "names": "; ".join(one.name for one in left)})
