"""What opening and saving the largest form costs, beside Django's own admin, measured in turns in one run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Count
from django.test import Client

from tests.admin.forms import answers
from zone.models import Organisation

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.django_db,
    pytest.mark.urls("tests.benchmarks.stock"),
    pytest.mark.filterwarnings("ignore:The default scheme"),  # Of the stock admin; ours says which one it takes.
]

MOST = 1.5
"""How many times the cost of the stock admin ours may be, for opening and for saving each."""
ROUNDS = 15


def seconds(work: Callable[..., Any], *arguments: Any) -> float:
    start = time.thread_time()  # Of the processor: what else runs on the machine does not count.
    work(*arguments)
    return time.thread_time() - start


@pytest.mark.parametrize("status", ["draft", "published"])
def test_the_largest_form_costs_at_most_half_as_much_again_as_the_stock_one(
    content: None, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    by_size = Organisation.objects.annotate(rows=Count("facts", distinct=True) + Count("people", distinct=True))
    largest = by_size.order_by("-rows").first()
    assert largest is not None
    Organisation.objects.filter(pk=largest.pk).update(status=status)
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    paths = {name: f"/{name}/zone/organisation/{largest.pk}/change/" for name in ("stock", "admin")}
    opening: dict[str, list[float]] = {"stock": [], "admin": []}
    saving: dict[str, list[float]] = {"stock": [], "admin": []}
    for number in range(ROUNDS):
        for name, path in paths.items():
            opening[name].append(seconds(client.get, path))
            form = answers(client.get(path)) | {"short_name": f"{name} {number}", "_continue": "yes"}
            saving[name].append(seconds(client.post, path, form))
    costs = {}
    for what, times in (("open", opening), ("save", saving)):
        stock, ours = median(times["stock"]), median(times["admin"])
        costs[what] = ours / stock
        with capsys.disabled():
            figures = f"stock {stock * 1000:.0f} ms, ours {ours * 1000:.0f} ms, {ours / stock:.2f} times"
            sys.stdout.write(f"\n{what} ({status}): {figures}\n")
    assert {what: cost for what, cost in costs.items() if cost > MOST} == {}
