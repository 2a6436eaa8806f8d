"""What monitors, robots, browsers and telephones read."""

from __future__ import annotations

import datetime
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from zone import readiness
from zone.translation import HTML_LANGUAGES, active_language
from zone.views.answers import page

SECURITY_TXT_HOLDS: Final = datetime.timedelta(days=90)


@page
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


@page
def readyz(request: HttpRequest) -> HttpResponse:
    """Say how the parts of the site are. Without its content it is not ready; without another part it can be read."""
    parts = readiness.parts()
    is_ready = parts["database"] == readiness.OK
    whole = readiness.OK if set(parts.values()) == {readiness.OK} else "degraded" if is_ready else "down"
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"status": whole, **parts}, status=status)


@page
def robots(request: HttpRequest) -> HttpResponse:
    """Tell robots what to leave alone and where the sitemap is."""
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@page
def security(request: HttpRequest) -> HttpResponse:
    """Tell whoever has found a hole whom to tell of it (RFC 9116), where a setting names somebody.

    What is said holds for ``SECURITY_TXT_HOLDS`` from the day on which it is asked for.
    """
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = datetime.datetime.now(datetime.UTC).date() + SECURITY_TXT_HOLDS
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACT),
        f"Expires: {expires.isoformat()}T00:00:00Z",
        f"Preferred-Languages: {', '.join(HTML_LANGUAGES.values())}",
        f"Canonical: {request.build_absolute_uri(reverse('security'))}",
        *([f"Policy: {settings.SECURITY_POLICY}"] if settings.SECURITY_POLICY else []),
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@page
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask for it unasked to the icon of the site."""
    return redirect(static("zone/img/icon-192.png"))


@page
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the site to a phone that puts it on its home screen."""
    icons = [
        {"src": static("zone/img/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("zone/img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("zone/img/icon-512.png"), "sizes": "512x512", "type": "image/png"},
    ]
    description = {
        "name": _("Hetao Shenzhen-Hong Kong Science and Technology Innovation Cooperation Zone"),
        "short_name": _("Hetao"),
        "lang": HTML_LANGUAGES[active_language()],
        "start_url": reverse("home"),
        "display": "minimal-ui",
        "icons": icons,
    }
    return JsonResponse(description, content_type="application/manifest+json")
