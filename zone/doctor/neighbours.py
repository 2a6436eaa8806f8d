"""What else the site talks to: the cache and the mail server."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.core import checks
from django.core.mail import EmailMessage, get_connection

SLOW_CACHE: Final = 0.02
"""Seconds for a value to go and come back above which Redis helps little: a page is made in about that time."""
_DISCARDS: Final = "allkeys-lru"


def cache() -> Iterator[checks.CheckMessage]:
    """Look at whether Redis answers, how soon, and whether it forgets what is old when it is full."""
    if not settings.CACHES["default"]["BACKEND"].endswith("SharedCache"):
        yield checks.Info("Each process keeps pages of its own; CACHE_URL can name a Redis.")
        return
    import redis

    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"], socket_timeout=2, socket_connect_timeout=2)
    try:
        began, probe = time.perf_counter(), f"doctor-{uuid.uuid4().hex}"
        client.set(probe, probe, ex=60)
        is_same = client.get(probe) == probe.encode()
        client.delete(probe)
        seconds = time.perf_counter() - began
        said = client.info()
    except redis.RedisError as error:
        yield checks.Error(
            f"Redis does not answer: {error}", hint="Start it, or mend CACHE_URL. The site goes on without it."
        )
        return
    finally:
        client.close()
    if not is_same or seconds > SLOW_CACHE:
        yield checks.Warning(f"Redis takes {seconds * 1000:.0f} ms.", hint="Bring it closer, or leave CACHE_URL out.")
    if not said["maxmemory"] or said["maxmemory_policy"] != _DISCARDS:
        now = f"maxmemory is {said['maxmemory_human']}, maxmemory-policy {said['maxmemory_policy']}"
        yield checks.Warning(
            f"It may fill up: {now}.", hint=f"In redis.conf: maxmemory 256mb, maxmemory-policy {_DISCARDS}."
        )
    else:
        yield checks.Info(f"Redis {said['redis_version']} answers in {seconds * 1000:.0f} ms.")


def mail() -> Iterator[checks.CheckMessage]:
    """Look at whether the mail server takes this site's word: connection, encryption and login."""
    if not settings.EMAIL_HOST:
        yield checks.Warning(
            "E-mails are written to the console.", hint="Set EMAIL_HOST, so that publishers hear of drafts."
        )
        return
    try:
        with get_connection():
            pass
    except OSError as error:
        yield checks.Error(
            f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} does not take us: {type(error).__name__}: {error}",
            hint="Mend EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS and the login.",
        )
    else:
        yield checks.Info(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} takes our e-mails.")


def send_mail(address: str) -> None:
    """Send one e-mail to ``address``. Raises ``OSError`` where the server does not take it."""
    EmailMessage("Hetao: the mail server works", "Sent by manage.py doctor.", to=[address]).send()
