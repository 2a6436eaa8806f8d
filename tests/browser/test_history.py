"""The pages about what was changed, in a real browser: accessible, readable side by side, and usable."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests import factories
from tests.admin.test_history import edit
from tests.browser.accessibility import WIDTH, violations
from tests.browser.test_admin import complaints, desk
from zone.admin.describing import describe_conflicts
from zone.admin.saving import CHOICE
from zone.history import live_version, versions_of
from zone.merging import Conflict
from zone.models import Organisation

__all__ = ["complaints", "desk"]

pytestmark = pytest.mark.browser


@pytest.fixture
def organisation(transactional_db: None) -> Any:
    record = factories.OrganisationFactory(name_en="Acme", name_zh_hans="河套公司", parks=[])
    live_version(record)
    park = factories.ParkFactory().pk
    edit(
        record, comment="Better.", name_en="Acme Ltd", name_zh_hans="河套机构", editor_note="Long. " * 200, parks=[park]
    )
    return record


def test_the_pages_break_no_rule_of_accessibility(
    desk: Page, complaints: list[str], live_server: Any, organisation: Any
) -> None:
    address = f"{live_server.url}/admin/zone"
    newest, oldest = versions_of(organisation)
    pages = [
        f"{address}/organisation/{organisation.pk}/history/",
        f"{address}/organisation/{organisation.pk}/compare/",
        f"{address}/organisation/{organisation.pk}/compare/?from={oldest.pk}&to={newest.pk}",
        f"{address}/version/{newest.pk}/change/",
    ]
    found: list[Any] = []
    for page in pages:
        desk.goto(page)
        for width in (375, 1280):
            desk.set_viewport_size({"width": width, "height": 800})
            found += violations(desk)
        for width in (375, 768, 1280):
            desk.set_viewport_size({"width": width, "height": 800})
            if desk.evaluate(WIDTH) > width:
                found.append((page, width, "too wide"))
    assert found == []
    assert complaints == []


def test_before_and_after_stand_side_by_side_on_a_tablet(desk: Page, live_server: Any, organisation: Any) -> None:
    desk.set_viewport_size({"width": 768, "height": 800})
    desk.goto(f"{live_server.url}/admin/zone/organisation/{organisation.pk}/compare/")
    before, after = (
        desk.locator(".differences tbody tr").first.locator("td").nth(number).bounding_box() for number in (0, 1)
    )

    assert before is not None
    assert after is not None
    assert before["y"] == after["y"]
    assert before["x"] + before["width"] <= after["x"] + 1


def test_a_long_text_is_opened(desk: Page, live_server: Any, organisation: Any) -> None:
    desk.goto(f"{live_server.url}/admin/zone/organisation/{organisation.pk}/compare/")
    excerpt, whole = (
        desk.locator("td:last-child .difference-text").filter(has_text="Long. Long.").nth(number) for number in (0, 1)
    )
    expect(whole).to_be_hidden()

    desk.get_by_text("Whole text").click()

    expect(whole).to_be_visible()
    expect(excerpt).to_be_hidden()


def test_conflicts_are_chosen_from(desk: Page, live_server: Any, organisation: Any) -> None:
    conflicts = describe_conflicts(
        Organisation,
        [
            Conflict("name_zh_hans", "河套公司", "河套机构", "深圳河套公司"),
            Conflict("parks", [], [factories.ParkFactory().pk], [factories.ParkFactory().pk]),
            Conflict("facts.1", {"text_en": "Ten."}, None, {"text_en": "Twelve."}),
        ],
    )
    context = {"conflicts": conflicts, "others": "Ada Lee", "prefix": CHOICE}
    html = render_to_string("admin/zone/partials/conflicts.html", context)
    desk.goto(f"{live_server.url}/admin/zone/organisation/{organisation.pk}/compare/")
    desk.evaluate("html => { document.querySelector('#content-main').innerHTML = `<form>${html}</form>`; }", html)

    assert violations(desk) == []
    assert desk.evaluate("document.querySelector('#content-main form').checkValidity()") is False
    for group in ("name_zh_hans", "facts.1"):
        desk.locator(f"input[name='choice:{group}'][value=mine]").check()
    assert desk.evaluate("[...new FormData(document.querySelector('#content-main form'))]") == [
        ["choice:name_zh_hans", "mine"],
        ["choice:parks", "both"],
        ["choice:facts.1", "mine"],
    ]
