"""Pages in a cache that several machines share. Without it each makes its own; no page ever waits for it in vain."""

from __future__ import annotations

import logging
import time
from typing import Final

import redis

_PATIENCE: Final = 5.0
"""Seconds for which a cache that did not answer is not asked again."""
_KEPT_FOR: Final = 3600
"""Seconds: pages of old generations go by themselves."""
_TIMEOUT: Final = 0.2

logger = logging.getLogger(__name__)


class RedisPages:
    """Pages in Redis at ``address``. What goes wrong there is logged, and is no fault of the page's."""

    def __init__(self, address: str) -> None:
        self._redis = redis.Redis.from_url(address, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
        self._asked_again_at = 0.0

    def get(self, key: str) -> bytes | None:
        """Return what is kept under ``key``, or nothing where the cache does not answer."""
        if time.monotonic() < self._asked_again_at:
            return None
        try:
            return self._redis.get(key)  # type: ignore[return-value]
        except redis.RedisError:
            self._rest()
            return None

    def set(self, key: str, value: bytes) -> None:
        """Keep ``value`` under ``key`` for an hour, if the cache answers."""
        if time.monotonic() < self._asked_again_at:
            return
        try:
            self._redis.set(key, value, ex=_KEPT_FOR)
        except redis.RedisError:
            self._rest()

    def _rest(self) -> None:
        logger.warning("The shared cache does not answer; pages are made without it for %d s.", _PATIENCE)
        self._asked_again_at = time.monotonic() + _PATIENCE
