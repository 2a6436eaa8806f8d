"""The trash: what goes there, what is said before, what is out of sight there, and what comes back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.admin.forms import address, answers, soup
from tests.admin.logins import PASSWORD, logged_in, person
from tests.admin.test_pages import NOUNS, with_rows
from zone import workflow
from zone.history import Occasion, versions_of
from zone.models import Field, Organisation, Source
from zone.models.version import Action
from zone.publishing import Status
from zone.snapshots import take
from zone.trash import paths_to, refuse_trashed_slug

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

Member = Callable[[str], User]
NOW = datetime.datetime(2027, 3, 2, 21, 48, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def trashed(record: Any, by: User) -> Any:
    return workflow.trash(record, Occasion(by=by))


def rows(client: Client, **query: str) -> list[list[str]]:
    response = client.get(reverse("admin:trash"), query)
    assert response.status_code == 200
    table = soup(response).select("#result_list tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in table]


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def recover(client: Client, record: Any) -> Any:
    return client.post(reverse("admin:recover", args=[record._meta.model_name, record.pk]))


# The page


def test_the_trash_says_what_it_holds_since_when_by_whom_and_for_how_long(
    publisher: Client, member: Member, settings: Any
) -> None:
    settings.TRASH_DAYS = 2
    mei = member("superuser")
    mei.first_name, mei.last_name = "Mei", "Lin"
    mei.save()
    trashed(factories.FieldFactory(name_en="Optics"), mei)
    with time_machine.travel(NOW + datetime.timedelta(hours=2)):
        trashed(factories.NewsItemFactory(title_en="A new port"), member("Publisher"))
    factories.FieldFactory(slug="loaded", status="trashed", updated_at=NOW - datetime.timedelta(days=9))

    assert rows(publisher) == [
        [
            *("A new port news item", "3 March 2027, 07:48 publisher"),
            *("5 March 2027, 07:48 in 2 d 2 h", "Restore : A new port"),
        ],
        [
            *("Optics field", "3 March 2027, 05:48 Mei Lin"),
            *("5 March 2027, 05:48 in 2 d 0 h", "Restore : Optics"),
        ],
        ["loaded field", "22 February 2027, 05:48", "24 February 2027, 05:48", "Restore : loaded"],
    ]


@pytest.mark.parametrize(("role", "buttons"), [("Editor", 1), ("Publisher", 1), ("superuser", 1), ("Translator", 0)])
def test_only_those_who_may_delete_are_offered_to_restore(desk: Any, member: Member, role: str, buttons: int) -> None:
    trashed(factories.FieldFactory(), member("superuser"))

    response = desk(role).get(reverse("admin:trash"))

    assert (response.status_code, len(soup(response).select("#result_list button"))) == (200, buttons)


def test_somebody_without_rights_does_not_see_the_trash(client: Client) -> None:
    client.force_login(User.objects.create_user("new", is_staff=True))

    assert client.get(reverse("admin:trash")).status_code == 403


def test_an_empty_trash_is_friendly(publisher: Client) -> None:
    page = soup(publisher.get(reverse("admin:trash")))

    assert page.select("#content-main p.quiet")[0].get_text(strip=True) == "The trash is empty."


@pytest.mark.parametrize(
    ("page", "count"), [("", 20), ("2", 5), ("3", 5), ("0", 5), ("-1", 5), ("abc", 20), ("9" * 5000, 20), ("%00", 20)]
)
def test_twenty_are_shown_on_a_page_that_exists(publisher: Client, page: str, count: int) -> None:
    factories.FieldFactory.create_batch(25, status="trashed")

    assert len(rows(publisher, page=page)) == count


def test_the_trash_takes_as_many_queries_for_five_of_each_kind_as_for_one(superuser: Client, member: Member) -> None:
    root = member("superuser")
    trashed(factories.FieldFactory(), root)
    rows(superuser)
    with CaptureQueriesContext(connection) as one:
        rows(superuser)
    for _ in range(5):
        for factory in NOUNS.values():
            trashed(factory(), root)

    with CaptureQueriesContext(connection) as five:
        assert len(rows(superuser)) == 20

    assert len(five) == len(one)


# Restoring


@pytest.mark.parametrize("noun", NOUNS)
def test_everything_comes_back_with_its_rows_and_relations(superuser: Client, member: Member, noun: str) -> None:
    record = with_rows(noun)
    before = take(record)
    trashed(record, member("superuser"))

    response = recover(superuser, record)

    record.refresh_from_db()
    before["fields"]["status"] = "draft"
    assert (take(record), response.headers["Location"]) == (before, address(record, "change"))
    assert said(response) == [f"“{record}” is out of the trash, as a draft."]
    assert [version.action for version in versions_of(record)][:2] == [Action.RECOVERED, Action.TRASHED]


@pytest.mark.parametrize(
    ("role", "code", "status"),
    [("Editor", 302, "draft"), ("Publisher", 302, "draft"), ("Translator", 403, "trashed")],
)
def test_only_those_who_may_delete_restore(desk: Any, member: Member, role: str, code: int, status: str) -> None:
    field = trashed(factories.FieldFactory(), member("superuser"))

    response = recover(desk(role), field)

    field.refresh_from_db()
    assert (response.status_code, field.status) == (code, status)


def test_restoring_twice_says_that_it_is_not_in_the_trash(publisher: Client, member: Member) -> None:
    field = trashed(factories.FieldFactory(), member("superuser"))
    recover(publisher, field)

    response = recover(publisher, field)

    assert (response.headers["Location"], said(response)[-1]) == (reverse("admin:trash"), "It is not in the trash.")


def test_restoring_takes_a_button_and_not_a_link(publisher: Client, member: Member) -> None:
    field = trashed(factories.FieldFactory(), member("superuser"))

    response = publisher.get(reverse("admin:recover", args=["field", field.pk]))

    field.refresh_from_db()
    assert (response.status_code, field.status) == (405, "trashed")


@pytest.mark.parametrize("path", ["nosuch/1", "field/0", f"field/{'9' * 30}", "version/1", "field/abc"])
def test_restoring_what_is_not_there_is_not_found(publisher: Client, path: str) -> None:
    assert publisher.post(f"/admin/trash/{path}/recover/").status_code in (404,)


# Moving there


@pytest.mark.parametrize(
    ("role", "status", "code", "then"),
    [
        ("Editor", "draft", 302, "trashed"),
        ("Editor", "review", 302, "trashed"),
        ("Editor", "published", 403, "published"),
        ("Editor", "withdrawn", 403, "withdrawn"),
        ("Publisher", "published", 302, "trashed"),
        ("Publisher", "withdrawn", 302, "trashed"),
        ("Translator", "draft", 403, "draft"),
    ],
)
def test_what_visitors_have_seen_only_publishers_move_to_the_trash(
    desk: Any, role: str, status: str, code: int, then: str
) -> None:
    field: Any = factories.FieldFactory(status=status)

    response = desk(role).post(address(field, "delete"), {"post": "yes"})

    field.refresh_from_db()
    assert (response.status_code, field.status, Field.objects.count()) == (code, then, 1)


def test_what_was_moved_there_says_so_and_is_undone_in_one_click(publisher: Client) -> None:
    field: Any = factories.FieldFactory()

    response = publisher.post(address(field, "delete"), {"post": "yes"}, follow=True)

    [message] = soup(response).select(".messagelist li")
    assert message.get_text(" ", strip=True) == "1 record was moved to the trash. Undo"
    button: Any = message.select_one("form.undo")
    publisher.post(button["action"])
    field.refresh_from_db()
    assert field.status == "published"


def test_django_s_own_way_of_deleting_many_moves_them_too(publisher: Client) -> None:
    field: Any = factories.FieldFactory()
    request = publisher.get(address(Field, "changelist")).wsgi_request

    admin.site.get_model_admin(Field).delete_queryset(request, Field.objects.all())

    field.refresh_from_db()
    assert field.status == "trashed"


def test_the_confirmation_says_who_refers_to_the_record_and_where_visitors_see_it(publisher: Client) -> None:
    source: Any = factories.SourceFactory(slug="report")
    acme: Any = factories.OrganisationFactory(name_en="Acme", slug="acme", presence_source=source)
    factories.FactFactory(organisation=acme, source=source)
    factories.PersonFactory(organisation__name_en="Bolt", organisation__status="draft", source=source)
    factories.NewsItemFactory(title_en="A new port", sources=[source], slug="a-new-port")
    factories.NewsItemFactory(title_en="In the trash", sources=[source], status="trashed")
    factories.CrossingFactory(facility__name_en="Futian", facility__slug="futian", hours_source=source)
    factories.FieldFactory()

    page = soup(publisher.get(address(source, "delete")))

    found = {
        heading.get_text(strip=True): [
            [(link.get_text(" ", strip=True), link["href"]) for link in item.select("a")]
            for item in heading.find_next("ul").select("li")  # type: ignore[union-attr]
        ]
        for heading in page.select("#content-main h2, #content-main h3")
        if heading.get_text(strip=True) != "Where it will be missed"
    }
    bolt = Organisation.objects.get(name_en="Bolt")
    news = factories.NewsItemFactory._meta.model.objects.get(slug="a-new-port")  # type: ignore[attr-defined]
    crossing = factories.CrossingFactory._meta.model.objects.get()  # type: ignore[attr-defined]
    assert found == {
        "Visitors see it now": [[("/en/sources/report/", "/en/sources/report/")]],
        "Organisations": [
            [("Acme", address(acme, "change")), ("public page : Acme", "/en/organisations/acme/")],
            [("Bolt", address(bolt, "change"))],
        ],
        "News": [[("A new port", address(news, "change")), ("public page : A new port", "/en/news/a-new-port/")]],
        "Crossings": [[("Futian", address(crossing, "change")), ("public page : Futian", "/en/facilities/futian/")]],
    }
    assert "delete" not in page.select("#content-main")[0].get_text().replace("Nothing is deleted before.", "").lower()
    assert [tag["value"] for tag in page.select("#content-main input[type=submit]")] == ["Move to the trash"]


def test_twenty_of_a_kind_are_named_and_the_others_counted(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory()
    factories.NewsItemFactory(fields=[field])
    publisher.get(address(field, "delete"))
    with CaptureQueriesContext(connection) as one:
        publisher.get(address(field, "delete"))
    factories.NewsItemFactory.create_batch(31, fields=[field])

    with CaptureQueriesContext(connection) as many:
        page = soup(publisher.get(address(field, "delete")))

    items = [item.get_text(strip=True) for item in page.select("ul.mentions")[1].select("li")]
    assert (len(items), items[-1], len(many)) == (21, "and 12 more", len(one))


def test_a_record_that_nobody_refers_to_is_missed_nowhere(publisher: Client) -> None:
    page = soup(publisher.get(address(factories.NewsItemFactory(status="draft"), "delete")))

    text = page.select("#content-main")[0].get_text()
    assert ("Nowhere: no other record refers to it." in text, "No: nothing of it is on a public page." in text) == (
        True,
        True,
    )


def test_the_bulk_action_says_who_refers_to_any_of_the_records(publisher: Client) -> None:
    fields = factories.FieldFactory.create_batch(2)
    factories.NewsItemFactory(title_en="A new port", fields=fields)
    given = {"action": "delete_selected", "_selected_action": [one.pk for one in fields], "index": 0, "seen": 0}

    page = soup(publisher.post(address(Field, "changelist"), given))

    assert [item.a.get_text() for item in page.select("ul.mentions")[-1].select("li")] == ["A new port"]  # type: ignore[union-attr]


def test_accounts_are_still_deleted_in_django_s_words() -> None:
    address = reverse("admin:auth_user_delete", args=[User.objects.create_user("leaving").pk])
    client = logged_in(person())

    page = soup(client.post(address, {"confirm-password": PASSWORD, "confirm-opening": "yes"}, follow=True))

    assert page.select("#content input[type=submit]")[-1]["value"] == "Yes, I’m sure"


def test_every_relation_to_a_record_is_known() -> None:
    assert {model._meta.model_name: paths for model, paths in paths_to(Source).items()} == {
        "park": ("sources",),
        "facility": ("sources", "facts__source", "specifications__source"),
        "organisation": ("presence_source", "sources", "facts__source", "people__source"),
        "newsitem": ("sources",),
        "keyfigure": ("sources", "observations__source"),
        "crossing": ("hours_source", "documents_source", "sources"),
        "route": (
            *("frequency_source", "fare_source", "eligibility_source", "trip_source", "sources"),
            *("departures__source", "facts__source"),
        ),
        "holidaycalendar": ("sources",),
    }


# Out of sight


@pytest.mark.parametrize("page", ["change", "delete"])
def test_the_address_of_what_is_in_the_trash_leads_there(publisher: Client, member: Member, page: str) -> None:
    field = trashed(factories.FieldFactory(name_en="Optics"), member("superuser"))

    response = publisher.get(address(field, page))

    assert (response.status_code, response.headers["Location"]) == (302, reverse("admin:trash"))
    assert said(response) == ["“Optics” is in the trash. Restore it to open it."]


@pytest.mark.parametrize("page", ["change", "delete", "history", "compare", "withdraw", "links"])
def test_somebody_without_rights_is_not_told_what_is_in_the_trash(client: Client, page: str) -> None:
    client.force_login(User.objects.create_user("newcomer", is_staff=True))
    where = address(factories.FieldFactory(status=Status.TRASHED), page)
    spellings = [where, re.sub(r"/(\d+)/", r"/+\1/", where), re.sub(r"/\d+/", "/x/", where)]
    assert [client.get(one).status_code for one in spellings] == [403] * 3


def test_what_is_in_the_trash_cannot_be_saved(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory(name_en="Optics")
    form = answers(publisher.get(address(field, "change")))
    trashed(field, member("superuser"))

    response = publisher.post(address(field, "change"), form | {"name_en": "Light"})

    field.refresh_from_db()
    assert (response.headers["Location"], field.name_en) == (reverse("admin:trash"), "Optics")


@pytest.mark.parametrize("key", ["abc", "0", "9" * 30])
def test_what_is_nowhere_is_not_said_to_be_in_the_trash(publisher: Client, key: str) -> None:
    response = publisher.get(f"/admin/zone/field/{key}/change/")

    assert (response.status_code, response.headers["Location"]) == (302, reverse("admin:index"))


def test_nothing_in_the_trash_is_listed_or_found(publisher: Client, member: Member) -> None:
    trashed(factories.SourceFactory(title_original="A new port"), member("superuser"))

    listing = soup(publisher.get(address(Source, "changelist"), {"q": "port", "status__exact": "trashed"}))
    query = {"term": "port", "app_label": "zone", "model_name": "organisation", "field_name": "sources"}
    completed = publisher.get(reverse("admin:autocomplete"), query).json()

    assert (listing.select("#result_list tbody tr"), completed["results"]) == ([], [])


def test_a_record_keeps_its_relation_to_what_is_in_the_trash(publisher: Client, member: Member) -> None:
    source: Any = factories.SourceFactory()
    news: Any = factories.NewsItemFactory(sources=[source], status="draft")
    trashed(source, member("superuser"))

    publisher.post(address(news, "change"), answers(publisher.get(address(news, "change"))))

    assert list(news.sources.all()) == [source]


# The slug


def test_the_slug_of_a_trashed_record_is_refused_with_its_name(member: Member) -> None:
    field = trashed(factories.FieldFactory(name_en="Optics", slug="optics"), member("superuser"))

    with pytest.raises(ValidationError) as refused:
        refuse_trashed_slug(Field, "optics")

    assert refused.value.messages == [
        "“Optics” has this slug and is in the trash. Restore that record, or choose another slug."
    ]
    refuse_trashed_slug(Field, "optics", field.pk)
    refuse_trashed_slug(Source, "optics")
    field.status = Status.DRAFT
    field.save()
    refuse_trashed_slug(Field, "optics")
