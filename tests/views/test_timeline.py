"""The timeline: news, and what was counted of the main figures, in their years."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests import factories
from tests.conftest import LateReader, Reader

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture
def reader(db: None) -> Reader:
    return LateReader()


def years(reader: Reader) -> dict[str, list[str]]:
    page = BeautifulSoup(reader.get("/en/timeline/").content, "html.parser")
    return {
        section.h2.get_text(): [" ".join(item.get_text(" ").split()) for item in section.select(".moments > li")]  # type: ignore[union-attr]
        for section in page.select("main section")
    }


def claim(figure: Any, as_of: str | None, value: int, **further: Any) -> None:
    source = factories.SourceFactory(publisher_original="Gazette")
    factories.ObservationFactory(
        figure=figure, as_of=as_of, value=value, unit="people", **{"qualifier": "=", "source": source, **further}
    )


def test_news_and_counts_stand_in_the_order_of_their_dates(reader: Reader) -> None:
    figure: Any = factories.KeyFigureFactory(label_en="Staff", headline_position=1)
    other: Any = factories.KeyFigureFactory(label_en="Other", headline_position=None)
    for one in (figure, other):
        one.observations.all().delete()
        claim(one, "2019-06", 300)
    claim(figure, "2021", 900, is_projection=True)
    claim(figure, None, 800)
    claim(figure, "2020", 700, source=factories.SourceFactory(status="draft"))
    for title, date in (("Opened", "2019-06-13"), ("Begun", "2017"), ("Signed", "2019-02-01")):
        factories.NewsItemFactory(title_en=title, date=date)
    factories.NewsItemFactory(title_en="Hidden", date="2018", status="draft")
    assert years(reader) == {
        "2017": ["2017 Begun"],
        "2019": ["1 February 2019 Signed", "June 2019 Staff : 300 people Gazette", "13 June 2019 Opened"],
    }


def test_a_full_year_leads_to_all_of_its_news(reader: Reader) -> None:
    for day in range(1, 15):
        factories.NewsItemFactory(title_en=f"Day {day}", date=f"2024-03-{day:02}")
    page = BeautifulSoup(reader.get("/en/timeline/").content, "html.parser")
    assert [link.get_text() for link in page.select(".moments a")] == [f"Day {day}" for day in range(3, 15)]
    [more] = page.select("main .more")
    assert (more["href"], more.get_text(strip=True)) == ("/en/news/?from=2024&to=2024", "All 14 news of 2024")


def test_a_zone_in_which_nothing_happened_says_so(reader: Reader) -> None:
    page = BeautifulSoup(reader.get("/zh-hans/timeline/").content, "html.parser")
    assert page.select("main p")[-1].get_text(strip=True) == "尚未发布任何内容。"
