"""Every kind of page at three widths, in both schemes of colour and three languages: checked, and photographed to be
looked at one by one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import WIDTH, violations
from tests.browser.test_public_pages import PAGES
from zone.translation import LANGUAGES

PICTURES = Path(__file__).parent / "screenshots"

pytestmark = pytest.mark.look


def name_of(address: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", address).strip("-") or "home"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 375, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page(site: str, page: Page, language: str, width: int, scheme: Literal["light", "dark"]) -> None:
    folder = PICTURES / language / f"{width}-{scheme}"
    found, wide = [], []
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for address in PAGES:
        page.goto(f"{site}/{language}/{address}")
        found += violations(page, everything_in=scheme)
        if page.evaluate(WIDTH) > width:
            wide.append(address)
        page.screenshot(path=folder / f"{name_of(address)}.png", full_page=True)
    assert found == []
    assert wide == []
