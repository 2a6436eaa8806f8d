"""The people who sit at the browsers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext


def log_in(context: BrowserContext, user: User, url: str) -> None:
    """Log ``user`` in at the site ``url`` in all pages of a browser."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": url}])
