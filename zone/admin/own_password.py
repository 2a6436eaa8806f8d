"""Choosing a password of one's own, in the place of one that somebody else has chosen."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm as DjangoOwnPasswordForm
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, SetUnusablePasswordMixin
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator

from zone import passwords
from zone.admin.account import end_other_sessions
from zone.admin.locked import look_at_own
from zone.admin.second_factor import is_complete
from zone.audit import record
from zone.models.audit import Event


def has_own_password(request: HttpRequest) -> bool:
    """Return whether the password is nobody else's, or ``request`` is for what somebody does who has such a one."""
    return not passwords.is_given(request.user) or request.path in (
        reverse("admin:password_change"),
        reverse("admin:logout"),
    )


def awaits_own_password(request: HttpRequest) -> bool:
    """Return whether whoever sent ``request`` has given everything, and has to choose a password before the rest."""
    user: Any = request.user
    return user.is_active and user.is_staff and is_complete(request) and passwords.is_given(user)


class OwnPasswordForm(DjangoOwnPasswordForm):
    """The form of another password of one's own, at which a stranger at an open computer cannot guess the old one."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Return the old password. Raises ``ValidationError`` for a wrong one, and for one that came too early."""
        old: str = self.cleaned_data["old_password"]
        wrong = ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        look_at_own(old, self.request, wrong)
        return old

    def validate_password_for_user(self, user: User, *_repeated: str) -> None:
        """Look at the new password after a right old one only: that it is the present one would be said as well.

        What is wrong with it is said at the field in which it is chosen, and not where it is repeated.
        """
        if "old_password" in self.cleaned_data:
            super().validate_password_for_user(user, "new_password1")


class OwnPasswordView(PasswordChangeView):
    """The page of that form."""

    form_class = OwnPasswordForm
    template_name = "admin/account/password_change.html"
    success_url = reverse_lazy("admin:account")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    @method_decorator(transaction.atomic)
    def form_valid(self, form: Any) -> HttpResponse:
        """Change the password; whoever has logged in with the old one elsewhere is logged out."""
        response = super().form_valid(form)
        end_other_sessions(self.request.user, self.request)
        record(Event.PASSWORD_CHANGED, form.user.get_username(), self.request)
        return response


class GivingForm(SetUnusablePasswordMixin):
    """A form by which somebody gives a password to somebody else."""

    cleaned_data: dict[str, Any]

    def set_password_and_save(self, user: User, commit: bool = True, **names: Any) -> User:
        super().set_password_and_save(user, commit=False, **names)
        if user.has_usable_password():
            user.password = passwords.given(self.cleaned_data["password1"])
        if commit:
            user.save()
        return user


class NewAccountForm(GivingForm, AdminUserCreationForm):
    """The form of a new account."""


class GivenPasswordForm(GivingForm, AdminPasswordChangeForm):  # type: ignore[misc]
    """The form of another password for somebody else's account."""

    def validate_password_for_user(self, user: User, **names: Any) -> None:
        """Look at the password, but not whether it is the present one: that is told only to whoever has that."""
        unknown = copy(user)
        unknown.set_unusable_password()
        super().validate_password_for_user(unknown, **names)
