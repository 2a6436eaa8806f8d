"""What somebody is told who has typed too many wrong passwords, or the next one too early."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zone.logins import Lock, Reach, lock_met_by
from zone.posted import filled_in, is_confirming


class LoginForm(AdminAuthenticationForm):
    """The form of the login, which says so where a password came too early to be looked at."""

    def get_invalid_login_error(self) -> ValidationError:
        return too_early(self.request) or super().get_invalid_login_error()


def too_early(request: Any) -> ValidationError | None:
    """Return what a form says of a password that came too early; ``None`` of one that was looked at."""
    lock = lock_met_by(request, request.axes_credentials) if request.axes_locked_out else None
    if lock is None or lock.reach != Reach.NEXT_TRY:
        return None
    text = ngettext(
        "Some passwords were wrong, so this one has not been looked at. Wait %(seconds)d second, and type it again.",
        "Some passwords were wrong, so this one has not been looked at. Wait %(seconds)d seconds, and type it again.",
        lock.seconds,
    )
    return ValidationError(text % {"seconds": lock.seconds}, code="early")


def look_at_own(password: str, request: Any, wrong: ValidationError) -> None:
    """Look at the password of whoever is logged in as a login does: wrong ones are counted along with those of logins.

    Raises ``wrong``, or what a form says of a password that came too early.
    """
    if authenticate(request, username=request.user.get_username(), password=password) != request.user:
        raise too_early(request) or wrong


def locked_page(request: HttpRequest, answer: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """Answer with the page that says until when no password is taken; after one that came too early the form does."""
    lock = lock_met_by(request, credentials)
    response = answer if lock.reach == Reach.NEXT_TRY else _page_about(lock, request)
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response.headers["Retry-After"] = str(lock.seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page_about(lock: Lock, request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Too many wrong passwords"),
        "lock": lock,
        "back": request.get_full_path(),
        "sent": filled_in(request) if is_confirming(request) else [],
    }
    return render(request, "admin/account/locked.html", context)
