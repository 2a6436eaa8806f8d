"""How long a request waits for the database.

A server that hangs keeps its connections open and says nothing. No limit of its own helps then, nor does one of TCP,
whose packets the kernel goes on to acknowledge: whoever waits has to give up by himself. Commands wait for ever.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from typing import Final

REST: Final = 1.0
"""Seconds for which a database that was found hanging is asked nothing."""


class _Limits(threading.local):
    """What the request that this thread answers has left."""

    end: float | None = None
    each: float | None = None


_limits: Final = _Limits()
_hangs_until = 0.0


@contextlib.contextmanager
def limited(*, in_all: float | None = None, each: float | None = None, since: float | None = None) -> Iterator[None]:
    """Let this thread wait ``in_all`` seconds for all statements together, or ``each`` seconds for every one.

    All together are counted from now, or ``since`` a moment of the monotonic clock.
    """
    before = _limits.end, _limits.each
    if in_all is not None:
        begin = time.monotonic() if since is None else since
        _limits.end = min(_limits.end or math.inf, begin + in_all)
    _limits.each = each
    try:
        yield
    finally:
        _limits.end, _limits.each = before


def left(*, is_at_work: bool = False) -> float | None:
    """Return how many seconds this thread may wait now, which may be none; ``None`` for as long as it takes.

    Who ``is_at_work`` in a transaction loses nothing of it because others have found the database hanging.
    """
    if _limits.end is None and _limits.each is None:
        return None
    now = time.monotonic()
    if now < _hangs_until and not is_at_work:
        return 0.0
    return max(0.0, _limits.end - now) if _limits.end is not None else _limits.each


def found_hanging() -> None:
    """Remember that the database hangs: for a moment nobody in this process waits for it, until one asks again."""
    global _hangs_until
    _hangs_until = time.monotonic() + REST
