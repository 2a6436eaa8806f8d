"""What somebody has sent with a form, to be given back."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

_ASKED_AGAIN: Final = ("csrfmiddlewaretoken", "confirm-")
"""How the names begin of what a page that gives a form back asks for once more."""


def filled_in(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the names and values of the fields of ``request``, without its token and what only confirms it."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return [(name, value) for name, value in fields if not name.startswith(_ASKED_AGAIN)]
