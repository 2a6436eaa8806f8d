"""Links to previews, as editors make and revoke them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.admin.forms import address, errors, soup
from zone.models import PreviewLink
from zone.previews import address_of

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def link_to(record: Any, **values: Any) -> PreviewLink:
    return PreviewLink.objects.create(**{"record": record, "expires_at": timezone.now() + DAY, **values})


def messages(response: Any) -> list[str]:
    return [message.get_text() for message in soup(response).select(".messagelist li")]


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("days", [1, 7, 30])
def test_link_is_made_for_the_chosen_time(editor: Client, member: Callable[[str], User], days: int) -> None:
    record = factories.OrganisationFactory(status="draft")
    page = address(record, "links")
    response = editor.post(page, {"days": days})
    assert (response.status_code, response["Location"]) == (302, page)
    link = PreviewLink.objects.get()
    assert (link.record, link.created_by, link.created_at, link.expires_at, link.revoked_at) == (
        record,
        member("Editor"),
        NOW,
        NOW + days * DAY,
        None,
    )
    shown = soup(editor.get(page)).select_one("input[readonly]")
    assert shown is not None
    assert shown["value"] == f"http://testserver{address_of(link, 'en')}"
    assert Client().get(str(shown["value"])).status_code == 200


@pytest.mark.parametrize("days", ["", "0", "8", "365", "-1", "a week", "\0", "9" * 500])
def test_other_times_are_refused_at_the_field(editor: Client, days: str) -> None:
    response = editor.post(address(factories.OrganisationFactory(), "links"), {"days": days})
    assert (response.status_code, list(errors(response)), PreviewLink.objects.count()) == (200, ["days"], 0)


def test_page_lists_who_made_the_links_and_until_when_they_open(editor: Client, member: Callable[[str], User]) -> None:
    record = factories.OrganisationFactory()
    with time_machine.travel(NOW, tick=False):
        link_to(record, created_by=member("Publisher"), created_at=NOW, expires_at=NOW + DAY)
        link_to(record, created_at=NOW - DAY, expires_at=NOW)
        link_to(record, created_at=NOW - 2 * DAY, expires_at=NOW + DAY, revoked_at=NOW - DAY)
        link_to(factories.OrganisationFactory(), created_at=NOW)
        page = soup(editor.get(address(record, "links")))
    rows = [
        (" ".join(line.get_text().split()), len(row.select("input[readonly]")))
        for row in page.select(".links li")
        for line in row.select("p")
    ]
    assert rows == [
        ("Opens until 2026-11-23 17:00 · made by publisher on 2026-11-22 17:00", 1),
        ("Expired on 2026-11-22 17:00 · made by — on 2026-11-21 17:00", 0),
        ("Revoked on 2026-11-21 17:00 · made by — on 2026-11-20 17:00", 0),
    ]


def test_revoked_link_opens_no_more(editor: Client) -> None:
    record = factories.OrganisationFactory(status="draft")
    link, other = link_to(record), link_to(record)
    response = editor.post(address(record, "links"), {"revoke": link.pk})
    assert (response.status_code, response["Location"]) == (302, address(record, "links"))
    statuses = [Client().get(address_of(one, "en")).status_code for one in (link, other)]
    assert (statuses, PreviewLink.objects.count()) == ([410, 200], 2)


@pytest.mark.parametrize("revoke", ["", "nosuch", "0", "-1", "9" * 30, "\0", "1.5"])
def test_revoking_nonsense_changes_nothing(editor: Client, revoke: str) -> None:
    record = factories.OrganisationFactory()
    link_to(record)
    response = editor.post(address(record, "links"), {"revoke": revoke}, follow=True)
    assert (response.status_code, messages(response)) == (200, ["That link does not open any more."])
    assert PreviewLink.objects.valid().count() == 1


def test_link_is_revoked_only_from_the_page_of_its_record_and_once(editor: Client) -> None:
    record, other = factories.OrganisationFactory(), factories.OrganisationFactory()
    link, revoked = link_to(other), link_to(record, revoked_at=NOW)
    editor.post(address(record, "links"), {"revoke": link.pk})
    editor.post(address(record, "links"), {"revoke": revoked.pk})
    assert list(PreviewLink.objects.order_by("pk").values_list("revoked_at", flat=True)) == [None, NOW]


@pytest.mark.parametrize(
    ("role", "status"), [("Editor", 200), ("Publisher", 200), ("Translator", 200), ("superuser", 200), ("nobody", 403)]
)
def test_only_those_who_work_on_it_share_it(desk: Callable[[str], Client], role: str, status: int) -> None:
    record = factories.OrganisationFactory()
    link, client, page = link_to(record), desk(role), address(record, "links")
    assert client.get(page).status_code == status
    assert client.post(page, {"days": "1"}).status_code == (302 if status == 200 else 403)
    assert client.post(page, {"revoke": link.pk}).status_code == (302 if status == 200 else 403)
    left = PreviewLink.objects.valid().count()
    assert left == 1
    assert PreviewLink.objects.filter(pk=link.pk).valid().exists() == (status == 403)


def test_visitor_is_asked_to_log_in() -> None:
    record = factories.OrganisationFactory()
    response = Client().post(address(record, "links"), {"days": "1"})
    assert (response.status_code, PreviewLink.objects.count()) == (403, 0)
    assert "You are no longer logged in." in response.content.decode()


def test_record_in_the_trash_is_not_shared(superuser: Client) -> None:
    record = factories.OrganisationFactory(status="trashed")
    page = address(record, "links")
    assert [superuser.get(page).status_code, superuser.post(page, {"days": "1"}).status_code] == [404, 404]
    assert PreviewLink.objects.count() == 0


@pytest.mark.parametrize("pk", ["0", "nosuch", "9" * 30, "_00"])
def test_record_that_is_not_there_is_not_found(editor: Client, pk: str) -> None:
    page = address(factories.OrganisationFactory(), "links").rsplit("/", 3)[0]
    assert editor.get(f"{page}/{pk}/links/").status_code == 404


def test_queries_do_not_grow_with_the_links(editor: Client, member: Callable[[str], User]) -> None:
    record = factories.OrganisationFactory()
    numbers = []
    for more in (1, 4):
        for _ in range(more):
            link_to(record, created_by=member("Publisher"))
        with CaptureQueriesContext(connection) as captured:
            page = BeautifulSoup(editor.get(address(record, "links")).content, "html.parser")
        numbers.append((len(page.select(".links li")), len(captured)))
    assert numbers == [(1, numbers[0][1]), (5, numbers[0][1])]
