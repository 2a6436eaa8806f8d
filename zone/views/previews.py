"""What is shown to somebody with a link to what is not published."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zone.models import PreviewLink
from zone.previews import link_named, preview_link
from zone.translation import active_language
from zone.views.answers import page


@page
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show somebody without an account what is not published, by a link that an editor has made."""
    link = link_named(token)
    if link is None:
        raise Http404
    return preview_link(request, link, active_language()) or _closed(request, link)


def _closed(request: HttpRequest, link: PreviewLink) -> HttpResponse:
    if link.revoked_at is not None:
        explanation = _("Whoever sent you the link has closed it.")
    elif not link.is_valid:
        explanation = _("The link has expired. Ask whoever sent it to you for a new one.")
    else:
        explanation = _("What the link led to has been removed.")
    context = {"title": _("This preview has ended"), "explanation": explanation}
    response = render(request, "gone.html", context, status=HTTPStatus.GONE)
    response.headers["Cache-Control"] = "no-store"
    return response
