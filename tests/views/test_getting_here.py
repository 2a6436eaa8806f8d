"""The page that a commuter reads: what is open now, and what has been announced."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup

from tests import factories
from tests.conftest import Reader

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

NIGHT = {"opens": datetime.time(6, 0), "closes": datetime.time(0, 30)}
TRIAL = "Times of the trial. Today’s times have not been found in a source."
NOT_ENTERED = "The holidays of 2026 have not been entered."
WORKED = "Working day in exchange for a holiday: National Day"
ALWAYS = {"hours": "always", "opens": None, "closes": None}


def page(reader: Reader, language: str = "en") -> BeautifulSoup:
    return BeautifulSoup(reader.get(f"/{language}/getting-here/").content, "html.parser")


def said(reader: Reader) -> list[str]:
    return [" ".join(chip.get_text().split()) for chip in page(reader).select("td:nth-of-type(1) .status")]


@pytest.mark.parametrize(
    ("time", "hours", "expected"),
    [
        ("06:29", {}, ["Closed now, opens at 06:30"]),
        ("06:30", {}, ["Open now, until 22:30"]),
        ("22:29", {}, ["Open now, until 22:30"]),
        ("22:30", {}, ["Closed now, opens at 06:30"]),
        ("00:29", NIGHT, ["Open now, until 00:30"]),
        ("00:30", NIGHT, ["Closed now, opens at 06:00"]),
        ("23:00", NIGHT, ["Open now, until 00:30"]),
        ("03:00", ALWAYS, ["Open now, day and night"]),
        ("12:00", {"hours": "unknown", "opens": None, "closes": None}, []),
        ("12:00", {"hours_are_planned": True}, []),
        ("12:00", {"facility__building_status": "under-construction"}, []),
    ],
)
def test_port_says_whether_it_is_open_in_hong_kong_time(
    reader: Reader, time: str, hours: dict[str, Any], expected: list[str]
) -> None:
    factories.CrossingFactory(**hours)
    with time_machine.travel(f"2026-11-25T{time}:00+08:00"):
        assert said(reader) == expected


def today(reader: Reader, language: str = "en") -> list[str]:
    """Return what the page says of today: the date, and each region."""
    parts = page(reader, language).select(".today h2, .today div")
    return [" ".join(part.get_text(" ", strip=True).split()) for part in parts]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T23:30:00+00:00", ["Today is Thursday, 26 November 2026", "Working day", NOT_ENTERED]),
        ("2026-10-01T12:00:00+08:00", ["Today is Thursday, 1 October 2026", "Holiday : National Day", NOT_ENTERED]),
        ("2026-10-10T12:00:00+08:00", ["Today is Saturday, 10 October 2026", WORKED, f"Weekend. {NOT_ENTERED}"]),
        ("2026-10-11T12:00:00+08:00", ["Today is Sunday, 11 October 2026", "Weekend", f"Weekend. {NOT_ENTERED}"]),
    ],
)
def test_page_says_what_today_is_on_either_bank(reader: Reader, now: str, expected: list[str]) -> None:
    calendar = factories.HolidayCalendarFactory(region="mainland", year=2026)
    for day, is_worked in ((1, False), (10, True)):
        date = datetime.date(2026, 10, day)
        factories.HolidayFactory(calendar=calendar, date=date, is_worked=is_worked, name_en="National Day")
    with time_machine.travel(now):
        date_, hong_kong, mainland = today(reader)
    assert [date_, mainland, hong_kong] == [
        expected[0],
        f"Mainland China {expected[1]}",
        f"Hong Kong {expected[2]}",
    ]


def test_date_is_said_in_the_language_of_the_page(reader: Reader) -> None:
    with time_machine.travel("2026-11-26T12:00:00+08:00"):
        heading = page(reader, "zh-hans").select_one(".today h2")
        assert heading is not None
        assert "星期四" in heading.get_text()
        assert [one["datetime"] for one in heading.select("time")] == ["2026-11-26"]


def test_next_holidays_stand_with_their_source(reader: Reader) -> None:
    source = factories.SourceFactory(publisher_original="Gazette")
    for year in (2025, 2026, 2027):
        calendar = factories.HolidayCalendarFactory(region="hong-kong", year=year, as_of="2025-05", sources=[source])
        for month in (1, 12):
            factories.HolidayFactory(calendar=calendar, date=datetime.date(year, month, 1), name_en=f"Day {month}")
    with time_machine.travel("2026-11-26T12:00:00+08:00"):
        section = page(reader).select("section:has(> #hong-kong)")[0]
    assert [[" ".join(cell.get_text(" ", strip=True).split()) for cell in row("td")] for row in section("tr")[1:]] == [
        ["1 December 2026 Tuesday", "Day 12"],
        ["1 January 2027 Friday", "Day 1"],
        ["1 December 2027 Wednesday", "Day 12"],
    ]
    assert [" ".join(line.get_text().split()) for line in section.select(".cite:has(cite)")] == [
        f"Holidays of {year}: Hong Kong · as of May 2025 · Gazette" for year in (2026, 2027)
    ]


def test_year_that_has_not_been_entered_is_said_so(reader: Reader) -> None:
    factories.HolidayFactory(calendar__region="hong-kong", calendar__year=2025)
    factories.HolidayFactory(calendar__region="mainland", calendar__year=2026, calendar__status="draft")
    with time_machine.travel("2026-11-26T12:00:00+08:00"):
        said = [" ".join(one.get_text().split()) for one in page(reader).select("#holidays ~ div .warning")]
    assert said == ["The holidays of 2026 have not been entered."] * 2


# Both directions


def stops(ride: Any) -> list[str]:
    return [stop.get_text(strip=True) for stop in ride.select(".stops li")]


def times(ride: Any) -> list[str]:
    return [time.get_text(strip=True) for time in ride.select(".times span")]


def full_route(**values: Any) -> Any:
    route = factories.RouteFactory(**{"regular_start": "2024", "stops_lead": "from-shenzhen", **values})
    for name in ("North", "River", "South"):
        factories.StopFactory(route=route, name_en=name)
    for direction, hour in (("from-shenzhen", 10), ("from-hong-kong", 11)):
        factories.DepartureFactory(route=route, direction=direction, time=datetime.time(hour))
    return route


@pytest.mark.parametrize(
    ("values", "south", "north"),
    [
        (
            {"runs_both_ways": True},
            [(["North", "River", "South"], ["10:00"])],
            [(["South", "River", "North"], ["11:00"])],
        ),
        *(
            # Whatever is said of the way back, a departure from there is shown.
            (
                {"runs_both_ways": said},
                [(["North", "River", "South"], ["10:00"])],
                [(["South", "River", "North"], ["11:00"])],
            )
            for said in (None, False)
        ),
        (
            {"runs_both_ways": True, "stops_lead": "from-hong-kong"},
            [(["South", "River", "North"], ["10:00"])],
            [(["North", "River", "South"], ["11:00"])],
        ),
    ],
)
def test_route_stands_in_the_directions_in_which_it_runs(
    reader: Reader, values: dict[str, Any], south: Any, north: Any
) -> None:
    full_route(**values)
    found = page(reader)
    ways = [found.select(f"section[aria-labelledby={name}]")[0] for name in ("from-shenzhen", "from-hong-kong")]
    assert [[(stops(ride), times(ride)) for ride in way.select("article")] for way in ways] == [south, north]


@pytest.mark.parametrize(
    ("values", "heading"),
    [
        ({"regular_start": None}, "Not in service yet"),
        ({"regular_start": "2999"}, "Not in service yet"),
        ({"regular_start": None, "trial_start": "2024"}, "From Shenzhen to Hong Kong"),
        ({"stops_lead": ""}, "On one bank"),
        ({}, "From Shenzhen to Hong Kong"),
    ],
)
def test_route_stands_under_what_is_known_of_it(reader: Reader, values: dict[str, Any], heading: str) -> None:
    route = full_route(**values)
    article = page(reader).select(f"#{route.slug}")[0]
    assert article.find_parent("section").h2.get_text(strip=True) == heading  # type: ignore[union-attr]


def test_ports_of_a_crossing_stand_in_the_order_of_the_direction(reader: Reader) -> None:
    banks = {scope: factories.ParkFactory(slug=scope) for scope in ("shenzhen", "hong-kong")}
    north, south = (
        factories.CrossingFactory(facility__name_en=name, facility__park=banks[scope])
        for name, scope in (("Futian", "shenzhen"), ("Lok Ma Chau", "hong-kong"))
    )
    type(north).objects.filter(pk=north.pk).update(paired_with=south)
    type(north).objects.filter(pk=south.pk).update(paired_with=north)
    with time_machine.travel("2026-11-25T12:00:00+08:00"):
        found = page(reader).select(".ports")
    assert [" ".join(ports.get_text(" ", strip=True).split()) for ports in found] == [
        "Futian Open now, until 22:30 → Lok Ma Chau Open now, until 22:30",
        "Lok Ma Chau Open now, until 22:30 → Futian Open now, until 22:30",
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"runs_on": "daily"}, ["Runs today"]),
        ({"runs_on": "mainland"}, ["Does not run today"]),
        ({"runs_on": "both"}, ["Does not run today"]),
        ({"runs_on": "unknown"}, ["Whether it runs today is not known."]),
        (
            {"runs_on": "daily", "is_trial": True},
            ["Times of the trial. Today’s times have not been found in a source."],
        ),
    ],
)
def test_timetable_says_whether_it_runs_today(reader: Reader, values: dict[str, Any], expected: list[str]) -> None:
    route = factories.RouteFactory(regular_start="2024", stops_lead="from-shenzhen")
    factories.DepartureFactory(route=route, **values)
    calendar = factories.HolidayCalendarFactory(region="mainland", year=2026)
    factories.HolidayFactory(calendar=calendar, date=datetime.date(2026, 11, 26))
    with time_machine.travel("2026-11-26T12:00:00+08:00"):
        [shown] = page(reader).select(".departures > div")
    lines = [" ".join(line.get_text().split()) for line in shown.select("p:not(.times)")]
    assert [line for line in lines if "plan" not in line] == expected


def line(article: Any, term: str) -> str:
    [found] = [row.dd for row in article.select("dl > div") if row.dt.get_text(strip=True) == term]
    return " ".join(found.get_text().split())


def test_each_line_of_a_route_says_who_says_so(reader: Reader) -> None:
    source = factories.SourceFactory(publisher_original="Gazette")
    route = factories.RouteFactory(
        fare_en="HK$9",
        fare_as_of="2025-05",
        fare_source=source,
        regular_start="2024",
        eligibility_en="Staff",
        commute_after_min=35,
        trip_source=source,
    )
    article = page(reader).select(f"#{route.slug}")[0]
    assert line(article, "Fare and booking") == "HK$9 as of May 2025 · Gazette"
    assert line(article, "Who may ride") == "Staff date not stated · sources of the route"
    assert line(article, "Travel time") == "35 minutes Gazette"
    assert [link["href"] for link in article.select("dl a[href^='#']")] == [f"#{route.slug}-sources"]
    assert len(article.select(f"#{route.slug}-sources")) == 1


def test_what_is_unknown_of_a_route_is_said_so(reader: Reader) -> None:
    empty = {f"{name}_{language}": "" for name in ("fare", "eligibility") for language in ("en", "zh_hans", "zh_hant")}
    route = factories.RouteFactory(**empty, regular_start="2024")
    article = page(reader).select(f"#{route.slug}")[0]
    assert (line(article, "Fare and booking"), line(article, "Who may ride")) == ("Not known", "Not known")
    assert article.select_one(".warning").get_text(strip=True) == "No source gives the times of its departures."  # type: ignore[union-attr]


def documents(reader: Reader) -> str:
    return " ".join(page(reader).select("section[aria-labelledby=documents]")[0].get_text().split())


def test_documents_are_told_with_their_source_or_not_at_all(reader: Reader) -> None:
    unknown = "We have no source on the documents that are needed. Ask the authority of the port."
    factories.CrossingFactory(facility__name_en="Lok Ma Chau")
    assert documents(reader) == f"Documents {unknown}"
    source = factories.SourceFactory(publisher_original="Gazette")
    known = {"documents_en": "A travel permit.", "documents_as_of": "2026-05", "documents_source": source}
    futian = factories.CrossingFactory(facility__name_en="Futian", **known).facility
    assert documents(reader) == f"Documents Futian A travel permit. as of May 2026 · Gazette {unknown} Lok Ma Chau"
    own: Any = reader.get(f"/en/facilities/{futian.slug}/").page  # type: ignore[attr-defined]
    assert line(own, "Documents") == "A travel permit. as of May 2026 · Gazette"


# Notices


def test_notices_that_hold_stand_on_top(reader: Reader) -> None:
    now = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
    week = datetime.timedelta(days=7)
    for title, kind, date, further in (
        ("Old", "notice", "2026-10-01", {}),
        ("Recent", "notice", "2026-11-20", {}),
        ("Until next week", "notice", "2026-01-01", {"expire_at": now + week}),
        ("Until last week", "notice", "2026-11-01", {"expire_at": now - week}),
        ("From next week", "notice", "2026-11-20", {"publish_at": now + week}),
        ("Hidden", "notice", "2026-11-24", {"status": "draft"}),
        ("A story", "story", "2026-11-24", {}),
        ("Begins next week", "notice", "2025-12-31", {"holds_from": now + week}),
        ("Ends next week", "notice", "2026-01-02", {"holds_until": now + week}),
        ("Began long ago", "notice", "2026-01-01", {"holds_from": now - 5 * week}),
        ("Began lately", "notice", "2025-12-30", {"holds_from": now - week}),
        ("Ended", "notice", "2026-11-24", {"holds_until": now - week, "expire_at": now + week}),
    ):
        factories.NewsItemFactory(title_en=title, kind=kind, date=date, **further)
    with time_machine.travel(now):
        titles = [link.get_text(strip=True) for link in page(reader).select(".notices h3 a")]
    assert titles == ["Recent", "Ends next week", "Until next week", "Begins next week", "Began lately"]


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ({}, "24 November 2026 · Notice"),
        ({"holds_from": 1}, "24 November 2026 · Notice · from 1 December 2026 09:30"),
        ({"holds_until": 2}, "24 November 2026 · Notice · until 2 December 2026 09:30"),
        (
            {"holds_from": 1, "holds_until": 2},
            "24 November 2026 · Notice · from 1 December 2026 09:30 until 2 December 2026 09:30",
        ),
    ],
)
def test_notice_says_from_when_until_when_it_holds(reader: Reader, holds: dict[str, int], expected: str) -> None:
    moments = {name: datetime.datetime(2026, 12, day, 1, 30, tzinfo=datetime.UTC) for name, day in holds.items()}
    item = factories.NewsItemFactory(kind="notice", date="2026-11-24", **moments)
    with time_machine.travel("2026-11-25T12:00:00+08:00"):
        shown = [
            page(reader).select(".notices .row-facts")[0],
            BeautifulSoup(reader.get(f"/en/news/{item.slug}/").content, "html.parser").select("article > .row-facts")[
                0
            ],
        ]
    assert [" ".join(one.get_text().split()) for one in shown] == [expected] * 2


def test_without_a_notice_there_is_no_heading_for_them(reader: Reader) -> None:
    assert page(reader).select(".notices") == []


def text_of_use(reader: Reader, facility: Any) -> str:
    found = BeautifulSoup(reader.get(f"/en/facilities/{facility.slug}/").content, "html.parser").select(".use")
    return " ".join(found[0].get_text().split()) if found else ""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"building_status": "planned"}, "Can I use it? Not yet. It is planned."),
        ({"building_status": "under-construction"}, "Can I use it? Not yet. It is being built."),
        (
            {"building_status": "completed"},
            "Can I use it? Not yet. It has been completed; no source confirms that it has opened.",
        ),
        ({"building_status": "closed"}, "Can I use it? No. It has closed."),
        (
            {},
            "Can I use it? Not known. No source says who may use it. Who runs it has not been found either.",
        ),
        (
            {"operator_name_en": "Bay Labs"},
            "Can I use it? Not known. No source says who may use it. Ask who runs it: Bay Labs.",
        ),
        (
            {"access_en": "Tenants.", "booking_en": "By e-mail."},
            "Can I use it? On terms. Tenants. How to book: By e-mail.",
        ),
        (
            {"access_en": "Tenants.", "building_status": "planned"},
            "Can I use it? Not yet. It is planned. Who may use it: Tenants.",
        ),
        ({"kind": "port"}, ""),
        ({"kind": "transport", "access_en": "Staff."}, ""),
    ],
)
def test_facility_says_whether_one_can_use_it(reader: Reader, values: dict[str, Any], expected: str) -> None:
    quiet = {f"{name}_{language}": "" for name in ("access", "booking") for language in ("en", "zh_hans", "zh_hant")}
    assert text_of_use(reader, factories.FacilityFactory(**{**quiet, **values})) == expected


def test_operator_is_named_only_where_it_is_public(reader: Reader) -> None:
    quiet = {f"access_{language}": "" for language in ("en", "zh_hans", "zh_hant")}
    for status, expected in (("published", "Ask who runs it: Bay Labs."), ("draft", "Who runs it has not been found")):
        operator = factories.OrganisationFactory(name_en="Bay Labs", status=status)
        assert expected in text_of_use(reader, factories.FacilityFactory(operator=operator, **quiet))
