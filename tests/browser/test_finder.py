"""The lists in a real browser: they change in place, keep their state, and need neither mouse nor script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations

QUANTUM = [
    "Quantum Science Center of Guangdong-Hong Kong-Macao Greater Bay Area (Guangdong)",
    "Shenzhen International Quantum Academy",
]
"""The quantum institutes in Shenzhen, newest first."""

pytestmark = pytest.mark.browser


def names(page: Page) -> list[str]:
    return page.locator("main article h3").all_inner_texts()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def tab_to(page: Page, there: Callable[[], bool]) -> None:
    """Press the tabulator until one is there, as somebody without a mouse does."""
    for _ in range(80):
        if there():
            return
        page.keyboard.press("Tab")
    raise AssertionError("The keyboard does not reach it.")


def walk(page: Page, settled: Callable[[str], None]) -> None:
    """Find the quantum institutes in Shenzhen, newest first, by keyboard alone."""
    tab_to(page, lambda: page.evaluate("document.activeElement.innerText") == "Organisations")
    page.keyboard.press("Enter")
    page.wait_for_url("**/organisations/")
    tab_to(page, lambda: focused(page) == "id_park_")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "id_park_shenzhen"
    settled("**/?park=shenzhen")
    tab_to(page, lambda: page.evaluate("document.activeElement.innerText") == "Field")
    page.keyboard.press("Enter")
    tab_to(page, lambda: focused(page) == "id_field_quantum")
    page.keyboard.press("Space")
    settled("**/?park=shenzhen&field=quantum")
    tab_to(page, lambda: focused(page) == "id_sort")
    page.keyboard.press("ArrowDown")


def test_keyboard_alone_finds_the_quantum_institutes_in_shenzhen_newest_first(site: str, page: Page) -> None:
    page.goto(f"{site}/en/")
    walk(page, page.wait_for_url)
    page.wait_for_url("**/organisations/?park=shenzhen&field=quantum&sort=arrived")
    assert focused(page) == "id_sort"
    assert names(page) == QUANTUM


def test_keyboard_finds_the_same_without_javascript(site: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/en/")
    walk(page, lambda _address: None)
    tab_to(page, lambda: page.evaluate("document.activeElement.innerText") == "Sort")
    page.keyboard.press("Enter")
    page.wait_for_url("**/organisations/?*park=shenzhen*")
    assert names(page) == QUANTUM
    context.close()


def test_list_follows_in_place_and_the_way_back_leads_through_every_state(site: str, page: Page) -> None:
    page.goto(f"{site}/en/organisations/")
    page.evaluate("document.body.dataset.same = 'yes'")
    everything = page.locator("#results").inner_text()
    page.get_by_label("Words", exact=True).press_sequentially("science")
    page.wait_for_url("**/organisations/?q=science")
    assert focused(page) == "id_q"
    expect(page.locator("#results")).not_to_have_text(everything)
    found = page.locator("#results").inner_text()
    page.locator("#id_park_hong-kong").check()
    page.wait_for_url("**/organisations/?q=science&park=hong-kong")
    assert focused(page) == "id_park_hong-kong"
    assert page.locator("#languages a").nth(1).get_attribute("href") == (
        "/zh-hans/organisations/?q=science&park=hong-kong"
    )
    assert page.evaluate("document.body.dataset.same") == "yes"
    narrowed = page.locator("#results").inner_text()
    page.reload()
    assert (page.locator("#id_q").input_value(), page.locator("#results").inner_text()) == ("science", narrowed)
    page.go_back()
    page.wait_for_url("**/organisations/?q=science")
    expect(page.locator("#results")).to_have_text(found)
    expect(page.locator("#id_park_")).to_be_checked()
    page.go_back()
    page.wait_for_url("**/organisations/")
    expect(page.locator("#results")).to_have_text(everything)
    expect(page.locator("#id_q")).to_have_value("")


def test_letter_is_chosen_by_keyboard_and_left_out_in_another_language(site: str, page: Page) -> None:
    page.goto(f"{site}/en/organisations/")
    tab_to(page, lambda: focused(page) == "id_initial_")
    for _letter in "AB":
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**/organisations/?initial=b")
    expect(page.locator("#results")).to_have_text("2 organisations")
    assert focused(page) == "id_initial_b"
    assert [name[0] for name in names(page)] == ["B", "B"]
    page.get_by_role("link", name="繁體中文").click()
    page.wait_for_url("**/zh-hant/organisations/")
    expect(page.locator(".error")).to_have_count(0)


def test_wrong_year_is_said_in_place_and_taken_back(site: str, page: Page) -> None:
    page.goto(f"{site}/en/news/")
    year = page.get_by_label("From", exact=True)
    year.fill("20x4")
    year.blur()
    expect(page.locator("#id_from_error .error")).to_be_visible()
    expect(year).to_have_attribute("aria-invalid", "true")
    year.fill("2024")
    year.blur()
    expect(page.locator("#id_from_error .error")).to_have_count(0)
    assert year.get_attribute("aria-invalid") is None


def test_filters_are_folded_on_a_phone_and_say_how_many_are_on(site: str, page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(f"{site}/en/organisations/?park=shenzhen&field=quantum")
    expect(page.locator("#id_q")).to_be_hidden()
    assert page.locator(".fold summary").inner_text().split() == ["Filters", "2", "on"]
    page.locator(".fold summary").press("Enter")
    page.locator("summary", has_text="Kind").click()
    page.locator("#id_kind_nonprofit").check()
    expect(page.locator("#filters_on")).to_have_text("3 on")
    expect(page.locator("#id_kind_nonprofit")).to_be_focused()


@pytest.mark.parametrize("address", ["organisations/", "facilities/?q=nothing&park=shenzhen&to=20x4", "news/print/"])
def test_finder_is_accessible_with_everything_unfolded(site: str, page: Page, address: str) -> None:
    page.goto(f"{site}/zh-hant/{address}")
    page.evaluate("for (const one of document.querySelectorAll('.facet')) one.open = true")
    assert violations(page) == []


def test_printed_list_is_as_wide_as_its_sheet(site: str, page: Page) -> None:
    page.set_viewport_size({"width": 1047, "height": 740})  # A4 in landscape, between its margins.
    page.emulate_media(media="print")
    page.goto(f"{site}/en/news/")
    assert page.evaluate("document.getElementById('list').clientWidth") == 1047
