from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import ConsoleMessage, Page, expect

from tests import factories
from tests.browser.accessibility import WIDTH, violations
from tests.browser.people import log_in
from zone import workflow
from zone.history import Occasion, content_of
from zone.models import Source

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(transactional_db: None, live_server: Any, page: Page) -> Page:
    """Return a page of a browser at which a superuser is logged in; it collects what the console complains of."""
    log_in(page.context, User.objects.create_superuser("root"), live_server.url)
    return page


@pytest.fixture
def complaints(desk: Page) -> list[str]:
    found: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(message.text)

    desk.on("console", listen)
    desk.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_rich_text_in_three_languages_is_written_and_kept(desk: Page, complaints: list[str], live_server: Any) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft", body_en="", body_zh_hans="", body_zh_hant="")
    desk.goto(f"{live_server.url}/admin/zone/organisation/{organisation.pk}/change/")

    for label, text in (("English", "Hello"), ("简体中文", "你好"), ("繁體中文", "您好")):
        box = desk.get_by_role("textbox", name=f"Text · {label}:", exact=True)
        box.click()
        desk.keyboard.insert_text(text)
        expect(box).to_have_text(text)
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("is saved")

    organisation.refresh_from_db()
    assert (organisation.body_en, organisation.body_zh_hans, organisation.body_zh_hant) == (
        "<p>Hello</p>",
        "<p>你好</p>",
        "<p>您好</p>",
    )
    assert complaints == []


def test_a_source_is_added_in_place(desk: Page, complaints: list[str], live_server: Any) -> None:
    facility: Any = factories.FacilityFactory(status="draft", sources=[])
    desk.goto(f"{live_server.url}/admin/zone/facility/{facility.pk}/change/")

    with desk.expect_popup() as opened:
        desk.locator("#add_id_sources").click()
    window = opened.value
    window.get_by_label("Title").fill("A new port")
    window.get_by_label("Publisher").press_sequentially("Gazette")
    expect(window.get_by_label("Slug")).to_have_value("gazette")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".field-sources .select2-selection__choice")).to_have_text("×Gazette: A new port")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("is saved")

    assert list(facility.sources.all()) == [Source.objects.get(slug="gazette")]
    assert complaints == []


def test_the_slug_of_a_new_record_follows_its_name(desk: Page, complaints: list[str], live_server: Any) -> None:
    desk.goto(f"{live_server.url}/admin/zone/field/add/")

    desk.get_by_label("Name · English:").press_sequentially("Quantum Science")

    expect(desk.get_by_label("Slug")).to_have_value("quantum-science")
    assert complaints == []


def test_a_form_that_comes_back_leads_to_what_is_wrong(desk: Page, complaints: list[str], live_server: Any) -> None:
    news: Any = factories.NewsItemFactory(status="draft", body_en="")
    desk.goto(f"{live_server.url}/admin/zone/newsitem/{news.pk}/change/")
    desk.get_by_label("Slug").fill("Not A Slug")
    desk.get_by_role("button", name="Save", exact=True).click()
    links = desk.get_by_role("list", name="Fields to correct")
    expect(links).to_be_focused()

    links.get_by_role("link", name="Slug").click()

    slug = desk.get_by_label("Slug")
    expect(slug).to_be_focused()
    error = desk.locator("#id_slug_error")
    expect(error).to_be_in_viewport(ratio=1)
    assert error.evaluate("error => error.firstElementChild.getBoundingClientRect().left") == slug.evaluate(
        "input => input.getBoundingClientRect().left"
    )
    assert complaints == []


def test_a_link_leads_into_the_rich_text_that_is_wrong(desk: Page, complaints: list[str], live_server: Any) -> None:
    news: Any = factories.NewsItemFactory(status="draft", body_en="<p>A bell\a</p>")
    desk.goto(f"{live_server.url}/admin/zone/newsitem/{news.pk}/change/?check")
    box = desk.get_by_role("textbox", name="Text · English:", exact=True)
    expect(box).to_be_visible()

    desk.get_by_role("list", name="Fields to correct").get_by_role("link", name="Text · English").click()

    expect(box).to_be_focused()
    assert complaints == []


def test_a_field_that_is_wrong_is_level_with_its_neighbours(desk: Page, live_server: Any) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft", email="nobody")
    desk.goto(f"{live_server.url}/admin/zone/organisation/{organisation.pk}/change/?check")
    row = desk.locator(".form-multiline:has(> div > .errorlist)")
    tops = {}
    for width in (1024, 1440):
        desk.set_viewport_size({"width": width, "height": 900})
        tops[width] = row.locator("label").evaluate_all(
            "labels => labels.map(label => label.getBoundingClientRect().top)"
        )
        error, field = row.locator(".errorlist").bounding_box(), row.locator("#id_email").bounding_box()
        assert error is not None
        assert field is not None
        assert field["y"] + field["height"] < error["y"]
    assert {width: (len(found), len(set(found))) for width, found in tops.items()} == {1024: (2, 1), 1440: (2, 1)}


@pytest.mark.parametrize("model", ["organisation", "facility", "newsitem", "keyfigure", "route"])
def test_no_page_is_wider_than_the_window(desk: Page, live_server: Any, model: str) -> None:
    factory: Any = {
        "organisation": factories.OrganisationFactory,
        "facility": factories.FacilityFactory,
        "newsitem": factories.NewsItemFactory,
        "keyfigure": factories.KeyFigureFactory,
        "route": factories.RouteFactory,
    }[model]
    record = factory()
    widths = {}

    for address in (f"{model}/", f"{model}/add/", f"{model}/{record.pk}/change/"):
        desk.goto(f"{live_server.url}/admin/zone/{address}")
        for width in (768, 1280):
            desk.set_viewport_size({"width": width, "height": 900})
            widths[address, width] = desk.evaluate(WIDTH)

    assert {(address, width): found for (address, width), found in widths.items() if found != width} == {}


@pytest.fixture
def scheduled(desk: Page) -> Any:
    """Return a public record with a draft that goes live later, for which the bar has most buttons."""
    record: Any = factories.FieldFactory()
    occasion = Occasion(by=User.objects.get())
    content = content_of(workflow.current_version(record))
    moment = timezone.now() + datetime.timedelta(days=1)
    content["fields"].update(name_en="New Name", publish_at=moment.isoformat())
    workflow.keep(record, content, occasion)
    return workflow.publish(record, occasion)


BOXES = """
bar => [...bar.querySelectorAll("input, button, summary")].filter((one) => one.checkVisibility()).map((one) => {
  const { width, height } = one.getBoundingClientRect();
  return [one.value || one.textContent, width >= 44 && height >= 44];
})
"""


@pytest.mark.parametrize("width", [375, 1025, 1440])
def test_long_name_leaves_the_buttons_beside_it_free(desk: Page, live_server: Any, width: int) -> None:
    organisation: Any = factories.OrganisationFactory(name_en="Shenzhen-Hong Kong International " * 7)
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(f"{live_server.url}/admin/zone/organisation/{organisation.pk}/change/")
    boxes = [desk.locator(place).bounding_box() for place in ("#content > h2", "#content-main > .object-tools")]
    assert all(boxes)
    name, buttons = (box for box in boxes if box)
    is_beside = name["x"] + name["width"] <= buttons["x"]
    assert is_beside or name["y"] + name["height"] <= buttons["y"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Save the draft", "More…", "Publish", "Save and close", "Return with the comment")),
        ("zh-hans", ("保存草稿", "更多…", "发布", "保存并关闭", "附留言退回")),
    ],
)
def test_bar_leaves_a_phone_its_screen(
    desk: Page, live_server: Any, scheduled: Any, language: str, words: tuple[str, ...]
) -> None:
    desk.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    desk.set_viewport_size({"width": 375, "height": 667})
    desk.goto(f"{live_server.url}/admin/zone/field/{scheduled.pk}/change/")
    desk.locator("#id_name_en").fill("Newer Name")
    expect(desk.locator("[data-keep-state]")).not_to_be_empty()
    bar = desk.locator(".save-bar")
    save, more, publish, close, send_back = words
    assert bar.evaluate("bar => bar.getBoundingClientRect().height / innerHeight") < 0.15
    assert bar.evaluate(BOXES) == [[word, True] for word in (save, more, publish)]

    bar.get_by_role("button", name=save).focus()
    desk.keyboard.press("Tab")
    assert desk.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    desk.keyboard.press("Enter")
    languages = [[name, True] for name in ("En", "简", "繁")]
    held = [[close, True], *languages, [send_back, True]]
    assert bar.evaluate(BOXES) == [[save, True], [more, True], *held, [publish, True]]
    desk.keyboard.press("Tab")
    expect(bar.get_by_role("button", name=close)).to_be_focused()
    assert violations(desk, include=[[".save-bar"]]) == []
    assert desk.evaluate(WIDTH) == 375


@pytest.mark.parametrize("opened", [False, True])
def test_bar_of_a_phone_covers_no_field_that_is_written_in(
    desk: Page, live_server: Any, scheduled: Any, opened: bool
) -> None:
    desk.set_viewport_size({"width": 375, "height": 667})
    desk.goto(f"{live_server.url}/admin/zone/field/{scheduled.pk}/change/")
    if opened:
        desk.locator(".save-bar summary").click()
    desk.locator("#id_name_en").focus()
    for _ in range(12):
        desk.keyboard.press("Tab")
        assert desk.evaluate(
            """() => document.activeElement.closest(".save-bar, .prose-editor") ||
            document.activeElement.getBoundingClientRect().bottom <=
            document.querySelector(".save-bar").getBoundingClientRect().top"""
        )


def test_wide_window_shows_every_button_of_the_bar(desk: Page, live_server: Any, scheduled: Any) -> None:
    desk.goto(f"{live_server.url}/admin/zone/field/{scheduled.pk}/change/")
    assert [word for word, _ in desk.locator(".save-bar").evaluate(BOXES)] == [
        *("Save the draft", "Save and close", "En", "简", "繁", "Return with the comment", "Publish")
    ]
    desk.get_by_role("button", name="Save and close").click()
    expect(desk.locator("#result_list")).to_be_visible()
