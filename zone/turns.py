"""One at a time, of those who do the same. Readers never wait.

What the index of the search keeps of a record follows from other records too: two people who change different records
at once could each miss what the other is doing. SQLite lets one transaction write at a time anyway (see ``IMMEDIATE``
in the settings); here PostgreSQL is asked for the same, before any record is locked, so that nobody waits in a circle.
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

from enum import IntEnum

from django.db import connection


class Turn(IntEnum):
    """What only one does at a time. Any number will do that no other program uses on the database: it is "Heta"."""

    CONTENT = 0x48657461
    """Changing content."""
    REPORT = 0x48657462
    """Sending a report, of which only so many are taken in an hour."""


def take_turn(turn: Turn = Turn.CONTENT) -> None:
    """Wait until nobody else is doing the same, and let nobody else do it until the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [turn])


def take_turn_if_free() -> bool:
    """Take the turn to change content, unless somebody else has it; return whether it was taken."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [Turn.CONTENT])
        [taken] = cursor.fetchone() or (False,)
    return bool(taken)
