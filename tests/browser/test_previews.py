"""Previews and pages that are gone in a real browser: accessible, no wider than a telephone, marked on paper too."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.accessibility import WIDTH, violations
from zone.models import Facility, Organisation, PreviewLink
from zone.previews import address_of
from zone.translation import LANGUAGES

pytestmark = pytest.mark.browser


@pytest.fixture
def addresses(site: str) -> list[str]:
    """Return the addresses of a preview, of one that has ended, and of a withdrawn page."""
    record, now = Organisation.objects.get(slug="hkust-shcir"), timezone.now()
    links = [
        PreviewLink.objects.create(record=record, expires_at=now + datetime.timedelta(days=days)) for days in (1, -1)
    ]
    withdrawn = Facility.objects.get(slug="new-huanggang-port")
    Facility.objects.filter(pk=withdrawn.pk).update(status="withdrawn", withdrawal_reason_zh_hant="港口關閉。")
    return [*(f"{site}{address_of(link, 'en')}" for link in links), f"{site}/en/facilities/new-huanggang-port/"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_previews_are_accessible_and_fit_a_small_telephone(page: Page, addresses: list[str], language: str) -> None:
    found, widths = list[Any](), []
    page.set_viewport_size({"width": 320, "height": 700})
    for address in addresses:
        page.goto(address.replace("/en/", f"/{language}/"))
        widths.append(page.evaluate(WIDTH))
        found += violations(page)
    assert (found, widths) == ([], [320, 320, 320])


def test_preview_says_on_paper_that_it_is_one(page: Page, addresses: list[str]) -> None:
    page.goto(addresses[0])
    page.emulate_media(media="print")
    assert page.locator(".preview-bar .preview-title").is_visible()
    assert not page.locator(".preview-languages").is_visible()
