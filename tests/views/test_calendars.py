"""What a calendar programme subscribes to, read back by a strict reader."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from tests import factories
from tests.conftest import Reader
from zone.translation import LANGUAGES

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

NAMES = ("hong-kong", "mainland", "notices", "departures")
TODAY = "2026-11-26T08:00:00+08:00"
LONG = "长" * 80


def subscribed(reader: Reader, name: str, language: str = "en") -> Calendar:
    """Return the calendar, once it keeps the rules of RFC 5545 that a lenient reader would overlook."""
    response = reader.get(f"/{language}/getting-here/{name}.ics")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    lines = response.content.split(b"\r\n")
    assert lines[-1] == b""
    assert [line for line in lines if len(line) > 75 or b"\n" in line or not _is_whole(line)] == []
    calendar = Calendar.from_ical(response.content)
    assert [part.errors for part in calendar.walk() if part.errors] == []
    assert {str(part.get("VERSION", "2.0")) for part in calendar.walk("VCALENDAR")} == {"2.0"}
    for event in calendar.walk("VEVENT"):
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= event.keys()
    return calendar  # type: ignore[return-value]


def _is_whole(line: bytes) -> bool:
    """Whether a folded line does not cut a character in two."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def events(reader: Reader, name: str, language: str = "en") -> list[Any]:
    return list(subscribed(reader, name, language).walk("VEVENT"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_calendar_is_valid_and_says_that_it_is_empty(reader: Reader, name: str, language: str) -> None:
    calendar = subscribed(reader, name, language)
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE"]
    assert calendar["DESCRIPTION"] == calendar["X-WR-CALDESC"] != ""


def test_holidays_are_whole_days_with_source_and_date(reader: Reader) -> None:
    source = factories.SourceFactory(publisher_original="Gazette")
    calendar = factories.HolidayCalendarFactory(region="hong-kong", year=2026, as_of="2025-05", sources=[source])
    factories.HolidayFactory(calendar=calendar, date=datetime.date(2026, 10, 1), name_zh_hant=LONG)
    [event] = events(reader, "hong-kong", "zh-hant")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (datetime.date(2026, 10, 1), datetime.date(2026, 10, 2))
    assert (event["SUMMARY"], event["SUMMARY"].params["LANGUAGE"]) == (LONG, "zh-Hant")
    assert (event["TRANSP"], event["DTSTAMP"].dt) == ("TRANSPARENT", calendar.updated_at.replace(microsecond=0))
    [event] = events(reader, "hong-kong")
    assert event["DESCRIPTION"] == "as of May 2025 · Gazette"
    assert events(reader, "mainland") == []


def test_weekend_day_that_is_worked_is_no_holiday(reader: Reader) -> None:
    calendar = factories.HolidayCalendarFactory(year=2026)
    factories.HolidayFactory(
        calendar=calendar, date=datetime.date(2026, 10, 10), is_worked=True, name_en="National Day"
    )
    [event] = events(reader, "mainland")
    assert (event["SUMMARY"], event["TRANSP"]) == ("National Day (worked)", "OPAQUE")


def test_event_keeps_its_identifier(reader: Reader) -> None:
    holiday = factories.HolidayFactory(calendar__region="mainland")
    [before] = events(reader, "mainland")
    type(holiday).objects.update(name_en="Another name", date=holiday.date.replace(day=2))
    [after] = events(reader, "mainland", "zh-hans")
    other = factories.HolidayFactory(calendar=holiday.calendar)
    assert before["UID"] == after["UID"]
    assert len({event["UID"] for event in events(reader, "mainland")}) == other.number


@time_machine.travel(TODAY)
def test_notice_is_an_event_in_hong_kong_time_where_it_says_when(reader: Reader) -> None:
    hour = datetime.timedelta(hours=1)
    begin = datetime.datetime(2026, 12, 1, 2, tzinfo=datetime.UTC)
    factories.NewsItemFactory(kind="notice", title_en="Closed", holds_from=begin, holds_until=begin + hour)
    factories.NewsItemFactory(kind="notice", date="2026-11-20")
    factories.NewsItemFactory(kind="notice", holds_from=begin - 900 * hour, holds_until=begin - 800 * hour)
    [event] = events(reader, "notices")
    assert (event["SUMMARY"], event["DTSTART"].params["TZID"]) == ("Closed", "Asia/Hong_Kong")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (begin, begin + hour)
    assert event["DTSTART"].to_ical() == b"20261201T100000"


@time_machine.travel(TODAY)
def test_departures_of_regular_service_stand_on_the_days_that_are_known(reader: Reader) -> None:
    calendar = factories.HolidayCalendarFactory(region="mainland", year=2026)
    factories.HolidayFactory(calendar=calendar, date=datetime.date(2026, 12, 31))
    route = factories.RouteFactory(name_en="Shuttle", trial_start="2026-11-01", regular_start="2026-11-09")
    shared = {"route": route, "as_of": "2026", "source": factories.SourceFactory(publisher_original="Gazette")}
    factories.DepartureFactory(**shared, runs_on="mainland")
    factories.DepartureFactory(**shared, runs_on="unknown")
    factories.DepartureFactory(**shared, runs_on="mainland", is_trial=True)
    [event] = events(reader, "departures")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == ("Shuttle (from Shenzhen)", "as of 2026 · Gazette")
    assert event["DTSTART"].to_ical() == b"20261126T081500"
    days = [event["DTSTART"].dt, *(date.dt for date in event["RDATE"].dts)]
    assert (days[1].day, days[-1].day, len(days)) == (27, 30, 25)


def test_other_names_and_methods_get_an_answer(reader: Reader) -> None:
    assert reader.get("/en/getting-here/nosuch.ics").status_code == 404
    response = Client(enforce_csrf_checks=True).post("/en/getting-here/mainland.ics")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_text_of_an_editor_cannot_add_lines_of_its_own(reader: Reader) -> None:
    factories.HolidayFactory(calendar__region="mainland", name_en="Rest\r\nEND:VEVENT; a, b\\c")
    body = reader.get("/en/getting-here/mainland.ics").content.decode()
    assert len(re.findall("^END:VEVENT", body, re.MULTILINE)) == 1
    assert events(reader, "mainland")[0]["SUMMARY"].split() == ["Rest", "END:VEVENT;", "a,", "b\\c"]
