"""The page of a record is not made twice of the same: what it is made of is asked, and nothing is put together."""

from __future__ import annotations

import datetime
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone

from tests import factories
from tests.views.test_leaks import Zone, public_addresses
from zone.content import RECORDS
from zone.models import Organisation, PreviewLink
from zone.models.record import Record
from zone.models.transport import HONG_KONG_TIME
from zone.page_cache import FOR_EVERYBODY
from zone.previews import address_of
from zone.publishing import Status
from zone.related import related
from zone.search.index import rebuild
from zone.views import answers

NOW = datetime.datetime(2026, 11, 27, 8, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
PAGES = [f"{noun}_detail" for noun in ("organisation", "facility", "news", "figure", "field", "park", "source")]

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """The records of which a page was put together, one after the other."""
    records: list[Record] = []

    def listening(record: Record, *arguments: Any) -> Any:
        records.append(record)
        return related(record, *arguments)

    monkeypatch.setattr(answers, "related", listening)
    return records


def test_page_is_put_together_once_until_something_else_is_to_be_said(client: Client, made: list[Record]) -> None:
    acme = factories.OrganisationFactory(slug="acme", name_en="Acme")
    first = client.get("/en/organisations/acme/")
    Organisation.objects.filter(pk=factories.OrganisationFactory().pk).update(name_en="Another")
    second = client.get("/en/organisations/acme/")
    assert (second.status_code, second.content, made) == (200, first.content, [acme])
    assert second.headers["Content-Type"] == first.headers["Content-Type"] == "text/html; charset=utf-8"
    Organisation.objects.filter(pk=acme.pk).update(name_en="Beta")
    third = client.get("/en/organisations/acme/")
    assert (third.content, made) == (first.content.replace(b"Acme", b"Beta"), [acme, acme])


def test_editor_reads_what_everybody_reads(client: Client, made: list[Record]) -> None:
    factories.FacilityFactory(slug="lab")
    first = client.get("/en/facilities/lab/")
    client.force_login(User.objects.create(username="chief", is_superuser=True, is_staff=True))
    assert (client.get("/en/facilities/lab/").content, len(made)) == (first.content, 1)


def test_page_that_the_cache_of_pages_keeps_is_not_remembered_besides(client: Client, made: list[Record]) -> None:
    acme = factories.OrganisationFactory(slug="acme")
    for _ in range(2):
        client.get("/en/organisations/acme/", **{FOR_EVERYBODY: True})  # type: ignore[arg-type]
    assert made == [acme, acme]


def test_page_is_made_each_time_while_somebody_works_on_its_template(
    client: Client, settings: Any, made: list[Record]
) -> None:
    settings.DEBUG = True
    acme = factories.OrganisationFactory(slug="acme")
    for _ in range(2):
        client.get("/en/organisations/acme/")
    assert made == [acme, acme]


@pytest.mark.parametrize(
    ("times", "before", "after"),
    [({"expire_at": NOW}, b"Parent", None), ({"publish_at": NOW}, None, b"Parent")],
)
def test_time_alone_lets_a_page_be_made_anew(
    client: Client, times: dict[str, Any], before: bytes | None, after: bytes | None
) -> None:
    parent = factories.OrganisationFactory(slug="parent", name_en="Parent", **times)
    factories.OrganisationFactory(slug="child", name_en="Child", parent=parent)
    seen = []
    for moment in (NOW - HOUR, NOW - HOUR / 2, NOW):
        with time_machine.travel(moment, tick=False):
            page = client.get("/en/organisations/child/").content
        seen.append(b"Parent" if b"Parent" in page else None)
    assert seen == [before, before, after]


def test_form_of_a_page_is_of_today(client: Client) -> None:
    factories.OrganisationFactory(slug="acme")
    pages = []
    for moment in (NOW, NOW + HOUR, NOW + 24 * HOUR):
        with time_machine.travel(moment, tick=False):
            pages.append(client.get("/en/organisations/acme/").content)
    assert (pages[0] == pages[1], pages[0] == pages[2]) == (True, False)


def test_port_opens_and_closes_on_the_page_of_its_facility(client: Client) -> None:
    facility = factories.FacilityFactory(slug="port", building_status="open")
    times = {"hours": "daily", "opens": datetime.time(6, 30), "closes": datetime.time(22)}
    factories.CrossingFactory(facility=facility, **times)
    shown = []
    for hour, minute in ((6, 29), (6, 30), (21, 59), (22, 0)):
        with time_machine.travel(NOW.astimezone(HONG_KONG_TIME).replace(hour=hour, minute=minute), tick=False):
            page = client.get("/en/facilities/port/").content.decode()
        shown.append(("Open now, until 22:00" in page, "Closed now, opens at 06:30" in page))
    assert shown == [(False, True), (True, False), (True, False), (False, True)]


def test_each_address_has_a_page_of_its_own(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    factories.OrganisationFactory(slug="acme", name_en="Acme", name_zh_hans="极致")
    addresses = [(host, language) for host in settings.ALLOWED_HOSTS for language in ("en", "zh-hans")]
    for _ in range(2):
        for host, language in addresses:
            page = client.get(f"/{language}/organisations/acme/", headers={"host": host}).content.decode()
            assert f'<link rel="canonical" href="http://{host}/{language}/organisations/acme/">' in page


def test_preview_is_neither_remembered_nor_shown_what_is(client: Client, made: list[Record]) -> None:
    chief = User.objects.create(username="chief", is_superuser=True, is_staff=True)
    acme = factories.OrganisationFactory(slug="acme", status=Status.DRAFT)
    link = PreviewLink.objects.create(record=acme, expires_at=timezone.now() + HOUR, created_by=chief)
    for _ in range(2):
        assert client.get(address_of(link, "en")).status_code == 200
    assert client.get("/en/organisations/acme/").status_code == 404
    Organisation.objects.filter(pk=acme.pk).update(status=Status.PUBLISHED)
    assert b"noindex" not in client.get("/en/organisations/acme/").content
    assert b"noindex" in client.get(address_of(link, "en")).content
    assert made == [acme] * 4


def test_page_of_what_is_withdrawn_says_so_at_once(client: Client) -> None:
    acme = factories.OrganisationFactory(slug="acme")
    for status, code in [(Status.PUBLISHED, 200), (Status.WITHDRAWN, 410), (Status.PUBLISHED, 200)]:
        Organisation.objects.filter(pk=acme.pk).update(status=status)
        assert client.get("/en/organisations/acme/").status_code == code


def test_pages_of_records_ask_the_clock_only_where_somebody_listens(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = Zone("heron")
    zone.tie_to(Zone("kestrel"))
    for model in RECORDS:
        model._default_manager.update(publish_at=NOW - 100 * HOUR)
    rebuild()
    askers, now = set(), timezone.now

    def listening() -> datetime.datetime:
        askers.add(sys._getframe(1).f_globals["__name__"])
        return now()

    monkeypatch.setattr(timezone, "now", listening)
    statuses = {}
    for address in public_addresses(zone):
        page = resolve(urlsplit(address).path) if address.startswith("/en/") else None
        if page and page.url_name in PAGES:
            statuses[page.url_name] = page.func(rf.get(address), **page.kwargs).status_code
    assert statuses == dict.fromkeys(PAGES, 200)
    # Statements have the time among their parameters, where a trace finds it.
    assert askers == {"zone.clock", "zone.databases.prepared", "zone.publishing", "zone.traces"}
