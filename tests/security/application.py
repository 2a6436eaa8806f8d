"""The application as gunicorn calls it: Django behind the cache of whole pages, asked whatever a socket may bring."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone

from zone.page_cache import PageCache
from zone.traces import traced


class Application:
    """A process that has just been started; what it has answered once it may answer from memory."""

    def __init__(self) -> None:
        until = timezone.now() + datetime.timedelta(hours=1)
        self._application = PageCache(WSGIHandler(), lambda: 1, lambda: until, traced)

    def answer(self, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers by their names in small letters, and the body."""
        started: list[Any] = []
        with _connections_staying():
            response: Any = self._application(environ, lambda *said: started.extend(said))
            try:
                body = b"".join(response)
            finally:
                if hasattr(response, "close"):
                    response.close()
        status, headers = started[:2]
        return int(status.split()[0]), {name.lower(): text for name, text in headers}, body


@contextmanager
def _connections_staying() -> Iterator[None]:
    """Let a request leave the connection of the test as it is, as it does when Django's own test client asks."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
