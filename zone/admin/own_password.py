"""Choosing a password of one's own, in the place of one that somebody else has chosen."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, SetUnusablePasswordMixin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse

from zone import passwords
from zone.admin.second_factor import is_complete


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
