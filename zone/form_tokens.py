"""What a form of a public page carries, by which can be told that a page of ours has been read, and lately.

Readers have no cookie, and a page is kept and shown to many. So a token names the language and the day of its page, is
signed, and is the same for everybody who reads that page on that day: it tells nobody apart. What other sites let
browsers send has to be told by what browsers say of it, for everybody can read a page. The token ends what robots send
that have read none, or have kept what they once read.
"""

from __future__ import annotations

import datetime
from typing import Final

from django.core.signing import BadSignature, Signer
from django.utils import timezone

from zone.clock import today
from zone.translation import active_language

HOLDS: Final = datetime.timedelta(days=7)
"""For how long a page may stay open before its form has to be sent twice."""


def form_token() -> str:
    """Return what the form of a page in the active language carries today."""
    return _signer().sign(today().isoformat())


def is_form_token(token: str) -> bool:
    """Return whether a page in the active language carries ``token``, or has done so since ``HOLDS``."""
    try:
        day = datetime.date.fromisoformat(_signer().unsign(token))
    except BadSignature:
        return False
    return day >= timezone.localdate() - HOLDS


def _signer() -> Signer:
    return Signer(salt=f"{__name__}.{active_language()}")
