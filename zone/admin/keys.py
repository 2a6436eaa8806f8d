"""Primary keys as somebody has sent them: in an address, with a form or as JSON."""

from __future__ import annotations

from typing import Final

_LARGEST: Final = 2**63 - 1
"""To which every database can count."""
_LONGEST: Final = len(str(_LARGEST))


def key_of(sent: object) -> int | None:
    """Return the primary key that ``sent`` can be, a whole number or its ASCII digits; ``None`` for anything else."""
    if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) <= _LONGEST:
        sent = int(sent)
    return sent if type(sent) is int and 0 < sent <= _LARGEST else None
