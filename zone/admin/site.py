"""The newsroom: Django's admin with the desk as its first page, and the pages that belong to no single kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.options import TO_FIELD_VAR
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from js_asset import Media

from zone.admin.account import account_view, end_sessions_view
from zone.admin.desk import desk
from zone.admin.locked import LoginForm
from zone.admin.on_site import on_site_view
from zone.admin.own_password import OwnPasswordView, awaits_own_password, has_own_password
from zone.admin.second_factor import (
    awaits_code,
    device_view,
    is_complete,
    recovery_codes_view,
    second_factor_view,
    to_second_factor,
)
from zone.admin.trash import recover_view, trash_view
from zone.admin.undo import undo_view
from zone.models.session import SessionStore
from zone.passwords import is_given
from zone.posted import GOING, to_give_back


def _with_nonce(request: HttpRequest, response: Any) -> Any:
    """Return a page whose forms and widgets ask for scripts with the nonce of ``request``, without which none runs."""
    context = getattr(response, "context_data", None) or {}
    if "media" in context:
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))  # type: ignore[attr-defined]
    return response


def _has_pattern(request: HttpRequest) -> bool:
    """Whether a list is asked for by a regular expression, which may make no sense or keep the database busy."""
    return any(lookup in {"regex", "iregex"} for name in request.GET for lookup in name.split("__"))


class Newsroom(AdminSite):
    """The editors' rooms."""

    site_header = _("Hetao newsroom")
    site_title = _("Hetao newsroom")
    index_title = _("Newsroom")
    login_form = LoginForm
    logout_template = "admin/account/logged_out.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether anything here opens for whoever sent ``request``: each view of the newsroom asks this."""
        return super().has_permission(request) and is_complete(request) and has_own_password(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Return ``view`` as a page of the newsroom, which remembers when a session was used.

        It refuses an empty name of a field, which Django looks up.
        """
        guarded = super().admin_view(view, cacheable)

        def noting(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if "" in (request.GET.get(TO_FIELD_VAR), request.POST.get(TO_FIELD_VAR)) or _has_pattern(request):
                raise SuspiciousOperation
            if request.method == "POST" and not self.has_permission(request) and to_give_back(request):
                raise PermissionDenied  # Leading to the login would lose it; the page for 403 has it.
            response = _with_nonce(request, guarded(request, *args, **kwargs))
            if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.headers.get("Sec-Fetch-Mode") == GOING:
                return redirect("admin:index")  # Whoever logs in once more is led to where a form was being sent.
            if not getattr(request, "nobody_acts", False):
                cast(SessionStore, request.session).note_use()
            return response

        return update_wrapper(noting, guarded)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Ask for the password, and lead whoever has given it to the second factor, and to a password of their own."""
        if request.method == "GET" and awaits_code(request):
            return to_second_factor(request)
        if request.method == "GET" and awaits_own_password(request):
            return redirect("admin:password_change")
        if request.method == "POST" and request.user.is_authenticated:
            request.session.cycle_key()  # Django keeps the key of somebody who logs in once more.
        ended = {"ended_for": cast(SessionStore, request.session).ended_for}
        return super().login(request, {**ended, **(extra_context or {})})

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """End the session, and say whose it was to what tells of the text that is left on the computer."""
        return super().logout(request, {"left": request.user.pk, **(extra_context or {})})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Change one's own password."""
        was_given = is_given(request.user)
        closed = {"is_given": True, "is_nav_sidebar_enabled": False} if was_given else {}
        context = {**self.each_context(request), **closed, **(extra_context or {})}
        response = OwnPasswordView.as_view(extra_context=context)(request)
        if response.status_code == HTTPStatus.FOUND:
            messages.success(request, gettext("Your password was changed, and your other logins have ended."))
            return redirect("admin:index" if was_given else "admin:account")
        return response

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the desk."""
        return super().index(request, {**desk(request), **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("trash/", self.admin_view(partial(trash_view, self)), name="trash"),
            path("trash/<slug:kind>/<int:pk>/recover/", self.admin_view(recover_view), name="recover"),
            path("undo/<uuid:batch>/", self.admin_view(undo_view), name="undo"),
            path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(partial(on_site_view, self))),
            path("second-factor/", second_factor_view, {"site": self}, name="second_factor"),
            path("account/", self.admin_view(account_view), {"site": self}, name="account"),
            path("account/end/", self.admin_view(end_sessions_view), name="end_sessions"),
            path("account/device/", self.admin_view(device_view), {"site": self}, name="device"),
            path("account/codes/", self.admin_view(recovery_codes_view), {"site": self}, name="recovery_codes"),
        ]
        return [*own, *super().get_urls()]
