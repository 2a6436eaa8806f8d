"""Asking for the password once more before something that a stranger at an open computer must not do."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from zone import second_factor
from zone.admin.codes import CodeField, refused_code
from zone.admin.locked import look_at_own
from zone.posted import CONFIRMING, filled_in

CONFIRMED_FOR: Final = datetime.timedelta(minutes=5)
"""For how long somebody who has given the password is not asked again."""

_OPENING: Final = f"{CONFIRMING}-opening"
"""The answer that says that a page is to be opened, and nothing was sent to it."""
_STAMP: Final = "confirmed_at"

View = Callable[..., HttpResponseBase]


class ConfirmForm(forms.Form):
    """Asks for the password of whoever is logged in, and for a code where the newsroom asks for one."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    code = CodeField()

    def __init__(self, request: HttpRequest) -> None:
        sent = f"{CONFIRMING}-password" in request.POST
        super().__init__(request.POST if sent else None, prefix=CONFIRMING)
        self.request = request
        if not settings.SECOND_FACTOR:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """Raise ``ValidationError`` for a wrong password or code; a code is looked at after a right password only."""
        given = self.cleaned_data
        if self.errors:
            return given
        wrong = ValidationError(_("That is not your password."), code="password")
        look_at_own(given["password"], self.request, wrong)
        if "code" in given and second_factor.accept(self.request, given["code"]) is None:
            self.add_error("code", refused_code(self.request.user))
        return given


def confirmed(view: View) -> View:
    """Let ``view`` be reached only by somebody who has given the password within ``CONFIRMED_FOR``.

    What was sent to it is sent once more together with the password, so that nothing of a form is lost.
    """

    @sensitive_post_parameters()
    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # A page that is loaded again must not count as a wrong code, which is the one that has been taken.
        if not _is_recent(request):
            form = ConfirmForm(request)
            if not form.is_valid():
                return _ask(request, form)
            request.session[_STAMP] = timezone.now().timestamp()
            request.session.cycle_key()
        if _OPENING in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return view(_as_sent(request), *args, **kwargs)

    return asking


def _is_recent(request: HttpRequest) -> bool:
    given = request.session.get(_STAMP, 0)
    return 0 <= timezone.now().timestamp() - given < CONFIRMED_FOR.total_seconds()


def _ask(request: HttpRequest, form: ConfirmForm) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": gettext("Confirm that it is you"),
        "form": form,
        "sent": filled_in(request),
        "opening": _OPENING if request.method == "GET" or _OPENING in request.POST else "",
        "minutes": CONFIRMED_FOR.seconds // 60,
    }
    return render(request, "admin/account/confirm.html", context)


def _as_sent(request: HttpRequest) -> HttpRequest:
    """Return ``request`` without what was added to it here."""
    request.POST = request.POST.copy()  # type: ignore[assignment]
    for name in list(request.POST):
        if name.startswith(f"{CONFIRMING}-"):
            del request.POST[name]  # type: ignore[misc]
    return request
