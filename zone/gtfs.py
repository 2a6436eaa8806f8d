"""The routes as a GTFS feed, which journey planners read: what is known, and of what is not known nothing.

A place stands in it only where a source has located it, and a trip only where its days, its time, its length and both
of its ends are known. Why a route has no trip is told by :func:`gaps`.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from zone.models import Departure, HolidayCalendar, Route, Stop
from zone.models.transport import HONG_KONG_TIME, Direction, Mode
from zone.translation import HTML_LANGUAGES, ORIGINAL, TRANSLATIONS, column, text_of
from zone.working_days import Calendars, days_of_service

Row = dict[str, Any]

_MODES: Final = {Mode.BUS: 3, Mode.RAIL: 2}
"""The route types of GTFS. A bridge that one walks over is no service."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of all files in the archive, so that equal feeds have equal bytes."""

_COLUMNS: Final = {
    "agency": "agency_id agency_name agency_url agency_timezone agency_lang",
    "stops": "stop_id stop_name stop_lat stop_lon",
    "routes": "route_id agency_id route_long_name route_desc route_type route_url",
    "trips": "route_id service_id trip_id direction_id",
    "stop_times": "trip_id arrival_time departure_time stop_id stop_sequence timepoint",
    "calendar_dates": "service_id date exception_type",
    "feed_info": (
        "feed_publisher_name feed_publisher_url feed_lang default_lang feed_start_date feed_end_date feed_version "
        "feed_contact_url"
    ),
    "translations": "table_name field_name language translation record_id",
    "attributions": "attribution_id route_id organization_name is_producer attribution_url",
}
"""The files of the feed and their columns."""

ONE_WAY: Final = _("No source says in which direction it runs.")
NO_TIMES: Final = _("No source gives its times.")
UNLOCATED: Final = _("No source says where on the map its first and last stop are.")
NO_LENGTH: Final = _("No source says how long a trip takes.")
NO_DAYS: Final = _("The days on which it runs are not known, or the holidays of those years have not been entered.")


@dataclass(frozen=True)
class Gap:
    """A route that runs, and why the feed has no trip of it."""

    route: Route
    reasons: list[str | Promise]


@dataclass(frozen=True)
class _Trip:
    departure: Departure
    stops: list[Stop]
    """In the order of the direction; one in between that nobody has located is left out."""
    minutes: int
    days: list[datetime.date]

    @property
    def identifier(self) -> str:
        return f"{self.departure.route.slug}-{self.departure.number}"


def running(routes: Iterable[Route]) -> list[Route]:
    """Return those of ``routes`` that are a service and have begun."""
    return [route for route in routes if route.mode in _MODES and route.is_in_service]


def gaps(routes: Iterable[Route], calendars: Calendars, today: datetime.date) -> list[Gap]:
    """Return the routes in service of which the feed has no trip, with what would have to be known."""
    return [
        Gap(route, list(_missing(route, calendars, today)))
        for route in running(routes)
        if not _trips(route, calendars, today)
    ]


def _missing(route: Route, calendars: Calendars, today: datetime.date) -> Iterator[str | Promise]:
    departures = list(route.departures.all())
    if not departures:
        yield NO_TIMES
    if not route.stops_lead:
        yield ONE_WAY
    if not _on_the_map(route):
        yield UNLOCATED
    if any(not _minutes(one) for one in departures):
        yield NO_LENGTH
    if any(not days_of_service(one, calendars, today) for one in departures):
        yield NO_DAYS


def _trips(route: Route, calendars: Calendars, today: datetime.date) -> list[_Trip]:
    if not (route.stops_lead and _on_the_map(route)):
        return []
    found = []
    for departure in route.departures.all():
        stops = [stop for stop in route.stops.all() if _located(stop)]
        if route.stops_lead != departure.direction:
            stops.reverse()
        minutes, days = _minutes(departure), days_of_service(departure, calendars, today)
        if minutes and days:
            found.append(_Trip(departure, stops, minutes, days))
    return found


def _on_the_map(route: Route) -> bool:
    """Return whether both ends of ``route`` are known."""
    stops = list(route.stops.all())
    return len(stops) > 1 and _located(stops[0]) and _located(stops[-1])


def _located(stop: Stop) -> bool:
    place = stop.facility
    return place is not None and place.is_public and place.latitude is not None


def _minutes(departure: Departure) -> int | None:
    route = departure.route
    return route.trial_trip_min if departure.is_trial else route.commute_after_min


def gtfs_feed(site: str, today: datetime.date) -> bytes | None:
    """Return the feed as a ZIP file, or ``None`` where no route is in service. Equal content gives equal bytes.

    ``site`` is the address of the site: ``https://example.org``.
    """
    routes = running(Route.objects.published().for_list())
    calendars = Calendars(HolidayCalendar.objects.published().for_list())
    if not routes:
        return None
    with translation.override(ORIGINAL):
        trips = [trip for route in routes for trip in _trips(route, calendars, today)]
        tables = {name: list(rows(routes, trips, site)) for name, rows in _TABLES.items()}
    return _archive(tables)


def _agencies(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    for route in routes:
        yield {
            "agency_id": route.slug,
            "agency_name": text_of(route, "operator_name") or f"{route.name} (operator not known)",
            "agency_url": site + reverse("getting_here"),
            "agency_timezone": HONG_KONG_TIME.key,
            "agency_lang": ORIGINAL,
        }


def _stops(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    for slug, place in _places(routes).items():
        yield {
            "stop_id": slug,
            "stop_name": text_of(place, "name"),
            "stop_lat": place.latitude,
            "stop_lon": place.longitude,
        }


def _places(routes: list[Route]) -> dict[str, Any]:
    places = [stop.facility for route in routes for stop in route.stops.all() if _located(stop)]
    return {place.slug: place for place in places if place is not None}


def _routes(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    for route in routes:
        yield {
            "route_id": route.slug,
            "agency_id": route.slug,
            "route_long_name": route.name,
            "route_desc": _description(route, trips),
            "route_type": _MODES[Mode(route.mode)],
            "route_url": site + route.get_absolute_url(),
        }


def _description(route: Route, trips: list[_Trip]) -> str:
    """Return who may ride, and whether the times in the feed are those of a trial."""
    on_trial = any(trip.departure.is_trial for trip in trips if trip.departure.route == route)
    said = [capfirst(route.eligibility), "The times are those of a trial." if on_trial else ""]
    return ". ".join(part for part in said if part)


def _trip_rows(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    for trip in trips:
        yield {
            "route_id": trip.departure.route.slug,
            "service_id": trip.identifier,
            "trip_id": trip.identifier,
            "direction_id": list(Direction).index(Direction(trip.departure.direction)),
        }


def _stop_times(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    for trip in trips:
        begin = trip.departure.time.hour * 60 + trip.departure.time.minute
        times = {1: _clock(begin), len(trip.stops): _clock(begin + trip.minutes)}
        for place, stop in enumerate(trip.stops, start=1):
            yield {
                "trip_id": trip.identifier,
                "arrival_time": times.get(place, ""),
                "departure_time": times.get(place, ""),
                "stop_id": stop.facility.slug if stop.facility else "",
                "stop_sequence": place,
                "timepoint": int(place == 1),  # When it arrives is known roughly.
            }


def _clock(minute: int) -> str:
    """Return a time of a day of service, which may go beyond midnight: ``25:10:00``."""
    return f"{minute // 60:02}:{minute % 60:02}:00"


def _calendar_dates(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    for trip in trips:
        for day in trip.days:
            yield {"service_id": trip.identifier, "date": f"{day:%Y%m%d}", "exception_type": 1}


def _translations(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    named = [("stops", "stop_name", slug, place, "name") for slug, place in _places(routes).items()]
    named += [("routes", "route_long_name", route.slug, route, "name") for route in routes]
    named += [("agency", "agency_name", route.slug, route, "operator_name") for route in routes]
    for table, field, key, record, name in named:
        for language in TRANSLATIONS:
            if text := getattr(record, column(name, language)):
                yield {
                    "table_name": table,
                    "field_name": field,
                    "language": HTML_LANGUAGES[language],
                    "translation": text,
                    "record_id": key,
                }


def _attributions(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    for route in routes:
        for source in route.sources.all():
            yield {
                "attribution_id": f"{route.slug}-{source.slug}",
                "route_id": route.slug,
                "organization_name": source.publisher,
                "is_producer": 1,
                "attribution_url": site + source.get_absolute_url(),
            }


def _feed_info(routes: list[Route], trips: list[_Trip], site: str) -> Iterator[Row]:
    days = sorted(day for trip in trips for day in trip.days)
    yield {
        "feed_publisher_name": "Hetao",
        "feed_publisher_url": site + reverse("getting_here"),
        "feed_lang": ORIGINAL,
        "default_lang": ORIGINAL,
        "feed_start_date": f"{days[0]:%Y%m%d}" if days else "",
        "feed_end_date": f"{days[-1]:%Y%m%d}" if days else "",
        "feed_contact_url": site + reverse("about"),
    }


_TABLES: Final[Mapping[str, Callable[[list[Route], list[_Trip], str], Iterator[Row]]]] = {
    "agency": _agencies,
    "stops": _stops,
    "routes": _routes,
    "trips": _trip_rows,
    "stop_times": _stop_times,
    "calendar_dates": _calendar_dates,
    "translations": _translations,
    "attributions": _attributions,
    "feed_info": _feed_info,
}


def _archive(tables: dict[str, list[Row]]) -> bytes:
    """Return the tables as a ZIP file; the version of the feed is what its content is."""
    content = "".join(_table(name, rows) for name, rows in tables.items())
    tables["feed_info"][0]["feed_version"] = hashlib.sha256(content.encode()).hexdigest()[:16]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            entry = zipfile.ZipInfo(f"{name}.txt", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _table(name, rows))
    return file.getvalue()


def _table(name: str, rows: list[Row]) -> str:
    file = io.StringIO()
    table = csv.DictWriter(file, _COLUMNS[name].split(), restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return file.getvalue()
