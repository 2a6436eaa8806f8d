"""Choosing facilities for a comparison: what is chosen stays so through the list, and is in sight."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations

COVERED = """
const bar = document.getElementById("comparison").getBoundingClientRect();
const {bottom, top} = document.activeElement.getBoundingClientRect();
bottom > bar.top && top < bar.bottom && !document.activeElement.closest("#comparison");
"""
"""Whether the focus is behind what stays at the lower edge."""

pytestmark = pytest.mark.browser


def choose(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_label(f"Compare: {name}", exact=True).check()


def compared(page: Page) -> list[str]:
    """Return the facilities that stand side by side."""
    page.get_by_role("button", name="Compare the chosen ones").click()
    page.wait_for_url("**/facilities/compare/?*")
    return page.locator("thead th > a").all_inner_texts()


def test_chosen_facilities_stay_so_through_filters_pages_languages_and_on_the_way_back(site: str, page: Page) -> None:
    page.goto(f"{site}/en/facilities/")
    count = page.locator("#comparison output")
    expect(count).to_be_hidden()
    choose(page, "Changfu Jinmao Tower")
    expect(count).to_have_text("· Chosen: 1")
    page.locator("summary", has_text="Kind").click()
    page.locator("#id_kind_port").check()
    page.wait_for_url("**/?kind=port#facility=changfu-jinmao-tower")
    expect(count).to_have_text("· Chosen: 1")
    choose(page, "New Huanggang Port")
    page.locator(".chosen .clear").click()
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/?page=2#facility=changfu-jinmao-tower&facility=new-huanggang-port")
    page.get_by_role("link", name="繁體中文").click()
    page.wait_for_url("**/zh-hant/facilities/?page=2#*")
    page.get_by_role("link", name="English").click()
    expect(count).to_have_text("· Chosen: 2")
    assert compared(page) == ["Changfu Jinmao Tower", "New Huanggang Port"]
    page.go_back()
    expect(count).to_have_text("· Chosen: 2")
    page.get_by_role("button", name="Clear all").click()
    expect(count).to_be_hidden()
    assert page.url == f"{site}/en/facilities/?page=2"


def test_chosen_facilities_stay_so_when_the_header_is_skipped(site: str, page: Page) -> None:
    page.goto(f"{site}/en/about/")
    page.goto(f"{site}/en/facilities/")
    choose(page, "Changfu Jinmao Tower")
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/facilities/#facility=changfu-jinmao-tower")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement === document.querySelector('main a[href], main input')")
    page.reload()
    count = page.locator("#comparison output")
    expect(count).to_have_text("· Chosen: 1")
    page.locator(".choice input:not(:checked)").first.check()
    expect(count).to_have_text("· Chosen: 2")
    page.go_back()
    expect(count).to_have_text("· Chosen: 2")
    page.go_back()
    page.wait_for_url("**/en/about/")


def test_no_more_can_be_chosen_than_fit(site: str, page: Page) -> None:
    page.goto(f"{site}/en/facilities/")
    boxes = page.locator(".choice input")
    for place in range(3):
        boxes.nth(place).check()
    assert page.locator(".choice input:enabled").count() == 3
    boxes.nth(1).uncheck()
    assert page.locator(".choice input:disabled").count() == 0


@pytest.mark.parametrize("width", [375, 1440])
def test_bar_is_in_sight_while_something_is_chosen_and_hides_no_focus(site: str, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(reduced_motion="reduce")  # Scrolling takes no time.
    page.goto(f"{site}/en/facilities/")
    bar = page.locator("#comparison")
    expect(bar).not_to_be_in_viewport()
    page.locator(".choice input").first.check()
    expect(bar).to_be_in_viewport(ratio=1)
    covered = []
    for _ in range(30):
        page.keyboard.press("Tab")
        covered.append(page.evaluate(COVERED))
    assert covered == [False] * 30
    assert violations(page) == []


def test_ticks_of_one_page_are_compared_without_javascript(site: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/en/facilities/")
    choose(page, "Changfu Jinmao Tower")
    expect(page.locator("#comparison")).to_be_in_viewport(ratio=1)
    assert compared(page) == ["Changfu Jinmao Tower"]
    context.close()
