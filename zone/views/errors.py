"""What somebody is told whose request cannot be answered."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN, get_token
from django.shortcuts import render
from django.utils.translation import gettext as _

from zone.databases.passing import is_passing
from zone.log_lines import current_request
from zone.posted import to_give_back

RETRY_AFTER: Final = 5
"""Seconds after which it makes sense to ask again for what is not available."""
_LOGINS: Final = frozenset({"login", "second_factor"})
"""The pages of the newsroom to which nobody sends a text."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request makes no sense."""
    return error(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the person may not do this, and give back what was sent to the newsroom, after a login has ended too."""
    explanation = _("Your account may not do this. Nothing of it is lost: it stands in this page, to copy.")
    return _refused(request, explanation) or error(request, HTTPStatus.FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form came without its token, and give back with a new one what was sent to the newsroom.

    A login replaces the token, so forms that were open before have an old one. What the browser does not say to be
    from a page of ours is not given back: of another site's form, the button would need one click alone.
    """
    origin = request.headers.get("Origin")
    is_ours = origin is not None and reason != REASON_BAD_ORIGIN % origin
    explanation = _(
        "You have logged in since the form was opened. Nothing of it is lost: it stands in this page. Send it again."
    )
    return (is_ours and _refused(request, explanation)) or error(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page."""
    return error(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke on our side, or is not available, and give back what was sent.

    Asks the database for nothing.
    """
    passes = is_passing(sys.exc_info()[1])
    status = HTTPStatus.SERVICE_UNAVAILABLE if passes else HTTPStatus.INTERNAL_SERVER_ERROR
    explanation = (
        _("Nothing of it is lost: it stands in this page. Wait a little, then send it again.")
        if passes
        else _("Nothing of it is lost: it stands in this page. It is our fault, and may happen again.")
    )
    sent = _sent(request)
    response = _unsaved(request, status, sent, explanation) if sent else error(request, status)
    response.headers["Cache-Control"] = "no-store"
    if passes:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what somebody has sent with a form, unless it is a secret or nobody can read it any more."""
    try:
        return to_give_back(request)
    except Exception:  # The answer is about another failure, of which this one may follow.
        return []


def _refused(request: HttpRequest, explanation: str) -> HttpResponse | None:
    """Answer that a form of the newsroom was not taken, with what was sent; ``None`` where there is nothing of it.

    It is ``explanation`` that says why, unless nobody is logged in.
    """
    page = request.resolver_match
    sent = _sent(request)
    if not sent or page is None or page.namespace != "admin" or page.url_name in _LOGINS:
        return None
    get_token(request)  # Whoever is in the newsroom has a cookie for it.
    is_logged_in = admin.site.has_permission(request)
    if not is_logged_in:
        explanation = _(
            "You are no longer logged in. Nothing of it is lost: it stands in this page. "
            "Log in, then come back to this page and send it again."
        )
    response = _unsaved(request, HTTPStatus.FORBIDDEN, sent, explanation, to_login=not is_logged_in)
    response.headers["Cache-Control"] = "no-store"
    return response


def _unsaved(
    request: HttpRequest, status: HTTPStatus, sent: list[tuple[str, str]], explanation: str, to_login: bool = False
) -> HttpResponse:
    """Answer that what was ``sent`` could not be kept, with a form that sends it once more."""
    context = {
        "title": _("What you sent could not be saved"),
        "explanation": explanation,
        "to_login": to_login,
        "identifier": current_request.get() if status == HTTPStatus.INTERNAL_SERVER_ERROR else "",
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
