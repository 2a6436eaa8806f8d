"""What a page leads on to: records that have to do with the same things, the most telling first, and why."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.conftest import Reader
from zone.related import related
from zone.translation import text_of

LISTS = {"organisation": "organisations", "facility": "facilities", "news": "news", "figure": "figures"}

pytestmark = pytest.mark.django_db


def cards(reader: Reader, record: Any, language: str = "en") -> list[tuple[str, str, str]]:
    """Return the kind, the title and the reason of what the page of ``record`` says is related."""
    response = reader.get(f"/{language}/{LISTS[record.stem]}/{record.slug}/")
    page = BeautifulSoup(response.content, "html.parser")
    return [
        tuple(" ".join(card.select_one(part).get_text().split()) for part in (".row-facts", "a", ".note"))  # type: ignore[union-attr, misc]
        for card in page.select(".related-card")
    ]


def names(record: Any, most: int = 6) -> list[str]:
    return [str(text_of(one.record, one.record.title_field, "en")) for one in related(record, most=most)]


def organisation(name: str, **values: Any) -> Any:
    return factories.OrganisationFactory(name_en=name, **{"arrived": None, **values})


def test_organisation_leads_to_what_shares_its_field_its_premises_or_its_parent(reader: Reader) -> None:
    quantum = factories.FieldFactory(name_en="Quantum")
    tower = factories.FacilityFactory(name_en="Tower")
    parent = organisation("Parent", short_name="")
    record = organisation("Acme", fields=[quantum], premises=tower, parent=parent)
    organisation("Field", fields=[quantum])
    organisation("Premises", slug="b-premises", premises=tower)
    organisation("Sibling", slug="c-sibling", parent=parent)
    factories.NewsItemFactory(title_en="About the tower", facilities=[tower])
    factories.NewsItemFactory(title_en="About the field", date="2026-05", fields=[quantum])
    factories.KeyFigureFactory(label_en="Floors", slug="a-floors", facility=tower, scope="organisation")
    factories.FacilityFactory(name_en="Workshop", slug="d-workshop", organisations=[parent], opened=None)
    organisation("Nobody", fields=[factories.FieldFactory()])
    assert cards(reader, record) == [
        ("News item · 13 June 2026", "About the tower", "also about Tower"),
        ("Figure", "Floors", "also about Tower"),
        ("Organisation", "Premises", "connected with Tower"),
        ("Organisation", "Sibling", "connected with Parent"),
        ("Facility", "Workshop", "connected with Parent"),
        ("News item · May 2026", "About the field", "same field: Quantum"),
    ]


def test_facility_leads_to_what_shares_its_organisations_and_its_building(reader: Reader) -> None:
    acme, tower = organisation("Acme", slug="a"), factories.FacilityFactory(name_en="Tower", slug="b")
    record = factories.FacilityFactory(name_en="Lab", organisations=[acme], located_in=tower)
    factories.FacilityFactory(name_en="Shop", operator=acme, located_in=tower, opened=None)
    factories.NewsItemFactory(title_en="Acme arrives", organisations=[acme])
    factories.KeyFigureFactory(label_en="Staff", slug="a", organisation=acme, scope="organisation")
    organisation("Guest", slug="b", premises=tower)
    assert cards(reader, record) == [
        ("Facility", "Shop", "connected with Acme · connected with Tower"),
        ("News item · 13 June 2026", "Acme arrives", "also about Acme"),
        ("Figure", "Staff", "also about Acme"),
        ("Organisation", "Guest", "connected with Tower"),
    ]


def test_news_lead_to_what_is_about_the_same(reader: Reader) -> None:
    acme, quantum = organisation("Acme"), factories.FieldFactory(name_en="Quantum")
    record = factories.NewsItemFactory(title_en="Beam on", organisations=[acme], fields=[quantum])
    factories.NewsItemFactory(title_en="Beam off", date="2025", organisations=[acme])
    factories.NewsItemFactory(title_en="Prize", date="2026", fields=[quantum])
    organisation("Rival", fields=[quantum])
    assert cards(reader, record) == [
        ("News item · 2025", "Beam off", "also about Acme"),
        ("News item · 2026", "Prize", "same field: Quantum"),
        ("Organisation", "Rival", "same field: Quantum"),
    ]


def test_figure_leads_to_figures_of_its_scope_and_to_what_it_is_about(reader: Reader) -> None:
    acme = organisation("Acme")
    record = factories.KeyFigureFactory(label_en="Acme staff", organisation=acme, scope="shenzhen")
    factories.KeyFigureFactory(label_en="Acme area", organisation=acme, scope="organisation")
    factories.KeyFigureFactory(label_en="Pupils", scope="shenzhen")
    factories.KeyFigureFactory(label_en="Elsewhere", scope="hong-kong")
    factories.NewsItemFactory(title_en="Door", organisations=[acme])
    assert cards(reader, record) == [
        ("Figure", "Acme area", "also about Acme"),
        ("News item · 13 June 2026", "Door", "also about Acme"),
        ("Figure", "Pupils", "same scope: Shenzhen Park"),
    ]


@pytest.mark.parametrize(
    ("language", "reason"), [("en", "same field: Quantum"), ("zh-hans", "Quantum"), ("zh-hant", "Quantum")]
)
def test_reason_marks_the_language_of_a_name(reader: Reader, language: str, reason: str) -> None:
    quantum = factories.FieldFactory(name_en="Quantum", name_zh_hans="", name_zh_hant="")
    record = organisation("Acme", fields=[quantum])
    organisation("Other", fields=[quantum])
    response = reader.get(f"/{language}/organisations/{record.slug}/")
    note = BeautifulSoup(response.content, "html.parser").select_one(".related-card .note")
    assert note is not None
    marked = note.select_one("span[lang]")
    assert " ".join(note.get_text().split()).endswith(reason)
    assert (marked["lang"] if marked else None) == (None if language == "en" else "en")


def test_shared_park_relates_only_what_shares_words_too() -> None:
    park = factories.ParkFactory()
    record = organisation("Peking University", parks=[park])
    organisation("Tsinghua University", parks=[park])
    organisation("Bakery of the Zone", parks=[park])
    organisation("Lingnan University")
    factories.FacilityFactory(name_en="University hall", park=park)
    assert names(record) == ["Tsinghua University"]


def test_words_put_candidates_in_order_and_find_none() -> None:
    quantum = factories.FieldFactory()
    record = organisation("Photon Beam Institute", fields=[quantum])
    organisation("Beta", fields=[quantum], arrived="2026")
    organisation("Photon Institute", fields=[quantum])
    organisation("Photon Beam Works")
    assert names(record) == ["Photon Institute", "Beta"]


def test_equals_stand_newest_first_and_then_by_their_slug() -> None:
    quantum = factories.FieldFactory()
    record = organisation("Acme", fields=[quantum])
    for slug, arrived in (("d", None), ("b", "2024"), ("a", "2023-12"), ("c", "2024"), ("e", None)):
        organisation(slug.upper(), slug=slug, fields=[quantum], arrived=arrived)
    assert names(record) == ["B", "C", "A", "D", "E"]


def test_at_most_six_are_named() -> None:
    quantum = factories.FieldFactory()
    record = organisation("Acme", fields=[quantum])
    for number in range(8):
        organisation(f"Other {number}", slug=f"other-{number}", fields=[quantum])
    assert names(record) == [f"Other {number}" for number in range(6)]
    assert names(record, most=2) == ["Other 0", "Other 1"]


def test_what_the_page_lists_already_is_not_named_again() -> None:
    quantum, tower = factories.FieldFactory(), factories.FacilityFactory()
    record = organisation("Acme", fields=[quantum], premises=tower)
    organisation("Child", parent=record, fields=[quantum], premises=tower)
    item: Any = factories.NewsItemFactory(organisations=[record], facilities=[tower], fields=[quantum])
    factories.KeyFigureFactory(organisation=record, facility=tower)
    factories.FacilityFactory(operator=record, located_in=tower)
    assert related(record, [item]) == []


HIDDEN: list[dict[str, Any]] = [{"status": "draft"}, {"status": "withdrawn"}, {"expire_at": timezone.now()}]


@pytest.mark.parametrize("state", HIDDEN)
def test_nothing_hidden_is_named(reader: Reader, state: dict[str, Any]) -> None:
    quantum = factories.FieldFactory()
    record = organisation("Acme", fields=[quantum])
    organisation("Hidden", fields=[quantum], **state)
    factories.NewsItemFactory(fields=[quantum], **state)
    assert (names(record), cards(reader, record)) == ([], [])


@pytest.mark.parametrize("state", HIDDEN)
def test_nothing_is_related_through_what_is_hidden(reader: Reader, state: dict[str, Any]) -> None:
    field, tower = factories.FieldFactory(**state), factories.FacilityFactory(**state)
    acme = organisation("Acme", **state)
    record = organisation("Visible", fields=[field], premises=tower, parent=acme)
    organisation("Other", fields=[field], premises=tower, parent=acme)
    item = factories.NewsItemFactory(title_en="One", organisations=[acme], facilities=[tower])
    factories.NewsItemFactory(title_en="Two", organisations=[acme], facilities=[tower])
    assert [names(one) for one in (record, item)] == [[], []]
    assert [cards(reader, one) for one in (record, item)] == [[], []]


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_page_without_anything_related_has_no_heading_for_it(reader: Reader, language: str) -> None:
    record = organisation("Acme")
    page = BeautifulSoup(reader.get(f"/{language}/organisations/{record.slug}/").content, "html.parser")
    assert page.select("#related, .related") == []


def test_organisation_that_only_signed_is_not_shown_as_being_here(reader: Reader) -> None:
    quantum = factories.FieldFactory()
    record = organisation("Acme", fields=[quantum])
    organisation("Partner", fields=[quantum], role="partner", presence="signed", presence_as_of="2024-11")
    page = BeautifulSoup(reader.get(f"/en/organisations/{record.slug}/").content, "html.parser")
    assert [" ".join(status.get_text().split()) for status in page.select(".related-card .status")] == [
        "Signed a memorandum, November 2024; not in the zone"
    ]


NOUNS = 4


def connected() -> dict[str, Any]:
    """Return a record of each noun, each of which is related to more of all nouns."""
    quantum, park = factories.FieldFactory(), factories.ParkFactory()
    acme, tower = organisation("Acme", parks=[park]), factories.FacilityFactory(park=park)
    shared: dict[str, Any] = {"parks": [park], "fields": [quantum], "premises": tower, "parent": acme}
    records = {
        "organisation": organisation("Beta", **shared),
        "facility": factories.FacilityFactory(park=park, operator=acme, organisations=[acme], located_in=tower),
        "news": factories.NewsItemFactory(organisations=[acme], facilities=[tower], fields=[quantum]),
        "figure": factories.KeyFigureFactory(organisation=acme, facility=tower),
    }
    more(records, shared)
    return records | {"shared": shared}


def more(records: dict[str, Any], shared: dict[str, Any]) -> None:
    """Add one of each noun that has to do with the same things."""
    acme, tower = shared["parent"], shared["premises"]
    organisation("Another", **shared)
    factories.FacilityFactory(park=tower.park, operator=acme, organisations=[acme], located_in=tower)
    factories.NewsItemFactory(organisations=[acme], facilities=[tower], fields=shared["fields"])
    factories.KeyFigureFactory(organisation=acme, facility=tower)


@pytest.mark.parametrize("noun", LISTS)
def test_queries_do_not_grow_with_what_is_related(noun: str) -> None:
    def queries() -> tuple[int, int]:
        record = type(records[noun]).objects.published().for_detail().get(pk=records[noun].pk)
        with CaptureQueriesContext(connection) as captured:
            return len(related(record, most=100)), len(captured)

    records = connected()
    found_with_one, queries_with_one = queries()
    for _ in range(4):
        more(records, records["shared"])
    assert queries() == (found_with_one + 4 * NOUNS, queries_with_one)
