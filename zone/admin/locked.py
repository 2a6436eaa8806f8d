"""What somebody is told who has typed too many wrong passwords."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from zone.logins import lock_met_by
from zone.posted import filled_in


def locked_page(request: HttpRequest, answer: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """Answer with the page that says until when no password is taken, in the place of the form's ``answer``."""
    lock = lock_met_by(request, credentials)
    context = {
        **admin.site.each_context(request),
        "title": _("Too many wrong passwords"),
        "lock": lock,
        "back": request.get_full_path(),
        "sent": filled_in(request) if request.user.is_authenticated else [],
    }
    response = render(request, "admin/account/locked.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(max(1, math.ceil((lock.until - timezone.now()).total_seconds())))
    response.headers["Cache-Control"] = "no-store"
    return response
