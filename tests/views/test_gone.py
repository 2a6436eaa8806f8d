"""The address of a page that has been withdrawn or has expired: it says so and why, and nothing else of the record."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine

from tests import factories
from tests.conftest import Reader
from zone.models import Redirect
from zone.translation import LANGUAGES

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
REASONS = {
    "withdrawal_reason_en": "The company asked for it.",
    "withdrawal_reason_zh_hans": "应该公司要求。",
    "withdrawal_reason_zh_hant": "應該公司要求。",
}
NOUNS: dict[str, Any] = {
    "organisations": factories.OrganisationFactory,
    "facilities": factories.FacilityFactory,
    "news": factories.NewsItemFactory,
    "figures": factories.KeyFigureFactory,
    "fields": factories.FieldFactory,
    "parks": factories.ParkFactory,
    "sources": factories.SourceFactory,
}

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def texts(record: Any) -> list[str]:
    """Return every text of ``record`` that is not said to visitors who come too late."""
    fields = [field for field in record._meta.concrete_fields if not field.choices and field.name not in REASONS]
    values = [getattr(record, field.name) for field in fields if field.name != "slug"]
    return [text for text in values if isinstance(text, str) and len(text) > 2]


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_withdrawn_page_says_why_and_nothing_else(reader: Reader, noun: str, language: str) -> None:
    record = NOUNS[noun](slug="acme", status="withdrawn", **REASONS)
    response: Any = reader.get(f"/{language}/{noun}/acme/")
    assert response.status_code == 410
    why = response.page.select_one("main .warning").get_text(" ", strip=True)
    assert why.endswith(REASONS[f"withdrawal_reason_{language.replace('-', '_')}"])
    body = response.content.decode()
    assert texts(record) != []
    assert [text for text in texts(record) if text in body] == []


def test_page_that_is_gone_is_not_kept_by_search_engines(reader: Reader) -> None:
    factories.OrganisationFactory(slug="acme", status="withdrawn", **REASONS)
    page = reader.get("/en/organisations/acme/").page  # type: ignore[attr-defined]
    assert [meta["content"] for meta in page.select("meta[name=robots]")] == ["noindex"]
    assert page.select("link[rel=canonical], link[hreflang], script[type='application/ld+json']") == []
    assert page.h1.get_text() == "This page has been withdrawn"


@time_machine.travel(NOW, tick=False)
def test_expired_page_says_since_when(reader: Reader) -> None:
    # 23:30 in London is the next morning in Hong Kong.
    factories.NewsItemFactory(slug="door", expire_at=NOW.replace(day=10, hour=23, minute=30))
    response: Any = reader.get("/en/news/door/")
    assert (response.status_code, response.page.h1.get_text()) == (410, "This page is no longer current")
    assert response.page.select_one("main .lead").get_text() == "It was shown until 11 November 2026."
    assert response.page.select("main .warning") == []
    assert "2026年11月11日" in reader.get("/zh-hans/news/door/").content.decode()


def test_reason_in_another_language_is_marked_as_such(reader: Reader) -> None:
    factories.FieldFactory(slug="beam", status="withdrawn", withdrawal_reason_en="Nobody works on it.")
    page = reader.get("/zh-hant/fields/beam/").page  # type: ignore[attr-defined]
    assert [(tag["lang"], tag.get_text()) for tag in page.select("main .warning [lang]")] == [
        ("en", "Nobody works on it.")
    ]


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    "state",
    [
        {"status": "draft"},
        {"status": "review"},
        {"status": "trashed"},
        {"status": "trashed", "expire_at": NOW - DAY},
        {"status": "draft", "expire_at": NOW - DAY},
        {"publish_at": NOW + DAY},
        {"status": "withdrawn", "publish_at": NOW + DAY},
    ],
)
def test_page_that_was_never_there_stays_not_found(reader: Reader, state: dict[str, Any]) -> None:
    factories.OrganisationFactory(slug="acme", **REASONS, **state)
    response = reader.get("/en/organisations/acme/")
    assert response.status_code == 404
    assert REASONS["withdrawal_reason_en"] not in response.content.decode()


def test_old_address_leads_on_although_its_page_is_gone(reader: Reader) -> None:
    factories.OrganisationFactory(slug="old", status="withdrawn", **REASONS)
    factories.OrganisationFactory(slug="new")
    Redirect.objects.create(old_path="/organisations/old/", new_path="/organisations/new/")
    response = reader.get("/en/organisations/old/")
    assert (response.status_code, response.headers["Location"]) == (301, "/en/organisations/new/")


def test_old_address_of_a_withdrawn_page_ends_at_the_reason(reader: Reader) -> None:
    factories.OrganisationFactory(slug="new", status="withdrawn", **REASONS)
    Redirect.objects.create(old_path="/organisations/old/", new_path="/organisations/new/")
    assert reader.get("/en/organisations/old/", follow=True).status_code == 410


def test_who_has_seen_that_a_record_is_gone_asks_again(reader: Reader) -> None:
    record: Any = factories.OrganisationFactory(slug="acme", status="withdrawn", **REASONS)
    response = reader.get("/en/organisations/acme/")
    assert (response.status_code, response.headers["Cache-Control"]) == (410, "no-cache")
    record.status = "published"
    record.save()
    assert reader.get("/en/organisations/acme/").status_code == 200


def test_who_has_been_led_elsewhere_asks_again(reader: Reader) -> None:
    record: Any = factories.OrganisationFactory(slug="b")
    Redirect.objects.create(old_path="/organisations/a/", new_path="/organisations/b/")
    response = reader.get("/en/organisations/a/")
    assert (response.status_code, response.headers["Cache-Control"]) == (301, "no-cache")
    record.slug = "a"
    record.save()
    assert reader.get("/en/organisations/a/").status_code == 200


def test_gone_page_is_for_reading_only(reader: Reader) -> None:
    factories.OrganisationFactory(slug="acme", status="withdrawn", **REASONS)
    head, post = reader.head("/en/organisations/acme/"), reader.post("/en/organisations/acme/")
    assert (head.status_code, head.content, post.status_code) == (410, b"", 405)


def test_published_page_is_not_disturbed_by_a_reason(reader: Reader) -> None:
    factories.OrganisationFactory(slug="acme", **REASONS)
    response = reader.get("/en/organisations/acme/")
    assert (response.status_code, REASONS["withdrawal_reason_en"] in response.content.decode()) == (200, False)
