"""A picture is shown as soon as it is chosen, and its focal point set by mouse or keyboard, under the strict CSP."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.people import log_in
from tests.pictures import photo
from zone.models import NewsItem

pytestmark = pytest.mark.browser


def test_focal_point_is_set_by_a_click_and_by_keys(transactional_db: None, live_server: Any, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page.context, User.objects.create_superuser("root"), live_server.url)
    item: Any = factories.NewsItemFactory(status="draft")
    page.goto(f"{live_server.url}/admin/zone/newsitem/{item.pk}/change/")

    upload = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo((300, 200)).read()}
    page.locator("#id_picture").set_input_files(upload)  # type: ignore[arg-type]
    shown = page.locator("[data-picture=picture_ppoi] canvas")
    shown.click(position={"x": 75, "y": 150})
    sliders = [page.get_by_label(name).last for name in ("From the left", "From the top")]
    expect(sliders[0]).to_have_value("25")
    expect(sliders[1]).to_have_value("75")
    sliders[0].press("ArrowRight")
    expect(page.locator("[data-picture=picture_ppoi] .picture-point")).to_have_attribute(
        "style", "left: 26%; top: 75%;"
    )
    assert complaints == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("is saved")

    item = NewsItem.objects.get()
    assert (item.picture_width, item.picture_ppoi) == (300, "0.26x0.75")
