"""That browsers run our scripts, on every page, and no others."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.admin.test_pages import NOUNS, with_rows
from tests.browser.people import log_in
from zone import workflow
from zone.history import Occasion, record_versions
from zone.models import Redirect, Report

pytestmark = pytest.mark.browser

ADD = """
(address) => {
  const script = document.createElement("script");
  script.src = address;
  return new Promise((resolve) => {
    script.onload = () => resolve("run");
    script.onerror = () => resolve("refused");
    document.head.append(script);
  });
}
"""
"""Adds a script to a page, as somebody would who has got something into it."""
WITHOUT_NONCE = """
[...document.scripts]
  .filter((script) => !script.nonce && script.type !== "application/json")
  .map((script) => script.src)
"""
PASSWORD = "a long password for tests"


@pytest.fixture
def complaints(page: Page) -> list[str]:
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_scripts_of_public_pages_run(site: str, page: Page, complaints: list[str]) -> None:
    for address in ("", "organisations/", "facilities/hsitp-park/", "getting-here/", "search/?q=xtalpi", "report/"):
        page.goto(f"{site}/en/{address}")
        scripts = page.locator("script[src]").count()
        assert (address, page.evaluate("'htmx' in window")) == (address, scripts == 2)
    page.goto(f"{site}/en/search/")
    expect(page.get_by_role("combobox")).to_be_visible()
    assert complaints == []


def test_script_that_was_changed_on_its_way_is_refused(site: str, page: Page, complaints: list[str]) -> None:
    def change(route: Route) -> None:
        route.fulfill(body=f"{route.fetch().text()}\ndocument.title = 'changed'", content_type="text/javascript")

    page.route("**/finder*.js", change)
    page.goto(f"{site}/en/organisations/")
    assert "changed" not in page.title()
    assert [said for said in complaints if "integrity" not in said] == []
    assert len(complaints) == 1


@pytest.mark.parametrize("room", ["en/organisations/", "admin/"])
def test_script_of_ours_that_was_put_into_a_page_is_refused(site: str, page: Page, room: str) -> None:
    log_in(page.context, User.objects.create_superuser("root"), site)
    page.goto(f"{site}/{room}")
    for address in ("/static/admin/js/theme.js", "/admin/jsi18n/"):
        assert (address, page.evaluate(ADD, address)) == (address, "refused")


# The newsroom


@pytest.fixture
def newsroom(transactional_db: None, page: Page, live_server: Any) -> str:
    """Return the address of a newsroom with something of everything; somebody has just given the password."""
    user = User.objects.create_superuser("root", password=PASSWORD)
    for noun in NOUNS:
        record_versions(type(with_rows(noun)).objects.all())
    Redirect.objects.create(old_path="/organisations/old/", new_path="/organisations/new/")
    Report.objects.create(page="/en/figures/", language="en", message="It has another number.")
    Group.objects.create(name="Editors")
    workflow.trash(factories.OrganisationFactory(), Occasion(by=user))
    log_in(page.context, user, live_server.url)
    page.goto(f"{live_server.url}/admin/auth/user/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main [type=submit]").click()
    return f"{live_server.url}/admin/"


def kind_of(address: str) -> str:
    """Return what stands for all pages that differ from that at ``address`` in their record or their filters alone."""
    parts = urlsplit(address)
    return re.sub(r"/\d+/", "/1/", parts.path) + ("popup" if "_popup" in parts.query else "")


def is_page(address: str, newsroom: str) -> bool:
    return address.startswith(newsroom) and urlsplit(address).path.endswith("/")


def test_every_page_of_the_newsroom_runs_its_scripts_and_no_other(
    newsroom: str, page: Page, complaints: list[str]
) -> None:
    ahead, seen, found = [newsroom], {kind_of(newsroom)}, {}
    while ahead:
        address = ahead.pop()
        page.goto(address)
        found[kind_of(address)] = [*complaints, *page.evaluate(WITHOUT_NONCE)]
        complaints.clear()
        for link in page.evaluate("[...document.links].map((link) => link.href)"):
            if is_page(link, newsroom) and kind_of(link) not in seen:
                seen.add(kind_of(link))
                ahead.append(link)

    assert {kind: said for kind, said in found.items() if said} == {}
    views = ("/", "/add/", "/1/change/", "/1/delete/", "/1/history/")
    expected = {f"/admin/zone/{noun}{view}" for noun in (*NOUNS, "redirect") for view in views}
    expected |= {f"/admin/{name}/" for name in ("account", "password_change", "trash", "zone/holidaycalendar/import")}
    expected |= {f"/admin/auth/user/{name}/" for name in ("add", "1/change", "1/password")}
    expected |= {f"/admin/zone/{name}/" for name in ("report/1/change", "auditentry/1/change", "version/1/change")}
    expected |= {f"/admin/zone/source/{name}/popup" for name in ("add", "1/change", "1/delete")}
    assert expected - found.keys() == set()


def test_question_before_several_are_deleted_runs_its_scripts(newsroom: str, page: Page, complaints: list[str]) -> None:
    page.goto(f"{newsroom}zone/redirect/")
    page.locator("#action-toggle").check()
    page.get_by_role("combobox", name="Action").select_option("delete_selected")
    page.get_by_role("button", name="Go").click()
    back = page.get_by_role("link", name="No, take me back")
    expect(back).to_be_visible()
    page.wait_for_load_state()  # Its script, which comes by itself, is there by then.
    back.click()
    expect(page).to_have_url(f"{newsroom}zone/redirect/")
    assert complaints == []
