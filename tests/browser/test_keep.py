"""Nothing that is typed into a form of the newsroom is lost."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from tests import factories
from tests.browser.accessibility import WIDTH, violations
from tests.browser.people import log_in
from zone.models import Field, OpenForm, Session

pytestmark = pytest.mark.browser

NAME = "Name · English:"
UNSAVED = "What you sent could not be saved"
KEPT = re.compile(r"^Kept \d\d:\d\d$")


@pytest.fixture
def user(transactional_db: None) -> User:
    return User.objects.create_superuser("root", first_name="Ada", last_name="Lee")


@pytest.fixture
def desk(user: User, live_server: Any, page: Page) -> Page:
    """Return a page of a browser at which a superuser is logged in."""
    log_in(page.context, user, live_server.url)
    return page


@pytest.fixture
def complaints(desk: Page) -> list[str]:
    """Return what the console complains of, in every page of the browser."""
    found: list[str] = []

    def listen(page: Page) -> None:
        page.on("console", hear)
        page.on("pageerror", lambda error: found.append(str(error)))

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(message.text)

    listen(desk)
    desk.context.on("page", listen)
    return found


@pytest.fixture
def field(transactional_db: None) -> Any:
    return factories.FieldFactory(name_en="Optics", status="draft")


@pytest.fixture
def form(field: Any, live_server: Any) -> str:
    """Return the address of the form of ``field``."""
    return f"{live_server.url}/admin/zone/field/{field.pk}/change/"


def crash(page: Page) -> Page:
    """Close the page without asking anybody, and return a new one of the same browser."""
    context = page.context
    page.close(run_before_unload=False)
    return context.new_page()


def warnings(page: Page) -> list[str]:
    """Return the list of the warnings of the page; each is answered with "leave"."""
    found: list[str] = []

    def leave(dialog: Dialog) -> None:
        found.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    return found


def shelf(page: Page) -> list[Any]:
    """Return what the page knows that the server does not know."""
    stored = page.evaluate("Object.entries(localStorage).filter(([key]) => key.startsWith('keep '))")
    return [dict(json.loads(value)["data"]) for _, value in stored]


def kept_names() -> list[str]:
    """Return the names that the server keeps."""
    return [dict(form.data or [])["name_en"] for form in OpenForm.objects.filter(kept_at__isnull=False)]


def has_told_everything(page: Page) -> None:
    """Wait until the server knows all that the page knows."""
    # Playwright's own waiting evaluates a string again and again, which the policy of the page forbids.
    for _attempt in range(100):
        if page.evaluate("() => !Object.keys(localStorage).some((key) => key.startsWith('keep '))"):
            return
        page.wait_for_timeout(100)
    pytest.fail("The server was not told everything.")


def state(page: Page) -> Any:
    return page.locator("[data-keep-state]")


def offer(page: Page) -> Any:
    return page.get_by_role("region", name="Unsaved changes")


def test_what_was_typed_survives_a_crash(desk: Page, complaints: list[str], form: str, field: Any) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).press("End")
    desk.get_by_label(NAME).press_sequentially(" and light")
    expect(state(desk)).to_have_text(KEPT)
    desk = crash(desk)

    desk.goto(form)
    expect(desk.get_by_label(NAME)).to_have_value("Optics")
    offer(desk).get_by_role("link", name="Restore them").click()
    expect(desk.get_by_label(NAME)).to_have_value("Optics and light")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("is saved")

    has_told_everything(desk)
    field.refresh_from_db()
    assert (field.name_en, complaints) == ("Optics and light", [])
    expect(offer(desk)).to_have_count(0)
    assert OpenForm.objects.filter(kept_at__isnull=False).count() == 0


def test_what_was_typed_right_before_a_crash_is_brought_back_from_the_computer(
    desk: Page, complaints: list[str], form: str
) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    desk.wait_for_timeout(500)
    assert [copy["name_en"] for copy in shelf(desk)] == ["Photonics"]
    desk.route("**/keep/", lambda route: route.abort())
    desk = crash(desk)

    desk.goto(form)
    offer(desk).get_by_role("link", name="Restore them").click()

    expect(desk.get_by_label(NAME)).to_have_value("Photonics")
    expect(offer(desk)).to_have_count(0)
    assert ([copy for copy in shelf(desk) if copy["name_en"] != "Photonics"], complaints) == ([], [])


def test_what_was_kept_is_thrown_away_without_leaving_the_page(desk: Page, complaints: list[str], form: str) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text(KEPT)
    desk = crash(desk)
    desk.goto(form)

    offer(desk).get_by_role("button", name="Discard them").press("Enter")

    expect(offer(desk)).to_have_count(0)
    desk.goto(form)
    expect(offer(desk)).to_have_count(0)
    assert (shelf(desk), complaints) == ([], [])


def test_the_offer_works_without_javascript(
    desk: Page, browser: Browser, user: User, live_server: Any, form: str
) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text(KEPT)
    context = browser.new_context(java_script_enabled=False)
    log_in(context, user, live_server.url)
    page = context.new_page()
    page.goto(form)

    offer(page).get_by_role("link", name="Restore them").click()
    expect(page.get_by_label(NAME)).to_have_value("Photonics")
    page.goto(form)
    offer(page).get_by_role("button", name="Discard them").click()

    expect(page).to_have_url(form)
    expect(offer(page)).to_have_count(0)
    context.close()


def test_a_lost_connection_loses_nothing(desk: Page, form: str) -> None:
    desk.goto(form)
    desk.context.set_offline(True)
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text("No connection: kept on this computer, will be sent later.")
    assert [copy["name_en"] for copy in shelf(desk)] == ["Photonics"]

    desk.context.set_offline(False)

    expect(state(desk)).to_have_text(KEPT)
    has_told_everything(desk)
    assert kept_names() == ["Photonics"]


def test_an_expired_login_loses_nothing(desk: Page, user: User, live_server: Any, form: str, field: Any) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).press_sequentially("X")
    Session.objects.all().delete()
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text("You are logged out: your text is kept on this computer. Log in in another tab.")
    assert [copy["name_en"] for copy in shelf(desk)] == ["Photonics"]

    user.set_password("a long password for tests")
    user.save()
    tab = desk.context.new_page()
    tab.goto(f"{live_server.url}/admin/login/")
    tab.get_by_label("Username").fill("root")
    tab.get_by_label("Password").fill("a long password for tests")
    tab.get_by_role("button", name="Log in").click()
    expect(tab).to_have_url(f"{live_server.url}/admin/")
    desk.get_by_label(NAME).press_sequentially("!")
    expect(state(desk)).to_have_text(KEPT)
    desk.get_by_role("button", name="Save", exact=True).click()

    expect(desk.locator(".messagelist")).to_contain_text("is saved")
    field.refresh_from_db()
    assert field.name_en == "Photonics!"


def test_what_is_saved_while_logged_out_is_offered_after_the_login(
    desk: Page, user: User, live_server: Any, form: str
) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    Session.objects.all().delete()
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_role("heading", name=UNSAVED)).to_be_visible()

    log_in(desk.context, user, live_server.url)
    desk.goto(form)
    offer(desk).get_by_role("link", name="Restore them").click()

    expect(desk.get_by_label(NAME)).to_have_value("Photonics")


def test_the_login_says_that_somebody_was_logged_out_and_what_is_kept(
    desk: Page, complaints: list[str], user: User, live_server: Any, form: str
) -> None:
    user.set_password("a long password for tests")
    user.save()
    log_in(desk.context, user, live_server.url)
    ended = desk.get_by_text("You were logged out: a login ends after twelve hours")
    kept = desk.get_by_text("What you typed is kept on this computer")
    desk.goto(form)
    Session.objects.update(seen_at=timezone.now() - datetime.timedelta(hours=2))
    desk.goto(f"{live_server.url}/admin/zone/field/")
    expect(ended).to_be_visible()
    expect(kept).to_be_hidden()

    log_in(desk.context, user, live_server.url)
    desk.goto(form)
    Session.objects.update(seen_at=timezone.now() - datetime.timedelta(hours=2))
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text(re.compile("^You are logged out"))
    desk.goto(form)
    expect(ended).to_be_visible()
    expect(kept).to_be_visible()
    for width in (375, 1440):
        desk.set_viewport_size({"width": width, "height": 900})
        assert (violations(desk), desk.evaluate(WIDTH)) == ([], width)
    desk.get_by_label("Username").fill("root")
    desk.get_by_label("Password").fill("a long password for tests")
    desk.get_by_role("button", name="Log in").click()
    expect(desk).to_have_url(form)
    offer(desk).get_by_role("link", name="Restore them").click()
    expect(desk.get_by_label(NAME)).to_have_value("Photonics")
    assert complaints == []


def log_out(page: Page) -> Any:
    """Press "Log out", and return what the page says then of the text that is left on the computer."""
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Logged out")).to_be_visible()
    return page.get_by_text("What you typed last is kept on this computer")


def test_whoever_logs_out_is_told_of_what_is_left_and_can_delete_it(
    desk: Page, complaints: list[str], user: User, live_server: Any, form: str
) -> None:
    left = warnings(desk)
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text(KEPT)
    expect(log_out(desk)).to_be_hidden()
    assert (shelf(desk), kept_names()) == ([], ["Photonics"])

    log_in(desk.context, user, live_server.url)
    desk.goto(form)
    desk.route("**/keep/", lambda route: route.abort())
    desk.get_by_label(NAME).fill("Light")
    of_somebody = json.dumps({"at": 0, "data": [["name_en", "Sound"]]})
    desk.evaluate("(copy) => localStorage.setItem('keep 0 /admin/ new x', copy)", of_somebody)
    expect(log_out(desk)).to_be_visible()
    assert {copy["name_en"] for copy in shelf(desk)} == {"Light", "Sound"}
    for width in (375, 1440):
        desk.set_viewport_size({"width": width, "height": 900})
        assert (violations(desk), desk.evaluate(WIDTH)) == ([], width)
    desk.get_by_role("button", name="Delete it from this computer").click()

    expect(desk.get_by_text("It is deleted from this computer.")).to_be_focused()
    assert [copy["name_en"] for copy in shelf(desk)] == ["Sound"]
    assert left == ["beforeunload", "beforeunload"]
    assert [text for text in complaints if "ERR_FAILED" not in text] == []


def test_somebody_else_at_the_same_computer_gets_nothing_of_it(desk: Page, live_server: Any, form: str) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    desk.wait_for_timeout(500)
    log_in(desk.context, User.objects.create_superuser("other"), live_server.url)
    expect(state(desk)).to_have_text(re.compile("^You are logged out"))
    desk = crash(desk)

    desk.goto(form)
    desk.wait_for_timeout(1000)

    expect(offer(desk)).to_have_count(0)
    assert OpenForm.objects.filter(kept_at__isnull=False).count() == 0
    assert [copy["name_en"] for copy in shelf(desk)] == ["Photonics"]


def test_rich_text_and_rows_and_relations_are_kept_and_restored(
    desk: Page, complaints: list[str], live_server: Any
) -> None:
    organisation: Any = factories.OrganisationFactory(body_en="", status="draft", parks=[])
    factories.FactFactory(organisation=organisation)
    park: Any = factories.ParkFactory(name_en="Hong Kong Park")
    address = f"{live_server.url}/admin/zone/organisation/{organisation.pk}/change/"
    desk.goto(address)
    desk.get_by_role("textbox", name="Text · English:").first.click()
    desk.keyboard.insert_text("Rich text")
    desk.get_by_role("searchbox", name="Parks").press_sequentially("Hong")
    desk.get_by_role("option", name="Hong Kong Park").click()
    desk.locator("#id_facts-0-DELETE").check()
    desk.get_by_role("button", name="Add another Fact").click()
    desk.locator("#id_facts-1-text_en").fill("A new fact.")
    # The calendar says nothing when a day is chosen.
    desk.locator(".field-checked_on .datetimeshortcuts a").first.click()
    today = desk.locator("#id_checked_on").input_value()
    expect(state(desk)).to_have_text(KEPT)
    desk.wait_for_timeout(3000)
    desk = crash(desk)

    desk.goto(address)
    offer(desk).get_by_role("link", name="Restore them").click()

    expect(desk.get_by_role("textbox", name="Text · English:").first).to_have_text("Rich text")
    expect(desk.locator("#id_parks + .select2 .select2-selection__choice")).to_have_text(["×Hong Kong Park"])
    expect(desk.locator("#id_facts-0-DELETE")).to_be_checked()
    expect(desk.locator("#id_facts-1-text_en")).to_have_value("A new fact.")
    expect(desk.locator("#id_checked_on")).to_have_value(today)
    desk.locator("#facts-1 .inline-deletelink").click()
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("is saved")
    organisation.refresh_from_db()
    assert (organisation.body_en, list(organisation.parks.all()), organisation.facts.count()) == (
        *("<p>Rich text</p>", [park]),
        0,
    )
    assert complaints == []


def test_a_new_record_is_kept_and_restored(desk: Page, complaints: list[str], live_server: Any) -> None:
    address = f"{live_server.url}/admin/zone/field/add/"
    desk.goto(address)
    desk.get_by_label(NAME).press_sequentially("Photonics")
    expect(state(desk)).to_have_text(KEPT)
    desk = crash(desk)

    desk.goto(address)
    offer(desk).get_by_role("link", name="Restore them").click()
    expect(desk.get_by_label("Slug")).to_have_value("photonics")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("is saved")
    desk.goto(address)
    has_told_everything(desk)

    expect(offer(desk)).to_have_count(0)
    assert (Field.objects.values_list("name_en").get(), complaints) == (("Photonics",), [])


# Leaving


def test_leaving_with_unsaved_changes_warns(desk: Page, form: str, live_server: Any) -> None:
    found = warnings(desk)
    desk.goto(form)
    desk.get_by_label(NAME).press_sequentially("x")

    desk.goto(f"{live_server.url}/admin/")

    assert found == ["beforeunload"]


@pytest.mark.parametrize("typed", ["", "changed back"])
def test_leaving_without_changes_warns_nobody(desk: Page, form: str, live_server: Any, typed: str) -> None:
    found = warnings(desk)
    desk.goto(form)
    desk.get_by_label(NAME).click()
    if typed:
        desk.get_by_label(NAME).fill("Photonics")
        expect(state(desk)).to_have_text(KEPT)
        desk.get_by_label(NAME).fill("Optics")
        expect(state(desk)).to_have_text("")

    desk.goto(f"{live_server.url}/admin/")

    assert (found, shelf(desk), OpenForm.objects.filter(kept_at__isnull=False).count()) == ([], [], 0)


def test_a_restored_form_is_unsaved(desk: Page, form: str, live_server: Any) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text(KEPT)
    desk = crash(desk)
    found = warnings(desk)
    desk.goto(form)
    offer(desk).get_by_role("link", name="Restore them").click()
    desk.get_by_label(NAME).click()

    desk.goto(f"{live_server.url}/admin/")

    assert found == ["beforeunload"]


def test_saving_warns_nobody_and_a_refused_form_is_unsaved(desk: Page, form: str, live_server: Any) -> None:
    found = warnings(desk)
    desk.goto(form)
    desk.get_by_label("Slug").fill("Not A Slug")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".errornote")).to_be_visible()
    assert found == []
    desk.get_by_label(NAME).click()

    desk.goto(f"{live_server.url}/admin/")

    assert found == ["beforeunload"]


def test_a_preview_in_another_tab_does_not_count_as_saved(desk: Page, form: str, live_server: Any) -> None:
    found = warnings(desk)
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    desk.evaluate(
        """() => {
          const button = document.createElement("button");
          const preview = { textContent: "Preview", formAction: "/en/", formMethod: "get", formTarget: "_blank" };
          Object.assign(button, preview);
          document.querySelector(".submit-row").append(button);
        }"""
    )
    with desk.context.expect_page():
        desk.get_by_role("button", name="Preview", exact=True).click()
    desk.bring_to_front()
    expect(state(desk)).to_have_text(KEPT)

    desk.goto(f"{live_server.url}/admin/")

    assert (found, OpenForm.objects.filter(kept_at__isnull=False).count()) == (["beforeunload"], 1)


def test_a_file_that_was_chosen_is_not_left_behind_unwarned(desk: Page, live_server: Any) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    found = warnings(desk)
    desk.goto(f"{live_server.url}/admin/zone/organisation/{organisation.pk}/change/")
    desk.locator("#id_short_name").click()
    desk.locator("#id_logo").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": b"x"})

    desk.goto(f"{live_server.url}/admin/")

    assert (found, OpenForm.objects.filter(kept_at__isnull=False).count()) == (["beforeunload"], 0)


def test_who_goes_back_after_saving_loses_nothing(desk: Page, form: str) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("is saved")
    desk.go_back()

    desk.get_by_label(NAME).fill("Photonics again")

    expect(state(desk)).to_have_text(KEPT)
    assert kept_names() == ["Photonics again"]


def test_what_is_discarded_in_another_window_is_kept_again(desk: Page, form: str) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")
    expect(state(desk)).to_have_text(KEPT)
    OpenForm.objects.update(kept_at=None, data=None)

    with desk.expect_response(lambda response: "Photonics" in (response.request.post_data or "")):
        desk.evaluate("dispatchEvent(new Event('online'))")

    has_told_everything(desk)
    assert kept_names() == ["Photonics"]


# The key


@pytest.mark.parametrize("key", ["Control+s", "Meta+s"])
def test_the_key_saves_and_stays(desk: Page, complaints: list[str], form: str, field: Any, key: str) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")

    desk.keyboard.press(key)

    expect(desk.locator(".messagelist")).to_contain_text("is saved")
    field.refresh_from_db()
    assert (field.name_en, desk.url, complaints) == ("Photonics", form, [])


@pytest.mark.parametrize("key", ["s", "Control+Shift+s", "Control+Alt+s"])
def test_other_keys_save_nothing(desk: Page, form: str, field: Any, key: str) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")

    desk.keyboard.press(key)
    desk.wait_for_timeout(500)

    field.refresh_from_db()
    assert field.name_en == "Optics"


def test_the_key_waits_for_an_input_method(desk: Page, form: str, field: Any) -> None:
    desk.goto(form)
    desk.get_by_label(NAME).fill("Photonics")

    desk.evaluate(
        """() => document.activeElement.dispatchEvent(
          new KeyboardEvent("keydown", { key: "s", ctrlKey: true, isComposing: true, bubbles: true }))"""
    )
    desk.wait_for_timeout(500)

    field.refresh_from_db()
    assert field.name_en == "Optics"


# Who else


def test_others_see_that_a_form_is_open(
    desk: Page, complaints: list[str], browser: Browser, live_server: Any, form: str
) -> None:
    context = browser.new_context()
    log_in(context, User.objects.create_superuser("mei", first_name="Mei", last_name="Lin"), live_server.url)
    theirs = context.new_page()
    theirs.goto(form)
    desk.goto(form)
    notes = desk.locator("[data-keep-others] p")
    expect(notes).to_have_text([re.compile(r"^Mei Lin has had this record open since \d\d:\d\d\.$")])

    theirs.get_by_label(NAME).fill("Photonics")
    expect(state(theirs)).to_have_text(KEPT)
    desk.get_by_label(NAME).press_sequentially("x")

    expect(notes).to_have_text([re.compile(r"^Mei Lin has had this .* with unsaved changes\.$")])
    assert complaints == []
    context.close()


def test_a_quiet_form_gives_signs_of_life(desk: Page, form: str) -> None:
    desk.clock.install()
    desk.goto(form)
    OpenForm.objects.update(seen_at="2026-01-01T00:00Z")

    with desk.expect_response("**/keep/") as answered:
        desk.clock.run_for(31_000)

    opened = OpenForm.objects.get()
    assert (json.loads(answered.value.request.post_data or "")["data"], opened.kept_at) == (None, None)
    assert opened.seen_at >= opened.opened_at


def test_offer_and_state_are_accessible(desk: Page, browser: Browser, live_server: Any) -> None:
    source: Any = factories.SourceFactory()
    address = f"{live_server.url}/admin/zone/source/{source.pk}/change/"
    OpenForm.objects.all().delete()
    context = browser.new_context()
    log_in(context, User.objects.create_superuser("mei", first_name="Mei", last_name="Lin"), live_server.url)
    context.new_page().goto(address)
    desk.goto(address)
    desk.get_by_label("Publisher").fill("Gazette")
    expect(state(desk)).to_have_text(KEPT)
    desk = crash(desk)
    desk.goto(address)
    desk.get_by_label("Publisher").fill("Gazette of the zone")
    expect(state(desk)).to_have_text(KEPT)

    for width in (768, 1280):
        desk.set_viewport_size({"width": width, "height": 900})
        assert violations(desk, include=[[".kept-offers"], [".save-bar"]]) == []
        assert desk.evaluate(WIDTH) == width
    context.close()


def test_without_javascript_a_form_outlives_its_login(
    user: User, field: Any, form: str, browser: Browser, live_server: Any
) -> None:
    user.set_password("a long password for tests")
    user.save()
    context = browser.new_context(java_script_enabled=False)
    log_in(context, user, live_server.url)
    page = context.new_page()
    page.goto(form)
    page.get_by_label(NAME).fill("Optics & <light>")
    Session.objects.all().delete()
    page.locator("[name=_save]").click()
    with context.expect_page() as opened:
        page.get_by_role("link", name="Log in (opens in a new tab)").click()
    opened.value.get_by_label("Username").fill("root")
    opened.value.get_by_label("Password").fill("a long password for tests")
    opened.value.get_by_role("button", name="Log in").click()
    expect(opened.value).to_have_url(f"{live_server.url}/admin/")
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("You have logged in since the form was opened.")).to_be_visible()
    page.get_by_role("button", name="Send it again").click()
    expect(page.locator("#result_list").get_by_role("link", name="Optics & <light>")).to_be_visible()
    field.refresh_from_db()
    assert field.name_en == "Optics & <light>"
    context.close()
