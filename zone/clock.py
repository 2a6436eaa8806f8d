"""What time it is, as pages ask for it: whether a moment has come.

As a page is the same while the database answers the same, it is while the clock does. :mod:`zone.traces` listens.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from django.utils import timezone

Listener = Callable[[datetime.datetime, bool], object]
"""Is told of each moment that somebody asks about, and whether it has come."""

_listener: Final[ContextVar[Listener | None]] = ContextVar("listener", default=None)


def has_come(moment: datetime.datetime) -> bool:
    """Return whether it is ``moment`` by now, or later."""
    come = moment <= timezone.now()
    if listener := _listener.get():
        listener(moment, come)
    return come


def today(zone: datetime.tzinfo | None = None) -> datetime.date:
    """Return the day that it is in a time zone, without one in that of the settings, until the next one has come."""
    now = timezone.localtime(timezone.now(), zone)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    has_come(midnight), has_come(midnight + datetime.timedelta(days=1))
    return now.date()


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` of what is asked in the ``with`` block, by this thread."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)
