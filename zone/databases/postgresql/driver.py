"""psycopg, whose connections give up what takes longer than :mod:`zone.databases.patience` allows."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import *  # noqa: F403 - An engine of Django's finds all of DB-API in its driver.
from psycopg import OperationalError, errors
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from zone.databases import patience

_AT_WORK: Final = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})


class PatientConnection(psycopg.Connection[Any]):
    """A connection to a server that may hang. One that was given up is closed: its answer might come to the next."""

    seconds: float | None = None
    """How long each statement may take at most where all are so simple that only a server that hangs takes longer."""

    @classmethod
    def connect(cls, *arguments: Any, **options: Any) -> Any:
        """Return a new connection, unless nobody has the time to wait for it."""
        if patience.left() == 0:
            raise OperationalError("The database does not answer.")
        try:
            return super().connect(*arguments, **options)
        except errors.ConnectionTimeout:
            patience.found_hanging()
            raise

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Return the answer that ``gen`` waits for. Raises ``ConnectionTimeout`` where it does not come in time."""
        is_at_work = self.pgconn.transaction_status in _AT_WORK
        allowed = self.seconds or (patience.left(is_at_work=is_at_work) if timeout is None else timeout)
        if allowed == 0:
            self.pgconn.finish()
            raise OperationalError("The database does not answer, and is not asked.")
        try:
            return super().wait(gen, interval, allowed)
        except errors._WaitTimeout as error:
            self.pgconn.finish()
            if self.seconds:
                patience.found_hanging()
            raise errors.ConnectionTimeout(f"The database did not answer within {allowed:.1f} s.") from error


class PatientPool(ConnectionPool[PatientConnection]):
    """A pool at which nobody waits longer than they have time, where its own limit would be another."""

    def getconn(self, timeout: float | None = None) -> PatientConnection:
        """Return a connection within ``timeout`` seconds. Raises ``PoolTimeout`` where there is none by then."""
        allowed, left = self.timeout if timeout is None else timeout, patience.left()
        return super().getconn(allowed if left is None else min(allowed, left))


connect = PatientConnection.connect
