"""The second factor in the newsroom: giving a code at the login, setting up an app, new recovery codes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.middleware import is_verified

from zone import second_factor
from zone.admin.codes import CodeForm, refused_code
from zone.admin.confirming import confirmed


def is_complete(request: HttpRequest) -> bool:
    """Return whether whoever is logged in has given everything that the newsroom asks for."""
    return not settings.SECOND_FACTOR or is_verified(request.user)


def awaits_code(request: HttpRequest) -> bool:
    """Return whether whoever sent ``request`` has given the password and not yet the code."""
    user: Any = request.user
    return user.is_active and user.is_staff and not is_complete(request)


def to_second_factor(request: HttpRequest) -> HttpResponse:
    """Lead to where the code is given, and from there to where somebody wanted to go."""
    return HttpResponseRedirect(f"{reverse('admin:second_factor')}?{urlencode({REDIRECT_FIELD_NAME: _next(request)})}")


@never_cache
@csrf_protect
@sensitive_post_parameters()
def second_factor_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Ask for the code after the password, or set up the app the first time."""
    if not awaits_code(request):
        return HttpResponseRedirect(_next(request))
    if "leave" in request.POST:
        logout(request)
        return HttpResponseRedirect(reverse("admin:login"))
    if second_factor.app_of(request.user) is None:
        return set_up_page(site, request)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        device = second_factor.accept(request, form.cleaned_data["code"])
        if device is not None:
            second_factor.log_in(request, device)
            return HttpResponseRedirect(_next(request))
        form.add_error("code", refused_code(request.user))
    context = {"title": _("Code"), "form": form, "next": _next(request)}
    return _answer(site, request, "code", context)


def set_up_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Show the secret of a new app, and take the first code of it."""
    form = CodeForm(request.POST if "code" in request.POST else None)
    if form.is_valid():
        codes = second_factor.set_up(request, form.cleaned_data["code"])
        if codes is not None:
            return codes_page(site, request, codes)
        form.add_error("code", refused_code(request.user))
    app = second_factor.app_to_set_up(request.user)
    context = {
        "title": _("Set up the second factor"),
        "form": form,
        "address": app.config_url,
        "secret": second_factor.secret_of(app),
        "next": _next(request),
    }
    return _answer(site, request, "set_up", context)


def codes_page(site: AdminSite, request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Show recovery codes, this once."""
    context = {
        "title": _("Your recovery codes"),
        "codes": codes,
        "file": "\n".join([f"Hetao: {request.user.get_username()}", "", *codes, ""]),
        "next": _next(request),
    }
    return _answer(site, request, "recovery_codes", context)


@confirmed
def device_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Put another app in the place of the one that is set up."""
    return set_up_page(site, request)


@confirmed
def recovery_codes_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Make new recovery codes, in the place of the old ones."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:account"))
    return codes_page(site, request, second_factor.new_recovery_codes(request))


def _answer(site: AdminSite, request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, f"admin/account/{page}.html", {**site.each_context(request), **context})


def _next(request: HttpRequest) -> str:
    """Return where somebody wanted to go, if that is on this site; else the desk, or the account for who is there."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index")
