"""Previews: the real page of what is not public, for editors and by links, with nothing written."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.auth.models import User
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from tests import factories
from tests.conftest import Reader
from zone import workflow
from zone.content import RECORDS
from zone.history import Occasion
from zone.merging import Content
from zone.models import Crossing, Facility, HolidayCalendar, NewsItem, Organisation, PreviewLink, Route
from zone.models.record import Record
from zone.previews import address_of, link_named, preview_form, token_of
from zone.snapshots import blank, fields_of, may_be_empty, take
from zone.translation import HTML_LANGUAGES, LANGUAGES, translated_columns

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
ADDRESSES = {language: f"/admin/preview/{language}/" for language in LANGUAGES}
FACTORIES: dict[type[Record], Any] = {
    factory._meta.model: factory
    for factory in vars(factories).values()
    if isinstance(factory, type) and issubclass(factory, factories.RecordFactory) and factory._meta.model
}

OTHER_YEAR = 2100
"""One of which no calendar has been published."""

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def chief() -> User:
    return User.objects.get_or_create(username="chief", defaults={"is_superuser": True, "is_staff": True})[0]


def link_to(record: Record, **values: Any) -> PreviewLink:
    given = {"record": record, "expires_at": timezone.now() + DAY, "created_by": chief(), **values}
    return PreviewLink.objects.create(**given)


def drafted(record: Any, **fields: Any) -> Any:
    """Write ``fields`` into the draft of ``record``."""
    content = take(record)
    content["fields"] |= fields
    return workflow.keep(record, content, Occasion(by=chief()))


def form(content: Content, model: type[Record], pk: int | None = None, language: str = "en", **sent: Any) -> Any:
    """Return the preview that an editor gets of a form that says ``content``."""
    request: HttpRequest = RequestFactory().post("/admin/preview/", sent)
    return looked_at(preview_form(request, model, pk, content, language, ADDRESSES))


def looked_at(response: HttpResponse) -> Any:
    Reader().look_at(response)
    return response


def without_bar(response: Any) -> str:
    """Return the header, the content and the footer of a page, without the languages that the bar of a preview has."""
    page = BeautifulSoup(response.content, "html.parser")
    for part in page.select(".preview-bar, .languages, .report, script"):
        part.decompose()
    return " ".join(str(page.body).split())


def everything() -> dict[str, list[Any]]:
    """Return every row of every table."""
    tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return {table._meta.label: list(table._base_manager.order_by("pk").values()) for table in tables}


# The page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("model", RECORDS)
def test_preview_of_a_draft_is_the_page_that_it_will_be(reader: Reader, model: Any, language: str) -> None:
    record = FACTORIES[model]()
    drafted(record, **{name: f"Changed {name}" for name in translated_columns(model)})
    preview = reader.get(address_of(link_to(record), language))
    workflow.publish(record, Occasion(by=chief()))
    record.refresh_from_db()
    page = reader.get(record.get_absolute_url().replace("/en/", f"/{language}/"))
    assert (preview.status_code, page.status_code) == (200, 200)
    assert without_bar(preview) == without_bar(page)


@pytest.mark.parametrize("model", RECORDS)
def test_preview_of_what_was_never_published_is_its_page(reader: Reader, model: Any) -> None:
    state = {"status": "review", "publish_at": timezone.now() + DAY, "expire_at": timezone.now() + 2 * DAY}
    record = FACTORIES[model](**state)
    preview = reader.get(address_of(link_to(record), "en"))
    model.objects.update(status="published", publish_at=None, expire_at=None)
    assert without_bar(preview) == without_bar(reader.get(record.get_absolute_url()))


@pytest.mark.parametrize("model", RECORDS)
def test_form_of_a_new_record_has_a_preview(model: Any) -> None:
    content = take(FACTORIES[model]())
    content["fields"] |= {"slug": "brand-new"}
    if model is Crossing:
        content["fields"]["facility"] = factories.FacilityFactory().pk
    if model is HolidayCalendar:
        content["fields"]["year"] = OTHER_YEAR
    response = form(content, model)
    assert (response.status_code, response.page.select(".preview_problems")) == (200, [])


def test_form_is_shown_with_its_rows(reader: Reader) -> None:
    record = factories.OrganisationFactory()
    kept, removed = (factories.FactFactory(organisation=record, text_en=text) for text in ("Kept.", "Removed."))
    content = take(record)
    rows = content["rows"]["facts"]
    rows[str(kept.number)]["text_en"] = "Rewritten."
    rows["99"] = {**rows.pop(str(removed.number)), "text_en": "Added."}
    page = form(content, Organisation, record.pk).page
    assert {fact.get_text(strip=True) for fact in page.select(".facts p")} >= {"Rewritten.", "Added."}
    assert "Removed." not in page.get_text()


def test_what_else_is_not_public_stays_hidden(reader: Reader) -> None:
    park, source = factories.ParkFactory(status="draft"), factories.SourceFactory(status="review")
    record = factories.OrganisationFactory(status="draft", parks=[park], sources=[source], presence_source=source)
    factories.FactFactory(organisation=record, source=source, text_en="Nobody has checked it.")
    drafted(factories.FacilityFactory(organisations=[record], name_en="Public Hall"), name_en="Secret Hall")
    text = reader.get(address_of(link_to(record), "en")).page.get_text()  # type: ignore[attr-defined]
    found = [word for word in (park.name_en, source.title_original, "Nobody", "Secret Hall") if word in text]
    assert (found, "Public Hall" in text) == ([], True)


def test_crossing_is_shown_where_visitors_will_find_it(reader: Reader) -> None:
    crossing = factories.CrossingFactory(status="draft")
    page = reader.get(address_of(link_to(crossing), "en")).page  # type: ignore[attr-defined]
    assert page.h1.get_text() == crossing.facility.name_en
    assert "06:30" in page.main.get_text()
    Facility.objects.update(status="draft")
    page = reader.get(address_of(link_to(crossing), "en")).page  # type: ignore[attr-defined]
    assert page.select_one("main li").get_text(strip=True) == (
        "Visitors would not find it: what it belongs to is not public."
    )


def test_route_is_shown_on_the_page_about_getting_here(reader: Reader) -> None:
    route = factories.RouteFactory(status="draft")
    page = reader.get(address_of(link_to(route), "en")).page  # type: ignore[attr-defined]
    assert (page.h1.get_text(), [tag["id"] for tag in page.select(f"#{route.slug}")]) == ("Getting here", [route.slug])


def test_picture_that_is_not_there_is_left_out(reader: Reader) -> None:
    item = factories.NewsItemFactory()
    drafted(item, picture="newsitem/nosuch.png", picture_width=4, picture_height=3)
    response: Any = reader.get(address_of(link_to(item), "en"))
    assert (response.status_code, response.page.select("main img")) == (200, [])


# Nothing is written


@pytest.mark.parametrize("model", RECORDS)
def test_preview_writes_nothing(reader: Reader, model: Any) -> None:
    record = FACTORIES[model]()
    if model is Organisation:
        factories.FactFactory(organisation=record)
    drafted(record, **{name: f"Changed {name}" for name in translated_columns(model)})
    link = link_to(record)
    content = take(record)
    content["fields"] |= {name: f"Other {name}" for name in translated_columns(model)}
    content["rows"] = {kind: {} for kind in content["rows"]}
    before = everything()
    for language in LANGUAGES:
        reader.get(address_of(link, language))
        form(content, model, record.pk, language)
        form({**content, "fields": {**content["fields"], "slug": "brand-new"}}, model, None, language)
        form(blank(model), model, None, language)
    assert everything() == before


# What is missing


def test_form_that_cannot_be_shown_says_what_is_missing_field_by_field() -> None:
    content = blank(Organisation)
    content["rows"]["facts"] = {"1": {"text_en": "", "text_zh_hans": "", "text_zh_hant": "", "as_of": "20x4"}}
    response = form(content, Organisation, language="en")
    said = {
        item.strong.get_text(): [message.get_text() for message in item.select("p")]
        for item in response.page.select("main li")
        if item.strong
    }
    assert (response.status_code, response.page.h1.get_text()) == (200, "This cannot be shown yet")
    assert said == {
        "Kind": ["This field cannot be blank."],
        "Role in the zone": ["This field cannot be blank."],
        "Presence": ["This field cannot be blank."],
        "Fact 1 · As of": ["“20x4” is not a date. Write 2024, 2024-06 or 2024-06-13."],
        "Fact 1 · Source": ["This field cannot be null."],
    }


def test_news_without_a_date_is_no_error_of_the_server() -> None:
    content = take(factories.NewsItemFactory())
    content["fields"] |= {"date": None, "slug": "brand-new"}
    page = form(content, NewsItem).page
    assert [item.strong.get_text() for item in page.select("main li")] == ["Date"]


@pytest.mark.parametrize("model", RECORDS)
def test_everything_that_may_be_empty_may_be_empty(model: Any) -> None:
    content = take(FACTORIES[model]())
    empty = blank(model)["fields"]
    content["fields"] = {
        field.name: empty[field.name] if may_be_empty(field) else content["fields"][field.name]
        for field in fields_of(model)
    }
    content["fields"] |= {"slug": ""}
    if model is Crossing:
        content["fields"] |= {"facility": factories.FacilityFactory().pk, "hours": "unknown"}
    if model is HolidayCalendar:
        content["fields"]["year"] = OTHER_YEAR
    for language in LANGUAGES:
        response = form(content, model, language=language)
        assert (response.status_code, response.page.select(".preview_problems")) == (200, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [("slug", "No Slug"), ("parent", 999_999), ("kind", "nosuch"), ("arrived", "20x4"), ("name_en", "a" * 999)],
)
def test_wrong_value_is_no_error_of_the_server(name: str, value: Any) -> None:
    content = take(factories.OrganisationFactory())
    content["fields"] |= {"slug": "brand-new", name: value}
    assert form(content, Organisation).status_code == 200


def test_rule_of_the_database_is_no_error_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no check has found it before, the page says it in the words of the database."""
    record = factories.RouteFactory()
    content = take(record)
    content["fields"] |= {"facility": None}
    monkeypatch.setattr("zone.previews.problems", lambda *_, **__: {})
    response = form(content, Route, record.pk)
    assert (response.status_code, response.page.h1.get_text()) == (200, "This cannot be shown yet")


# What surrounds it


def test_preview_is_not_made_known(reader: Reader) -> None:
    record = factories.NewsItemFactory(status="draft")
    responses: list[Any] = [reader.get(address_of(link_to(record), "en")), form(take(record), NewsItem, record.pk)]
    for response in responses:
        page = response.page
        assert (response.headers["X-Robots-Tag"], response.headers["Cache-Control"]) == (
            "noindex, nofollow, noarchive",
            "no-store",
        )
        assert [tag["content"] for tag in page.select("meta[name=robots]")] == ["noindex, nofollow, noarchive"]
        assert page.select("link[rel=canonical], link[rel=alternate], meta[property], meta[name=description]") == []
        assert page.select("script[type='application/ld+json']") == []
        assert page.title.get_text() == f"Preview: {record.title_en} · Hetao"
        assert response.cookies == {}


def test_address_of_a_link_is_told_to_nobody(reader: Reader) -> None:
    """The form's preview must not say so: browsers would send it for another language from the origin "null"."""
    record = factories.NewsItemFactory(status="draft")
    policies = [
        response.headers["Referrer-Policy"]
        for response in (reader.get(address_of(link_to(record), "en")), form(take(record), NewsItem, record.pk))
    ]
    assert policies == ["no-referrer", "same-origin"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_bar_of_a_form_sends_everything_again_for_another_language(language: str) -> None:
    record = factories.OrganisationFactory()
    sent = {"name_en": 'A "new"\r\n<name>', "parks": ["3", "5"], "csrfmiddlewaretoken": "old", "facts-0-text_en": ""}
    page = form(take(record), Organisation, record.pk, language, **sent).page
    bar = page.select_one(".preview-bar")
    fields = [(field["name"], field["value"]) for field in bar.select("input[type=hidden]")]
    assert fields[0][0] == "csrfmiddlewaretoken"
    assert fields[0][1] not in ("", "old")
    assert fields[1:] == [("name_en", 'A "new"\r\n<name>'), ("parks", "3"), ("parks", "5"), ("facts-0-text_en", "")]
    assert bar.form["method"] == "post"
    assert [(button["lang"], button["formaction"], button.get("aria-current")) for button in bar.select("button")] == [
        (HTML_LANGUAGES[code], ADDRESSES[code], "true" if code == language else None) for code in LANGUAGES
    ]
    assert page.html["lang"] == HTML_LANGUAGES[language]
    assert page.select(".languages") == []


@time_machine.travel(NOW, tick=False)
def test_bar_of_a_link_says_what_is_shown_as_of_when_and_until_when(reader: Reader) -> None:
    record = drafted(factories.OrganisationFactory(name_en="Old"), name_en="New")
    link = link_to(record)
    bar = reader.get(address_of(link, "en")).page.select_one(".preview-bar")  # type: ignore[attr-defined]
    said = [" ".join(line.get_text().split()) for line in bar.select("p")]
    assert said == [
        "Preview Organisation: New",
        "As it was saved in the newsroom on 22 November 2026 17:00. "
        "This link opens until 23 November 2026 17:00 (Hong Kong time).",
    ]
    assert [(way["hreflang"], way["href"]) for way in bar.select("a")] == [
        (HTML_LANGUAGES[code], f"/{code}/preview/{token_of(link)}/") for code in LANGUAGES
    ]
    assert bar.select("form") == []


# Links


def test_link_shows_the_draft_as_of_now(reader: Reader) -> None:
    record = factories.OrganisationFactory(name_en="Live")
    address = address_of(link_to(record), "en")

    def shown() -> str:
        return str(reader.get(address).page.h1.get_text())  # type: ignore[attr-defined]

    assert shown() == "Live"
    drafted(record, name_en="First Draft")
    assert shown() == "First Draft"
    drafted(record, name_en="Second Draft")
    assert shown() == "Second Draft"
    workflow.discard(record, Occasion(by=chief()))
    assert shown() == "Live"


def test_link_that_has_ended_says_so_without_a_name(reader: Reader) -> None:
    record = factories.OrganisationFactory(status="draft")
    trashed = factories.OrganisationFactory(status="trashed")
    lost = link_to(factories.OrganisationFactory())
    PreviewLink.objects.filter(pk=lost.pk).update(object_id=999_999)
    ended = {
        link_to(record, expires_at=timezone.now()): "The link has expired. Ask whoever sent it to you for a new one.",
        link_to(record, revoked_at=timezone.now()): "Whoever sent you the link has closed it.",
        link_to(trashed): "What the link led to has been removed.",
        lost: "What the link led to has been removed.",
    }
    for link, reason in ended.items():
        response: Any = reader.get(address_of(link, "en"))
        assert (response.status_code, response.page.select_one("main .lead").get_text()) == (410, reason)
        assert [one.name_en for one in (record, trashed) if one.name_en in response.content.decode()] == []
        assert response.headers["Cache-Control"] == "no-store"


def test_withdrawal_ends_the_links_that_there_are(reader: Reader) -> None:
    record, other = factories.NewsItemFactory(title_en="Withdrawn"), factories.NewsItemFactory()
    before, elsewhere = link_to(record), link_to(other)
    workflow.withdraw(record, {"en": "It was wrong."}, Occasion(by=chief()))
    after = link_to(record)
    workflow.withdraw(record, {"en": "It was all wrong."}, Occasion(by=chief()))
    statuses = [reader.get(address_of(link, "en")).status_code for link in (before, elsewhere, after)]
    assert statuses == [410, 200, 200]


def test_link_opens_until_its_last_moment(reader: Reader) -> None:
    record = factories.OrganisationFactory(status="draft")
    address = address_of(link_to(record, expires_at=NOW), "en")
    for moment, status in ((NOW - datetime.timedelta(seconds=1), 200), (NOW, 410)):
        with time_machine.travel(moment, tick=False):
            assert reader.get(address).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        lambda link: str(link.pk),
        lambda link: f"{link.pk}:",
        lambda link: token_of(link)[:-1],
        lambda link: token_of(link).replace(str(link.pk), str(link.pk + 1), 1),
        lambda link: Signer().sign(str(link.pk)),
        lambda link: Signer(salt="another").sign(str(link.pk)),
        lambda link: Signer(key="another key", salt="zone.previews").sign(str(link.pk)),
        lambda _: "%00",
        lambda _: "%ED%A0%80",
        lambda _: "河套:" + "a" * 5000,
    ],
)
def test_link_that_we_have_not_made_leads_nowhere(reader: Reader, change: Any) -> None:
    link = link_to(factories.OrganisationFactory(status="draft"))
    link_to(factories.OrganisationFactory(status="draft"))
    assert reader.get(f"/en/preview/{change(link)}/").status_code == 404


def test_link_that_was_deleted_leads_nowhere(reader: Reader) -> None:
    link = link_to(factories.OrganisationFactory())
    address = address_of(link, "en")
    link.delete()
    assert reader.get(address).status_code == 404


def test_link_opens_nothing_else(reader: Reader) -> None:
    other = factories.OrganisationFactory(status="draft")
    record = factories.OrganisationFactory(status="draft", parent=other)
    factories.FacilityFactory(status="draft", organisations=[record])
    address = address_of(link_to(record), "en")
    page = reader.get(address).page  # type: ignore[attr-defined]
    addresses = {tag.get("href") or tag.get("action") for tag in page.select("body [href], body [action]")}
    inside = {one for one in addresses if one.startswith("/") and not one.startswith(("/admin", "/static"))}
    languages = {one for one in inside if "/preview/" in one}
    assert languages == {address.replace("/en/", f"/{language}/") for language in LANGUAGES}
    for one in inside - languages:
        response = reader.get(one)
        assert (one, response.status_code) == (one, 200)
        assert [text for text in (record.name_en, other.name_en) if text in response.content.decode()] == []
    for hidden in (record, other):
        assert reader.get(hidden.get_absolute_url()).status_code == 404
        assert reader.get(f"{address}organisations/{hidden.slug}/").status_code == 404


def test_link_is_for_reading_only(reader: Reader) -> None:
    address = address_of(link_to(factories.OrganisationFactory(status="draft")), "en")
    head = reader.head(address)
    assert (head.status_code, head.content, head.headers["X-Robots-Tag"]) == (200, b"", "noindex, nofollow, noarchive")
    for method in ("post", "put", "patch", "delete", "options"):
        response = getattr(reader, method)(address)
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_nobody_is_told_of_previews(reader: Reader) -> None:
    token = token_of(link_to(factories.NewsItemFactory()))
    for address in ("/robots.txt", "/sitemap.xml", "/en/feeds/news/", "/en/site.webmanifest"):
        body = reader.get(address).content.decode()
        assert (address, "preview" in body, token in body) == (address, False, False)


def test_token_names_its_link() -> None:
    link = link_to(factories.OrganisationFactory())
    assert (link_named(token_of(link)), link_named("nosuch")) == (link, None)
