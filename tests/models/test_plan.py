"""The plan of the zone: where things stand, what links them, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests import factories
from tests.conftest import Reader
from zone import plan
from zone.plan import RIVER, WIDTH, Spot, draw_plan

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture
def parks() -> dict[str, Any]:
    return {slug: factories.ParkFactory(slug=slug) for slug in ("shenzhen", "hong-kong")}


def names(spots: list[Spot]) -> list[tuple[int, str]]:
    return [(spot.number, str(spot.facility)) for spot in spots]


def crossing(north: Any, south: Any) -> None:
    one = factories.CrossingFactory(facility=south)
    other = factories.CrossingFactory(facility=north, paired_with=one)
    one.paired_with = other
    one.save()


def test_numbers_go_from_the_north_to_the_south_and_ports_stand_at_the_water(parks: dict[str, Any]) -> None:
    north, south = parks["shenzhen"], parks["hong-kong"]
    for name, kind, park in (
        *(("Port N", "port", north), ("Lab B", "laboratory", north), ("Lab A", "laboratory", north)),
        *(("Hall S", "venue", south), ("Port S", "port", south), ("Bus", "transport", south)),
    ):
        factories.FacilityFactory(name_en=name, kind=kind, park=park)
    factories.FacilityFactory(name_en="Elsewhere")
    drawn = draw_plan()
    assert names(drawn.north.spots) == [(1, "Lab A"), (2, "Lab B"), (3, "Port N")]
    assert names(drawn.south.spots) == [(4, "Port S"), (5, "Hall S")]
    assert (drawn.north.first_number, drawn.south.first_number) == (1, 4)
    assert [spot.is_port for spot in drawn.spots] == [False, False, True, True, False]
    edges = [spot.y for spot in drawn.spots]
    assert edges == sorted(edges)
    assert edges[2] < drawn.river < drawn.river + RIVER < edges[3] < edges[4] < drawn.height


def test_the_two_sides_of_a_crossing_face_each_other_and_are_linked_once(parks: dict[str, Any]) -> None:
    ports = {
        name: factories.FacilityFactory(name_en=name, kind="port", park=parks[park])
        for name, park in (("A", "shenzhen"), ("B", "shenzhen"), ("Y", "hong-kong"), ("Z", "hong-kong"))
    }
    crossing(ports["B"], ports["Y"])
    factories.CrossingFactory(facility=ports["Z"])
    drawn = draw_plan()
    places = {str(spot.facility): spot.x for spot in drawn.spots}
    assert places == {"A": WIDTH / 4, "B": WIDTH / 2, "Y": WIDTH / 2, "Z": WIDTH * 3 / 4}
    assert [[str(spot.facility) for spot in link.points] for link in drawn.links] == [["B", "Y"]]


def test_a_route_is_drawn_between_the_stops_that_are_on_the_plan(parks: dict[str, Any]) -> None:
    facilities = [
        factories.FacilityFactory(name_en=name, park=parks[park])
        for name, park in (("A", "shenzhen"), ("B", "shenzhen"), ("C", "hong-kong"), ("D", "hong-kong"))
    ]
    bridge = factories.FacilityFactory(kind="transport", park=parks["shenzhen"], building_status="planned")
    route = factories.RouteFactory(facility=bridge)
    for position, facility in enumerate([facilities[3], None, facilities[0]]):
        factories.StopFactory(route=route, facility=facility, position=position)
    short = factories.RouteFactory(facility=bridge)
    factories.StopFactory(route=short, facility=facilities[3], position=1)
    drawn = draw_plan()
    # Where it stops is nearest to the water.
    assert names(drawn.spots) == [(1, "B"), (2, "A"), (3, "D"), (4, "C")]
    [link] = drawn.links
    assert (link.path, link.is_unfinished) == (
        f"{drawn.spots[2].x:g},{drawn.spots[2].y:g} {drawn.spots[1].x:g},{drawn.spots[1].y:g}",
        True,
    )
    assert {one.pk for one in drawn.routes} == {route.pk, short.pk}


def test_only_what_is_public_is_drawn(parks: dict[str, Any]) -> None:
    hidden = factories.FacilityFactory(park=parks["shenzhen"], status="draft")
    shown = factories.FacilityFactory(park=parks["shenzhen"])
    route = factories.RouteFactory(facility=shown)
    for position, facility in enumerate([hidden, shown]):
        factories.StopFactory(route=route, facility=facility, position=position)
    drawn = draw_plan()
    assert ([spot.facility.pk for spot in drawn.spots], drawn.links) == ([shown.pk], [])


def test_a_bank_with_too_much_says_that_there_is_more(
    reader: Reader, parks: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.FacilityFactory.create_batch(4, park=parks["hong-kong"])
    monkeypatch.setattr(plan, "AT_MOST", 3)
    drawn = draw_plan()
    assert (len(drawn.spots), drawn.south.left_out, drawn.north.left_out) == (3, 1, 0)
    page = BeautifulSoup(reader.get("/en/parks/").content, "html.parser")
    assert [link["href"] for link in page.select(".plan-list .more")] == ["/en/facilities/?park=hong-kong"]


def test_every_place_on_the_plan_is_a_link_with_its_number_and_name(reader: Reader, parks: dict[str, Any]) -> None:
    facility: Any = factories.FacilityFactory(park=parks["shenzhen"], building_status="planned", slug="lab")
    page = BeautifulSoup(reader.get("/zh-hant/").content, "html.parser")
    [link] = page.select(".plan a")
    assert (link["href"], link["aria-label"]) == ("/zh-hant/facilities/lab/", f"1 {facility.name_zh_hant}")
    assert link["class"] == ["spot", "unfinished"]


def test_a_zone_without_facilities_has_no_plan_on_its_home_page(reader: Reader) -> None:
    assert BeautifulSoup(reader.get("/en/").content, "html.parser").select(".plan") == []
    assert reader.get("/en/parks/").status_code == 200
