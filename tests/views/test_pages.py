"""Every page of the real content, in every language, as a visitor's browser gets it."""

from __future__ import annotations

import csv
import functools
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import opencc
import pytest
from django.conf import settings
from django.db.models import Model
from django.test import Client, override_settings
from icalendar import Calendar
from lxml.html import HTMLParser, document_fromstring, tostring

from tests.conftest import Reader
from tests.sites import manage, variables
from zone.templatetags.kept import PARTS
from zone.translation import HTML_LANGUAGES, LANGUAGES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content"), pytest.mark.any_database]

LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
HAN = re.compile(r"[\u4e00-\u9fff]")
TO_SIMPLIFIED = opencc.OpenCC("t2s")
TO_TRADITIONAL = opencc.OpenCC("s2hk")
IN_BOTH_SCRIPTS = set("戶閱稅床里臺說余峰干")
"""Traditional characters of Hong Kong that OpenCC would write in another way."""


def walk(reader: Reader, language: str) -> Iterator[tuple[str, Any]]:
    """Yield every page of ``language`` that links lead to from its home page; of filtered lists only further pages."""
    waiting, seen = [f"/{language}/"], {f"/{language}/"}
    while waiting:
        address = waiting.pop()
        response: Any = reader.get(address)
        assert (address, response.status_code) == (address, 200)
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        page = document_fromstring(response.content, HTMLParser(encoding="utf-8"))
        yield address, page
        for link in page.iterfind(".//a[@href]"):
            target = urldefrag(urljoin(address, link.get("href"))).url
            if target.startswith(f"/{language}/") and target not in seen and ("?" not in target or "?page=" in target):
                seen.add(target)
                waiting.append(target)


def visible_texts(tag: Any, language: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in ``tag``, each with the language that the page says it is in."""
    language = tag.get("lang", language)
    yield tag.text or "", language
    for child in tag:
        if isinstance(child.tag, str) and child.tag not in ("script", "select", "template"):
            yield from visible_texts(child, language)
        yield child.tail or "", language


@pytest.fixture
def afterthoughts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return what is read of single records afterwards, since it was left out when all of them were read."""
    found, read = [], Model.refresh_from_db

    def read_again(record: Model, **arguments: Any) -> None:
        found.append((record, *arguments["fields"]))
        read(record, **arguments)

    monkeypatch.setattr(Model, "refresh_from_db", read_again)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_in_its_language(
    reader: Reader, language: str, afterthoughts: list[tuple[Any, ...]]
) -> None:
    addresses = []
    for address, page in walk(reader, language):
        addresses.append(address)
        assert (address, page.tag, page.get("lang")) == (address, "html", HTML_LANGUAGES[language])
        wrong = [text for text, of_text in visible_texts(page) if text.strip() and is_wrong(text, of_text)]
        assert (address, wrong) == (address, [])
        missing = [tostring(link) for link in page.iterfind(".//main//a") if not link.text_content().strip()]
        assert (address, missing) == (address, [])
    details = [address for address in addresses if re.fullmatch(r"/[a-z-]+/[a-z]+/(?!print/)[a-z0-9-]+/", address)]
    assert len(details) == 59 + 39 + 57 + 36 + 22 + 2 + 137
    assert afterthoughts == []


@functools.cache
def is_wrong(text: str, language: str) -> bool:
    """Whether ``text`` is in another language or script than ``language``, which the page says at that place."""
    if language not in ("zh-Hans", "zh-Hant"):
        return False
    if not HAN.search(text):
        return LATIN_WORD.search(text) is not None and not text.startswith("https://")
    if language == "zh-Hans":
        return TO_SIMPLIFIED.convert(text) != text
    return any(TO_TRADITIONAL.convert(character) != character for character in set(text) - IN_BOTH_SCRIPTS)


def test_what_machines_are_told_of_the_routes_has_no_times_of_the_trial(reader: Reader) -> None:
    calendar = Calendar.from_ical(reader.get("/en/getting-here/departures.ics").content)
    with zipfile.ZipFile(io.BytesIO(reader.get("/gtfs.zip").content)) as feed:
        tables = {name: list(csv.DictReader(feed.read(name).decode().splitlines())) for name in feed.namelist()}
    assert [part.name for part in calendar.walk()] == ["VCALENDAR", "VTIMEZONE", "STANDARD"]
    assert (tables["trips.txt"], tables["stop_times.txt"]) == ([], [])
    assert [row["route_id"] for row in tables["routes.txt"]] == ["research-bus", "hsitp-shuttle"]
    assert [row["stop_id"] for row in tables["stops.txt"]] == ["huanggang-port", "lok-ma-chau-spur-line", "hsitp-park"]


def test_page_about_getting_here_says_why_machines_are_not_told_more(reader: Reader) -> None:
    page: Any = reader.get("/en/getting-here/").page  # type: ignore[attr-defined]
    gaps = page.select("section[aria-labelledby=data] dl > div")
    assert {gap.dt.get_text(): " ".join(gap.dd.get_text().split()) for gap in gaps} == {
        "Hetao cross-border direct bus": (
            "No source says where on the map its first and last stop are. "
            "The days on which it runs are not known, or the holidays of those years have not been entered."
        ),
        "Lok Ma Chau to Hong Kong Park shuttle": (
            "No source gives its times. No source says in which direction it runs."
        ),
    }


def test_every_static_file_of_a_page_is_served(tmp_path: Path) -> None:
    """The real storage: a name that is not in its manifest would be an error on every page."""
    manage(variables(tmp_path), "collectstatic", "--no-input", "-v0")
    collected = tmp_path / "static"
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    PARTS.clear()  # Those of other tests have the names of files that are not collected.
    with override_settings(STATIC_ROOT=collected, STORAGES=storages):
        for page in ("/en/", "/admin/login/"):
            html = Client().get(page).content.decode()
            files = re.findall(r'(?:href|src)="/static/([^"#]+)', html)
            assert files
            assert [file for file in files if not (collected / file).exists()] == []
    PARTS.clear()
