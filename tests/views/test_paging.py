"""Pages with numbers as far as they go, and from place to place beyond."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.conftest import Reader
from zone.models import NewsItem, Organisation
from zone.search import listing
from zone.search.index import rebuild
from zone.translation import LANGUAGES

pytestmark = pytest.mark.django_db

LOST = "The address names a place that this list does not have. Here is its beginning."
UNNUMBERED = "The pages after this one have no numbers."


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zone.paging.PER_PAGE", 2)
    monkeypatch.setattr("zone.paging.MOST_NUMBERED", 2)


@pytest.fixture(params=[0, 2000])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Have the database put the keys in order, or the order walked through."""
    monkeypatch.setattr(listing, "_FEW", request.param)
    return int(request.param)


class Shown:
    """A page of a list, as a reader sees it."""

    def __init__(self, reader: Reader, address: str) -> None:
        self.path = address.partition("?")[0]
        response = reader.get(address)
        assert response.status_code == 200
        self.soup = BeautifulSoup(response.content, "html.parser")
        self.records = [link.get_text(strip=True) for link in self.soup.select("main article :is(h2, h3) a")]

    def way(self, relation: str) -> str:
        """Return the address that the page calls ``prev`` or ``next``."""
        link = self.soup.select_one(f".pagination a[rel={relation}]")
        return f"{self.path}{link['href']}" if link else ""

    def says(self, text: str) -> bool:
        return text in self.soup.get_text(" ", strip=True)

    @property
    def numbers(self) -> list[str]:
        return [one.get_text(strip=True) for one in self.soup.select(".pagination li > :not([rel])")]


def walk(reader: Reader, address: str, relation: str) -> list[list[str]]:
    """Return the records of the page and of all that follow, page by page."""
    pages = []
    while address:
        page = Shown(reader, address)
        pages.append(page.records)
        assert len(pages) < 20, "The way leads in a circle."
        address = page.way(relation)
    return pages


def make_news() -> None:
    """Make nine news, of which some have the date, and the beginning of the slug, in common."""
    dates = ("2024", "2024", "2024", "2024-05", "2024-05-02", "2024-05-02", "2023", "2023-12-31", "2025-01")
    for number, date in enumerate(dates):
        factories.NewsItemFactory(title_en=f"n{number}", slug=f"n-{number}", date=date)
    rebuild()


NEWEST = ["n8", "n4", "n5", "n3", "n0", "n1", "n2", "n7", "n6"]


@pytest.mark.parametrize(("query", "order"), [("", NEWEST), ("?sort=oldest", NEWEST[::-1])])
def test_every_record_is_met_once_on_the_way_through_and_back(
    reader: Reader, few: int, query: str, order: list[str]
) -> None:
    make_news()
    pages = walk(reader, f"/en/news/{query}", "next")
    assert pages == [order[place : place + 2] for place in range(0, 9, 2)]
    last = f"/en/news/{query}"
    for _page in pages[1:]:
        last = Shown(reader, last).way("next")
    back = walk(reader, last, "prev")
    assert [one for page in back[::-1] for one in page] == order


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_names_are_paged_in_each_language(reader: Reader, few: int, language: str) -> None:
    names = ("Ab", "Ab", "Ab", "B~c", "Cd", "Ef~")
    for name in names:
        factories.OrganisationFactory(name_en=name, name_zh_hans=name, name_zh_hant=name)
    rebuild()
    assert walk(reader, f"/{language}/organisations/", "next") == [["Ab", "Ab"], ["Ab", "B~c"], ["Cd", "Ef~"]]


def test_undated_ones_come_last_either_way(reader: Reader, few: int) -> None:
    for number, date in enumerate((None, "2024", None, "2023", None, "2025", None)):
        factories.SourceFactory(title_original=f"s{number}", slug=f"s-{number}", published=date)
    rebuild()
    newest = walk(reader, "/en/sources/", "next")
    oldest = walk(reader, "/en/sources/?sort=oldest", "next")
    assert [*chain(*newest)] == ["s5", "s1", "s3", "s0", "s2", "s4", "s6"]
    assert [*chain(*oldest)] == ["s3", "s1", "s5", "s6", "s4", "s2", "s0"]


def test_filters_and_relevance_stay_from_page_to_page(reader: Reader, few: int) -> None:
    park = factories.ParkFactory(slug="north")
    for number in range(9):
        where = [park] if number % 2 else []
        text = {"summary_en": "Kingfisher."} if number < 6 else {"name_en": f"Kingfisher {number}"}
        factories.OrganisationFactory(**{"name_en": f"o{number}", **text}, parks=where)
    rebuild()
    assert [*chain(*walk(reader, "/en/organisations/?park=north", "next"))] == ["Kingfisher 7", "o1", "o3", "o5"]
    by_relevance = [*chain(*walk(reader, "/en/organisations/?q=kingfisher", "next"))]
    assert by_relevance == ["Kingfisher 6", "Kingfisher 7", "Kingfisher 8", *(f"o{number}" for number in range(6))]


def test_page_by_key_is_the_same_when_others_have_come_before_it(reader: Reader, few: int) -> None:
    make_news()
    deep = Shown(reader, "/en/news/?page=2").way("next")
    before = Shown(reader, deep)
    factories.NewsItemFactory(title_en="new", date="2026")
    NewsItem.objects.filter(slug="n-3").delete()  # The one that the address names.
    rebuild()
    assert Shown(reader, deep).records == before.records == NEWEST[4:6]
    assert Shown(reader, before.way("prev")).records == ["n4", "n5"]


def test_numbers_end_at_the_last_that_has_one(reader: Reader) -> None:
    make_news()
    page = Shown(reader, "/en/news/?page=2")
    assert (page.records, page.numbers, page.says(UNNUMBERED)) == (NEWEST[2:4], ["1", "2"], True)
    assert "after=" in page.way("next")
    assert Shown(reader, "/en/news/?page=4000").records == NEWEST[2:4]
    deep = Shown(reader, page.way("next"))
    assert (deep.numbers, deep.says(UNNUMBERED)) == (["First page"], False)


def test_a_list_of_few_pages_says_nothing_of_numbers(reader: Reader) -> None:
    for _ in range(4):
        factories.FieldFactory()
        factories.OrganisationFactory()
    rebuild()
    page = Shown(reader, "/en/organisations/?page=2")
    assert (page.numbers, page.way("next"), page.says(UNNUMBERED)) == (["1", "2"], "", False)


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize(
    "place",
    [
        *("x", "0", "0~1", "0~1~2024", "9~1~2024~n", "-1~1~2024~n", "0~x~2024~n", "0~-1~2024~n", "~~~"),
        *(f"0~{2**63}~2024~n", f"0~{'9' * 5000}~2024~n", "0~1~2024~%00", "0~1~2024~%ED%A0%80%00"),
    ],
)
def test_place_that_cannot_be_read_leads_to_the_beginning(reader: Reader, name: str, place: str) -> None:
    make_news()
    page = Shown(reader, f"/en/news/?{name}={place}")
    assert (page.records, page.says(LOST)) == (NEWEST[:2], True)


def test_place_beyond_either_end_leads_to_the_nearest_page(reader: Reader, few: int) -> None:
    make_news()
    assert Shown(reader, "/en/news/?after=0~1~1000~n").records == NEWEST[2:4]
    assert Shown(reader, "/en/news/?before=0~1~3000~n").records == NEWEST[:2]


@pytest.mark.parametrize("relation", ["next", "prev"])
def test_queries_of_a_page_by_key_do_not_grow_with_its_rows(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, relation: str
) -> None:
    def queries(rows: int) -> int:
        monkeypatch.setattr("zone.paging.PER_PAGE", rows)
        deep = Shown(reader, Shown(reader, "/en/news/?page=2").way("next"))
        address = (
            Shown(reader, deep.way("next")).way("prev") if relation == "prev" else f"{deep.path}{deep_query(deep)}"
        )
        with CaptureQueriesContext(connection) as captured:
            reader.get(address)
        return len(captured)

    factories.NewsItemFactory.create_batch(40, fields=[factories.FieldFactory()])
    rebuild()
    assert queries(1) == queries(5)


def deep_query(page: Shown) -> str:
    """Return by which parameters ``page`` was reached."""
    canonical: Any = page.soup.select_one("link[rel=canonical]")
    return re.sub(r"^[^?]*", "", canonical["href"])


def test_page_by_key_is_known_by_the_place_it_comes_after(reader: Reader) -> None:
    make_news()
    deep = Shown(reader, "/en/news/?page=2").way("next")
    page = Shown(reader, deep)
    assert deep_query(page) == deep.partition("/news/")[2]
    again = Shown(reader, Shown(reader, page.way("next")).way("prev"))
    assert (again.records, deep_query(again)) == (page.records, deep_query(page))


def test_other_languages_begin_at_their_own_beginning(reader: Reader) -> None:
    for number in range(7):
        factories.OrganisationFactory(name_en=f"o{number}")
    rebuild()
    assert Organisation.objects.count() == 7
    deep = Shown(reader, f"{Shown(reader, '/en/organisations/?page=2').way('next')}&park=north")
    links = [str(link["href"]) for link in deep.soup.select("#languages a")]
    assert links == [f"/{language}/organisations/?park=north" for language in LANGUAGES]
