"""The history of the whole site."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.admin.forms import address, soup
from tests.admin.test_history import differences_in, edit, text_of
from zone import workflow
from zone.history import Occasion, live_version, versions_of
from zone.models import Field, Version

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

NOON = datetime.datetime(2026, 11, 22, 4, tzinfo=datetime.UTC)


def rows(client: Client, **query: Any) -> list[dict[str, str]]:
    """Return the rows of the list, each cell by the name of its column."""
    response = client.get(address(Version, "changelist"), query)
    assert response.status_code == 200
    return [
        {str(cell["class"][0]).removeprefix("field-"): text_of(cell) for cell in row.select("th, td")}
        for row in soup(response).select("#result_list tbody tr")
    ]


def detail(client: Client, version: Version) -> Any:
    response = client.get(address(version, "change"))
    assert response.status_code == 200
    return soup(response)


@time_machine.travel(NOON, tick=False)
def test_a_row_says_who_changed_what(editor: Client, member: Callable[[str], User]) -> None:
    ada = User.objects.create_user("ada", first_name="Ada", last_name="Lee")
    record = factories.OrganisationFactory(name_en="Acme")
    edit(record, ada, "From the report.", name_en="Acme Ltd", short_name="", email="", website="", zh_hans_of="")

    assert rows(editor)[:1] == [
        {
            "when": "22 November 2026, 12:00",
            "who": "Ada Lee",
            "record": "Acme Ltd",
            "kind": "Organisation",
            "what": "changed",
            "state_column": "draft: being written",
            "fields_column": "Name · English, Short name, Website, 1 more",
            "comment": "From the report.",
        }
    ]
    assert rows(editor)[1]["who"] == "a command"


def test_a_row_leads_to_the_version_and_to_the_form(editor: Client) -> None:
    record = factories.FieldFactory()
    version = live_version(record)

    page = soup(editor.get(address(Version, "changelist")))

    assert [str(link["href"]).partition("?")[0] for link in page.select("#result_list tbody a")] == [
        address(version, "change"),
        address(record, "change"),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["One", "One", "Two", "Three"]),
        ({"content_type__id__exact": "source"}, ["Three"]),
        ({"by__id__exact": "editor"}, ["One"]),
        ({"by__isnull": "True"}, ["One", "Two", "Three"]),
        ({"action__exact": "changed"}, ["One"]),
        ({"of_draft": "yes"}, ["One"]),
        ({"of_draft": "no"}, ["One", "Two", "Three"]),
        ({"of_draft": "nosuch"}, ["One", "One", "Two", "Three"]),
        ({"q": "because"}, ["One"]),
        ({"q": "two"}, ["Two"]),
        ({"at__year": "2025"}, []),
    ],
)
def test_the_list_is_filtered(
    publisher: Client, member: Callable[[str], User], query: dict[str, str], found: list[str]
) -> None:
    editor = member("Editor")
    kind = ContentType.objects.get(app_label="zone", model="source")
    records = [
        factories.SourceFactory(publisher_original="Three", title_original=""),
        factories.FieldFactory(name_en="Two"),
        factories.FieldFactory(name_en="One"),
    ]
    for record in records:
        live_version(record)
    edit(records[2], editor, "Because.", editor_note="New")
    keys = {"source": str(kind.pk), "editor": str(editor.pk)}

    names = [row["record"].rstrip(": ") for row in rows(publisher, **{k: keys.get(v, v) for k, v in query.items()})]

    assert names == found


@pytest.mark.parametrize("query", [{"by__id__exact": "x"}, {"at__year": "x"}, {"p": "x"}, {"nosuch": "1"}, {"q": "\0"}])
def test_a_wrong_filter_is_no_error(editor: Client, query: dict[str, str]) -> None:
    live_version(factories.FieldFactory())

    assert editor.get(address(Version, "changelist"), query).status_code in (200, 302)


@pytest.mark.parametrize("number", [1, 5])
def test_the_list_costs_no_query_a_row_and_reads_no_content(superuser: Client, number: int) -> None:
    for _ in range(number):
        edit(factories.OrganisationFactory(), User.objects.create_user(uuid.uuid4().hex), name_en="Other")

    with CaptureQueriesContext(connection) as queries:
        assert len(rows(superuser)) == 2 * number

    assert len(queries) == 9
    assert [query["sql"] for query in queries if '"content"' in query["sql"]] == []


def test_a_version_shows_what_it_changed(editor: Client, member: Callable[[str], User]) -> None:
    record = factories.FieldFactory(name_en="Robotics")
    edit(record, member("Editor"), "Better.", name_en="Robots")
    version = versions_of(record)[0]

    page = detail(editor, version)

    assert differences_in(page) == {"Name · English": ("Robotics", "Robots")}
    assert [text_of(comment) for comment in page.select("dl.comparison dd")][1:] == [
        "editor",
        "changed draft: being written",
        "Better.",
    ]
    assert [link["href"] for link in page.select(".record-links a")] == [
        address(record, "change"),
        address(record, "history"),
    ]
    assert page.select("#content form") == []


def test_a_first_version_shows_all_that_it_said(editor: Client) -> None:
    page = detail(editor, live_version(factories.FieldFactory(name_en="Robotics")))

    assert differences_in(page)["Name · English"] == ("—", "Robotics")
    assert "This is the first version" in page.text


def test_a_version_of_a_record_that_is_gone_is_shown(editor: Client) -> None:
    record = factories.FieldFactory(name_en="Robotics")
    version = live_version(record)
    record.delete()

    assert differences_in(detail(editor, version))["Name · English"] == ("—", "Robotics")


def test_a_version_of_a_kind_that_is_gone_is_no_error(editor: Client) -> None:
    kind = ContentType.objects.create(app_label="zone", model="event")
    version = Version.objects.create(content_type=kind, object_id=1, content={}, changed=["name_en"], name="Ball")

    assert [row["record"] for row in rows(editor)] == ["Ball"]
    assert editor.get(address(version, "change")).status_code == 302


@pytest.mark.parametrize("key", ["4711", "x", "9" * 40])
def test_a_version_that_is_not_there_is_said_to_be_missing(editor: Client, key: str) -> None:
    response = editor.get(f"/admin/zone/version/{key}/change/")

    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


def test_the_page_of_a_version_costs_the_same_however_many_there_are(superuser: Client) -> None:
    counts = []
    for number in (1, 5):
        record = factories.OrganisationFactory(parks=[])
        for _ in range(number):
            edit(record, parks=[park.pk for park in factories.ParkFactory.create_batch(number)])
        with CaptureQueriesContext(connection) as queries:
            detail(superuser, versions_of(record)[0])
        counts.append(len(queries))

    assert counts == [10, 10]


@pytest.mark.parametrize("role", ["Editor", "Publisher", "Translator", "superuser"])
def test_nobody_writes_versions(desk: Callable[[str], Client], role: str) -> None:
    version = live_version(factories.FieldFactory())

    answers = [
        desk(role).post(address(Version, "add"), {"name": "Forged"}).status_code,
        desk(role).post(address(version, "delete"), {"post": "yes"}).status_code,
        desk(role).get(address(version, "delete")).status_code,
    ]
    desk(role).post(address(version, "change"), {"name": "Forged"})

    version.refresh_from_db()
    assert (answers, version.name != "Forged", Version.objects.count()) == ([403, 403, 403], True, 1)


def test_who_may_not_see_versions_sees_none(member: Callable[[str], User]) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    version = live_version(factories.FieldFactory())

    assert client.get(address(Version, "changelist")).status_code == 403
    assert client.get(address(version, "change")).status_code == 403


def test_nothing_in_the_list_is_taken_for_html(editor: Client) -> None:
    evil = "<script>alert(1)</script><img src=x>"
    user = User.objects.create_user("mallory", last_name=evil)
    record = factories.FieldFactory(name_en=evil)
    edit(record, user, evil, name_en=f"{evil}!")

    for path in (address(Version, "changelist"), address(versions_of(record)[0], "change")):
        response = editor.get(path)
        assert "<script>alert" not in response.content.decode()
        assert soup(response).select("#content img[src=x]") == []


def test_a_trashed_record_is_named_in_the_list(editor: Client, member: Callable[[str], User]) -> None:
    record = factories.FieldFactory(status="draft", name_en="Robotics")
    live_version(record)
    workflow.trash(record, Occasion(by=member("Publisher")))

    [newest, _] = rows(editor)

    assert (newest["record"], newest["what"], newest["state_column"], newest["fields_column"]) == (
        "Robotics",
        "moved to the trash",
        "in the trash",
        "Status",
    )
    assert Field.objects.count() == 1
