"""What somebody has sent with a form, to be given back."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

GOING: Final = "navigate"
"""What a browser says of a request whose answer it shows; one of a script says something else, an old one nothing."""
CONFIRMING: Final = "confirm"
"""The prefix of the fields of a password that confirms what is sent with it."""
_ASKED_AGAIN: Final = ("csrfmiddlewaretoken", f"{CONFIRMING}-")
"""How the names begin of what a page that gives a form back asks for once more."""
_SECRET: Final = frozenset(
    {"password", "password1", "password2", "old_password", "new_password1", "new_password2", "code", "otp_token"}
)


def filled_in(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the names and values of the fields of ``request``, without its token and what only confirms it."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return [(name, value) for name, value in fields if not name.startswith(_ASKED_AGAIN)]


def is_confirming(request: HttpRequest) -> bool:
    """Return whether a password came with a form, to confirm it: without one there is nothing else to give back."""
    return any(name.startswith(f"{CONFIRMING}-") for name in request.POST)


def to_give_back(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what is ``filled_in``; nothing where a secret is among it, or a script sent it, which shows no page."""
    if request.headers.get("Sec-Fetch-Mode", GOING) != GOING:
        return []
    sent = filled_in(request)
    return [] if any(name in _SECRET for name, _value in sent) else sent
