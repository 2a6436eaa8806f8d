"""The search page in a real browser: suggestions are chosen by keyboard, and nothing needs a script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import violations
from zone.translation import LANGUAGES

pytestmark = pytest.mark.browser


@pytest.fixture
def box(site: str, page: Page) -> Locator:
    page.goto(f"{site}/en/search/")
    return page.get_by_role("combobox", name="Words in any of the three languages")


def chosen(page: Page) -> list[str]:
    return page.locator("#suggestions [aria-selected=true]").all_inner_texts()


def test_a_suggestion_is_chosen_by_keyboard(page: Page, box: Locator) -> None:
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("quantum")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").filter(has_text="Suggestions")).to_be_attached()
    names = page.locator("#suggestions [role=option]").all_inner_texts()
    assert len(names) > 2
    assert violations(page) == []

    box.press("ArrowDown")
    assert chosen(page) == names[:1]
    box.press("ArrowDown")
    assert chosen(page) == names[1:2]
    expect(box).to_have_attribute(
        "aria-activedescendant", str(page.locator("#suggestions [aria-selected=true]").get_attribute("id"))
    )
    box.press("ArrowUp")
    box.press("ArrowUp")
    assert (chosen(page), box.input_value()) == ([], "quantum")
    box.press("ArrowUp")
    assert chosen(page) == names[-1:]

    address = str(page.locator("#suggestions [aria-selected=true]").get_attribute("data-address"))
    box.press("Enter")
    page.wait_for_url(f"**{address}")


def test_a_suggestion_is_clicked(page: Page, box: Locator) -> None:
    box.press_sequentially("quantum")
    option = page.locator("#suggestions [role=option]").first
    address = str(option.get_attribute("data-address"))
    option.click()
    page.wait_for_url(f"**{address}")


def test_escape_closes_the_suggestions_and_enter_searches(page: Page, box: Locator) -> None:
    box.press_sequentially("quantum")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    assert box.input_value() == "quantum"
    box.press("Enter")
    page.wait_for_url("**/search/?q=quantum")
    assert page.locator("#results").inner_text().endswith("results")


def test_keys_of_an_input_method_choose_nothing(page: Page, box: Locator) -> None:
    box.press_sequentially("quantum")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.evaluate("box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', isComposing: true}))")
    assert chosen(page) == []


def test_search_needs_no_script(site: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/zh-hans/search/")
    page.locator("#q").fill("量子")
    page.locator("#q").press("Enter")
    page.wait_for_url("**/search/?q=*")
    expect(page.locator(".results mark").first).to_have_text("量子")
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_example_of_a_hyphen_is_not_broken_after_it(site: str, page: Page, language: str) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(f"{site}/{language}/search/")
    assert page.evaluate("document.querySelector('#q-hint kbd').getClientRects().length") == 1
