"""Queries that are put together once give what they would give if they were put together each time."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from tests import factories
from zone.databases.prepared import prepared
from zone.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)

named = prepared(lambda name: Organisation.objects.published().filter(name_en=name).order_by("pk"))
some = prepared(lambda keys: Organisation.objects.filter(pk__in=keys).order_by("pk"))


def test_values_are_those_of_the_call() -> None:
    one, two = (factories.OrganisationFactory(name_en=name) for name in ("One", "Two' --"))
    assert [list(named(name)) for name in ("One", "Two' --", "", "30000")] == [[one], [two], [], []]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 9])
def test_any_number_of_keys_may_be_asked_for(count: int) -> None:
    organisations = [factories.OrganisationFactory() for _number in range(10)]
    assert list(some([one.pk for one in organisations[:count]])) == organisations[:count]


def test_statement_is_put_together_once_for_twice_as_many_keys() -> None:
    calls = []

    @prepared
    def counted(keys: list[int]) -> Any:
        calls.append(len(keys))
        return Organisation.objects.filter(pk__in=keys)

    for count in (1, 1, 2, 3, 4, 5, 7, 8):
        list(counted(list(range(1, count + 1))))
    assert calls == [1, 2, 4, 8]


def test_what_is_public_is_asked_at_each_call() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        organisation = factories.OrganisationFactory(name_en="Later", publish_at=NOON + HOUR, expire_at=NOON + 2 * HOUR)
        seen = [list(named("Later"))]
        for _hour in range(2):
            clock.shift(HOUR)
            seen.append(list(named("Later")))
    assert seen == [[], [organisation], []]


def test_clock_that_is_put_back_meanwhile_does_not_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = factories.OrganisationFactory(publish_at=NOON + HOUR)
    moments = iter([NOON, NOON, NOON, NOON - HOUR, *[NOON] * 10])
    public = prepared(lambda: Organisation.objects.published())
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: next(moments))
        assert list(public()) == []
    with time_machine.travel(NOON + HOUR, tick=False):
        assert list(public()) == [organisation]


def test_every_thread_asks_through_its_own_connection() -> None:
    list(some([1]))
    seen: list[Any] = []

    def look() -> None:
        seen.append(some([1]).query.get_compiler().connection is connections["default"])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [True]


@pytest.mark.parametrize(
    "make",
    [
        lambda word: Organisation.objects.filter(name_en__icontains=word),
        lambda _word: Organisation.objects.filter(name_en="always the same"),
    ],
)
def test_value_that_is_not_there_as_it_was_given_is_refused(make: Callable[[str], Any]) -> None:
    with pytest.raises(LookupError, match="A value is not in the statement"):
        prepared(make)("word")


def test_what_is_fetched_along_must_not_be_that_of_the_first_call() -> None:
    query = prepared(lambda: Organisation.objects.prefetch_related("parks"))
    with pytest.raises(TypeError, match="fetched along"):
        query()


def test_prepared_query_cannot_become_another() -> None:
    for name in ("filter", "order_by", "all"):
        with pytest.raises(TypeError, match="can be read and not be changed"):
            getattr(some([1]), name)()
