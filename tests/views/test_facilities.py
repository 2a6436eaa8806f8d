"""What one can do with facilities: see what is inside, compare, print, find the place."""

from __future__ import annotations

from typing import Any

import pytest
import segno
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.conftest import Reader
from zone.comparison import MOST
from zone.models import Facility
from zone.search.index import rebuild

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

COMPARE = "/en/facilities/compare/"
TILES = {"MAP_TILES": "https://tiles.example.org/{z}/{x}/{y}.png", "MAP_CREDIT": "© Somebody"}


def words(tag: Any) -> str:
    return " ".join(tag.get_text(" ").split())


def page(reader: Reader, address: str) -> Any:
    response: Any = reader.get(address)
    assert response.status_code == 200
    return response.page


def floors(reader: Reader, building: Any) -> list[str]:
    found = page(reader, building.get_absolute_url()).select("[aria-labelledby=contents] :is(h3, li > a)")
    return [words(one) for one in found]


def test_building_lists_what_is_inside_floor_by_floor(reader: Reader) -> None:
    tower = factories.FacilityFactory(kind="building")
    for name, floor in (("Attic", "44"), ("Cellar", "B2"), ("Garage", "B1"), ("Hall", "M"), ("Anywhere", "")):
        factories.FacilityFactory(name_en=name, located_in=tower, floor=floor)
    factories.OrganisationFactory(name_en="Start-up", premises=tower, floor="9/F")
    factories.OrganisationFactory(name_en="Hidden", premises=tower, floor="9/F", status="draft")
    assert floors(reader, tower) == [
        *("Floor B2", "Cellar", "Floor B1", "Garage", "Floor M", "Hall"),
        *("Floor 9/F", "Start-up", "Floor 44", "Attic", "Floor not known", "Anywhere"),
    ]


def test_where_no_floor_is_known_none_is_spoken_of(reader: Reader) -> None:
    tower = factories.FacilityFactory(kind="building")
    factories.FacilityFactory(name_en="Anywhere", located_in=tower)
    assert floors(reader, tower) == ["Anywhere"]


def test_floor_stands_beside_its_building(reader: Reader) -> None:
    tower = factories.FacilityFactory(name_en="Tower")
    facility = factories.FacilityFactory(located_in=tower, floor="44")
    organisation = factories.OrganisationFactory(premises=tower, floor="3")
    for record, expected in ((facility, "Tower, floor 44"), (organisation, "Tower, floor 3")):
        places = page(reader, record.get_absolute_url()).select(f"dd:has(> a[href='{tower.get_absolute_url()}'])")
        assert ["".join(place.get_text().split("\n")).strip() for place in places] == [expected]


@pytest.mark.parametrize("make", [factories.FacilityFactory, factories.OrganisationFactory])
def test_floor_needs_a_building(make: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        make(floor="3").full_clean()
    assert refused.value.message_dict == {"floor": ["Say of which building."]}


# Compare


def columns(reader: Reader, *slugs: str) -> dict[str, list[str]]:
    """Return what the comparison says of the facilities with ``slugs``, row by row."""
    query = "&".join(f"facility={slug}" for slug in slugs)
    rows = page(reader, f"{COMPARE}?{query}").select(".comparison tr")
    cells = [[words(cell) for cell in row.select("th, td")] for row in rows]
    return {name: values for name, *values in cells}


def test_facilities_stand_side_by_side_in_the_order_chosen(reader: Reader) -> None:
    press = factories.SourceFactory(publisher_original="The Post")
    for slug, access, value in (("a", "", "300"), ("b", "Tenants", "200")):
        lab = factories.FacilityFactory(
            slug=slug, name_en=f"Lab {slug}", access_en=access, access_zh_hans="", access_zh_hant="", sources=[press]
        )
        factories.SpecificationFactory(facility=lab, name_en="Voltage", value=value, source=press, as_of="2025")
    factories.SpecificationFactory(facility=lab, name_en="Mass", value="3", unit="t", source=press, as_of="2025")
    found = columns(reader, "b", "a")
    assert found[""] == ["Lab b Take out Lab b", "Lab a Take out Lab a"]
    assert found["Who may use it"] == ["Tenants", "not known"]
    assert found["Voltage"] == ["200 kV 2025 · The Post", "300 kV 2025 · The Post"]
    assert found["Mass"] == ["3 t 2025 · The Post", "not known"]


def test_comparison_leaves_out_what_is_not_public_and_says_where_it_was_cut(reader: Reader) -> None:
    factories.FacilityFactory(slug="hidden", status="draft")
    for slug in "abcd":
        factories.FacilityFactory(slug=slug, name_en=slug)
    shown = page(reader, f"{COMPARE}?facility=hidden&facility=a&facility=a&facility=nosuch&facility=b")
    assert [words(link) for link in shown.select("thead th > a")] == ["a", "b"]
    assert shown.select(".warning") == []
    shown = page(reader, COMPARE + "?" + "&".join(f"facility={slug}" for slug in "abcd"))
    assert [words(link) for link in shown.select("thead th > a")] == ["a", "b", "c"]
    assert [words(warning) for warning in shown.select(".warning")] == [
        "Only three facilities fit side by side. These are the first three."
    ]


def test_each_can_be_taken_out_and_another_of_its_kind_put_beside(reader: Reader) -> None:
    for slug, kind in (("a", "laboratory"), ("b", "laboratory"), ("c", "laboratory"), ("d", "port")):
        factories.FacilityFactory(slug=slug, name_en=slug, kind=kind)
    factories.FacilityFactory(slug="hidden", status="draft")
    shown = page(reader, f"{COMPARE}?facility=a&facility=b")
    assert [link["href"] for link in shown.select("thead .note")] == ["?facility=b", "?facility=a"]
    offered = [link["href"] for link in shown.select("[aria-labelledby=beside] a")]
    assert offered == ["?facility=a&facility=b&facility=c"]


@pytest.mark.parametrize("query", ["", "?facility=", "?facility=%00", "?facility=" + "x" * 5000, "?facility=a'--"])
def test_comparison_of_nothing_leads_to_the_list(reader: Reader, query: str) -> None:
    shown = page(reader, COMPARE + query)
    assert shown.select("table") == []
    assert [link["href"] for link in shown.select("main a.more")] == ["/en/facilities/"]


def test_rows_of_the_list_can_be_chosen_for_the_comparison(reader: Reader) -> None:
    factories.FacilityFactory(slug="a")
    rebuild()
    shown = page(reader, "/en/facilities/")
    assert [(box["name"], box["value"], box["form"]) for box in shown.select(".choice input")] == [
        ("facility", "a", "comparison")
    ]
    form = shown.select_one("form#comparison")
    assert (form["action"], form["data-most"]) == (COMPARE, str(MOST))


def test_queries_of_comparison_and_sheet_do_not_grow(reader: Reader) -> None:
    def taken(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            reader.get(address)
        return len(captured)

    counts = []
    for number in (1, 4):
        for _ in range(number):
            for slug in ("a", "b"):
                lab = Facility.objects.filter(slug=slug).first() or factories.FacilityFactory(slug=slug)
                factories.SpecificationFactory(facility=lab)
                factories.FactFactory(organisation=None, facility=lab)
                lab.sources.add(factories.SourceFactory())
                factories.FacilityFactory(kind=lab.kind)
        counts.append([taken(f"{COMPARE}?facility=a&facility=b"), taken("/en/facilities/a/sheet/")])
    assert counts[0] == counts[1]


# On paper


def test_sheet_has_what_one_needs_at_the_door_and_the_code_of_its_page(reader: Reader) -> None:
    source = factories.SourceFactory(url="https://example.org/%E6%B2%B3%E5%A5%97")
    lab = factories.FacilityFactory(slug="lab", name_en="Laser lab", access_en="Tenants", sources=[source])
    factories.FactFactory(organisation=None, facility=lab, text_en="It has nine lasers.")
    shown = page(reader, "/en/facilities/lab/sheet/")
    assert words(shown.h1) == "Laser lab"
    assert words(shown.select_one(".facts p")) == "It has nine lasers."
    assert words(shown.select_one(".address")) == "https://example.org/河套"
    assert words(shown.select_one(".code figcaption")) == "http://testserver/en/facilities/lab/"
    assert len(shown.select(".code svg path")) == 1
    assert [link["href"] for link in page(reader, "/en/facilities/lab/").select("article a[href$='/sheet/']")] == [
        "/en/facilities/lab/sheet/"
    ]


def test_code_is_that_of_the_address(reader: Reader) -> None:
    factories.FacilityFactory(slug="lab")
    shown: Any = reader.get("/zh-hant/facilities/lab/sheet/", headers={"Host": "localhost"})
    expected = segno.make("http://localhost/zh-hant/facilities/lab/", error="m", micro=False)
    assert expected.svg_inline(border=2, omitsize=True) in shown.content.decode()


def test_sheet_says_where_it_leaves_something_out(reader: Reader) -> None:
    lab = factories.FacilityFactory(slug="lab")
    for number, said in ((6, False), (1, True)):
        for _ in range(number):
            factories.FactFactory(organisation=None, facility=lab)
        shown = page(reader, "/en/facilities/lab/sheet/")
        assert len(shown.select(".facts li")) == 6
        assert ("There is more on the page than fits here." in words(shown.main)) is said


# On a map


def test_without_tiles_there_is_a_link_and_no_map(reader: Reader) -> None:
    factories.FacilityFactory(slug="lab", latitude="22.516", longitude="114.082")
    shown = page(reader, "/en/facilities/lab/")
    assert [link["href"] for link in shown.select("a.external")] == [
        "https://www.openstreetmap.org/?mlat=22.516&mlon=114.082#map=16/22.516/114.082"
    ]
    assert shown.select("[data-map], script[src]") == []


@override_settings(**TILES)
def test_with_tiles_the_reader_is_told_whom_the_map_asks(reader: Reader) -> None:
    factories.FacilityFactory(slug="lab", latitude="22.516", longitude="114.082")
    factories.FacilityFactory(slug="nowhere")
    shown = page(reader, "/en/facilities/lab/").select_one("[data-map]")
    said = "The map comes from tiles.example.org, which then learns your network address and where you look."
    assert (words(shown.p), shown["data-tiles"], shown["data-credit"]) == (said, TILES["MAP_TILES"], "© Somebody")
    assert page(reader, "/en/facilities/nowhere/").select("[data-map], script[src]") == []
