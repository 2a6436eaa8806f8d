"""What only a browser can tell of facilities: how long a sheet is on paper, and whom a map asks."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.db.models import Count
from django.test import override_settings
from playwright.sync_api import Page, Route, expect

from zone.models import Facility
from zone.translation import LANGUAGES

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_longest_sheets_fit_one_page_of_a4(site: str, page: Page) -> None:
    length = Count("facts", distinct=True) + Count("sources", distinct=True)
    longest = Facility.objects.published().annotate(length=length).order_by("-length")
    slugs = list(longest.values_list("slug", flat=True)[:4])
    pages = {}
    for language in LANGUAGES:
        for slug in slugs:
            page.goto(f"{site}/{language}/facilities/{slug}/sheet/")
            paper = page.pdf(format="A4", prefer_css_page_size=True)
            pages[language, slug] = len(re.findall(rb"/Type\s*/Page\b(?!s)", paper))
    assert pages == dict.fromkeys(pages, 1)
    assert len(pages) == 12


@override_settings(
    MAP_TILES="https://tiles.example.org/{z}/{x}/{y}.png",
    CONTENT_SECURITY_POLICY={
        "DIRECTIVES": {"default-src": ["'self'"], "img-src": ["'self'", "data:", "https://tiles.example.org"]}
    },
)
def test_map_asks_for_its_tiles_only_when_the_reader_says_so(site: str, page: Page) -> None:
    asked: list[str] = []
    problems: list[Any] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/png")

    page.route("https://tiles.example.org/**", answer)
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(f"{site}/en/facilities/hsitp-park/")
    button = page.get_by_role("button", name="Show the map")
    expect(button).to_be_visible()
    assert asked == []
    button.click()
    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
    expect(page.locator(".map-marker")).to_be_visible()
    assert asked != []
    assert problems == []
