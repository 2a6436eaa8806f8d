"""The second factor: codes of an app on somebody's telephone, and recovery codes for when that is lost.

An account has one app (of django-otp: a ``TOTPDevice``) and a set of recovery codes (a ``StaticDevice``), of which the
database keeps digests only.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
import re
from typing import Any, Final, NamedTuple, TypeAlias

import django_otp
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from zone.audit import record
from zone.models.audit import Event

CODES: Final = 10
"""How many recovery codes somebody gets."""

_DIGITS: Final = 6
_BYTES: Final = 10
"""Of a recovery code: 80 bits, which nobody guesses, not even with the digests before them."""

Device: TypeAlias = TOTPDevice | StaticDevice


class RecoveryCodes(NamedTuple):
    """What is shown once."""

    codes: list[str]
    made_at: datetime.datetime


def app_of(user: Any) -> TOTPDevice | None:
    """Return the app with which ``user`` logs in; ``None`` before one has been set up."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def app_to_set_up(user: Any) -> TOTPDevice:
    """Return the app that ``user`` is about to set up: the same one until it has given a right code."""
    waiting = TOTPDevice.objects.filter(user=user, confirmed=False).order_by("pk")
    return waiting.first() or TOTPDevice.objects.create(user=user, confirmed=False, name="app")


def secret_of(app: TOTPDevice) -> str:
    """Return the secret of ``app`` in the form in which it is typed where no camera can read it."""
    text = base64.b32encode(app.bin_key).decode()
    return " ".join(re.findall("....", text))


def set_up(request: HttpRequest, code: str) -> RecoveryCodes | None:
    """Set up the app that gave ``code``, in the place of an older one, and log in with it.

    Return new recovery codes; ``None`` where the code is wrong.
    """
    user: Any = request.user
    with transaction.atomic():
        app = _verified(user, app_to_set_up(user), _compact(code))
        if app is None:
            return None
        TOTPDevice.objects.filter(user=user).exclude(pk=app.pk).delete()
        app.confirmed = True
        app.save(update_fields=["confirmed"])
        record(Event.SECOND_FACTOR_SET_UP, user.get_username(), request)
        codes = new_recovery_codes(request)
    log_in(request, app)
    return codes


def accept(request: HttpRequest, code: str) -> Device | None:
    """Return the app or the set of recovery codes that ``code`` is from, which cannot be used again; else ``None``."""
    user: Any = request.user
    code = _compact(code)
    of_app = code.isdecimal() and len(code) == _DIGITS
    device = app_of(user) if of_app else StaticDevice.objects.filter(user=user).first()
    accepted = device and _verified(user, device, code if of_app else _digest(code))
    right = Event.CODE_ACCEPTED if of_app else Event.RECOVERY_CODE_USED
    record(right if accepted else Event.CODE_REFUSED, user.get_username(), request)
    return accepted


def log_in(request: HttpRequest, device: Device) -> None:
    """Let the session of ``request`` into the newsroom, under a new key: the old one was good for less."""
    request.session.cycle_key()
    django_otp.login(request, device)


def waits_until(user: Any) -> datetime.datetime | None:
    """Return until when no code of ``user`` is taken, after wrong ones; ``None`` where none has to wait.

    A wrong code costs a second, and each further one twice as long as the one before.
    """
    devices = [*TOTPDevice.objects.filter(user=user), *StaticDevice.objects.filter(user=user)]
    answers = (device.verify_is_allowed()[1] for device in devices)
    return max((answer["locked_until"] for answer in answers if answer), default=None)


@transaction.atomic
def new_recovery_codes(request: HttpRequest) -> RecoveryCodes:
    """Give the user new recovery codes in the place of the old ones, and return them: they cannot be read again."""
    user: Any = request.user
    codes = [base64.b32encode(os.urandom(_BYTES)).decode().lower() for _ in range(CODES)]
    device, _created = StaticDevice.objects.update_or_create(
        user=user, defaults={"created_at": timezone.now()}, create_defaults={"name": "codes"}
    )
    device.token_set.all().delete()
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(code)) for code in codes)
    record(Event.RECOVERY_CODES_MADE, user.get_username(), request)
    return RecoveryCodes(["-".join(re.findall("....", code)) for code in codes], device.created_at)


@transaction.atomic
def replace_recovery_codes(request: HttpRequest, old: str) -> RecoveryCodes | None:
    """Give the user new recovery codes in the place of those that :func:`recovery_set_of` calls ``old``.

    Return ``None`` where that has been done before: a form that is sent again would make worthless what was printed.
    """
    held = StaticDevice.objects.select_for_update().filter(user=request.user).first()
    return new_recovery_codes(request) if old == _set_of(held) else None


def recovery_set_of(user: Any) -> str:
    """Return a name for the recovery codes of ``user``, which is another one once they have been replaced."""
    return _set_of(StaticDevice.objects.filter(user=user).first())


def codes_left(user: Any) -> int:
    """Return how many recovery codes ``user`` has not used."""
    return StaticToken.objects.filter(device__user=user).count()


@transaction.atomic
def reset(user: User) -> bool:
    """Take the second factor from ``user``, who sets up another one at the next login; return whether there was one."""
    found = app_of(user) is not None
    for model in (TOTPDevice, StaticDevice):
        model.objects.filter(user=user).delete()
    record(Event.SECOND_FACTOR_RESET, user.get_username())
    return found


def _set_of(device: StaticDevice | None) -> str:
    return str(device.created_at) if device else ""


def _verified(user: Any, device: Device, token: str) -> Device | None:
    return django_otp.verify_token(user, device.persistent_id, token)


def _compact(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()


def _digest(code: str) -> str:
    """Return what the database keeps of a recovery code: there is room for 16 characters."""
    return base64.b32encode(hashlib.sha256(code.encode()).digest()).decode()[:16]
