"""Times pages on the database that ``TEST_DATABASE_URL`` names: ``python -m tests.benchmarks.pages ADDRESS…``.

Prints the shortest time of each in seconds, as JSON. ``HALF`` in an address of news stands for the place half-way.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Final

import django
from django.http import QueryDict

ROUNDS: Final = 15


def seconds(address: str) -> float:
    """Return the shortest time of a page: in a round in which nothing else ran.

    It is that of the processor, and with a database server, whose work that would leave out, that of the clock.
    """
    from django.db import connection
    from django.test import Client

    clock = time.perf_counter if connection.vendor == "postgresql" else time.thread_time
    client, taken = Client(), []
    for _ in range(ROUNDS):
        start = clock()
        response: Any = client.get(address)
        taken.append(clock() - start)
        assert (address, response.status_code) == (address, 200)
    return min(taken)


def resolved(address: str) -> str:
    """Return ``address`` with a place in it."""
    from zone.filters.nouns import NewsFinder

    if "HALF" not in address:
        return address
    found = NewsFinder(QueryDict(address.partition("?")[2])).found
    return address.replace("HALF", found.place_of(found[len(found) // 2]) or "")


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps({address: seconds(resolved(address)) for address in sys.argv[1:]}))
