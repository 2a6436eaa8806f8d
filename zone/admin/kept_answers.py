"""What the browser sends to keep the answers of a form, checked before anybody uses it."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from zone.admin.keys import key_of

MOST_BYTES: Final = 2 * 1024 * 1024


def new_opening() -> str:
    """Return the name of a form that is opened now."""
    return secrets.token_urlsafe(16)


def is_opening(text: str) -> bool:
    """Return whether ``text`` can be the name of an opening."""
    return re.fullmatch(r"[\w-]{16,32}", text, re.ASCII) is not None


class MalformedError(ValueError):
    """What was sent is not what a form of ours sends."""


class TooLargeError(ValueError):
    """What was sent is more than is kept."""


@dataclass(frozen=True)
class Sent:
    """A sign of life of a form. Without ``data`` it has not changed; with empty ``data`` it is as it was opened."""

    opening: str
    object_id: int | None
    data: list[list[str]] | None


def read(request: HttpRequest) -> Sent:
    """Return what ``request`` sends. Raises ``TooLargeError`` or ``MalformedError``."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise TooLargeError
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError, UnreadablePostError, RawPostDataException) as error:
        raise MalformedError from error
    if not isinstance(sent, dict) or not is_opening(opening := str(sent.get("opening"))):
        raise MalformedError
    return Sent(opening, _object_id(sent.get("object_id")), _answers(sent.get("data")))


def _object_id(value: Any) -> int | None:
    if value is None or (type(value) is int and key_of(value) is not None):
        return value
    raise MalformedError


def _answers(value: Any) -> list[list[str]] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise MalformedError
    return [_answer(answer) for answer in value]


def _answer(value: Any) -> list[str]:
    match value:
        case [str() as name, str() as text]:
            return [storable(name), storable(text)]
    raise MalformedError


def storable(text: str) -> str:
    """Return ``text`` without what no database takes: half characters and the character zero."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
