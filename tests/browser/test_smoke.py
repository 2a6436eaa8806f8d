from __future__ import annotations

import pytest
from playwright.sync_api import ConsoleMessage, Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_home_page_fits_a_telephone_and_complains_of_nothing(site: str, page: Page, language: str) -> None:
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": 375, "height": 812})
    response = page.goto(f"{site}/{language}/", wait_until="load")
    assert response is not None
    assert response.status == 200
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert complaints == []
