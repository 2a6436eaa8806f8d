"""What search engines, feed readers, phones and monitors read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any
from unittest import mock

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from tests import factories
from tests.conftest import Reader
from zone.middleware import heads_have_no_body
from zone.models import Redirect
from zone.search.index import rebuild
from zone.sitemaps import RECORDS

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
ORIGIN = "http://testserver"

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def soup(reader: Reader, address: str) -> BeautifulSoup:
    return BeautifulSoup(reader.get(address).content, "html.parser")


def structured(reader: Reader, address: str) -> Any:
    return json.loads(soup(reader, address).select_one('script[type="application/ld+json"]').string)  # type: ignore[union-attr, arg-type]


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("zh-HK", "zh-hant"),
        ("zh-TW,zh;q=0.9", "zh-hant"),
        ("zh-MO", "zh-hant"),
        ("zh-Hant-HK", "zh-hant"),
        ("zh-CN", "zh-hans"),
        ("zh-SG", "zh-hans"),
        ("zh", "zh-hans"),
        ("en-GB", "en"),
        ("fr,de;q=0.5", "en"),
        ("de,zh-TW;q=0.8,en;q=0.5", "zh-hant"),
        ("", "en"),
    ],
)
def test_root_leads_to_the_language_of_the_reader(reader: Reader, accept: str, language: str) -> None:
    response = reader.get("/", headers={"accept-language": accept})
    assert (response.status_code, response.headers["Location"]) == (302, f"/{language}/")
    assert "Accept-Language" in response.headers["Vary"]


def test_address_without_a_language_finds_one(reader: Reader) -> None:
    response = reader.get("/organisations/", headers={"accept-language": "zh-HK"})
    assert (response.status_code, response.headers["Location"]) == (302, "/zh-hant/organisations/")


def test_page_names_its_address_and_its_alternates(reader: Reader) -> None:
    record = factories.OrganisationFactory(slug="acme")
    page = soup(reader, "/zh-hans/organisations/acme/?utm=1")
    assert page.select_one("link[rel=canonical]")["href"] == f"{ORIGIN}/zh-hans/organisations/acme/"  # type: ignore[index]
    assert {link["hreflang"]: link["href"] for link in page.select("link[hreflang]")} == {
        "en": f"{ORIGIN}/en/organisations/acme/",
        "zh-Hans": f"{ORIGIN}/zh-hans/organisations/acme/",
        "zh-Hant": f"{ORIGIN}/zh-hant/organisations/acme/",
        "x-default": f"{ORIGIN}/en/organisations/acme/",
    }
    shared = {
        tag["property"]: tag["content"] for tag in page.select("meta[property^=og]") if ":alt" not in tag["property"]
    }
    assert shared == {
        "og:site_name": "河套",
        "og:title": record.name_zh_hans,
        "og:description": record.summary_zh_hans,
        "og:type": "profile",
        "og:url": f"{ORIGIN}/zh-hans/organisations/acme/",
        "og:image": f"{ORIGIN}/static/zone/img/share.png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:locale": "zh_CN",
    }


def test_language_switch_keeps_the_page_and_its_filters(reader: Reader) -> None:
    links = soup(reader, "/en/organisations/?kind=company&page=1").select(".languages a")
    assert [(link["lang"], link["href"], link.get("aria-current")) for link in links] == [
        ("en", "/en/organisations/?kind=company&page=1", "true"),
        ("zh-Hans", "/zh-hans/organisations/?kind=company&page=1", None),
        ("zh-Hant", "/zh-hant/organisations/?kind=company&page=1", None),
    ]


def test_organisation_is_described_by_its_kind(reader: Reader) -> None:
    park, field = factories.ParkFactory(slug="north"), factories.FieldFactory()
    record = factories.OrganisationFactory(slug="acme", kind="education", parks=[park], fields=[field], founded="2001")
    assert structured(reader, "/en/organisations/acme/") == {
        "@context": "https://schema.org",
        "@type": "EducationalOrganization",
        "name": record.name_en,
        "description": record.summary_en,
        "url": f"{ORIGIN}/en/organisations/acme/",
        "alternateName": [record.name_zh_hans, record.name_zh_hant, record.short_name],
        "foundingDate": "2001",
        "sameAs": record.website,
        "email": record.email,
        "knowsAbout": [field.name_en],
        "location": [{"@type": "Place", "name": park.name_en, "url": f"{ORIGIN}/en/parks/north/"}],
    }


def test_organisation_that_only_signed_has_no_location(reader: Reader) -> None:
    factories.OrganisationFactory(slug="acme", role="partner", presence="signed")
    assert "location" not in structured(reader, "/en/organisations/acme/")


def test_facility_is_a_place_in_its_park(reader: Reader) -> None:
    record = factories.FacilityFactory(slug="lab", latitude="22.51600", longitude="114.08200")
    data = structured(reader, "/zh-hant/facilities/lab/")
    assert (data["@type"], data["name"], data["containedInPlace"]["name"]) == (
        "Place",
        record.name_zh_hant,
        record.park.name_zh_hant,
    )
    assert data["geo"] == {"@type": "GeoCoordinates", "latitude": 22.516, "longitude": 114.082}


def test_news_is_an_article_with_its_sources(reader: Reader) -> None:
    record = factories.NewsItemFactory(slug="door", date="2026-06")
    data = structured(reader, "/en/news/door/")
    assert (data["@type"], data["headline"], data["datePublished"]) == ("NewsArticle", record.title_en, "2026-06")
    assert data["citation"] == [source.title_original for source in record.sources.all()]
    assert data["dateModified"] == record.updated_at.isoformat(timespec="seconds")


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("company", "Corporation"),
        ("funder", "FundingAgency"),
        ("government", "GovernmentOrganization"),
        ("nonprofit", "NGO"),
        ("healthcare", "MedicalOrganization"),
        ("other", "Organization"),
    ],
)
def test_kinds_have_their_type_of_schema_org(reader: Reader, kind: str, type_: str) -> None:
    factories.OrganisationFactory(slug="acme", kind=kind)
    assert structured(reader, "/en/organisations/acme/")["@type"] == type_


def test_body_is_sanitised_when_it_is_shown(reader: Reader) -> None:
    factories.NewsItemFactory(slug="door", body_en='<p>Hello<script>alert(1)</script><b onclick="x()">you</b></p>')
    body = soup(reader, "/en/news/door/").select_one(".prose")
    assert body is not None
    assert body.decode_contents().strip() == "<p>Helloyou</p>"


def test_page_of_a_filtered_list_is_no_address_of_its_own(reader: Reader) -> None:
    factories.OrganisationFactory.create_batch(21)
    rebuild()
    for query, address in (("?page=2", "?page=2"), ("?kind=company&page=2", ""), ("?kind=company", "")):
        page = soup(reader, f"/en/organisations/{query}")
        link = page.select_one("link[rel=canonical]")
        assert (query, link["href"]) == (query, f"{ORIGIN}/en/organisations/{address}")  # type: ignore[index]
        alternates = [] if "page" in query else ["en", "zh-Hans", "zh-Hant", "x-default"]
        assert (query, [link["hreflang"] for link in page.select("link[hreflang]")]) == (query, alternates)


@pytest.mark.parametrize(
    "address",
    [
        *("/healthz", "/robots.txt", "/sitemap.xml", "/favicon.ico", "/gtfs.zip"),
        *("/en/feeds/news/", "/en/site.webmanifest", "/en/getting-here/mainland.ics"),
    ],
)
def test_what_machines_read_takes_nothing_either(address: str) -> None:
    response = Client(enforce_csrf_checks=True).post(address)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_structured_data_cannot_close_its_script(reader: Reader) -> None:
    factories.OrganisationFactory(slug="acme", name_en="</script><script>alert(1)</script>&")
    assert structured(reader, "/en/organisations/acme/")["name"] == "</script><script>alert(1)</script>&"


def files_of_the_sitemap(reader: Reader) -> list[str]:
    tree = ET.fromstring(reader.get("/sitemap.xml").content)  # noqa: S314
    return [one.findtext(f"{SITEMAP}loc", "").removeprefix(ORIGIN) for one in tree.findall(f"{SITEMAP}sitemap")]


def in_sitemap(reader: Reader) -> dict[str, Any]:
    """Return the entries of all files of the sitemap, by address."""
    trees = [ET.fromstring(reader.get(file).content) for file in files_of_the_sitemap(reader)]  # noqa: S314
    return {url.findtext(f"{SITEMAP}loc", ""): url for tree in trees for url in tree.findall(f"{SITEMAP}url")}


def test_sitemap_has_every_public_page_with_its_alternates(reader: Reader) -> None:
    record = factories.FieldFactory(slug="quantum")
    entries = in_sitemap(reader)
    pages = ("", "organisations/", "facilities/", "news/", "figures/", "fields/", "parks/", "sources/", "getting-here/")
    statements = ("about/", "accessibility/", "privacy/", "content-policy/")
    assert set(entries) == {
        f"{ORIGIN}/{language}/{page}"
        for language in ("en", "zh-hans", "zh-hant")
        for page in (*pages, "timeline/", "fields/quantum/", *statements)
    }
    entry = entries[f"{ORIGIN}/zh-hans/fields/quantum/"]
    assert {link.get("hreflang"): link.get("href") for link in entry.findall(f"{XHTML}link")} == {
        language: f"{ORIGIN}/{language}/fields/quantum/" for language in ("en", "zh-hans", "zh-hant")
    }
    assert entry.findtext(f"{SITEMAP}lastmod") == f"{timezone.localdate(record.updated_at)}"


def test_sitemap_has_a_file_for_each_range_of_keys_and_every_record_in_one(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.sitemaps.KEYS_A_FILE", 2)
    *_others, last = [factories.FieldFactory(slug=f"field-{number}") for number in range(5)]
    files = [file for file in files_of_the_sitemap(reader) if "field" in file]
    number = -(-last.pk // 2)
    pages = [f"?p={page}" for page in range(2, number + 1)]
    assert files == [f"/sitemaps/field.xml{page}" for page in ("", *pages)]
    fields = [address for address in in_sitemap(reader) if "/en/fields/field-" in address]
    assert fields == [f"{ORIGIN}/en/fields/field-{number}/" for number in range(5)]
    wrong = [reader.get(f"/sitemaps/{file}").status_code for file in ("field.xml?p=x", "field.xml?p=9999", "x.xml")]
    assert wrong == [404, 404, 404]


def test_queries_of_the_sitemap_do_not_grow_with_its_files(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("zone.sitemaps.KEYS_A_FILE", 2)
    for _ in range(2):
        factories.FieldFactory.create_batch(4)
        with django_assert_num_queries(len(RECORDS) + 1):  # One is for drafts that take effect.
            reader.get("/sitemap.xml")


def test_answer_to_head_has_the_headers_and_no_body(rf: RequestFactory) -> None:
    """The test client would leave out the body by itself."""
    answers = {}
    for method in ("get", "head"):
        respond = heads_have_no_body(lambda _request: HttpResponse("four"))
        response: Any = respond(getattr(rf, method)("/"))
        answers[method] = (response.content, response.headers.get("Content-Length"))
    assert answers == {"get": (b"four", None), "head": (b"", "4")}


def test_file_of_the_sitemap_is_asked_for_again(reader: Reader) -> None:
    factories.FieldFactory()
    headers = reader.get("/sitemaps/field.xml").headers
    assert ("Last-Modified" in headers, headers["Cache-Control"]) == (True, "no-cache")


def test_robots_are_told_of_the_sitemap(reader: Reader) -> None:
    response = reader.get("/robots.txt")
    assert response.content.decode() == f"User-agent: *\nDisallow: /admin/\nSitemap: {ORIGIN}/sitemap.xml\n"


@pytest.mark.parametrize(("language", "name"), [("en", "Hetao"), ("zh-hans", "河套"), ("zh-hant", "河套")])
def test_manifest_is_valid_json_in_each_language(reader: Reader, language: str, name: str) -> None:
    response = reader.get(f"/{language}/site.webmanifest")
    manifest = json.loads(response.content)
    assert response.headers["Content-Type"] == "application/manifest+json"
    assert (manifest["short_name"], manifest["start_url"]) == (name, f"/{language}/")


def test_icon_is_found_where_browsers_ask_for_it(reader: Reader) -> None:
    response = reader.get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (302, "/static/zone/img/icon-192.png")


def test_process_and_database_are_told_apart(reader: Reader) -> None:
    with mock.patch.object(QuerySet, "exists", side_effect=DatabaseError):
        assert (reader.get("/healthz").status_code, reader.get("/readyz").status_code) == (200, 503)
    assert reader.get("/readyz").status_code == 200


def test_old_address_leads_to_the_new_one_for_ever(reader: Reader) -> None:
    factories.OrganisationFactory(slug="new")
    Redirect.objects.create(old_path="/organisations/old/", new_path="/organisations/new/")
    response = reader.get("/zh-hans/organisations/old/")
    assert (response.status_code, response.headers["Location"]) == (301, "/zh-hans/organisations/new/")


def test_who_finds_a_hole_reads_whom_to_tell(reader: Reader, settings: Any) -> None:
    settings.SECURITY_CONTACT = ["mailto:security@example.org", "https://example.org/report"]
    settings.SECURITY_POLICY = "https://example.org/policy"
    with time_machine.travel("2026-11-26T08:00:00+00:00", tick=False):
        response = reader.get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == (
        "Contact: mailto:security@example.org\n"
        "Contact: https://example.org/report\n"
        "Expires: 2027-02-24T00:00:00Z\n"
        "Preferred-Languages: en, zh-Hans, zh-Hant\n"
        f"Canonical: {ORIGIN}/.well-known/security.txt\n"
        "Policy: https://example.org/policy\n"
    )


def test_nobody_is_to_be_told_where_no_setting_names_somebody(reader: Reader) -> None:
    assert reader.get("/.well-known/security.txt").status_code == 404
