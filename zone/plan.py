"""The zone at a glance: a schematic plan of both banks, laid out for SVG. It is a diagram, not a map.

No place on it is geographical: buildings stand in rows on their bank, by kind and name, the ports at the water, each
opposite to its other side. Templates draw what is placed here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models.functions import Lower

from zone.models import Crossing, Facility, Route
from zone.models.facility import BuildingStatus, FacilityKind
from zone.models.figure import Scope

WIDTH: Final = 360
"""Units from edge to edge: as many pixels as a phone has, so that numbers are legible there."""
RIVER: Final = 44
"""Height of the river."""
BANKS: Final = (Scope.SHENZHEN, Scope.HONG_KONG)
"""The two parks by their slugs, the northern one first."""
AT_MOST: Final = 32
"""How many facilities are shown on each bank; of more, the list has the rest."""

_ROW: Final = 8
_STEP: Final = 42
_MARGIN: Final = (WIDTH - (_ROW - 1) * _STEP) / 2
_HEADING: Final = 40
_UNFINISHED: Final = (BuildingStatus.PLANNED, BuildingStatus.UNDER_CONSTRUCTION)


@dataclass(frozen=True)
class Spot:
    """A facility, its number in the list beside the plan, and where it stands."""

    number: int
    facility: Facility
    x: float
    y: float

    @property
    def is_port(self) -> bool:
        """Whether it stands at the water."""
        return self.facility.kind == FacilityKind.PORT

    @property
    def is_unfinished(self) -> bool:
        """Whether it is only planned or being built."""
        return self.facility.building_status in _UNFINISHED


@dataclass(frozen=True)
class Link:
    """A line between spots: a crossing, or a route with its record."""

    points: list[Spot]
    route: Route | None = None

    @property
    def path(self) -> str:
        """Return the points as an SVG polyline has them."""
        return " ".join(f"{spot.x:g},{spot.y:g}" for spot in self.points)

    @property
    def is_unfinished(self) -> bool:
        """Whether it cannot be taken yet."""
        return self.route is not None and self.route.facility.building_status in _UNFINISHED


@dataclass
class Bank:
    """One side of the river."""

    scope: Scope
    spots: list[Spot] = field(default_factory=list)
    left_out: int = 0

    @property
    def name(self) -> Any:
        """Return what the bank is called."""
        return self.scope.label

    @property
    def first_number(self) -> int:
        """Return the number with which its part of the list begins."""
        return self.spots[0].number if self.spots else 1


@dataclass
class Plan:
    """What is drawn, from the north to the south."""

    north: Bank
    south: Bank
    river: float
    height: float
    links: list[Link]
    routes: list[Route]

    @property
    def banks(self) -> list[Bank]:
        """Return the two banks, the northern one first."""
        return [self.north, self.south]

    @property
    def spots(self) -> list[Spot]:
        """Return all places by their numbers."""
        return [spot for bank in self.banks for spot in bank.spots]


def draw_plan() -> Plan:
    """Lay out what visitors may see, in five queries however much there is."""
    facilities = Facility.objects.published().without_texts().exclude(kind=FacilityKind.TRANSPORT)
    north, south = (
        list(facilities.filter(park__slug=scope).order_by("kind", Lower("name_en"))[: AT_MOST + 1]) for scope in BANKS
    )
    crossings = Crossing.objects.published().select_related("paired_with")
    routes = Route.objects.published().select_related("facility").with_public("stops")
    return lay_out(north, south, list(crossings), list(routes))


def lay_out(
    north: Sequence[Facility], south: Sequence[Facility], crossings: Sequence[Crossing], routes: Sequence[Route]
) -> Plan:
    """Return where facilities on both banks stand, and what links them.

    Where a route stops is nearest to the water, so that its line does not cross other places.
    """
    columns = _columns(_ports(north), _ports(south), crossings)
    stops = {stop.facility_id for route in routes for stop in route.stops.all()}
    y, spots = _rows(sorted(_built(north), key=lambda one: one.pk in stops), _HEADING, 1)
    y, ports = _shore([pair[0] for pair in columns], y, len(spots) + 1)
    first = Bank(BANKS[0], [*spots, *ports], max(len(north) - AT_MOST, 0))
    river = y
    number = len(first.spots) + 1
    y, ports = _shore([pair[1] for pair in columns], y + RIVER, number)
    y, spots = _rows(sorted(_built(south), key=lambda one: one.pk not in stops), y, number + len(ports))
    second = Bank(BANKS[1], [*ports, *spots], max(len(south) - AT_MOST, 0))
    places = {spot.facility.pk: spot for spot in (*first.spots, *second.spots)}
    links = [*_crossings(crossings, places), *_routes(routes, places)]
    return Plan(first, second, river, y + _HEADING, links, list(routes))


def _ports(facilities: Sequence[Facility]) -> list[Facility]:
    return [one for one in facilities[:AT_MOST] if one.kind == FacilityKind.PORT]


def _built(facilities: Sequence[Facility]) -> list[Facility]:
    return [one for one in facilities[:AT_MOST] if one.kind != FacilityKind.PORT]


def _columns(
    north: list[Facility], south: list[Facility], crossings: Iterable[Crossing]
) -> list[tuple[Facility | None, Facility | None]]:
    """Return the ports in pairs that face each other; one without another side on the plan stands alone."""
    other_side = {one.facility_id: one.paired_with.facility_id for one in crossings if one.paired_with is not None}
    by_key = {port.pk: port for port in south}
    columns = [(port, by_key.pop(other_side.get(port.pk, 0), None)) for port in north]
    return [*columns, *((None, port) for port in by_key.values())]


def _rows(facilities: list[Facility], y: float, number: int) -> tuple[float, list[Spot]]:
    """Return what stands in rows that begin at ``y``, and where the next thing may begin."""
    spots = [
        Spot(number + place, one, _MARGIN + place % _ROW * _STEP, y + _STEP / 2 + place // _ROW * _STEP)
        for place, one in enumerate(facilities)
    ]
    return y + math.ceil(len(facilities) / _ROW) * _STEP, spots


def _shore(ports: list[Facility | None], y: float, number: int) -> tuple[float, list[Spot]]:
    """Return the ports at the water, and the other side of their row."""
    spots: list[Spot] = []
    for place, port in enumerate(ports):
        if port is not None:
            spots.append(Spot(number + len(spots), port, WIDTH * (place + 1) / (len(ports) + 1), y + _STEP / 2))
    return y + (_STEP if spots else _STEP / 2), spots


def _crossings(crossings: Iterable[Crossing], places: dict[int, Spot]) -> Iterator[Link]:
    """Yield each crossing once of which both sides are on the plan."""
    for one in crossings:
        here = places.get(one.facility_id)
        there = places.get(one.paired_with.facility_id) if one.paired_with is not None else None
        if here is not None and there is not None and here.number < there.number:
            yield Link([here, there])


def _routes(routes: Iterable[Route], places: dict[int, Spot]) -> Iterator[Link]:
    """Yield the way of each route that has two stops or more on the plan."""
    for route in routes:
        stops = [places[stop.facility_id] for stop in route.stops.all() if stop.facility_id in places]
        if len(stops) > 1:
            yield Link(stops, route)
