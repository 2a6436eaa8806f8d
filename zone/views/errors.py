"""What somebody is told whose request cannot be answered."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zone.log_lines import current_request


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
    """Say that something broke on our side; asks the database for nothing."""
    return error(request, HTTPStatus.INTERNAL_SERVER_ERROR)


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
        HTTPStatus.INTERNAL_SERVER_ERROR: (_("Something went wrong on our side"), _("Please try again in a minute.")),
    }
    title, explanation = texts[status]
    context = {"title": title, "explanation": explanation, "error": True}
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        context["identifier"] = current_request.get()
    return render(request, "error.html", context, status=status)
