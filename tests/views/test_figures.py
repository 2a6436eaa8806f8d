"""What is kept of a figure: its values as a spreadsheet, its chart as a picture, and how to refer to it."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests import factories
from tests.conftest import Reader

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture
def figure() -> Any:
    made: Any = factories.KeyFigureFactory(
        slug="staff", label_en="Staff", label_zh_hans="员工", label_zh_hant="員工", sources=[]
    )
    made.observations.all().delete()
    source = factories.SourceFactory(
        slug="gazette", title_original="=cmd()", publisher_original="@Gazette", url="https://gazette.example/1"
    )
    quiet = factories.SourceFactory(title_original="Notes", publisher_original="Notes", url="", seen_on_a_copy=True)
    common = {"figure": made, "unit": "people", "note_zh_hans": "", "note_zh_hant": ""}
    factories.ObservationFactory(**common, as_of="2024-05", value=1400, qualifier=">", source=source, note_en="-half")
    factories.ObservationFactory(**common, as_of="2025", value="1500.5", qualifier="~", source=quiet, note_en="")
    factories.ObservationFactory(
        **common, as_of=None, value=2000, qualifier="=", source=quiet, is_projection=True, note_en=""
    )
    hidden = factories.SourceFactory(status="draft")
    factories.ObservationFactory(**common, as_of="2026", value=9999, source=hidden)
    return made


def test_values_are_a_spreadsheet_that_computes_nothing(reader: Reader, figure: Any) -> None:
    response = reader.get("/en/figures/staff/observations.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="staff.csv"'
    assert response.content[:3] == b"\xef\xbb\xbf"
    first, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    gazette = ["'@Gazette", "'=cmd()", "https://gazette.example/1", "no"]
    assert [dict(zip(first, row, strict=True)) for row in rows] == [
        dict(zip(first, row, strict=True))
        for row in (
            ["staff", "2025", "about", "1500.5", "people", "no", "", "Notes", "Notes", "", "yes"],
            ["staff", "2024-05", "more_than", "1400", "people", "no", "'-half", *gazette],
            ["staff", "", "exact", "2000", "people", "yes", "", "Notes", "Notes", "", "yes"],
        )
    ]


def test_chart_is_a_picture_by_itself(reader: Reader, figure: Any) -> None:
    response = reader.get("/zh-hant/figures/staff/chart-1.svg")
    assert response.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    picture = ET.fromstring(response.content)  # noqa: S314
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "員工"
    assert texts[-1] == "http://testserver/zh-hant/figures/staff/"
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}g"))) == 2


@pytest.mark.parametrize("number", [0, 2, 10**30])
def test_chart_that_is_not_there_is_not_found(reader: Reader, figure: Any, number: int) -> None:
    assert reader.get(f"/en/figures/staff/chart-{number}.svg").status_code == 404


def test_page_draws_the_values_that_it_lists(reader: Reader, figure: Any) -> None:
    page = BeautifulSoup(reader.get("/en/figures/staff/").content, "html.parser")
    assert [len(chart.select(".mark")) for chart in page.select("figure.chart")] == [2]
    [title] = page.select("figure.chart title")
    assert title.get_text(strip=True) == (
        "Chart of 2 dated values, from more than 1,400 people (May 2024) to about 1,500.5 people (2025). "
        "The table has them all."
    )
    assert [item.get_text(strip=True) for item in page.select(".key li")] == ["about", "at least, or more than"]
    assert len(page.select(".observations tbody tr")) == 3
    links = [link["href"] for link in page.select(".carry a")]
    assert links == ["/en/figures/staff/observations.csv", "/en/figures/staff/chart-1.svg"]


def test_figure_is_cited_in_three_languages(reader: Reader, figure: Any) -> None:
    page = BeautifulSoup(reader.get("/zh-hans/figures/staff/").content, "html.parser")
    cited = {str(one["lang"]): " ".join(one.dd.get_text().split()) for one in page.select(".citations > div")}  # type: ignore[union-attr]
    assert cited == {
        "en": "“Staff”: about 1,500.5 people (2025; Notes). Hetao zone, figures, http://testserver/en/figures/staff/",
        "zh-Hans": "“员工”：约1500.5人（2025年；Notes）。河套合作区数字，http://testserver/zh-hans/figures/staff/",
        "zh-Hant": "「員工」：約1,500.5人（2025年；Notes）。河套合作區數字，http://testserver/zh-hant/figures/staff/",
    }


def test_figure_without_values_offers_nothing_to_keep(reader: Reader) -> None:
    made: Any = factories.KeyFigureFactory(slug="empty")
    made.observations.all().delete()
    page = BeautifulSoup(reader.get("/en/figures/empty/").content, "html.parser")
    assert (page.select("figure.chart"), page.select(".carry")) == ([], [])
    assert reader.get("/en/figures/empty/observations.csv").content.decode("utf-8-sig").count("\r\n") == 1
