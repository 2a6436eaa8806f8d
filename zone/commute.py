"""What somebody asks who crosses the boundary today: what runs in which direction, which ports are on the way."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from zone.models import Crossing, Departure, Holiday, HolidayCalendar, Route, Stop
from zone.models.figure import Scope
from zone.models.holiday import Region
from zone.models.transport import Direction
from zone.working_days import Calendars, Day, runs

AHEAD: Final = 5
"""How many of the next holidays are shown of each region."""


@dataclass(frozen=True)
class Timetable:
    """Times of one direction that have one source and one date."""

    departures: list[Departure]
    runs_today: bool | None
    """Whether they run today; ``None`` where nobody can say. Times of a trial are not those of today."""

    @property
    def first(self) -> Departure:
        """Return the departure that says what all of them share."""
        return self.departures[0]


@dataclass(frozen=True)
class Ride:
    """A route in one direction; ``direction`` is ``None`` where it stays on one bank or no source gives it."""

    route: Route
    direction: Direction | None
    stops: list[Stop]
    timetables: list[Timetable]

    @property
    def is_whole(self) -> bool:
        """Whether all that is known of the route is said here; of the way back only what differs or is asked for."""
        return self.direction is None or self.direction == self.route.stops_lead

    @property
    def anchor(self) -> str:
        """Return the ``id`` of its place on the page."""
        return self.route.slug if self.is_whole else f"{self.route.slug}-back"


@dataclass(frozen=True)
class Way:
    """One direction: the ports on the way, the first one first, and what runs."""

    direction: Direction
    ports: list[tuple[Crossing, Crossing]]
    rides: list[Ride]


@dataclass(frozen=True)
class RegionToday:
    """What today is in one region, which days its calendars name next, and who says so."""

    today: Day
    ahead: list[Holiday]
    calendars: list[HolidayCalendar]
    """Those of this year and later."""


@dataclass(frozen=True)
class Commute:
    """The answers, as of one day."""

    date: datetime.date
    ways: list[Way]
    elsewhere: list[Ride]
    """What runs, but on one bank or in a direction that no source gives."""
    not_yet: list[Ride]
    """What is planned or being built."""
    regions: list[RegionToday]
    documented: list[Crossing]
    """The ports of which a source says which documents are needed."""
    undocumented: list[Crossing]


def plan_commute(
    crossings: Sequence[Crossing], routes: Sequence[Route], calendars: Calendars, date: datetime.date
) -> Commute:
    """Return what is known for ``date``, of records that were fetched with ``for_list``; asks the database nothing."""
    running = [route for route in routes if route.is_in_service]
    crossing = [route for route in running if route.stops_lead]
    return Commute(
        date=date,
        ways=[
            Way(direction, list(_ports(crossings, direction)), list(_rides(crossing, direction, calendars, date)))
            for direction in Direction
        ],
        elsewhere=[_ride(route, None, calendars, date) for route in running if not route.stops_lead],
        not_yet=[_ride(route, None, calendars, date) for route in routes if route not in running],
        regions=[_region(region, calendars, date) for region in Region],
        documented=[one for one in crossings if one.documents],
        undocumented=[one for one in crossings if not one.documents],
    )


def _ports(crossings: Sequence[Crossing], direction: Direction) -> Iterator[tuple[Crossing, Crossing]]:
    """Yield both sides of each crossing, that side first from which one leaves."""
    public = {one.pk: one for one in crossings}
    bank = Scope.SHENZHEN if direction == Direction.FROM_SHENZHEN else Scope.HONG_KONG
    for one in crossings:
        other = public.get(one.paired_with_id or 0)
        if other is not None and one.facility.park.slug == bank:
            yield one, other


def _rides(routes: Sequence[Route], direction: Direction, calendars: Calendars, date: datetime.date) -> Iterator[Ride]:
    for route in routes:
        leaves = any(one.direction == direction for one in route.departures.all())
        if route.stops_lead == direction or route.runs_both_ways or leaves:
            yield _ride(route, direction, calendars, date)


def _ride(route: Route, direction: Direction | None, calendars: Calendars, date: datetime.date) -> Ride:
    stops = list(route.stops.all())
    departures = [one for one in route.departures.all() if direction in (None, one.direction)]
    timetables = [
        Timetable(group, None if group[0].is_trial else runs(group[0], date, calendars))
        for group in (list(found) for _key, found in groupby(departures, key=lambda one: one.timetable))
    ]
    ride = Ride(route, direction, stops, timetables)
    if not ride.is_whole:
        stops.reverse()
    return ride


def _region(region: Region, calendars: Calendars, date: datetime.date) -> RegionToday:
    return RegionToday(
        today=calendars.day(region, date),
        ahead=calendars.ahead(region, date)[:AHEAD],
        calendars=[one for one in calendars.all if one.region == region and one.year >= date.year],
    )
