"""The feed for journey planners: complete where all is known, silent where it is not, and the same in every byte."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.conftest import Reader

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

TODAY = "2026-11-26T08:00:00+08:00"
PLACE = {"latitude": "22.522", "longitude": "114.072"}


def feed(reader: Reader) -> dict[str, list[dict[str, str]]]:
    response = reader.get("/gtfs.zip")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        return {
            name.removesuffix(".txt"): list(csv.DictReader(io.StringIO(archive.read(name).decode(), newline="")))
            for name in archive.namelist()
        }


def full_route(**values: Any) -> Any:
    """Return a route of which all is known: three stops, of which the middle one has no place, and two departures."""
    known = {"stops_lead": "from-shenzhen", "regular_start": "2024-08-05", "commute_after_min": 35}
    route = factories.RouteFactory(**{**known, **values})
    for position, place in enumerate((PLACE, {}, {"latitude": "22.427", "longitude": "114.210"}), start=1):
        stop = factories.FacilityFactory(slug=f"{route.slug}-{position}", **place)
        factories.StopFactory(route=route, position=position, facility=stop)
    for direction, hour in (("from-shenzhen", 10), ("from-hong-kong", 23)):
        factories.DepartureFactory(
            route=route, direction=direction, time=datetime.time(hour, 30), runs_on="daily", as_of="2026"
        )
    return route


@time_machine.travel(TODAY)
def test_trips_go_both_ways_and_beyond_midnight(reader: Reader) -> None:
    route = full_route(slug="bus", operator_name_en="Bay Buses")
    found = feed(reader)
    times = [(row["trip_id"], row["stop_id"], row["departure_time"], row["timepoint"]) for row in found["stop_times"]]
    assert times == [
        ("bus-2", "bus-3", "23:30:00", "1"),
        ("bus-2", "bus-1", "24:05:00", "0"),
        ("bus-1", "bus-1", "10:30:00", "1"),
        ("bus-1", "bus-3", "11:05:00", "0"),
    ]
    assert [(row["trip_id"], row["direction_id"]) for row in found["trips"]] == [("bus-2", "1"), ("bus-1", "0")]
    days = sorted({row["date"] for row in found["calendar_dates"]})
    assert (days[0], days[-1], len(days)) == ("20261126", "20270224", 91)
    assert [row["agency_name"] for row in found["agency"]] == ["Bay Buses"]
    assert [row["stop_id"] for row in found["stops"]] == ["bus-1", "bus-3"]
    info = found["feed_info"][0]
    assert (info["feed_start_date"], info["feed_end_date"], info["feed_lang"]) == (days[0], days[-1], "en")
    translated = {(row["record_id"], row["language"]): row["translation"] for row in found["translations"]}
    assert translated["bus", "zh-Hant"] == route.name_zh_hant
    assert [row["attribution_url"] for row in found["attributions"]] == [
        f"http://testserver/en/sources/{source.slug}/" for source in route.sources.all()
    ]


def test_everything_that_is_referred_to_is_there(reader: Reader) -> None:
    for _ in range(3):
        full_route()
    found = feed(reader)
    keys = {name: {row[key] for row in found[name]} for name, key in KEYS.items()}
    for name, key, target in REFERENCES:
        assert {row[key] for row in found[name]} <= keys[target], (name, key)
    for name, key in KEYS.items():
        assert (name, len(found[name])) == (name, len({row[key] for row in found[name]}))


KEYS = {"agency": "agency_id", "stops": "stop_id", "routes": "route_id", "trips": "trip_id"}
REFERENCES = [
    ("routes", "agency_id", "agency"),
    ("trips", "route_id", "routes"),
    ("stop_times", "trip_id", "trips"),
    ("stop_times", "stop_id", "stops"),
    ("attributions", "route_id", "routes"),
]


def page_says(reader: Reader) -> dict[str, str]:
    page: Any = reader.get("/en/getting-here/").page  # type: ignore[attr-defined]
    rows = page.select("section[aria-labelledby=data] dl > div")
    return {row.dt.get_text(strip=True): " ".join(row.dd.get_text().split()) for row in rows}


@pytest.mark.parametrize(
    ("values", "rows", "reason"),
    [
        ({"stops_lead": ""}, {}, "No source says in which direction it runs."),
        ({"commute_after_min": None}, {}, "No source says how long a trip takes."),
        ({}, {"time": None}, "No source gives its times."),
        (
            {},
            {"runs_on": "mainland"},
            "The days on which it runs are not known, or the holidays of those years have not been entered.",
        ),
        ({}, {"latitude": None}, "No source says where on the map its first and last stop are."),
    ],
)
def test_where_something_is_unknown_there_is_no_trip_and_the_page_says_why(
    reader: Reader, values: dict[str, Any], rows: dict[str, Any], reason: str
) -> None:
    route = full_route(**values)
    if "time" in rows:
        route.departures.all().delete()
    if "runs_on" in rows:
        route.departures.update(**rows)
    if "latitude" in rows:
        type(route.facility).objects.update(latitude=None, longitude=None)
    found = feed(reader)
    assert (found["trips"], found["stop_times"], found["calendar_dates"]) == ([], [], [])
    assert [row["route_id"] for row in found["routes"]] == [route.slug]
    assert page_says(reader) == {route.name_en: reason}


def test_route_of_which_all_is_known_has_no_gap(reader: Reader) -> None:
    full_route()
    assert page_says(reader) == {}


def test_place_that_is_not_public_is_not_on_the_map(reader: Reader) -> None:
    full_route()
    type(factories.FacilityFactory()).objects.filter(slug__endswith="-3").update(status="draft")
    found = feed(reader)
    assert (len(found["stops"]), found["trips"]) == (1, [])


def test_trial_ran_on_the_days_before_regular_service(reader: Reader) -> None:
    route = full_route(trial_start="2024-08-01", trial_trip_min=45)
    route.departures.update(is_trial=True, runs_on="mainland")
    factories.HolidayFactory(calendar=factories.HolidayCalendarFactory(region="mainland", year=2024))
    found = feed(reader)
    assert sorted({row["date"] for row in found["calendar_dates"]}) == ["20240801", "20240802"]
    assert {row["arrival_time"] for row in found["stop_times"]} == {"10:30:00", "11:15:00", "23:30:00", "24:15:00"}
    assert found["routes"][0]["route_desc"].endswith("The times are those of a trial.")


def test_same_content_gives_the_same_bytes(reader: Reader) -> None:
    route = full_route()
    with time_machine.travel(TODAY, tick=False) as clock:
        first = reader.get("/gtfs.zip")
        clock.shift(60)
        assert reader.get("/gtfs.zip").content == first.content
        assert reader.get("/gtfs.zip", headers={"Accept-Language": "zh-HK"}).content == first.content
        type(route).objects.update(name_en="Another name")
        assert reader.get("/gtfs.zip").content != first.content


def test_feed_takes_as_many_queries_for_six_routes_as_for_two(reader: Reader) -> None:
    for _ in range(2):  # Of a single record everything is asked together.
        full_route()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            feed(reader)
        counts.append(len(captured))
        for _ in range(4):
            full_route()
    assert counts[0] == counts[1]


def test_without_a_route_in_service_there_is_no_feed_and_no_link_to_it(reader: Reader) -> None:
    factories.RouteFactory(mode="foot, cycle, electric cart", regular_start="2024")
    factories.RouteFactory(regular_start="2999")
    assert reader.get("/gtfs.zip").status_code == 404
    assert b"gtfs.zip" not in reader.get("/en/getting-here/").content
