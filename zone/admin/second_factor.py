"""The second factor in the newsroom: giving a code at the login, setting up an app, new recovery codes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
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
from zone.admin.describing import moment_in_words
from zone.second_factor import RecoveryCodes


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
        return _shown_before(request) if _is_sent_again(request) else HttpResponseRedirect(_next(request))
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
        "app": app,
        "secret": second_factor.secret_of(app),
        "next": _next(request),
    }
    return _answer(site, request, "set_up", context)


def codes_page(site: AdminSite, request: HttpRequest, made: RecoveryCodes) -> HttpResponse:
    """Show recovery codes, this once."""
    whose = _("Recovery codes of %(name)s for the Hetao newsroom at %(host)s, made on %(time)s Hong Kong time.") % {
        "name": request.user.get_username(),
        "host": request.get_host(),
        "time": moment_in_words(made.made_at),
    }
    context = {
        "title": _("Your recovery codes"),
        "whose": whose,
        "codes": made.codes,
        "file": "\n".join([whose, "", *made.codes, ""]),
        "next": _next(request),
    }
    return _answer(site, request, "recovery_codes", context)


@confirmed
def device_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Put another app in the place of the one that is set up."""
    return _shown_before(request) if _is_sent_again(request) else set_up_page(site, request)


@confirmed
def recovery_codes_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Make new recovery codes, in the place of the old ones that the form names."""
    codes = second_factor.replace_recovery_codes(request, request.POST["old"]) if "old" in request.POST else None
    return codes_page(site, request, codes) if codes else _shown_before(request)


def _is_sent_again(request: HttpRequest) -> bool:
    """Return whether the form that sets up an app has been sent before, and has set it up."""
    app = second_factor.app_of(request.user) if request.user.is_authenticated else None
    return app is not None and request.POST.get("app") == str(app.pk)


def _shown_before(request: HttpRequest) -> HttpResponse:
    """Answer to a page with recovery codes that is loaded again."""
    messages.warning(
        request,
        _("Recovery codes are shown only once, when they are made. If you have not kept yours, make new ones."),
    )
    return HttpResponseRedirect(reverse("admin:account"))


def _answer(site: AdminSite, request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, f"admin/account/{page}.html", {**site.each_context(request), **context})


def _next(request: HttpRequest) -> str:
    """Return where somebody wanted to go, if that is on this site; else the desk."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index")
