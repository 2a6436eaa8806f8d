"""Readers who do the same at once take turns. Those who change content are in search/test_turns.py.

SQLite lets one transaction write at a time by itself, and in memory it is not shared by two that write.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from tests.views.test_reports import send
from zone.models import Report


@pytest.mark.django_db(transaction=True)
def test_of_many_reports_that_are_sent_at_once_five_are_taken() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("The database in memory is not shared by two connections that both write.")

    def send_one(_number: int) -> int:
        try:
            return int(send(Client()).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as readers:
        statuses = Counter(readers.map(send_one, range(30)))
    assert (statuses, Report.objects.count()) == ({302: 5, 422: 25}, 5)
