"""The search page."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.conftest import Reader
from zone.models import FruitlessSearch
from zone.search.finding import find
from zone.search.index import rebuild

pytestmark = pytest.mark.django_db


def page(reader: Client, query: str, language: str = "en") -> BeautifulSoup:
    return BeautifulSoup(reader.get(f"/{language}/search/?{query}").content, "html.parser")


def texts(found: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(tag.get_text().split()) for tag in found.select(selector)]


@pytest.fixture
def zone() -> None:
    north, south = (factories.ParkFactory(slug=slug, name_en=slug.title()) for slug in ("north", "south"))
    lab: Any = factories.OrganisationFactory(
        slug="photon-lab",
        name_en="Photon Lab",
        name_zh_hant="光子實驗室",
        summary_en="It makes lasers.",
        body_en="<p>Old walls. A prism splits the light. New floors.</p>",
        parks=[north],
        arrived="2021",
    )
    factories.OrganisationFactory(slug="other", name_en="Other", summary_en="It buys photon counters.", parks=[south])
    for number, date in enumerate(("2020-05", "2024", "2023-01-02")):
        factories.NewsItemFactory(slug=f"photons-{number}", title_en="Photon news", date=date, organisations=[lab])
    rebuild()


def test_what_is_called_so_comes_first_then_the_new(reader: Reader, zone: None) -> None:
    found = page(reader, "q=photon")

    assert texts(found, ".results h3") == ["Photon Lab", "Photon news", "Photon news", "Photon news", "Other"]
    assert [link["href"] for link in found.select(".results h3 a")] == [
        "/en/organisations/photon-lab/",
        *(f"/en/news/photons-{number}/" for number in (1, 2, 0)),
        "/en/organisations/other/",
    ]
    assert texts(found, "#results") == ["5 results"]


def test_a_whole_name_comes_before_part_of_one(reader: Reader, zone: None) -> None:
    factories.NewsItemFactory(slug="short", title_en="Photon Lab opens the lab", date="2026")
    rebuild()

    assert texts(page(reader, "q=photon+lab"), ".results h3")[0] == "Photon Lab"
    assert texts(page(reader, "q=PHOTON-LAB"), ".results h3")[0] == "Photon Lab"


def test_the_words_are_marked_in_a_sentence(reader: Reader, zone: None) -> None:
    found = page(reader, "q=prism+light")

    assert texts(found, ".results li > p:last-child") == ["A prism splits the light."]
    assert texts(found, ".results mark") == ["prism", "light"]


def test_a_name_in_another_script_is_found_and_shown_in_the_language_of_the_page(reader: Reader, zone: None) -> None:
    assert texts(page(reader, "q=光子实验室"), ".results h3") == ["Photon Lab"]
    assert texts(page(reader, "q=光子实验室", "zh-hant"), ".results h3 mark") == ["光子實驗室"]


def test_results_are_narrowed_down_with_counts(reader: Reader, zone: None) -> None:
    found = page(reader, "q=photon")
    assert texts(found, ".choices a") == ["Organisations 2", "News 3", "North 4", "South 1"]
    [north] = [link for link in found.select(".choices a") if "North" in link.text]

    found = BeautifulSoup(reader.get(f"/en/search/{north['href']}").content, "html.parser")
    assert texts(found, ".choices [aria-current]") == ["North 4"]
    assert texts(found, ".choices a") == ["Organisations 1", "News 3", "North 4", "South 1"]

    found = page(reader, "q=photon&park=south&noun=news")
    assert texts(found, "#results") == ["0 results"]
    assert [link["href"] for link in found.select("section > p a")] == ["?q=photon"]


def test_choices_that_are_none_are_said_and_left_out(reader: Reader, zone: None) -> None:
    found = page(reader, "q=photon&park=east&noun=bird&page=x")

    assert texts(found, ".error") == [
        "“bird” is not one of the choices, so it was left out.",
        "“east” is not one of the choices, so it was left out.",
    ]
    assert texts(found, "#results") == ["5 results"]


def test_a_long_answer_has_pages(reader: Reader) -> None:
    for number in range(21):
        factories.NewsItemFactory(slug=f"n-{number}", title_en="Photons", date=f"20{number + 10}")
    rebuild()

    assert len(page(reader, "q=photons").select(".results > li")) == 20
    second = page(reader, "q=photons&page=2")
    assert [link["href"] for link in second.select(".results h3 a")] == ["/en/news/n-0/"]
    assert second.select(".results")[0]["start"] == "21"


CAPPED = "More than 2 have these words, and only so many were looked at. Further words find more exactly."


@pytest.mark.parametrize(
    ("query", "said", "notes"),
    [
        ("q=kestrel", "More than 1,000 results", []),
        ("q=kestrel&noun=news", "1 result", [CAPPED]),
        ("q=kestrel&noun=facility", "0 results", [CAPPED]),
        ("q=heron", "2 results", []),
        ("q=heron&noun=news", "2 results", []),
    ],
)
def test_number_of_results_says_when_there_are_more(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, query: str, said: str, notes: list[str]
) -> None:
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    for title, publish_at in (("Heron", None), ("Heron", None), *[("Kestrel", None)] * 2, ("Kestrel", tomorrow)):
        factories.NewsItemFactory(title_en=title, publish_at=publish_at)
    rebuild()
    monkeypatch.setattr("zone.search.finding.AT_MOST", 2)
    monkeypatch.setattr("zone.search.finding.Findings.most", 2)

    found = page(reader, query)
    assert (texts(found, "#results"), texts(found, "section > .note")) == ([said], notes)


def test_what_was_understood_is_said(reader: Reader, zone: None) -> None:
    found = page(reader, "q=the+photon+-lab+%22is+it%22")

    assert texts(found, ".understood") == ["Looked for: photon, “is it” without lab"]
    found = page(reader, "q=光子+芯片", language="zh-hant")
    assert texts(found, ".understood") == ["查找： 光子、芯片"]
    assert texts(page(reader, "q=-lab"), ".understood") == ["Give at least one word that has to be there."]


def test_where_nothing_has_the_words_what_comes_near_is_shown(reader: Reader, zone: None) -> None:
    found = page(reader, "q=phot")

    assert len(found.select(".results > li")) == 5
    assert texts(found, ".understood")[0].startswith("Nothing has these words as they stand.")


def test_a_mistyped_name_gets_a_suggestion(reader: Reader, zone: None) -> None:
    found = page(reader, "q=phoron+lab")

    assert [(link.text, link["href"]) for link in found.select(".meant a")] == [("photon lab", "?q=photon%20lab")]
    assert page(reader, "q=zzzzzz").select(".meant") == []


def test_names_that_are_hidden_are_not_suggested(reader: Reader) -> None:
    factories.FieldFactory(name_en="Kingfisher", status="draft")
    rebuild()

    assert page(reader, "q=kingfishes").select(".meant") == []
    assert Client().get("/en/search/suggestions/?q=king").content.strip() == b""


def test_suggestions_are_what_is_called_so(reader: Reader, zone: None) -> None:
    found = BeautifulSoup(Client().get("/en/search/suggestions/?q=photon+l").content, "html.parser")

    assert [option["data-address"] for option in found.select("[role=option]")] == ["/en/organisations/photon-lab/"]
    assert Client().get("/en/search/suggestions/?q=%20").content.strip() == b""


# What visitors miss


def test_a_search_without_a_result_is_counted_by_words_and_day(reader: Reader, zone: None, client: Client) -> None:
    with time_machine.travel("2026-03-01T12:00:00+08:00"):
        for words in ("Heron", " heron ", "egret", "photon", "", "x" * 201):
            reader.get("/en/search/", {"q": words})
        reader.head("/en/search/", {"q": "heron"})
    with time_machine.travel("2026-03-02T12:00:00+08:00"):
        reader.get("/en/search/", {"q": "heron"})

    kept = FruitlessSearch.objects.values_list("words", "day", "count")
    assert [(words, f"{day}", count) for words, day, count in kept] == [
        ("heron", "2026-03-02", 1),
        ("heron", "2026-03-01", 2),
        ("egret", "2026-03-01", 1),
    ]
    assert {field.name for field in FruitlessSearch._meta.fields} == {"id", "words", "day", "count"}
    client.force_login(User.objects.create_superuser("root"))
    desk = BeautifulSoup(client.get("/admin/").content, "html.parser")
    assert texts(desk, "#missed li") == ["heron 3 times, last on 2 March 2026", "egret once, on 1 March 2026"]
    chinese = client.get("/admin/", headers={"accept-language": "zh-hans"})
    assert texts(BeautifulSoup(chinese.content, "html.parser"), "#missed li .quiet") == [
        "3次，最近一次是2026年3月2日",
        "1次，最近一次是2026年3月1日",
    ]


def test_words_that_their_small_letters_make_longer_are_counted(reader: Reader, zone: None) -> None:
    reader.get("/en/search/", {"q": "ﬃ" * 200})

    assert FruitlessSearch.objects.values_list("words", flat=True).get() == ("ffi" * 67)[:200]


def test_old_counts_are_forgotten_and_a_flood_is_not_kept(
    reader: Reader, zone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.search.fruitless._MOST_OF_A_DAY", 2)
    with time_machine.travel("2026-01-01"):
        reader.get("/en/search/", {"q": "old"})
    with time_machine.travel("2026-06-01"):
        for words in ("one", "two", "three"):
            reader.get("/en/search/", {"q": words})

    assert list(FruitlessSearch.objects.order_by("words").values_list("words", flat=True)) == ["one", "two"]


def test_the_page_comes_where_nothing_can_be_written_and_the_log_has_none_of_its_words(
    reader: Reader, zone: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*arguments: Any, **named: Any) -> None:
        raise DatabaseError("read only, heron")

    caplog.set_level("WARNING", "zone.search.fruitless")
    monkeypatch.setattr(FruitlessSearch.objects, "create", refuse)

    assert reader.get("/en/search/?q=heron").status_code == 200
    assert [(record.message, record.exc_info) for record in caplog.records] == [
        ("A search without a result could not be counted: DatabaseError.", None)
    ]


# Hostile questions

OPERATORS = st.sampled_from(
    (
        *('"', "'", "*", "(", ")", "-", "+", "^", ":", "{", "}", "\\", "|", "&", "!", "<->", "NEAR(", "AND", "OR"),
        *("NOT", "title:", ";--", "%", "\0", "\ud800", "’", "「", "」", "河", "河套", "photon", "1,000", "ﬁ", "\u0301"),
        *(" ", "\n"),
    )
)
HOSTILE = st.one_of(
    st.lists(OPERATORS, max_size=12).map("".join),
    st.text(st.characters(), max_size=60),
    st.sampled_from(["a" * 100_000, '"' * 300, "河" * 100_000, "- " * 200, "(" * 250]),
)


def shortened(words: str) -> str:
    """Return as much as fits into the line of a request, with room for the other parameters."""
    return words[:2000]


@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=HOSTILE)
def test_no_question_is_too_hostile_to_be_answered(zone: None, words: str) -> None:
    findings = find(words)
    assert all(hit.pk for hit in findings.of("organisation").hits)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=HOSTILE.map(shortened), other=HOSTILE.map(shortened))
def test_no_address_is_too_hostile_to_be_answered(reader: Reader, zone: None, words: str, other: str) -> None:
    said = [value.encode("utf-8", "surrogatepass") for value in (words, other)]
    for address in ("search/", "search/suggestions/", "organisations/", "news/"):
        parameters = dict.fromkeys(("q", "noun", "park", "field", "page", "sort"), said)
        assert Client().get(f"/en/{address}", parameters).status_code == 200
