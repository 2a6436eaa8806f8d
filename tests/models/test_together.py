"""Queries that are asked together give what each gives by itself."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from tests import factories
from zone.databases.prepared import prepared
from zone.databases.together import read_together
from zone.models import Facility, NewsItem, Organisation, SearchEntry
from zone.models.figure import Observation

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 11, 26, 12, 30, 15, 123456, tzinfo=datetime.UTC)
ODD: Any = ["", "“河” 🐉", "a\\b\"c'd%s{0}", "line\nline\ttab", "</script>", "null", "1"]

organisations = prepared(lambda kind: Organisation.objects.filter(kind=kind).order_by("-name_en"))
facilities = prepared(lambda status: Facility.objects.filter(status=status).without_texts().order_by("-pk"))
news = prepared(lambda keys: NewsItem.objects.published().filter(pk__in=keys).order_by("pk"))
entries = prepared(lambda noun: SearchEntry.objects.filter(noun=noun).order_by("pk"))
observations = prepared(lambda keys: Observation.objects.filter(pk__in=keys).order_by("pk"))


def values(records: Any) -> list[dict[str, Any]]:
    """Return what was read of records, and of those that were fetched along."""
    return [
        {name: value for name, value in vars(one).items() if name != "_state"}
        | {name: values([other]) for name, other in one._state.fields_cache.items()}
        for one in records
    ]


def queries(*asked: models.QuerySet[Any]) -> list[int]:
    """Return how many queries it takes to ask together, and then to read each."""
    taken = []
    with CaptureQueriesContext(connection) as captured:
        read_together(asked)
        for one in asked:
            taken.append(len(captured))
            list(one)
    return [*taken, len(captured)]


def test_answers_are_those_that_each_would_get() -> None:
    for name in ODD:
        factories.OrganisationFactory(name_en=name, kind="company", publish_at=NOON, expire_at=None, checked_on=None)
    for metres in (None, 0, 1, 123456):
        factories.FacilityFactory(
            floor_area_m2=metres, latitude=Decimal("22.512345"), longitude=Decimal("-114.100000"), status="published"
        )
    item = factories.NewsItemFactory(holds_from=NOON, date="2024-06", checked_on=NOON.date())
    asked = (organisations("company"), facilities("published"), news([item.pk]), organisations("archive"))
    alone = [values(one) for one in (organisations("company"), facilities("published"), news([item.pk]))]
    assert queries(*asked) == [1, 1, 1, 1, 1]
    assert [values(one) for one in asked] == [*alone, []]
    assert [[type(value) for value in one.values()] for one in values(asked[1])] == [
        [type(value) for value in one.values()] for one in alone[1]
    ]


def test_order_is_that_of_each_query() -> None:
    for name in ("b", "a", "d", "c"):
        factories.OrganisationFactory(name_en=name, kind="company")
    asked = [organisations("company"), organisations("company")]
    read_together(asked)
    assert [[str(one) for one in each] for each in asked] == [["d", "c", "b", "a"]] * 2


def test_what_json_does_not_give_back_is_asked_by_itself() -> None:
    seen = factories.ObservationFactory(value=Decimal("12345678901234.5678"))
    factories.OrganisationFactory(kind="company")
    asked = (organisations("company"), observations([seen.pk]), entries(0), organisations("archive"))
    alone = values(observations([seen.pk]))
    assert queries(*asked) == [1, 1, 2, 3, 3]
    assert values(asked[1]) == alone


@pytest.mark.parametrize("count", [0, 1])
def test_one_query_is_asked_as_it_is_and_none_is_none(count: int) -> None:
    asked = [organisations("company")] * count
    with CaptureQueriesContext(connection) as captured:
        read_together(asked)
    assert len(captured) == 0


def test_what_is_known_to_find_nothing_is_not_asked() -> None:
    one = factories.OrganisationFactory(kind="company")
    asked = (news([]), organisations("company"), organisations("archive"))
    assert (queries(*asked), [list(each) for each in asked]) == ([1, 1, 1, 1], [[], [one], []])


def test_what_is_public_is_asked_at_each_call() -> None:
    seen = []
    with time_machine.travel(NOON, tick=False) as clock:
        item = factories.NewsItemFactory(publish_at=NOON + datetime.timedelta(hours=1))
        for _hour in range(2):
            asked = [news([item.pk]), organisations("company")]
            read_together(asked)
            seen.append(list(asked[0]))
            clock.shift(datetime.timedelta(hours=1))
    assert seen == [[], [item]]
