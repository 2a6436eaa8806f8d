"""The page that a commuter reads: what is open now, and what has been announced."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup

from tests import factories
from tests.conftest import Reader

pytestmark = pytest.mark.django_db

NIGHT = {"opens": datetime.time(6, 0), "closes": datetime.time(0, 30)}
ALWAYS = {"hours": "always", "opens": None, "closes": None}


def page(reader: Reader, language: str = "en") -> BeautifulSoup:
    return BeautifulSoup(reader.get(f"/{language}/getting-here/").content, "html.parser")


def said(reader: Reader) -> list[str]:
    return [" ".join(chip.get_text().split()) for chip in page(reader).select("td:nth-of-type(1) .status")]


@pytest.mark.parametrize(
    ("time", "hours", "expected"),
    [
        ("06:29", {}, ["Closed now, opens at 06:30"]),
        ("06:30", {}, ["Open now, until 22:30"]),
        ("22:29", {}, ["Open now, until 22:30"]),
        ("22:30", {}, ["Closed now, opens at 06:30"]),
        ("00:29", NIGHT, ["Open now, until 00:30"]),
        ("00:30", NIGHT, ["Closed now, opens at 06:00"]),
        ("23:00", NIGHT, ["Open now, until 00:30"]),
        ("03:00", ALWAYS, ["Open now, day and night"]),
        ("12:00", {"hours": "unknown", "opens": None, "closes": None}, []),
        ("12:00", {"hours_are_planned": True}, []),
        ("12:00", {"facility__building_status": "under-construction"}, []),
    ],
)
def test_port_says_whether_it_is_open_in_hong_kong_time(
    reader: Reader, time: str, hours: dict[str, Any], expected: list[str]
) -> None:
    factories.CrossingFactory(**hours)
    with time_machine.travel(f"2026-11-25T{time}:00+08:00"):
        assert said(reader) == expected


def test_page_says_what_time_it_is_there(reader: Reader) -> None:
    factories.CrossingFactory()
    with time_machine.travel("2026-11-25T23:30:00+00:00"):
        [time] = [one for one in page(reader).select("section > p") if one.select("time")]
    assert " ".join(time.get_text().split()) == "It is 07:30 on 26 November 2026, in Hong Kong and in Shenzhen."
    assert [one["datetime"] for one in time.select("time")] == ["2026-11-26"]


def test_notices_that_hold_stand_on_top(reader: Reader) -> None:
    now = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
    week = datetime.timedelta(days=7)
    for title, kind, date, further in (
        ("Old", "notice", "2026-10-01", {}),
        ("Recent", "notice", "2026-11-20", {}),
        ("Until next week", "notice", "2026-01-01", {"expire_at": now + week}),
        ("Until last week", "notice", "2026-11-01", {"expire_at": now - week}),
        ("From next week", "notice", "2026-11-20", {"publish_at": now + week}),
        ("Hidden", "notice", "2026-11-24", {"status": "draft"}),
        ("A story", "story", "2026-11-24", {}),
    ):
        factories.NewsItemFactory(title_en=title, kind=kind, date=date, **further)
    with time_machine.travel(now):
        titles = [link.get_text(strip=True) for link in page(reader).select(".notices h3 a")]
    assert titles == ["Recent", "Until next week"]


def test_without_a_notice_there_is_no_heading_for_them(reader: Reader) -> None:
    assert page(reader).select(".notices") == []


def text_of_use(reader: Reader, facility: Any) -> str:
    found = BeautifulSoup(reader.get(f"/en/facilities/{facility.slug}/").content, "html.parser").select(".use")
    return " ".join(found[0].get_text().split()) if found else ""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"building_status": "planned"}, "Can I use it? Not yet. It is planned."),
        ({"building_status": "under-construction"}, "Can I use it? Not yet. It is being built."),
        (
            {"building_status": "completed"},
            "Can I use it? Not yet. It has been completed; no source confirms that it has opened.",
        ),
        ({"building_status": "closed"}, "Can I use it? No. It has closed."),
        (
            {},
            "Can I use it? Not known. No source says who may use it. Who runs it has not been found either.",
        ),
        (
            {"operator_name_en": "Bay Labs"},
            "Can I use it? Not known. No source says who may use it. Ask who runs it: Bay Labs.",
        ),
        (
            {"access_en": "Tenants.", "booking_en": "By e-mail."},
            "Can I use it? On terms. Tenants. How to book: By e-mail.",
        ),
        (
            {"access_en": "Tenants.", "building_status": "planned"},
            "Can I use it? Not yet. It is planned. Who may use it: Tenants.",
        ),
        ({"kind": "port"}, ""),
        ({"kind": "transport", "access_en": "Staff."}, ""),
    ],
)
def test_facility_says_whether_one_can_use_it(reader: Reader, values: dict[str, Any], expected: str) -> None:
    quiet = {f"{name}_{language}": "" for name in ("access", "booking") for language in ("en", "zh_hans", "zh_hant")}
    assert text_of_use(reader, factories.FacilityFactory(**{**quiet, **values})) == expected


def test_operator_is_named_only_where_it_is_public(reader: Reader) -> None:
    quiet = {f"access_{language}": "" for language in ("en", "zh_hans", "zh_hant")}
    for status, expected in (("published", "Ask who runs it: Bay Labs."), ("draft", "Who runs it has not been found")):
        operator = factories.OrganisationFactory(name_en="Bay Labs", status=status)
        assert expected in text_of_use(reader, factories.FacilityFactory(operator=operator, **quiet))
