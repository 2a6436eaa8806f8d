"""What happens when somebody logs in, fails to, or logs out: limits, the session's end, the audit trail.

django-axes counts wrong passwords and hears of everything else. What it asks for is in ``hetao/settings.py``.
"""

from __future__ import annotations

import datetime
import enum
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from zone.audit import record
from zone.models.audit import Event
from zone.network import known_address

ORIGIN: Final = "origin"
"""Under which name a session keeps from where and when somebody logged in."""

LONGEST_NAME: Final = 150
"""Characters of a user name."""


class Failures(NamedTuple):
    """Wrong passwords that count."""

    number: int
    last: datetime.datetime
    """When the last of them was sent; now, where there is none."""

    @property
    def pause(self) -> datetime.timedelta:
        """How long after the last of them the next password is looked at: each one doubles it."""
        doubled = self.number - settings.LOGIN_FAILURES_BEFORE_PAUSES
        return datetime.timedelta(seconds=2**doubled if doubled >= 0 else 0)


class Reach(enum.Enum):
    """For how much no password is looked at."""

    NEXT_TRY = enum.auto()
    """For the next password of a user name at an address, which came too early."""
    NAME = enum.auto()
    """For a user name at an address."""
    ADDRESS = enum.auto()
    """For all user names at an address."""


class Lock(NamedTuple):
    """When no password is looked at."""

    until: datetime.datetime
    reach: Reach

    @property
    def seconds(self) -> int:
        """How long that is from now on: a second at least, for a browser cannot be told less."""
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))


class LoginHandler(AxesDatabaseHandler):
    """The limits of django-axes, with one for each address and pauses, and what else a login is the moment for."""

    def is_allowed(self, request: Any, credentials: dict | None = None) -> bool:
        """Return whether the password is looked at: there is no lock, and the pause since the last one is over."""
        return super().is_allowed(request, credentials) and self._takes_turn(request, credentials)

    def get_failures(self, request: Any, credentials: dict | None = None) -> int:
        """Return how many failures count, of ``AXES_FAILURE_LIMIT`` that lock."""
        of_address = _failures_in(_of_address(request)).number * settings.AXES_FAILURE_LIMIT
        return max(super().get_failures(request, credentials), of_address // settings.LOGIN_FAILURES_OF_AN_ADDRESS)

    def user_login_failed(self, sender: str, credentials: dict, request: Any = None, **kwargs: Any) -> None:
        """Count the failure and write it down, unless it was locked before and nobody has looked at the password."""
        was_locked = request is not None and request.axes_locked_out
        with _unread(request):
            super().user_login_failed(sender, credentials, request, **kwargs)
        if was_locked or request is None:
            return
        name = str(credentials.get("username", ""))
        # What is no user name may be a password that was typed into the wrong field.
        known = name if User.objects.filter(username=name).exists() else ""
        for event in [Event.LOGIN_FAILED, *([Event.LOCKED] if request.axes_locked_out else [])]:
            record(event, known, request, by="")

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        """Let the session end with the working day, and remember where it began."""
        super().user_logged_in(sender, request, user, **kwargs)
        now = timezone.now()
        request.session.set_expiry(now + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE))
        agent = request.headers.get("User-Agent", "")[:300]
        request.session[ORIGIN] = {"at": now.isoformat(), "address": known_address(request), "agent": agent}
        record(Event.LOGGED_IN, user.get_username(), request, by=user.get_username())

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        """Write down that somebody has logged out."""
        super().user_logged_out(sender, request, user, **kwargs)
        if user is not None:
            record(Event.LOGGED_OUT, user.get_username(), request, by=user.get_username())

    def _takes_turn(self, request: Any, credentials: dict | None) -> bool:
        """Return whether the pause is over, and begin the next one: of several requests at once one gets its turn."""
        [own] = self.get_user_attempts(request, credentials)
        failures = _failures_in(own)
        if not failures.pause:
            return True
        now = request.axes_attempt_time
        # A clock that has been put back keeps nobody waiting for long.
        is_over = abs(now - failures.last) >= failures.pause
        return is_over and own.filter(attempt_time=failures.last).update(attempt_time=now) > 0


@contextmanager
def _unread(request: HttpRequest | None) -> Iterator[None]:
    """Let nothing be seen of what was sent: a failure would be kept with it, and with the passwords in it."""
    if request is None:
        yield
        return
    sent = request.GET, request.POST
    request.GET, request.POST = QueryDict(), QueryDict()  # type: ignore[assignment]
    try:
        yield
    finally:
        request.GET, request.POST = sent


def purge_failures() -> int:
    """Delete the failures that count no longer, with the names that were typed; return how many."""
    return AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()[0]


def counted_name(request: HttpRequest, credentials: dict | None) -> str:
    """Return the user name under which a failure is counted: no longer than one can be, for which there is room."""
    return str((credentials or {}).get("username") or "")[:LONGEST_NAME]


def lock_met_by(request: HttpRequest, credentials: dict | None) -> Lock:
    """Return the lock that ``request`` met: it begins with the last failure that was counted."""
    [own] = map(_failures_in, LoginHandler().get_user_attempts(request, credentials))
    if own.number >= settings.AXES_FAILURE_LIMIT:
        return Lock(own.last + settings.AXES_COOLOFF_TIME, Reach.NAME)
    of_address = _failures_in(_of_address(request))
    if of_address.number >= settings.LOGIN_FAILURES_OF_AN_ADDRESS:
        return Lock(of_address.last + settings.AXES_COOLOFF_TIME, Reach.ADDRESS)
    return Lock(own.last + own.pause, Reach.NEXT_TRY)


def _of_address(request: Any) -> QuerySet[AccessAttempt]:
    """Return what failed lately at the address of ``request``, if that is known."""
    recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
    return recent.filter(ip_address=request.axes_ip_address).exclude(ip_address=None)


def _failures_in(attempts: QuerySet[AccessAttempt]) -> Failures:
    found = attempts.aggregate(number=Sum("failures_since_start"), last=Max("attempt_time"))
    return Failures(found["number"] or 0, found["last"] or timezone.now())
