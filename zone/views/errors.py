"""What somebody is told whose request cannot be answered."""

from __future__ import annotations

import errno
import sys
from http import HTTPStatus
from typing import Final

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zone.log_lines import current_request
from zone.posted import filled_in

RETRY_AFTER: Final = 5
"""Seconds after which it makes sense to ask again for what is not available."""
_NO_PLACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
_SECRET: Final = frozenset(
    {"password", "password1", "password2", "old_password", "new_password1", "new_password2", "code", "otp_token"}
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request makes no sense."""
    return error(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the person may not do this."""
    return error(request, HTTPStatus.FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form came without its token."""
    return error(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page."""
    return error(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke on our side, or is not available, and give back what was sent.

    Asks the database for nothing.
    """
    is_passing = _is_passing(sys.exc_info()[1])
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_passing else HTTPStatus.INTERNAL_SERVER_ERROR
    sent = _sent(request)
    response = _unsaved(request, status, sent) if sent else error(request, status)
    response.headers["Cache-Control"] = "no-store"
    if is_passing:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _is_passing(reason: BaseException | None) -> bool:
    """Return whether the site heals by itself once a database or a disk does."""
    if isinstance(reason, OSError):
        return reason.errno in _NO_PLACE
    # A file that is no database is told by the class that stands above all others.
    return type(reason) is DatabaseError or isinstance(reason, (OperationalError, InterfaceError, InternalError))


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what somebody has sent with a form, unless it is a secret or nobody can read it any more."""
    try:
        sent = filled_in(request)
    except Exception:  # The answer is about another failure, of which this one may follow.
        return []
    return [] if any(name in _SECRET for name, _value in sent) else sent


def _unsaved(request: HttpRequest, status: HTTPStatus, sent: list[tuple[str, str]]) -> HttpResponse:
    """Answer that what was ``sent`` could not be kept, with a form that sends it once more."""
    is_ours = status == HTTPStatus.INTERNAL_SERVER_ERROR
    context = {
        "title": _("What you sent could not be saved"),
        "explanation": _("Nothing of it is lost: it stands in this page. It is our fault, and may happen again.")
        if is_ours
        else _("Nothing of it is lost: it stands in this page. Wait a little, then send it again."),
        "identifier": current_request.get() if is_ours else "",
        "sent": sent,
        "texts": [(name, value) for name, value in sent if _is_text(name, value)],
        "files": bool(request.FILES),
        "error": True,
    }
    return render(request, "unsaved.html", context, status=status)


def _is_text(name: str, value: str) -> bool:
    """Return whether somebody may have written ``value``, and not chosen or pressed it."""
    return not name.startswith("_") and (" " in value.strip() or not value.isascii())


def error(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    """Answer with the page that says what ``status`` means."""
    texts = {
        HTTPStatus.BAD_REQUEST: (
            _("We could not read your request"),
            _("The address has something in it that makes no sense."),
        ),
        HTTPStatus.FORBIDDEN: (
            _("You may not do this"),
            _("Log in, or go back and load the page again before you send the form."),
        ),
        HTTPStatus.NOT_FOUND: (
            _("There is no such page"),
            _("It may have been withdrawn, or the address has a mistake in it."),
        ),
        HTTPStatus.METHOD_NOT_ALLOWED: (_("This page can only be read"), _("Nothing can be sent to this address.")),
        HTTPStatus.SERVICE_UNAVAILABLE: (
            _("This page cannot be shown at the moment"),
            _("A part of this site does not answer. Please try again in a minute."),
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: (_("Something went wrong on our side"), _("Please try again in a minute.")),
    }
    title, explanation = texts[status]
    later = status == HTTPStatus.SERVICE_UNAVAILABLE
    context = {"title": title, "explanation": explanation, "error": True, "later": later}
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        context["identifier"] = current_request.get()
    return render(request, "error.html", context, status=status)
