"""Django's cache in Redis, for several machines. Where Redis does not answer it is an empty cache, and never an error.

A Redis that hangs is worse than none: every request would wait for it. So it has little time to answer, and after a
failure it is left alone for a while, in which one request tries whether it is back.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

_PATIENCE: Final = 0.2
"""Seconds that Redis has to connect, and to answer."""
_REST: Final = 5.0
"""Seconds for which a Redis that did not answer is not asked again."""

logger = logging.getLogger(__name__)

Found = TypeVar("Found")


class JsonSerializer:
    """Writes values as JSON, which unlike a pickle can do nothing but be read."""

    def dumps(self, value: Any) -> bytes:
        """Return ``value`` as text."""
        return json.dumps(value).encode()

    def loads(self, text: bytes) -> Any:
        """Return what was written as ``text``. Raises ``ValueError`` for what is no JSON."""
        return json.loads(text)


class SharedCache(RedisCache):
    """What the site asks of a cache, that is reading, writing and adding, in Redis. The rest is Django's."""

    asked_again_at = 0.0
    """When, by the monotonic clock, a Redis that did not answer is asked again; the same for all threads."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "serializer": JsonSerializer,
            "socket_connect_timeout": _PATIENCE,
            "socket_timeout": _PATIENCE,
        }
        super().__init__(server, {**params, "OPTIONS": options | params.get("OPTIONS", {})})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept under ``key``."""
        return self._ask(super().get, default, key, default, version)

    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:  # type: ignore[assignment]
        """Keep ``value`` under ``key`` for ``timeout`` seconds."""
        self._ask(super().set, None, key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:  # type: ignore[assignment]
        """Keep ``value`` under ``key`` where nothing is; return whether it is kept now."""
        return self._ask(super().add, False, key, value, timeout, version)

    def _ask(self, question: Callable[..., Found], without: Found, *arguments: Any) -> Found:
        """Return the answer of Redis, or ``without`` where there is none or nobody can read it."""
        if time.monotonic() < SharedCache.asked_again_at:
            return without
        if SharedCache.asked_again_at:  # While this one tries, the others go on without it.
            self._let_it_rest()
        try:
            found = question(*arguments)
        except ValueError:
            found = without
        except RedisError as error:
            logger.warning("Redis does not answer, and is not asked for %d s: %s", _REST, error)
            self._let_it_rest()
            return without
        SharedCache.asked_again_at = 0.0
        return found

    def _let_it_rest(self) -> None:
        SharedCache.asked_again_at = time.monotonic() + _REST
