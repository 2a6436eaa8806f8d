"""One's own account: where one is logged in, the second factor, what was done with it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zone import second_factor
from zone.audit import record
from zone.logins import ORIGIN
from zone.models import AuditEntry, Session
from zone.models.audit import OF_ONES_OWN, Event, Kind
from zone.user_agents import described

SHOWN: Final = 10
"""How many of the last entries of the audit trail are shown."""


@dataclass(frozen=True)
class OpenSession:
    """A browser in which somebody is logged in."""

    name: str
    browser: str
    address: str
    began_at: datetime.datetime | None
    seen_at: datetime.datetime
    is_this: bool


def account_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show whoever is logged in what belongs to the login."""
    user: Any = request.user
    app = second_factor.app_of(user) if settings.SECOND_FACTOR else None
    entries = AuditEntry.objects.filter(kind=Kind.ACCOUNT, subject=user.get_username(), event__in=OF_ONES_OWN)
    context = {
        **site.each_context(request),
        "title": _("Your account"),
        "sessions": sessions_of(user, request),
        "app": app,
        "codes_left": second_factor.codes_left(user) if app else 0,
        "recovery_set": second_factor.recovery_set_of(user) if app else "",
        "entries": entries.filter(at__gte=user.date_joined)[:SHOWN],
    }
    return TemplateResponse(request, "admin/account/account.html", context)


@require_POST
def end_sessions_view(request: HttpRequest) -> HttpResponse:
    """End the sessions of whoever is logged in that the form names."""
    end_named_sessions(request.user, request)
    return HttpResponseRedirect(reverse("admin:account"))


def sessions_of(user: Any, request: HttpRequest) -> list[OpenSession]:
    """Return where ``user`` is logged in, as whoever sent ``request`` is told."""
    return [_described(request, session) for session in Session.objects.open_for(user)]


@transaction.atomic
def end_named_sessions(user: Any, request: HttpRequest) -> None:
    """End the session of ``user`` that ``request`` names, or without a name all but that of ``request``."""
    sessions = Session.objects.open_for(user).exclude(session_key=request.session.session_key)
    named = request.POST.get("session")
    chosen = [session.pk for session in sessions if named in (None, session.name)]
    Session.objects.filter(pk__in=chosen).delete()
    if chosen:
        record(Event.SESSIONS_ENDED, user.get_username(), request)
    text = ngettext("%(count)d login was ended.", "%(count)d logins were ended.", len(chosen))
    messages.success(request, text % {"count": len(chosen)})


def end_other_sessions(user: Any, request: HttpRequest) -> None:
    """End all sessions of ``user`` but the one of ``request``."""
    Session.objects.filter(user=user.pk).exclude(session_key=request.session.session_key).delete()


def _described(request: HttpRequest, session: Session) -> OpenSession:
    origin = session.get_decoded().get(ORIGIN, {})
    return OpenSession(
        name=session.name,
        browser=described(origin.get("agent", "")),
        address=origin.get("address") or "",
        began_at=parse_datetime(origin.get("at", "")),
        seen_at=session.seen_at,
        is_this=session.session_key == request.session.session_key,
    )
