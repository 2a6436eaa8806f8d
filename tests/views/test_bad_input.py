"""Whatever the address says: never a 500, the right status, and a page that one can go on from."""

from __future__ import annotations

from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.conftest import HTML, LateReader, Reader
from zone.publishing import PublishableQuerySet
from zone.translation import LANGUAGES

LISTS = ("organisations", "facilities", "news", "figures", "sources")
FILTERS = (
    "q",
    "field",
    "park",
    "kind",
    "presence",
    "role",
    "status",
    "year",
    "sort",
    "page",
    "scope",
    "language",
    "from",
    "to",
    "initial",
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(db: None) -> Reader:
    return LateReader()


@pytest.fixture
def rows() -> list[Any]:
    return factories.OrganisationFactory.create_batch(25)


def titles(response: Any) -> list[str]:
    page = BeautifulSoup(response.content, "html.parser")
    return [link.get_text(strip=True) for link in page.select("article.organisation h3 a")]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0", slice(20, 25)),
        ("-1", slice(20, 25)),
        ("abc", slice(0, 20)),
        ("", slice(0, 20)),
        ("1.5", slice(0, 20)),
        ("99999999999999999999", slice(20, 25)),
        ("9" * 5000, slice(0, 20)),
        ("%00", slice(0, 20)),
    ],
)
def test_wrong_page_number_shows_a_page_that_exists(reader: Reader, rows: list[Any], number: str, shown: slice) -> None:
    response = reader.get(f"/en/organisations/?page={number}")
    names = sorted(row.name_en for row in rows)
    assert (response.status_code, titles(response)) == (200, names[shown])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("field=nosuch", "field"),
        ("park=nosuch", "park"),
        ("kind=nosuch", "kind"),
        ("presence=nosuch", "presence"),
        ("initial=nosuch", "initial"),
        ("from=20x4", "from"),
        ("to=202", "to"),
        ("to=" + "9" * 5000, "to"),
        ("from=2020&to=2019", "to"),
        ("to=%00", "to"),
        ("sort=nosuch", "sort"),
        ("field=%00", "field"),
        ("presence=operating&presence=nosuch", "presence"),
        ("q=" + "a" * 10_000, "q"),
        ("q=a%00b", "q"),
    ],
)
def test_wrong_filter_is_answered_at_its_field_and_the_rest_applies(
    reader: Reader, rows: list[Any], query: str, field: str
) -> None:
    chosen = factories.OrganisationFactory(name_en="Chosen", role="operator", arrived="2024")
    response = reader.get(f"/en/organisations/?{query}&role=operator")
    page = BeautifulSoup(response.content, "html.parser")
    assert (response.status_code, titles(response)) == (200, [chosen.name_en])
    described = page.select_one(f"#id_{field}")
    assert described is not None
    said = page.find(id=str(described["aria-describedby"]))
    assert said is not None
    assert [error.get_text() for error in page.select(".error")] == [said.get_text(strip=True)]
    assert described.get("aria-invalid") == (None if described.name == "fieldset" else "true")


def test_choice_that_does_not_exist_leaves_those_beside_it(reader: Reader) -> None:
    field = factories.FieldFactory(slug="quantum")
    chosen = factories.OrganisationFactory(fields=[field])
    factories.OrganisationFactory()
    response = reader.get("/en/organisations/?field=quantum&field=nosuch&field=quantum")
    page = BeautifulSoup(response.content, "html.parser")
    assert titles(response) == [chosen.name_en]
    assert [error["id"] for error in page.select(".error")] == ["id_field_error"]
    assert [box["value"] for box in page.select("#id_field input[checked]")] == ["quantum"]


def test_year_before_the_first_is_left_out_and_the_first_applies(reader: Reader) -> None:
    factories.OrganisationFactory(name_en="Old", arrived="2019")
    factories.OrganisationFactory(name_en="New", arrived="2021")
    assert titles(reader.get("/en/organisations/?from=2020&to=2018")) == ["New"]


@pytest.mark.parametrize("query", ["page=abc", "page=999", "sort=oldest&page=2", "from=0000", "q=%00", "field="])
def test_news_for_paper_is_a_page_whatever_is_asked(reader: Reader, query: str) -> None:
    assert reader.get(f"/en/news/print/?{query}").status_code == 200


@pytest.mark.parametrize(
    "query", ["", "q=", "q=%00", "q=%20%20", "q=" + "长" * 10_000, "q=%ED%A0%80", "q=%FF%FE", "q[]=1"]
)
def test_search_for_nothing_or_nonsense_is_a_page(reader: Reader, query: str) -> None:
    response = reader.get(f"/zh-hant/search/?{query}")
    assert response.status_code == 200
    assert BeautifulSoup(response.content, "html.parser").select("main form[role=search] input[name=q]") != []


def test_too_long_question_is_answered_at_the_field(reader: Reader) -> None:
    page = BeautifulSoup(reader.get("/en/search/?q=" + "a" * 201).content, "html.parser")
    assert [error.get_text(strip=True) for error in page.select(".error")] == ["Please use at most 200 characters."]


@pytest.mark.parametrize(
    "address",
    [
        "/en/nosuch/",
        "/en/organisations/nosuch/",
        "/zh-hans/facilities/nosuch/",
        "/zh-hant/news/nosuch/",
        "/en/organisations/%00/",
        "/en/organisations/%ED%A0%80/",
        "/en/organisations/" + "a" * 300 + "/",
        "/fr/",
        "/fr/organisations/",
        "/zh/organisations/",
        "/xx-yy/",
        "/en/organisations/../../etc/passwd",
        "/media/nosuch.png",
        "/static/nosuch.css",
        "/static/",
        "/static/zone/",
        "/static//etc/passwd",
        "/static/%00",
        f"/static/{'x' * 300}",
        "/.git/config",
        "/.env",
    ],
)
def test_what_is_not_there_is_said_in_words(reader: Reader, address: str) -> None:
    response = reader.get(address)
    page = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 404
    assert page.select("main a[href$='/organisations/']") != []


@pytest.mark.parametrize("address", ["/static/../manage.py", "/static/..%2fmanage.py"])
def test_no_file_is_served_from_another_folder(reader: Reader, address: str) -> None:
    assert reader.get(address).status_code == 400


@pytest.mark.parametrize(
    ("address", "accept", "language", "heading"),
    [
        ("/zh-hans/nosuch/", "en", "zh-Hans", "没有此页面"),
        ("/zh-hant/nosuch/", "en", "zh-Hant", "沒有此頁面"),
        ("/nosuch", "zh-HK", "zh-Hant", "沒有此頁面"),
        ("/nosuch", "zh-CN,en", "zh-Hans", "没有此页面"),
        ("/nosuch", "fr", "en", "There is no such page"),
    ],
)
def test_error_page_is_in_the_language_of_the_reader(
    reader: Reader, address: str, accept: str, language: str, heading: str
) -> None:
    page = BeautifulSoup(reader.get(address, headers={"accept-language": accept}).content, "html.parser")
    assert page.html is not None
    assert page.h1 is not None
    assert (page.html["lang"], page.h1.get_text()) == (language, heading)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("address", ["/en/", "/zh-hans/organisations/", "/zh-hant/search/"])
def test_page_for_reading_says_that_nothing_can_be_sent(reader: Reader, method: str, address: str) -> None:
    response = getattr(reader, method)(address)
    assert (response.status_code, response.headers["Allow"], response.headers["Content-Type"]) == (
        405,
        "GET, HEAD",
        HTML,
    )


@pytest.mark.parametrize("address", ["/en/", "/zh-hans/organisations/", "/en/nosuch/", "/healthz", "/en/feeds/news/"])
def test_head_has_the_status_of_get_and_no_body(reader: Reader, address: str) -> None:
    asked, read = reader.head(address), reader.get(address)
    assert (asked.status_code, asked.headers["Content-Type"]) == (read.status_code, read.headers["Content-Type"])
    assert asked.content == b""


@pytest.mark.parametrize(
    ("language", "heading"),
    [("en", "Something went wrong on our side"), ("zh-hans", "本站出现故障"), ("zh-hant", "本站出現故障")],
)
def test_fault_of_ours_is_said_in_the_language_of_the_page(reader: Reader, language: str, heading: str) -> None:
    reader.raise_request_exception = False
    with mock.patch.object(PublishableQuerySet, "published", side_effect=ZeroDivisionError):
        response = reader.get(f"/{language}/organisations/")
    page = BeautifulSoup(response.content, "html.parser")
    assert page.h1 is not None
    assert (response.status_code, page.h1.get_text()) == (500, heading)


def test_forged_host_gets_a_page_of_ours(reader: Reader) -> None:
    response = reader.get("/en/", headers={"host": "evil.example"})
    assert (response.status_code, b"evil.example" in response.content) == (400, False)


@given(
    name=st.sampled_from(LISTS),
    language=st.sampled_from(LANGUAGES),
    query=st.lists(st.tuples(st.sampled_from(FILTERS), st.text(st.characters(), max_size=30)), max_size=4),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_filter_is_answered(reader: Reader, name: str, language: str, query: list[tuple[str, str]]) -> None:
    parameters = "&".join(f"{key}={quote(value.encode('utf-8', 'surrogatepass'))}" for key, value in query)
    assert reader.get(f"/{language}/{name}/?{parameters}").status_code == 200
