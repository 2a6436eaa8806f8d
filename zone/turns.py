"""One writer at a time. Readers never wait.

What the index of the search keeps of a record follows from other records too: two people who change different records
at once could each miss what the other is doing. SQLite lets one transaction write at a time anyway (see ``IMMEDIATE``
in the settings); here PostgreSQL is asked for the same, before any record is locked, so that nobody waits in a circle.
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

from typing import Final

from django.db import connection

_KEY: Final = 0x48657461
"""Any number will do that no other program uses on the same database: it is "Heta"."""


def take_turn() -> None:
    """Wait until nobody else is changing content, and let nobody else do so until the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_KEY])


def take_turn_if_free() -> bool:
    """Take the turn as :func:`take_turn` does, unless somebody else has it; return whether it was taken."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_KEY])
        [taken] = cursor.fetchone() or (False,)
    return bool(taken)
