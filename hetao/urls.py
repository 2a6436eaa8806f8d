"""The whole site map: the editors' desk and the public site."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path
from django.views.static import serve

from zone.static_files import address_of
from zone.urls import without_language

handler400 = "zone.views.errors.bad_request"
handler403 = "zone.views.errors.permission_denied"
handler404 = "zone.views.errors.not_found"
handler500 = "zone.views.errors.server_error"


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve an upload where no web server stands in front."""
    return _file(request, path, settings.MEDIA_ROOT)


def collected(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve a static file that was collected after the start, or lead to it from its own name.

    By that name it is known to pages that were made while it was missing, and are kept.
    """
    address = address_of(path)
    return redirect(address) if address else _file(request, path, settings.STATIC_ROOT)


def _file(request: HttpRequest, path: str, folder: str) -> HttpResponseBase:
    try:
        return serve(request, path, document_root=folder)
    except OSError as error:  # A name that is longer than a file's can be.
        raise Http404 from error


urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("static/<path:path>", collected),
    path("", include(without_language)),
    *i18n_patterns(path("", include("zone.urls"))),
]
if settings.SERVE_MEDIA:
    urlpatterns += [path("media/<path:path>", media)]
