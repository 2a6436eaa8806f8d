"""Every kind of public page in a real browser: accessible, no wider than a telephone, walkable by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import WIDTH, violations
from zone.translation import LANGUAGES, ORIGINAL

PAGES = (
    "",
    "organisations/",
    "organisations/hkust-shcir/",
    "organisations/drug-farm/",
    "facilities/?kind=port",
    "facilities/new-huanggang-port/",
    "news/",
    "news/scio-press-conference/",
    "figures/",
    "figures/researchers-shenzhen/",
    "fields/",
    "fields/life-sciences/",
    "parks/",
    "timeline/",
    "parks/hong-kong/",
    "sources/?language=zh-hant",
    "sources/eyeshenzhen-2024-08-16/",
    "getting-here/",
    "search/?q=xtalpi",
    "search/?q=nothing+at+all",
    "organisations/?kind=archive&year=20x4",
    "about/",
    "accessibility/",
    "privacy/",
    "content-policy/",
    "report/?page=/en/figures/",
    "report/thanks/",
    "style/",
    "facilities/changfu-jinmao-tower/",
    "facilities/compare/?facility=hsitp-park&facility=hkstp-shenzhen-branch&facility=new-huanggang-port",
    "facilities/hsitp-park/sheet/",
    "nosuch/",
)
# WCAG 2.2, success criterion 1.4.12.
TEXT_SPACING = """
for (const element of document.querySelectorAll("body *")) {
  Object.assign(element.style, {lineHeight: "1.5", letterSpacing: "0.12em", wordSpacing: "0.16em"});
}
for (const paragraph of document.querySelectorAll("p")) paragraph.style.marginBlockEnd = "2em";
"""
WATCH_FOCUS = """
window.visited = new Set();
window.unseen = [];
addEventListener("focusin", ({target}) => {
  visited.add(target);
  if (getComputedStyle(target).outlineStyle !== "solid") unseen.push(target.outerHTML);
});
"""
"""Notes on what the focus has been, and where one did not see it."""
STOPS = "a[href], button, input:not([type=radio], [disabled]), [type=radio]:checked, select, summary, [tabindex='0']"
"""What the tabulator stops at; a group of radio buttons is one stop."""

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_accessible_and_fits_a_small_telephone(site: str, page: Page, language: str) -> None:
    # Colours are the same in every language: one is enough to look at them.
    is_first = language == ORIGINAL
    found, widths = [], {}
    for address in PAGES:
        page.set_viewport_size({"width": 375, "height": 812})
        page.goto(f"{site}/{language}/{address}")
        found += violations(page, everything_in=None if is_first else "light", colours=is_first)
        page.set_viewport_size({"width": 320, "height": 700})
        plain = page.evaluate(WIDTH)
        page.evaluate(TEXT_SPACING)
        widths[address] = (plain, page.evaluate(WIDTH))
    assert found == []
    assert widths == dict.fromkeys(PAGES, (320, 320))


def test_keyboard_reaches_everything_and_shows_where_it_is(site: str, page: Page) -> None:
    for address in PAGES:
        page.goto(f"{site}/en/{address}")
        expected = page.locator(STOPS).filter(visible=True).count()
        page.evaluate(WATCH_FOCUS)
        for _ in range(expected):
            page.keyboard.press("Tab")
        assert (address, page.evaluate("[visited.size, unseen]")) == (address, [expected, []])


def test_every_page_reads_without_javascript(site: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/en/organisations/")
    page.locator("summary", has_text="Kind").click()
    page.get_by_label("Healthcare").check()
    page.get_by_role("button", name="Show").click()
    assert page.locator("#results").inner_text() == "2 organisations"
    context.close()
