"""Whether people work and whether a bus runs, by the calendars that have been published."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests import factories
from zone.models import HolidayCalendar
from zone.models.holiday import Region
from zone.working_days import Calendars, days_of_service, runs

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

NEW_YEAR = datetime.date(2026, 1, 1)
"""A Thursday."""


def calendars() -> Calendars:
    return Calendars(HolidayCalendar.objects.published().for_list())


def year(region: str, *days: tuple[int, int, bool], number: int = 2026, status: str = "published") -> Any:
    """Publish the calendar of a year: months, days, and whether they are worked instead."""
    calendar = factories.HolidayCalendarFactory(region=region, year=number, status=status)
    for month, day, is_worked in days:
        date = datetime.date(number, month, day)
        factories.HolidayFactory(calendar=calendar, date=date, is_worked=is_worked)
    return calendar


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2025-12-31", None),
        ("2026-01-01", False),
        ("2026-01-02", True),
        ("2026-01-03", False),
        ("2026-01-04", True),
        ("2026-12-31", True),
        ("2027-01-01", None),
    ],
)
def test_day_is_worked_or_not_or_nobody_knows(date: str, expected: bool | None) -> None:
    year("mainland", (1, 1, False), (1, 4, True))
    day = calendars().day(Region.MAINLAND, datetime.date.fromisoformat(date))
    assert (day.is_working, calendars().day(Region.HONG_KONG, day.date).is_working) == (expected, None)


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_calendar_that_is_not_public_says_nothing(status: str) -> None:
    year("mainland", (1, 1, False), status=status)
    assert calendars().day(Region.MAINLAND, NEW_YEAR).is_working is None


@pytest.mark.parametrize(
    ("runs_on", "mainland", "both_known", "hong_kong_rests"),
    [
        ("daily", True, True, True),
        ("mainland", True, True, True),
        ("both", None, True, False),
        ("unknown", None, None, None),
    ],
)
def test_departure_runs_on_the_days_that_it_names(
    runs_on: str, mainland: bool | None, both_known: bool | None, hong_kong_rests: bool | None
) -> None:
    departure = factories.DepartureFactory(runs_on=runs_on)
    friday = datetime.date(2026, 1, 2)
    year("mainland", (1, 1, False))
    found = [runs(departure, friday, calendars())]
    hong_kong = year("hong-kong", (1, 1, False))
    found.append(runs(departure, friday, calendars()))
    factories.HolidayFactory(calendar=hong_kong, date=friday)
    found.append(runs(departure, friday, calendars()))
    assert found == [mainland, both_known, hong_kong_rests]


def test_one_bank_that_rests_is_enough_to_know() -> None:
    year("mainland", (1, 1, False))
    assert runs(factories.DepartureFactory(runs_on="both"), NEW_YEAR, calendars()) is False


def test_days_of_service_end_where_knowledge_ends() -> None:
    year("mainland", (12, 30, False))
    departure = factories.DepartureFactory(runs_on="mainland", as_of="2026-06")
    days = days_of_service(departure, calendars(), datetime.date(2026, 12, 28))
    assert [day.day for day in days] == [28, 29, 31]


def test_days_of_service_do_not_begin_before_the_timetable() -> None:
    departure = factories.DepartureFactory(runs_on="daily", as_of="2026-12-31")
    departure.refresh_from_db()
    assert days_of_service(departure, calendars(), datetime.date(2026, 12, 1))[0] == datetime.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("trial_start", "regular_start", "expected"),
    [
        ("2026-01-01", "2026-01-06", [2, 5]),
        ("2026-01", "2026-01-06", []),
        ("2026-01-01", "2026-01", []),
        ("2026-01-01", None, []),
        (None, "2026-01-06", []),
    ],
)
def test_trial_ran_until_regular_service_began(
    trial_start: str | None, regular_start: str | None, expected: list[int]
) -> None:
    year("mainland", (1, 1, False))
    route = factories.RouteFactory(trial_start=trial_start, regular_start=regular_start)
    route.refresh_from_db()
    departure = factories.DepartureFactory(route=route, is_trial=True, runs_on="mainland")
    assert [day.day for day in days_of_service(departure, calendars(), datetime.date(2026, 6, 1))] == expected


def test_trial_that_never_ends_is_a_slip_of_the_pen() -> None:
    route = factories.RouteFactory(trial_start="1001-01-01", regular_start="9001-01-01")
    route.refresh_from_db()
    departure = factories.DepartureFactory(route=route, is_trial=True, runs_on="daily")
    assert len(days_of_service(departure, calendars(), datetime.date(2026, 6, 1))) == 3 * 366 + 1


def test_next_days_of_a_region_stand_in_their_order_across_years() -> None:
    year("mainland", (10, 1, False), (1, 4, True), (1, 1, False))
    year("mainland", (1, 1, False), number=2027)
    year("hong-kong", (12, 25, False))
    ahead = calendars().ahead(Region.MAINLAND, NEW_YEAR)
    assert [str(one.date) for one in ahead] == ["2026-01-04", "2026-10-01", "2027-01-01"]
