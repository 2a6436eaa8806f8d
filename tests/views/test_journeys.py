"""What the visitors come for, found in at most two clicks from the home page of the real content."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin

import pytest
from bs4 import BeautifulSoup

from tests.conftest import Reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content"), pytest.mark.any_database]


def click(reader: Reader, start: str, *steps: str) -> str:
    """Follow the link called by each of ``steps`` (or send the search with ``search:…``) and return the text."""
    address = start
    for step in steps:
        if step.startswith("search:"):
            address = f"/{start.split('/')[1]}/search/?q={step.removeprefix('search:')}"
            continue
        page = BeautifulSoup(reader.get(address).content, "html.parser")
        link = next(link for link in page.select("a[href]") if step in " ".join(link.get_text().split()))
        address = urldefrag(urljoin(address, str(link["href"]))).url
    return " ".join(BeautifulSoup(reader.get(address).content, "html.parser").main.get_text(" ").split())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("language", "steps", "said"),
    [
        (
            "en",
            ["search:XtalPi", "XtalPi (QuantumPharm Inc.)"],
            ["Arrived in the zone 2021", "Listed in Hong Kong on 13 June 2024"],
        ),
        ("zh-hans", ["search:晶泰", "晶泰科技"], ["2024年6月13日在香港上市"]),
        ("en", ["search:City University", "Institute of Physical Sciences building"], ["72,000 m²", "EyeShenzhen"]),
        ("en", ["search:72,000", "Institute of Physical Sciences building"], ["72,000 square metres"]),
        (
            "en",
            ["People in research in the Shenzhen Park"],
            ["more than 15,000 people", "more than 3,000 people", "4,300 people", "date not stated", "Southern Weekly"],
        ),
        ("zh-hant", ["深圳園區科研人員"], ["逾15,000人", "逾3,000人", "4,300人"]),
        ("zh-hans", ["深圳园区科研人员"], ["超过15000人", "超过3000人", "4300人"]),
        (
            "en",
            ["search:Apple", "Apple applied research lab, phase I"],
            ["20,000 m²", "Shenzhen Park", "10 October 2024"],
        ),
        (
            "en",
            ["search:FAW", "Research and Development Institute of China FAW Group"],
            ["Shenzhen Park", "China FAW Group"],
        ),
        (
            "en",
            ["Getting here"],
            ["50 minutes before, about 35 minutes with it", "Times of the trial", "10:00 12:30 15:00"],
        ),
        (
            "en",
            ["search:passes", "Vehicles of research institutes with cross-border passes"],
            ["11 vehicles", "16 August 2024"],
        ),
        ("en", ["search:State Council", "State Council"], ["State Council"]),
    ],
)
def test_visitor_finds_it_in_two_clicks(reader: Reader, language: str, steps: list[str], said: list[str]) -> None:
    text = click(reader, f"/{language}/", *steps)
    assert [words for words in said if words not in text] == []


def test_partner_that_signed_is_never_shown_as_being_here(reader: Reader) -> None:
    text = click(reader, "/en/", "search:Lenovo")
    assert "Signed a memorandum, 18 April 2024; not in the zone" in text
    page, related, _rest = click(reader, "/en/", "search:Lenovo", "Lenovo Group").partition("Related")
    assert ("In the zone" in page, related) == (False, "Related")


def test_plan_is_not_shown_as_a_count(reader: Reader) -> None:
    text = click(reader, "/en/", "search:floor space", "Research floor space in the Shenzhen Park")
    assert text.index("1,000,000 m²") < text.index("3,000,000 m²")
    assert "planned or expected" in text
