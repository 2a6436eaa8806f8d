"""Logging in as a person does: with a password, and with the codes of an app."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.admin.forms import soup

PASSWORD = "a long password for tests"

LOGIN = reverse("admin:login")
SECOND_FACTOR = reverse("admin:second_factor")
DESK = reverse("admin:index")
ACCOUNT = reverse("admin:account")


def person(name: str = "root", **values: Any) -> User:
    return User.objects.create_superuser(name, password=PASSWORD, **values)


def send(name: str, password: str = PASSWORD, client: Client | None = None, **request: Any) -> Any:
    """Send the form of the login."""
    return (client or Client()).post(LOGIN, {"username": name, "password": password, "next": DESK}, **request)


def logged_in(user: User, **request: Any) -> Client:
    """Return a client at which ``user`` has given the password."""
    client = Client()
    assert send(user.username, client=client, **request).status_code == 302
    return client


def code_of(user: User) -> str:
    """Return what the newest app of ``user`` shows, as if it had not been used yet."""
    app = TOTPDevice.objects.filter(user=user).latest("pk")
    TOTPDevice.objects.filter(pk=app.pk).update(last_t=-1, throttling_failure_timestamp=None)
    return f"{totp(app.bin_key):06d}"


def set_up(client: Client, user: User) -> list[str]:
    """Set up an app at the first login; return the recovery codes."""
    client.get(SECOND_FACTOR)
    response = client.post(SECOND_FACTOR, {"code": code_of(user)})
    return [code.text for code in soup(response).select(".recovery-codes code")]
