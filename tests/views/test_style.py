"""What the pages look like, as far as it can be said in numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests import factories
from tests.conftest import Reader
from zone.views.statements import COLOURS

pytestmark = pytest.mark.any_database

TOKENS = Path(settings.BASE_DIR, "zone/static/zone/css/tokens.css").read_text("utf-8")
TEXT, DRAWN = 4.5, 3.0
"""The least contrast that WCAG 2.2 asks for: success criteria 1.4.3 and 1.4.11."""
GROUNDS = ("paper", "surface", "accent-soft")
PAIRS = [
    *((colour, ground, TEXT) for colour in ("ink", "ink-soft", "accent", "bad") for ground in GROUNDS),
    *((colour, ground, TEXT) for colour in ("good", "caution", "south") for ground in ("paper", "surface")),
    *((colour, "caution-soft", TEXT) for colour in ("ink", "caution", "accent")),
    *(("ink", "south-soft", TEXT), ("paper", "accent", TEXT)),
    *((colour, ground, DRAWN) for colour in ("focus", "line-strong") for ground in GROUNDS),
    ("accent", "water", DRAWN),
]


def palette(scheme: str) -> dict[str, str]:
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", dark))


def luminance(colour: str) -> float:
    """Return the relative luminance that WCAG defines."""
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_has_its_contrast(scheme: str) -> None:
    colours = palette(scheme)
    weak = [
        (colour, ground, round(contrast(colours[colour], colours[ground]), 2))
        for colour, ground, least in PAIRS
        if contrast(colours[colour], colours[ground]) < least
    ]
    assert weak == []


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000", "#ffffff") == 21


@pytest.mark.django_db
def test_style_page_shows_every_colour_and_every_state(reader: Reader) -> None:
    for presence, role in (("signed", "partner"), ("operating", "tenant")):
        factories.OrganisationFactory(presence=presence, presence_as_of="2024", role=role)
    for status in ("planned", "open", "closed"):
        factories.FacilityFactory(building_status=status)
    factories.FacilityFactory(building_status="completed", status="draft")
    response: Any = reader.get("/en/style/")
    page = response.page
    assert [swatch.get_text(strip=True) for swatch in page.select(".swatches li")] == list(COLOURS)
    assert set(COLOURS) == set(palette("light"))
    states = [state["class"][1] for state in page.select("#states ~ p .status")]
    assert states == ["status-signed", "status-operating", "status-planned", "status-open", "status-closed"]


@pytest.mark.django_db
def test_style_page_is_there_before_there_is_any_content(reader: Reader) -> None:
    assert reader.get("/en/style/").status_code == 200
