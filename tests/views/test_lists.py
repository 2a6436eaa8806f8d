from __future__ import annotations

import datetime
import itertools
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.conftest import LateReader, Reader
from zone.filters.nouns import OrganisationFinder
from zone.models import Crossing, Facility, HolidayCalendar, KeyFigure, NewsItem, Organisation, Route, Source
from zone.models.claim import Claim
from zone.search.index import rebuild
from zone.views.answers import PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(db: None) -> Reader:
    return LateReader()


def headings(reader: Reader, address: str) -> list[str]:
    """Return what the rows of the list at ``address`` are called, in their order."""
    page = BeautifulSoup(reader.get(address).content, "html.parser")
    return [link.get_text(strip=True) for link in page.select("main article :is(h2, h3) a")]


def queries(address: str) -> int:
    rebuild()
    reader = Reader()
    reader.get(address)  # What is remembered of an earlier test is not what there is now.
    PAGES.clear()
    with CaptureQueriesContext(connection) as captured:
        assert reader.get(address).status_code == 200
    return len(captured)


def full_organisation() -> Any:
    """Return an organisation with everything that its page can show."""
    facility = factories.FacilityFactory()
    parent = factories.OrganisationFactory()
    organisation = factories.OrganisationFactory(
        parent=parent, premises=facility, fields=factories.FieldFactory.create_batch(2)
    )
    factories.OrganisationFactory(parent=organisation)
    for factory in (factories.FactFactory, factories.PersonFactory, factories.ChangeNoteFactory):
        factory(organisation=organisation)
    factories.FacilityFactory(organisations=[organisation], operator=organisation)
    factories.NewsItemFactory(organisations=[organisation])
    factories.KeyFigureFactory(organisation=organisation)
    return organisation


def full_facility() -> Any:
    """Return a facility with everything that its page can show."""
    facility = factories.FacilityFactory(
        operator=factories.OrganisationFactory(),
        located_in=factories.FacilityFactory(),
        organisations=[factories.OrganisationFactory()],
    )
    factories.OrganisationFactory(premises=facility)
    factories.FacilityFactory(located_in=facility)
    factories.FactFactory(organisation=None, facility=facility)
    factories.SpecificationFactory(facility=facility)
    factories.CrossingFactory(facility=facility)
    factories.RouteFactory(facility=facility)
    factories.NewsItemFactory(facilities=[facility])
    factories.KeyFigureFactory(facility=facility)
    return facility


def full_figure() -> Any:
    """Return a figure of the home page with contradicting observations."""
    figure = factories.KeyFigureFactory(headline_position=1, organisation=factories.OrganisationFactory())
    factories.ObservationFactory(figure=figure)
    factories.ObservationFactory(figure=figure, value=3)
    return figure


def full_news() -> Any:
    """Return a news item about something of every kind."""
    return factories.NewsItemFactory(
        organisations=[factories.OrganisationFactory()],
        facilities=[factories.FacilityFactory()],
        fields=[factories.FieldFactory()],
    )


def full_park() -> Any:
    """Return a park with an operator, an area and something in it."""
    park = factories.ParkFactory(area=full_figure(), operator=factories.OrganisationFactory())
    factories.OrganisationFactory(parks=[park], fields=[factories.FieldFactory()])
    factories.FacilityFactory(park=park)
    return park


def full_field() -> Any:
    """Return a field with an organisation and news."""
    field = factories.FieldFactory()
    factories.OrganisationFactory(fields=[field])
    factories.NewsItemFactory(fields=[field])
    return field


def full_route() -> Any:
    """Return a route with a port, a stop, a departure and a fact."""
    cited = ("frequency_source", "fare_source", "eligibility_source", "trip_source")
    route = factories.RouteFactory(
        frequency=3,
        stops_lead="from-shenzhen",
        runs_both_ways=True,
        regular_start="2024",
        **{name: factories.SourceFactory() for name in cited},
    )
    factories.CrossingFactory(paired_with=factories.CrossingFactory(), documents_source=factories.SourceFactory())
    factories.StopFactory(route=route, facility=factories.FacilityFactory())
    factories.DepartureFactory(route=route, runs_on="mainland")
    factories.HolidayFactory()
    full_notice()
    factories.FactFactory(organisation=None, route=route)
    return route


def full_notice() -> Any:
    """Return a service notice that holds now."""
    hours = datetime.timedelta(hours=3)
    return factories.NewsItemFactory(
        kind="notice", holds_from=timezone.now() - hours, holds_until=timezone.now() + hours
    )


def full_source() -> Any:
    """Return a source on which something of every kind rests."""
    source = factories.SourceFactory()
    organisation = factories.OrganisationFactory(sources=[source])
    factories.FactFactory(organisation=organisation, source=source)
    factories.PersonFactory(organisation=organisation, source=source)
    factories.ObservationFactory(figure=factories.KeyFigureFactory(sources=[source]), source=source)
    factories.SpecificationFactory(facility=factories.FacilityFactory(sources=[source]), source=source)
    factories.NewsItemFactory(sources=[source])
    factories.DepartureFactory(source=source)
    factories.CrossingFactory(hours_source=source)
    factories.CrossingFactory(documents_source=source)
    factories.RouteFactory(frequency=3, frequency_source=source)
    for name in ("fare_source", "eligibility_source", "trip_source"):
        factories.RouteFactory(**{name: source})
    factories.HolidayCalendarFactory(sources=[source])
    factories.OrganisationFactory(presence_source=source)
    return source


LISTS = {
    "organisations/": full_organisation,
    "facilities/": full_facility,
    "news/": full_news,
    "news/print/": full_news,
    "figures/": full_figure,
    "fields/": full_field,
    "parks/": full_park,
    "sources/": full_source,
    "getting-here/": full_route,
    "getting-here/mainland.ics": factories.HolidayFactory,
    "getting-here/notices.ics": full_notice,
    "getting-here/departures.ics": full_route,
    "timeline/": full_figure,
    "feeds/news/": full_news,
    "feeds/organisations/": full_organisation,
    "feeds/facilities/": full_facility,
    "feeds/changes/": full_organisation,
    "search/?q=number&noun=organisation": full_organisation,
    "": full_figure,
}


@pytest.mark.parametrize("address", LISTS)
def test_queries_of_a_list_do_not_grow_with_its_rows(reader: Reader, address: str) -> None:
    for _ in range(2):  # Of a single record everything is asked together.
        LISTS[address]()
    with_two = queries(f"/en/{address}")
    for _ in range(4):
        LISTS[address]()
    assert queries(f"/en/{address}") == with_two


DETAILS = {
    "organisations": full_organisation,
    "facilities": full_facility,
    "news": full_news,
    "figures": full_figure,
    "fields": full_field,
    "parks": full_park,
    "sources": full_source,
}


def grow(record: Any) -> None:
    """Give ``record`` four more of every row and relation that it has one of and can have several of."""
    for relation in record._meta.get_fields():
        if not (relation.one_to_many or relation.many_to_many) or relation.related_model in (Crossing, HolidayCalendar):
            continue
        name = relation.get_accessor_name() if relation.auto_created else relation.name
        for other in list(getattr(record, name).all()) if name else []:
            for _ in range(4):
                copy(other, record, relation)


COUNTER = itertools.count()


def copy(other: Any, record: Any, relation: Any) -> None:
    many = {field.name: list(getattr(other, field.name).all()) for field in other._meta.many_to_many}
    other.pk, other._state.adding = None, True
    for name, value in (("slug", f"again-{next(COUNTER)}"), ("number", None)):
        if hasattr(other, name):
            setattr(other, name, value)
    other.save()
    for name, values in many.items():
        getattr(other, name).set(values)
    if relation.many_to_many and not relation.auto_created:
        getattr(record, relation.name).add(other)


@pytest.mark.parametrize(("name", "expected"), [("organisations", 6), ("facilities", 6), ("news", 4), ("figures", 6)])
def test_page_of_a_record_takes_six_queries_at_most(reader: Reader, name: str, expected: int) -> None:
    record = DETAILS[name]()
    grow(record)
    assert queries(f"/en/{name}/{record.slug}/") == expected


@pytest.mark.parametrize("name", DETAILS)
def test_queries_of_a_page_do_not_grow_with_what_it_shows(reader: Reader, name: str) -> None:
    record = DETAILS[name]()
    address = f"/en/{name}/{record.slug}/"
    with_one = queries(address)
    links = len(BeautifulSoup(reader.get(address).content, "html.parser").select("main a"))
    grow(record)
    assert queries(address) == with_one
    assert len(BeautifulSoup(reader.get(address).content, "html.parser").select("main a")) > links


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alpha", "Beta", "Gamma"]),
        ("?park=north", ["Alpha", "Beta"]),
        ("?park=north&field=quantum", ["Beta"]),
        ("?kind=education", ["Gamma"]),
        ("?role=partner", ["Gamma"]),
        ("?presence=signed", ["Gamma"]),
        ("?year=2021", ["Beta"]),
        ("?q=photon", ["Beta"]),
        ("?q=光子", ["Beta"]),
        ("?q=PHOTON+lab", ["Beta"]),
        ("?q=photon+gamma", []),
        ("?q=chip", ["Alpha"]),
        ("?sort=arrived", ["Alpha", "Beta", "Gamma"]),
        ("?sort=arrived&park=north", ["Alpha", "Beta"]),
    ],
)
def test_organisations_are_narrowed_down(reader: Reader, query: str, expected: list[str]) -> None:
    north, south = factories.ParkFactory(slug="north"), factories.ParkFactory(slug="south")
    quantum = factories.FieldFactory(slug="quantum")
    alpha = factories.OrganisationFactory(name_en="Alpha", parks=[north], arrived="2022-05")
    factories.FactFactory(organisation=alpha, text_en="It makes a chip.")
    beta = factories.OrganisationFactory(name_en="Beta", parks=[north, south], fields=[quantum], arrived="2021")
    beta.summary_en, beta.summary_zh_hans = "A photon lab.", "光子实验室。"
    beta.save()
    factories.OrganisationFactory(
        name_en="Gamma", parks=[south], kind="education", role="partner", presence="signed", arrived=None
    )
    assert headings(reader, f"/en/organisations/{query}") == expected


def test_newest_arrivals_come_first_and_unknown_ones_last(reader: Reader) -> None:
    for name, arrived in (("Alpha", None), ("Beta", "2021"), ("Gamma", "2024-05"), ("Delta", "2024")):
        factories.OrganisationFactory(name_en=name, arrived=arrived)
    assert headings(reader, "/en/organisations/?sort=arrived") == ["Gamma", "Delta", "Beta", "Alpha"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alpha", "Beta", "Gamma"]),
        ("?park=north", ["Beta"]),
        ("?kind=venue", ["Alpha"]),
        ("?status=planned", ["Gamma"]),
        ("?year=2024", ["Alpha"]),
        ("?sort=opened", ["Beta", "Alpha", "Gamma"]),
        ("?q=beta", ["Beta"]),
    ],
)
def test_facilities_are_narrowed_down(reader: Reader, query: str, expected: list[str]) -> None:
    factories.FacilityFactory(name_en="Alpha", kind="venue", opened="2024-05")
    factories.FacilityFactory(name_en="Beta", park=factories.ParkFactory(slug="north"), opened="2025")
    factories.FacilityFactory(name_en="Gamma", building_status="planned", opened=None)
    assert headings(reader, f"/en/facilities/{query}") == expected


def test_figures_and_sources_are_narrowed_down(reader: Reader) -> None:
    factories.KeyFigureFactory(label_en="Zone")
    factories.KeyFigureFactory(label_en="North", scope="shenzhen")
    assert headings(reader, "/en/figures/?scope=shenzhen") == ["North"]
    for title, language, published in (("Old", "en", "2019"), ("新", "zh-hant", "2025-01"), ("None", "en", None)):
        factories.SourceFactory(title_original=title, language=language, published=published)
    assert headings(reader, "/en/sources/?language=zh-hant") == ["新"]
    assert headings(reader, "/en/sources/?year=2019") == ["Old"]
    sources = [name for name in headings(reader, "/en/sources/") if name in ("Old", "新", "None")]
    assert sources == ["新", "Old", "None"]


def test_words_in_the_name_come_before_words_elsewhere(reader: Reader) -> None:
    factories.OrganisationFactory(name_en="Alpha", summary_en="It works with a laser.")
    factories.OrganisationFactory(name_en="Laser Works")
    assert headings(reader, "/en/organisations/?q=laser") == ["Laser Works", "Alpha"]
    assert headings(reader, "/en/organisations/?q=%22works+with+a+laser%22") == ["Alpha"]


def numbers(reader: Reader, address: str, facet: str) -> dict[str, int]:
    """Return the number beside each option of ``facet`` of the list at ``address``."""
    page = BeautifulSoup(reader.get(address).content, "html.parser")
    return {
        str(option.input["value"]): int(option.select(".number")[0].get_text())  # type: ignore[index]
        for option in page.select(f"#id_{facet} .option:has(.number)")
    }


@pytest.mark.parametrize(
    ("query", "facet", "expected"),
    [
        ("", "park", {"north": 2, "south": 2}),
        ("", "field", {"chips": 1, "quantum": 2}),
        ("?park=north", "park", {"north": 2, "south": 2}),
        ("?park=north", "field", {"chips": 1, "quantum": 1}),
        ("?field=quantum&field=chips", "park", {"north": 1, "south": 2}),
        ("?field=chips&park=south", "field", {"chips": 1, "quantum": 2}),
        ("?field=chips", "presence", {"announced": 0, "signed": 0, "operating": 1, "left": 0}),
        ("?q=photon", "park", {"north": 1, "south": 1}),
        ("?from=2022&sort=arrived", "park", {"north": 1, "south": 0}),
        ("?to=2021&page=7", "field", {"chips": 1, "quantum": 1}),
    ],
)
def test_number_beside_a_choice_is_that_of_what_it_would_leave(
    reader: Reader, query: str, facet: str, expected: dict[str, int]
) -> None:
    north, south = factories.ParkFactory(slug="north"), factories.ParkFactory(slug="south")
    chips = factories.FieldFactory(slug="chips", name_en="Chips")
    quantum = factories.FieldFactory(slug="quantum", name_en="Quantum")
    factories.OrganisationFactory(parks=[north], fields=[], arrived="2022-05")
    factories.OrganisationFactory(parks=[north, south], fields=[quantum, chips], arrived="2021", name_en="Photon")
    factories.OrganisationFactory(parks=[south], fields=[quantum], arrived=None, presence="left")
    factories.OrganisationFactory(parks=[north, south], fields=[quantum], status="draft")
    factories.FieldFactory(slug="hidden", status="draft")
    assert numbers(reader, f"/en/organisations/{query}", facet) == expected
    for slug, number in expected.items():
        kept = "&".join(part for part in query[1:].split("&") if not part.startswith((f"{facet}=", "page=")))
        assert len(headings(reader, f"/en/organisations/?{kept}&{facet}={slug}")) == number


def test_news_are_counted_once_for_each_field_and_park_that_they_are_about(reader: Reader) -> None:
    field, other = factories.FieldFactory(slug="quantum"), factories.FieldFactory(slug="chips")
    park = factories.ParkFactory(slug="north")
    organisations = [factories.OrganisationFactory(fields=[field, other], parks=[park]) for _ in range(2)]
    facility = factories.FacilityFactory(park=park)
    factories.NewsItemFactory(fields=[field], organisations=organisations, facilities=[facility])
    factories.NewsItemFactory(facilities=[facility, factories.FacilityFactory(park=park)])
    hidden = factories.OrganisationFactory(fields=[field], parks=[park], status="draft")
    factories.NewsItemFactory(organisations=[hidden])
    assert numbers(reader, "/en/news/", "field") == {"quantum": 1, "chips": 1}
    assert numbers(reader, "/en/news/", "park") == {"north": 2}
    assert numbers(reader, "/en/news/?field=chips", "park") == {"north": 1}


def test_facilities_are_counted_by_the_fields_of_public_organisations(reader: Reader) -> None:
    field = factories.FieldFactory(slug="quantum")
    organisations = [factories.OrganisationFactory(fields=[field]) for _ in range(2)]
    hidden = factories.OrganisationFactory(fields=[field], status="draft")
    factories.FacilityFactory(organisations=organisations)
    factories.FacilityFactory(organisations=[hidden])
    assert numbers(reader, "/en/facilities/", "field") == {"quantum": 1}


def test_choice_that_leaves_nothing_cannot_be_made_unless_it_is_made(reader: Reader) -> None:
    factories.OrganisationFactory(kind="company")
    page = BeautifulSoup(reader.get("/en/organisations/?kind=archive&role=tenant").content, "html.parser")
    possible = [option["value"] for option in page.select("#id_kind input:not([disabled])")]
    assert possible == ["", "company", "archive"]
    assert page.select("#id_role input:not([disabled])") == page.select("#id_role input[value='']") + page.select(
        "#id_role input[checked]"
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2020", ["Beta", "Gamma", "Delta"]),
        ("to=2020", ["Alpha", "Beta"]),
        ("from=2020&to=2021", ["Beta", "Gamma"]),
        ("from=2020&to=2020", ["Beta"]),
        ("year=2020", ["Beta"]),
        ("year=2020&from=2021", ["Gamma", "Delta"]),
        ("from=1000&to=9999", ["Alpha", "Beta", "Gamma", "Delta"]),
        ("from=２０２１", ["Gamma", "Delta"]),
    ],
)
def test_years_are_a_range_and_hold_every_date_in_them(reader: Reader, query: str, expected: list[str]) -> None:
    for name, arrived in (
        *(("Alpha", "2019-12-31"), ("Beta", "2020-12"), ("Gamma", "2021")),
        *(("Delta", "2022-01-01"), ("Epsilon", None)),
    ):
        factories.OrganisationFactory(name_en=name, arrived=arrived)
    assert sorted(headings(reader, f"/en/organisations/?{query}")) == sorted(expected)


def test_several_fields_are_joined_by_or(reader: Reader) -> None:
    first, second, third = (factories.FieldFactory(slug=slug) for slug in ("a", "b", "c"))
    for name, fields in (("Alpha", [first, second]), ("Beta", [second]), ("Gamma", [third])):
        factories.OrganisationFactory(name_en=name, fields=fields)
    assert headings(reader, "/en/organisations/?field=a&field=b") == ["Alpha", "Beta"]


def test_what_is_asked_is_said_and_taken_back_one_by_one(reader: Reader) -> None:
    factories.ParkFactory(slug="north", name_en="North")
    for slug in ("a", "b"):
        factories.FieldFactory(slug=slug, name_en=f"Field {slug}")
    query = "q=laser&park=north&field=a&field=b&from=2020&kind=nosuch&presence=&sort=name&page=3"
    page = BeautifulSoup(reader.get(f"/en/organisations/?{query}").content, "html.parser")
    tags = {str(tag["aria-label"]): tag["href"] for tag in page.select(".chosen a[aria-label]")}
    assert tags == {
        "Remove filter Words: “laser”": "?park=north&field=a&field=b&from=2020&sort=name",
        "Remove filter Park: North": "?q=laser&field=a&field=b&from=2020&sort=name",
        "Remove filter Field: Field a": "?q=laser&park=north&field=b&from=2020&sort=name",
        "Remove filter Field: Field b": "?q=laser&park=north&field=a&from=2020&sort=name",
        "Remove filter From: 2020": "?q=laser&park=north&field=a&field=b&sort=name",
    }
    assert [link["href"] for link in page.select(".chosen .clear")] == ["/en/organisations/"]
    assert page.select("#filters_on")[0].get_text(strip=True) == "5 on"


@pytest.mark.parametrize(
    ("query", "offered", "chosen"),
    [
        ("", ["", "arrived"], "Name"),
        ("sort=arrived", ["", "arrived"], "Newest arrival"),
        ("sort=relevance", ["", "arrived"], "Name"),
        ("q=laser", ["", "name", "arrived"], "Relevance"),
        ("q=laser&sort=name", ["", "name", "arrived"], "Name"),
    ],
)
def test_relevance_is_an_order_only_where_there_are_words(
    reader: Reader, query: str, offered: list[str], chosen: str
) -> None:
    page = BeautifulSoup(reader.get(f"/en/organisations/?{query}").content, "html.parser")
    assert [option["value"] for option in page.select("#id_sort option")] == offered
    assert [option.get_text() for option in page.select("#id_sort option[selected]")] == [chosen]


def test_relevance_without_words_is_the_order_of_the_list(reader: Reader) -> None:
    for name in ("Laser Works", "Beam"):
        factories.OrganisationFactory(name_en=name, summary_en="It works with a laser.")
    assert headings(reader, "/en/organisations/?sort=relevance") == ["Beam", "Laser Works"]
    assert headings(reader, "/en/organisations/?q=laser") == ["Laser Works", "Beam"]
    assert headings(reader, "/en/organisations/?q=laser&sort=name") == ["Beam", "Laser Works"]


def test_feed_and_page_for_paper_carry_the_filters(reader: Reader) -> None:
    factories.NewsItemFactory()
    page = BeautifulSoup(reader.get("/en/news/?kind=story&sort=oldest&page=2&junk=1").content, "html.parser")
    assert [link["href"] for link in page.select(".carry a")] == [
        "/en/feeds/news/?kind=story",
        "/en/news/print/?kind=story&sort=oldest",
    ]


def test_news_for_paper_stand_on_one_page_and_say_what_is_missing(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 26):
        factories.NewsItemFactory(date=f"2024-01-{day:02}", title_en=f"Day {day}")
    factories.NewsItemFactory(date="2020", title_en="Elsewhen")
    assert headings(reader, "/en/news/print/?from=2024&sort=oldest") == [f"Day {day}" for day in range(1, 26)]
    monkeypatch.setattr("zone.views.records.MOST_PRINTED", 2)
    page = BeautifulSoup(reader.get("/en/news/print/?from=2024").content, "html.parser")
    assert [link.get_text() for link in page.select("article h2 a")] == ["Day 25", "Day 24"]
    assert page.select(".warning")[0].get_text(strip=True).startswith("Only the first 2 of 25 are on this page.")


def test_htmx_is_loaded_where_there_is_a_finder_and_nowhere_else(reader: Reader) -> None:
    sources = {
        address: [
            script["src"] for script in BeautifulSoup(reader.get(address).content, "html.parser").select("head script")
        ]
        for address in ("/en/news/", "/en/", "/en/fields/")
    }
    scripts = ["/static/django_htmx/htmx-2.min.js", "/static/zone/js/finder.js"]
    assert sources == {"/en/news/": scripts, "/en/": [], "/en/fields/": []}


def test_news_about_what_is_hidden_are_not_found_by_its_park(reader: Reader) -> None:
    park = factories.ParkFactory(slug="north")
    factories.NewsItemFactory(organisations=[factories.OrganisationFactory(parks=[park], status="draft")])
    factories.NewsItemFactory(facilities=[factories.FacilityFactory(park=park, status="draft")])
    assert headings(reader, "/en/news/?park=north") == []


def test_facts_stand_newest_first_and_undated_ones_last(reader: Reader) -> None:
    organisation = factories.OrganisationFactory(slug="acme")
    for text, date in (("Old.", "2019"), ("Undated.", None), ("New.", "2025-03")):
        factories.FactFactory(organisation=organisation, text_en=text, as_of=date)
    page = BeautifulSoup(reader.get("/en/organisations/acme/").content, "html.parser")
    assert [fact.get_text(strip=True) for fact in page.select(".facts p")] == ["New.", "Old.", "Undated."]


def test_home_counts_who_is_in_the_zone_and_orders_its_figures(reader: Reader) -> None:
    factories.OrganisationFactory()
    factories.OrganisationFactory(role="partner", presence="signed")
    for label, position in (("Second", 2), ("First", 1), ("Never", None)):
        factories.KeyFigureFactory(label_en=label, headline_position=position)
    page = BeautifulSoup(reader.get("/en/").content, "html.parser")
    assert page.select(".ways span")[0].get_text(strip=True) == "1 organisation in the zone"
    assert [link.get_text(strip=True) for link in page.select(".figure-card h3")] == ["First", "Second"]


def test_page_of_a_source_has_everything_that_rests_on_it(reader: Reader) -> None:
    source = full_source()
    page = BeautifulSoup(reader.get(f"/en/sources/{source.slug}/").content, "html.parser")
    links = {str(link["href"]) for link in page.select("main section a")}
    models = (Organisation, Facility, NewsItem, KeyFigure, Route)
    resting = [
        *Organisation.objects.filter(sources=source),
        *Organisation.objects.filter(presence_source=source),
        *Facility.objects.filter(sources=source),
        *Facility.objects.filter(crossing__hours_source=source),
        *NewsItem.objects.filter(sources=source),
        *KeyFigure.objects.filter(observations__source=source),
        *Route.objects.filter(departures__source=source),
        *Route.objects.filter(frequency_source=source),
    ]
    assert [len([one for one in resting if isinstance(one, model)]) for model in models] == [2, 2, 1, 1, 2]
    assert {one.get_absolute_url() for one in resting} - links == set()
    assert len(page.select("#records")) == 1


@pytest.mark.parametrize("relation", Source._meta.related_objects, ids=lambda relation: relation.get_accessor_name())
def test_page_of_a_source_has_what_rests_on_it_by_a_single_relation(reader: Reader, relation: Any) -> None:
    source: Any = factories.SourceFactory()
    factory: Any = getattr(factories, f"{relation.related_model.__name__}Factory")
    resting: Any = factory(**{relation.field.name: [source] if relation.many_to_many else source})
    page = BeautifulSoup(reader.get(f"/en/sources/{source.slug}/").content, "html.parser")
    is_claim = issubclass(relation.related_model, Claim)
    section = "claims" if is_claim else "records"
    assert [str(part["aria-labelledby"]) for part in page.select("main section")] == [section]
    named = resting.owner if is_claim else resting
    assert [link["href"] for link in page.select("main section a")] == [named.get_absolute_url()]


def test_page_of_a_source_on_which_nothing_rests_has_no_list_of_it(reader: Reader) -> None:
    source: Any = factories.SourceFactory()
    page = BeautifulSoup(reader.get(f"/en/sources/{source.slug}/").content, "html.parser")
    assert page.select("#records") == []


def test_short_name_is_of_no_language_that_is_known(reader: Reader) -> None:
    factories.OrganisationFactory(slug="lab", short_name="河大")
    page = BeautifulSoup(reader.get("/en/organisations/lab/").content, "html.parser")
    assert [str(tag) for tag in page.select("dd") if tag.get_text() == "河大"] == ["<dd>河大</dd>"]


def test_park_counts_only_who_is_in_it(reader: Reader) -> None:
    park = factories.ParkFactory(slug="north")
    factories.OrganisationFactory(parks=[park])
    signed = factories.OrganisationFactory(parks=[park], role="partner", presence="signed")
    page = BeautifulSoup(reader.get("/en/parks/north/").content, "html.parser")
    assert page.select("#organisations")[0].get_text(strip=True) == "1 organisation in the park"
    assert page.select("h3 + .facts a")[0].get_text(strip=True) == signed.name_en


def test_times_of_a_trial_do_not_stand_under_another_source(reader: Reader) -> None:
    route = factories.RouteFactory()
    trial, regular = (factories.SourceFactory(publisher_original=name) for name in ("Trial Times", "New Times"))
    factories.DepartureFactory(route=route, source=trial, is_trial=True, time=datetime.time(10, 0))
    factories.DepartureFactory(route=route, source=regular, as_of="2026", time=datetime.time(9, 0))
    page = BeautifulSoup(reader.get("/en/getting-here/").content, "html.parser")
    shown = [
        (table.select_one(".times").get_text(strip=True), table.cite.get_text(), bool(table.select(".warning")))  # type: ignore[union-attr]
        for table in page.select(".departures > div")
    ]
    assert shown == [("09:00", "New Times", False), ("10:00", "Trial Times", True)]


def test_facilities_are_narrowed_down_by_the_fields_of_their_organisations(reader: Reader) -> None:
    quantum = factories.FieldFactory(slug="quantum")
    laboratory = factories.FacilityFactory(organisations=[factories.OrganisationFactory(fields=[quantum])])
    hidden = factories.OrganisationFactory(fields=[quantum], status="draft")
    factories.FacilityFactory(organisations=[hidden])
    assert headings(reader, "/en/facilities/?field=quantum") == [laboratory.name_en]


def test_news_are_narrowed_down_by_what_they_are_about(reader: Reader) -> None:
    park, field = factories.ParkFactory(slug="north"), factories.FieldFactory(slug="quantum")
    organisation = factories.OrganisationFactory(parks=[park], fields=[field])
    facility = factories.FacilityFactory(park=park)
    about = [
        factories.NewsItemFactory(date="2024-01-01", organisations=[organisation]),
        factories.NewsItemFactory(date="2024-02", facilities=[facility]),
        factories.NewsItemFactory(date="2025", fields=[field]),
    ]
    factories.NewsItemFactory()
    titles = [item.title_en for item in about]
    assert headings(reader, "/en/news/?park=north") == [titles[1], titles[0]]
    assert headings(reader, "/en/news/?field=quantum") == [titles[2], titles[0]]
    assert headings(reader, "/en/news/?field=quantum&sort=oldest") == [titles[0], titles[2]]
    assert headings(reader, "/en/news/?year=2024") == [titles[1], titles[0]]


def test_pages_of_a_list_keep_the_filters(reader: Reader) -> None:
    names = [f"Organisation {number:02}" for number in range(45)]
    for name in names:
        factories.OrganisationFactory(name_en=name, kind="company")
    assert headings(reader, "/en/organisations/?kind=company") == names[:20]
    assert headings(reader, "/en/organisations/?kind=company&page=3") == names[40:]
    page = BeautifulSoup(reader.get("/en/organisations/?kind=company&page=2").content, "html.parser")
    links = {link.get_text(): link["href"] for link in page.select(".pagination a")}
    assert links == {
        "Previous": "?kind=company&page=1",
        "1": "?kind=company&page=1",
        "3": "?kind=company&page=3",
        "Next": "?kind=company&page=3",
    }


def test_empty_list_says_so_and_offers_ways_out(reader: Reader) -> None:
    page = BeautifulSoup(reader.get("/en/facilities/?kind=venue&q=beam").content, "html.parser")
    assert page.select_one("#results").get_text(strip=True) == "0 facilities"  # type: ignore[union-attr]
    assert [(link.get_text(), link["href"]) for link in page.select(".empty a")] == [
        ("Remove filter Words: “beam”", "?kind=venue"),
        ("Remove filter Kind: Venue", "?q=beam"),
        ("Clear all filters", "/en/facilities/"),
        ("Search the whole site", "/en/search/?q=beam"),
    ]


def test_list_of_nothing_says_so(reader: Reader) -> None:
    page = BeautifulSoup(reader.get("/en/sources/").content, "html.parser")
    assert page.select(".empty")[0].get_text(strip=True) == "There is nothing here yet."


def test_names_are_in_the_order_of_the_alphabet_whatever_their_case(reader: Reader) -> None:
    for name in ("beta", "ASTRI", "Alibaba", "alpha"):
        factories.OrganisationFactory(name_en=name)
    assert headings(reader, "/en/organisations/") == ["Alibaba", "alpha", "ASTRI", "beta"]


NAMES = (("Beijing Lab", "北京实验室", "北京實驗室"), ("ASTRI", "", ""), ("Hetao Data", "河套数据", "河套數據"))


@pytest.mark.parametrize(
    ("language", "order"),
    [
        ("en", ["ASTRI", "Beijing Lab", "Hetao Data"]),
        ("zh-hans", ["ASTRI", "北京实验室", "河套数据"]),
        ("zh-hant", ["北京實驗室", "河套數據", "ASTRI"]),
    ],
)
def test_names_stand_in_the_order_of_their_language(reader: Reader, language: str, order: list[str]) -> None:
    for english, simplified, traditional in NAMES:
        factories.OrganisationFactory(name_en=english, name_zh_hans=simplified, name_zh_hant=traditional)
    assert headings(reader, f"/{language}/organisations/") == order


@pytest.mark.parametrize(
    ("language", "letters", "chosen", "left"),
    [
        ("en", {"a": "A", "b": "B", "h": "H"}, "b", ["Beijing Lab"]),
        ("zh-hans", {"a": "A", "b": "B", "h": "H"}, "h", ["河套数据"]),
        ("zh-hant", {"05": "5 畫", "08": "8 畫", "latin": "A–Z"}, "latin", ["ASTRI"]),
    ],
)
def test_organisations_are_listed_from_a_to_z(
    reader: Reader, language: str, letters: dict[str, str], chosen: str, left: list[str]
) -> None:
    for english, simplified, traditional in NAMES:
        factories.OrganisationFactory(name_en=english, name_zh_hans=simplified, name_zh_hant=traditional)
    factories.OrganisationFactory(name_en="Zebra", name_zh_hans="斑马", name_zh_hant="斑馬", status="draft")
    address = f"/{language}/organisations/?initial={chosen}"
    assert headings(reader, address) == left
    page = BeautifulSoup(reader.get(address).content, "html.parser")
    options = {str(option.input["value"]): option.span.get_text() for option in page.select("#id_initial .option")}  # type: ignore[index, union-attr]
    assert {value: label for value, label in options.items() if value} == letters
    assert [link["href"] for link in page.select("#languages a")] == [
        f"/{other}/organisations/" for other in ("en", "zh-hans", "zh-hant")
    ]


@pytest.mark.parametrize(
    ("initial", "bounds"),
    [
        ("a", ("a", "b")),
        ("z", ("z", None)),
        ("08", ("08", "09")),
        ("09", ("09", "10")),
        ("19", ("19", "20")),
        ("latin", (None, None)),
        ("0", (None, None)),
    ],
)
def test_names_that_begin_so_lie_between_letters_or_digits(initial: str, bounds: tuple[str | None, str | None]) -> None:
    assert OrganisationFinder.base_filters["initial"].between(initial) == bounds


def test_nothing_else_stands_among_the_names_with_the_last_letter(reader: Reader) -> None:
    for name in ("Yard", "Zebra", "河套", "1 Zoo"):
        factories.OrganisationFactory(name_en=name)
    assert headings(reader, "/en/organisations/?initial=z") == ["Zebra"]


def test_list_that_is_too_long_to_be_looked_through_says_so(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.OrganisationFactory.create_batch(3, name_en="Photon")
    address = "/en/organisations/?q=photon"
    assert BeautifulSoup(reader.get(address).content, "html.parser").select("#list > .note") == []
    monkeypatch.setattr("zone.search.tables.CANDIDATES", 2)
    monkeypatch.setattr("zone.search.finding.CANDIDATES", 2)
    monkeypatch.setattr("zone.filters.finder.Finder.most", 2)
    page = BeautifulSoup(reader.get(address).content, "html.parser")
    assert page.select("#results")[0].get_text(strip=True) == "2 organisations"
    assert page.select("#list > .note")[0].get_text(strip=True) == (
        "More than 2 have these words, and only so many were looked at. Further words find more exactly."
    )
