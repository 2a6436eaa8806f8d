"""Two people at two browsers, and the pages of the newsroom as axe sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import factories
from tests.browser.accessibility import violations
from tests.browser.people import log_in
from zone import workflow
from zone.history import Occasion, content_of, draft_of
from zone.models import Organisation

pytestmark = pytest.mark.browser

Opener = Callable[[str], Page]

NOT_OURS = [[".select2-container"]]
"""The boxes that Django's admin makes of relations."""


@pytest.fixture
def browser_of(transactional_db: None, live_server: Any, browser: Browser) -> Iterator[Opener]:
    """Return a function that opens a browser at which somebody is logged in."""
    contexts: list[BrowserContext] = []

    def open_browser(name: str) -> Page:
        user, _created = User.objects.get_or_create(
            username=name.lower(), defaults={"first_name": name, "is_staff": True, "is_superuser": True}
        )
        context = browser.new_context(base_url=live_server.url)
        contexts.append(context)
        log_in(context, user, live_server.url)
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()


def form_of(record: Any) -> str:
    return f"/admin/zone/{record._meta.model_name}/{record.pk}/change/"


def test_two_editors_choose_between_their_texts(browser_of: Opener) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft", name_en="Begin", name_zh_hans="开始")
    factories.FactFactory(organisation=organisation, text_en="Old.")
    ann, ben = browser_of("Ann"), browser_of("Ben")
    for page in (ann, ben):
        page.goto(form_of(organisation))
    ben.locator("#id_name_en").fill("Of Ben")
    ben.locator("#id_facts-0-text_en").fill("Fact of Ben.")
    ben.get_by_role("button", name="Save", exact=True).click()
    expect(ben.locator(".messagelist")).to_contain_text("is saved")

    ann.locator("#id_name_en").fill("Of Ann")
    ann.locator("#id_name_zh_hans").fill("安")
    ann.get_by_role("button", name="Save", exact=True).click()
    expect(ann.get_by_role("heading", name="Somebody else has changed this too")).to_be_visible()
    expect(ann.locator(".conflict")).to_contain_text("Of Ben")
    assert violations(ann, exclude=NOT_OURS) == []
    ann.get_by_label("Keep mine").check()
    ann.get_by_role("button", name="Save with these choices").click()
    expect(ann.locator(".messagelist")).to_contain_text("is saved")

    organisation.refresh_from_db()
    assert (organisation.name_en, organisation.name_zh_hans) == ("Of Ann", "安")
    assert organisation.facts.get().text_en == "Fact of Ben."


def test_whoever_is_asked_can_go_back_to_the_form_with_their_text(browser_of: Opener) -> None:
    field: Any = factories.FieldFactory(status="draft", name_en="Begin")
    ann, ben = browser_of("Ann"), browser_of("Ben")
    for page, name in ((ann, "Of Ann"), (ben, "Of Ben")):
        page.goto(form_of(field))
        page.locator("#id_name_en").fill(name)
    ben.get_by_role("button", name="Save", exact=True).click()
    expect(ben.locator(".messagelist")).to_contain_text("is saved")
    ann.get_by_role("button", name="Save", exact=True).click()

    ann.get_by_role("button", name="Back to the form with my text").click()

    expect(ann.locator("#id_name_en")).to_have_value("Of Ann")
    field.refresh_from_db()
    assert field.name_en == "Of Ben"


def test_a_double_click_on_publish_publishes_once(browser_of: Opener) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft", name_en="Begin")
    page = browser_of("Ann")
    page.goto(form_of(organisation))
    page.locator("#id_name_en").fill("Done")

    page.get_by_role("button", name="Publish", exact=True).dblclick()
    expect(page.locator(".messagelist").first).to_be_visible()

    found = Organisation.objects.get(pk=organisation.pk)
    assert (found.status, found.name_en, Organisation.objects.count()) == ("published", "Done", 1)  # type: ignore[attr-defined]


def test_going_back_and_sending_again_loses_and_doubles_nothing(browser_of: Opener) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    source: Any = factories.SourceFactory(title_original="Gazette")
    page = browser_of("Ann")
    page.goto(form_of(organisation))
    page.get_by_role("button", name="Add another Fact").click()
    page.locator("#id_facts-0-text_en").fill("One.")
    page.locator("#facts-0 .field-source .select2-selection").click()
    page.locator(".select2-search__field").last.fill("Gazette")
    page.get_by_role("option", name=str(source)).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("is saved")
    page.locator("#id_facts-0-text_en").fill("Two.")
    page.get_by_role("button", name="Save and close").click()
    expect(page.locator(".messagelist")).to_contain_text("is saved")

    page.go_back()
    page.locator("#id_facts-0-text_en").fill("Three.")
    page.get_by_role("button", name="Save and close").click()
    page.wait_for_url("**/admin/**")

    assert [fact.text_en for fact in organisation.facts.all()] in (["Two."], ["Three."])


def test_axe_finds_nothing_on_the_pages_of_the_newsroom(browser_of: Opener) -> None:
    organisation: Any = factories.OrganisationFactory()
    factories.FactFactory(organisation=organisation)
    waiting: Any = factories.FieldFactory(status="review")
    trashed: Any = factories.FieldFactory(status="draft")
    page = browser_of("Ann")
    ann = Occasion(by=User.objects.get(), comment="Look.")
    content = content_of(workflow.current_version(organisation))
    content["fields"]["name_en"] = "Anew"
    workflow.keep(organisation, content, ann)
    workflow.submit(organisation, ann)
    workflow.trash(trashed, ann)
    assert draft_of(organisation) is not None
    stem = f"/admin/zone/organisation/{organisation.pk}"
    found = []
    for path in (
        "/admin/",
        "/admin/trash/",
        f"{stem}/change/",
        f"{stem}/change/?check",
        f"{stem}/history/",
        f"{stem}/compare/",
        f"{stem}/links/",
        f"{stem}/withdraw/",
        f"{stem}/delete/",
        f"/admin/zone/field/{waiting.pk}/change/",
    ):
        page.goto(path)
        found += violations(page, exclude=NOT_OURS)
    assert found == []
