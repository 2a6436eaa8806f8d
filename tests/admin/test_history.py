"""The history of a record: its versions in words, restoring one, and comparing two."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.admin.forms import address, soup
from tests.admin.test_pages import NOUNS, with_rows
from tests.conftest import FIXTURES
from zone import workflow
from zone.admin.history import predecessors
from zone.history import Occasion, content_of, draft_of, live_version, record_versions, versions_of
from zone.models import Draft, Field, Version
from zone.models.version import Action

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

NOON = datetime.datetime(2026, 11, 22, 4, tzinfo=datetime.UTC)


def edit(record: Any, by: Any = None, comment: str = "", **fields: Any) -> Any:
    """Save ``record``, or its draft, as an editor does."""
    content = content_of(workflow.current_version(record))
    content = {**content, "fields": {**content["fields"], **fields}}
    return workflow.keep(record, content, Occasion(by=by, comment=comment))


def shown(response: Any) -> list[dict[str, Any]]:
    """Return the versions that a page of the history shows."""
    assert response.status_code == 200
    return [
        {
            "heading": text_of(entry.h2),
            "state": text_of(entry.select_one(".badge")),
            "changes": differences_in(entry),
            "can restore": bool(entry.select("form")),
        }
        for entry in soup(response).select(".version")
    ]


def differences_in(part: Any) -> dict[str, tuple[str, str]]:
    """Return what a table of differences says, by its labels: before and after."""
    rows = part.select(".differences tbody tr")
    return {text_of(row.th): (text_of(row.select("td")[0]), text_of(row.select("td")[1])) for row in rows}


def text_of(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text().split())


def history(client: Client, record: Any, **query: Any) -> Any:
    return client.get(address(record, "history"), query)


def compare(client: Client, record: Any, **query: Any) -> Any:
    return client.get(address(record, "compare"), query)


def restore(client: Client, record: Any, version: Version, **given: Any) -> Any:
    """Press "Restore" in the history as it is now."""
    path = reverse(f"admin:zone_{record._meta.model_name}_restore", args=[record.pk, version.pk])
    newest = versions_of(record).first()
    return client.post(path, {"newest": newest.pk if newest else "", **given})


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


# Which version follows upon which


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], {}),
        ([(1, False, "loaded"), (2, False, "changed")], {1: None, 2: 1}),
        (
            [
                (1, False, "loaded"),
                (2, True, "changed"),
                (3, False, "found"),
                (4, True, "changed"),
                (5, False, "found"),
            ],
            {1: None, 2: 1, 3: 1, 4: 2, 5: 3},
        ),
        (
            [(1, False, "added"), (2, True, "changed"), (3, False, "published"), (4, True, "changed")],
            {1: None, 2: 1, 3: 1, 4: 3},
        ),
        (
            [(1, False, "added"), (2, True, "changed"), (3, True, "discarded"), (4, True, "changed")],
            {1: None, 2: 1, 3: 2, 4: 1},
        ),
        ([(1, True, "changed")], {1: None}),
    ],
)
def test_a_version_is_compared_with_the_one_before_it_in_its_line(steps: Any, expected: Any) -> None:
    assert dict(predecessors(steps)) == expected


# The page


@time_machine.travel(NOON, tick=False)
def test_the_history_says_who_did_what_when_and_what_it_was(publisher: Client, member: Callable[[str], User]) -> None:
    ada = member("Editor")
    ada.first_name, ada.last_name = "Ada", "Lee"
    ada.save()
    record = factories.FieldFactory(name_en="Robotics", name_zh_hans="机器人")
    live_version(record)
    edit(record, ada, "Better.", name_en="Robots", name_zh_hans="机械人")
    workflow.submit(record, Occasion(by=ada))
    workflow.publish(record, Occasion(by=member("Publisher")))

    response = history(publisher, record)

    changes = {
        "Name · English": ("Robotics", "Robots"),
        "Name · 简体中文": ("机器人", "机械人"),
    }
    first, *others = reversed(shown(response))
    assert (first["heading"], first["state"]) == (
        "22 November 2026, 12:00 · a command · found changed in the database",
        "published",
    )
    assert others == [
        {
            "heading": "22 November 2026, 12:00 · Ada Lee · changed",
            "state": "draft: being written",
            "changes": changes,
            "can restore": True,
        },
        {
            "heading": "22 November 2026, 12:00 · Ada Lee · submitted for review",
            "state": "draft: in review",
            "changes": {},
            "can restore": True,
        },
        {
            "heading": "22 November 2026, 12:00 · publisher · published",
            "state": "published",
            "changes": changes,
            "can restore": False,
        },
    ]
    assert [text_of(comment) for comment in soup(response).select(".version-comment")] == ["Better."]
    assert [str(time["datetime"]) for time in soup(response).select(".version time")] == [
        "2026-11-22T12:00:00+08:00"
    ] * 4


def test_texts_are_marked_and_know_their_language(editor: Client) -> None:
    record = factories.FieldFactory(name_zh_hans="机器人学")
    edit(record, name_zh_hans="机械人学")

    marks = soup(history(editor, record)).select_one(".version")
    assert marks is not None
    assert [(tag.name, tag.text) for tag in marks.select("del, ins")] == [("del", "器"), ("ins", "械")]
    assert [tag["lang"] for tag in marks.select("[lang]")] == ["zh-Hans", "zh-Hans"]


def test_a_first_version_shows_what_it_said_when_it_is_opened(editor: Client) -> None:
    record = factories.FieldFactory(name_en="Robotics", name_zh_hans="", name_zh_hant="", slug="robotics")
    live_version(record)
    [entry] = soup(history(editor, record)).select(".version")

    assert not entry.select_one("details[open]")
    assert differences_in(entry) == {
        "Status": ("draft", "published"),
        "Slug": ("—", "robotics"),
        "Last checked on": ("—", "1 November 2026"),
        "Name · English": ("—", "Robotics"),
    }


def test_a_loaded_record_has_a_first_version(editor: Client) -> None:
    call_command("loaddata", *(path for path in FIXTURES if Path(path).stem == "fields"), verbosity=0)
    record: Any = Field.objects.first()

    assert [entry["heading"].partition(" · ")[2] for entry in shown(history(editor, record))] == ["a command · loaded"]


def test_a_record_without_versions_says_so(editor: Client) -> None:
    record = factories.FieldFactory()

    response = history(editor, record)

    assert (shown(response), "Nothing has been recorded yet." in response.content.decode()) == ([], True)


def test_many_changes_are_folded(editor: Client) -> None:
    record = factories.OrganisationFactory()
    names = ("name_en", "name_zh_hans", "name_zh_hant", "summary_en", "short_name")
    edit(record, **dict.fromkeys(names, "Other"))
    edit(record, **dict.fromkeys((*names, "slug", "summary_zh_hans"), "New"))

    entries = soup(history(editor, record)).select(".version")
    assert [bool(entry.select("details.changes[open]")) for entry in entries] == [False, True, False]
    assert text_of(entries[0].summary) == "Slug, Name · English, Name · 简体中文, 4 more"


def test_the_versions_of_a_bulk_action_are_shown(editor: Client, member: Callable[[str], User]) -> None:
    record = factories.FieldFactory(checked_on=None)
    live_version(record)
    Field.objects.update(checked_on=datetime.date(2026, 11, 22))
    record_versions(Field.objects.all(), by=member("Publisher"), action=Action.CHANGED)

    [entry, _first] = shown(history(editor, record))

    assert entry["heading"].partition(" · ")[2] == "publisher · changed"
    assert entry["changes"] == {"Last checked on": ("—", "22 November 2026")}


def test_a_long_history_has_pages(editor: Client) -> None:
    record = factories.FieldFactory(status="draft", name_en="Name")
    for number in range(45):
        edit(record, name_en=f"Name {number}")

    numbers = [len(shown(history(editor, record, p=page))) for page in (1, 2, 3)]
    last = shown(history(editor, record, p=3))

    assert numbers == [20, 20, 6]
    assert last[-2]["changes"] == {"Name · English": ("Name", "Name 0")}
    assert [link.text for link in soup(history(editor, record, p=2)).select(".paginator a")] == ["1", "3"]


@pytest.mark.parametrize("page", ["0", "99", "x", "-1", "1e9", ""])
def test_a_page_that_is_not_there_shows_another(editor: Client, page: str) -> None:
    record = factories.FieldFactory(status="draft")
    edit(record, name_en="Other")

    assert len(shown(history(editor, record, p=page))) == 2


def test_the_history_of_a_trashed_record_is_shown_without_restoring(publisher: Client, member: Any) -> None:
    record = factories.FieldFactory(status="draft")
    edit(record, name_en="Other")
    workflow.trash(record, Occasion(by=member("Publisher")))

    entries = shown(history(publisher, record))

    assert [entry["can restore"] for entry in entries] == [False, False, False]
    assert entries[0]["changes"] == {"Status": ("draft", "in the trash")}


@pytest.mark.parametrize("page", ["history", "compare"])
@pytest.mark.parametrize("key", ["4711", "x", "9" * 40, "1%20", "_2Fx"])
def test_a_record_that_is_not_there_is_said_to_be_missing(editor: Client, page: str, key: str) -> None:
    response = editor.get(f"/admin/zone/field/{key}/{page}/")

    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


@pytest.mark.parametrize("page", ["history", "compare"])
def test_who_may_not_see_records_sees_no_history(member: Callable[[str], User], page: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    record = factories.FieldFactory()

    assert client.get(address(record, page)).status_code == 403
    assert Client().get(address(record, page)).status_code == 302


def test_nothing_in_the_history_is_taken_for_html(editor: Client, member: Callable[[str], User]) -> None:
    evil = "<script>alert(1)</script><img src=x>"
    user = User.objects.create_user("mallory", first_name=evil)
    park = factories.ParkFactory(name_en=evil)
    record = factories.OrganisationFactory(name_en=evil, parks=[])
    edit(record, user, evil, name_en=f"{evil}!", body_en=f"<p>{evil}</p>", editor_note=evil * 30, parks=[park.pk])
    live, draft = versions_of(record).order_by("pk")

    for response in (
        history(editor, record),
        compare(editor, record),
        compare(editor, record, **{"from": live.pk, "to": draft.pk}),
    ):
        assert "<script>alert" not in response.content.decode()
        assert soup(response).select("#content-main img") == []


@pytest.mark.parametrize("number", [1, 5])
def test_queries_do_not_grow_with_versions_and_fields(superuser: Client, number: int) -> None:
    record = factories.OrganisationFactory(parks=[], sources=[], presence_source=None)
    for _ in range(number):
        keys = [source.pk for source in factories.SourceFactory.create_batch(number)]
        source = factories.SourceFactory().pk
        edit(
            record, sources=keys, presence_source=source, parks=[factories.ParkFactory().pk], body_en=f"<p>{source}</p>"
        )
    last, *_, first = versions_of(record)
    pages = [("history", {}), ("compare", {}), ("compare", {"from": first.pk, "to": last.pk})]
    counts = []
    for page, query in pages:
        with CaptureQueriesContext(connection) as queries:
            superuser.get(address(record, page), query)
        counts.append(len(queries))

    assert counts == [10, 14, 7]


# Restoring


def test_a_version_of_an_unpublished_record_is_restored_at_once(editor: Client, member: Any) -> None:
    record = factories.FieldFactory(status="draft", name_en="First")
    edit(record, name_en="Second")
    first = versions_of(record).last()
    assert first is not None

    response = restore(editor, record, first)

    record.refresh_from_db()
    newest = versions_of(record)[0]
    assert (response.status_code, response["Location"]) == (302, address(record, "change"))
    assert (record.name_en, newest.action, newest.by) == ("First", "restored", member("Editor"))
    assert len(said(response)) == 1


def test_a_version_of_a_published_record_becomes_a_draft(editor: Client) -> None:
    record = factories.FieldFactory(name_en="First")
    first = live_version(record)
    Field.objects.update(name_en="Second")
    record_versions(Field.objects.all())

    restore(editor, record, first)

    record.refresh_from_db()
    draft = draft_of(record)
    assert draft is not None
    assert (record.name_en, draft.version.content["fields"]["name_en"]) == ("Second", "First")


def test_restoring_twice_by_a_double_click_restores_once(editor: Client) -> None:
    record = factories.FieldFactory(status="draft", name_en="First")
    edit(record, name_en="Second")
    newest, first = versions_of(record)

    answers = [restore(editor, record, first, newest=newest.pk) for _ in range(2)]

    assert [response["Location"] for response in answers] == [address(record, "change")] * 2
    assert versions_of(record).count() == 3


@pytest.mark.parametrize("newest", ["old", "", "x"])
def test_a_restore_from_a_stale_page_is_refused(editor: Client, newest: str) -> None:
    record = factories.FieldFactory(status="draft", name_en="First")
    edit(record, name_en="Second")
    second, first = versions_of(record)
    edit(record, name_en="Third")

    response = restore(editor, record, first, newest=second.pk if newest == "old" else newest)

    record.refresh_from_db()
    assert (response["Location"], record.name_en) == (address(record, "history"), "Third")
    assert said(response) == ["The record has been changed since you opened its history. Look at it and restore again."]


def test_a_version_of_another_record_is_out_of_reach(editor: Client) -> None:
    record, other = factories.FieldFactory(name_en="Mine"), factories.FieldFactory(name_en="Theirs")
    source = factories.SourceFactory()
    live_version(record)

    for version in (live_version(other), live_version(source)):
        response = restore(editor, record, version)
        assert response["Location"] == address(record, "history")
        assert set(said(response)) == {"There is no such version of this record."}
    assert draft_of(record) is None


def test_a_version_that_cannot_be_restored_says_why(editor: Client) -> None:
    park = factories.ParkFactory()
    record = factories.FacilityFactory(status="draft", park=park)
    first = live_version(record)
    edit(record, park=factories.ParkFactory().pk)
    park.delete()

    response = restore(editor, record, first)

    [message] = said(response)
    assert response["Location"] == address(record, "history")
    assert message.startswith("This version cannot be restored: something that it needs is gone. Park: ")


@pytest.mark.parametrize(
    ("role", "status"), [("Editor", 302), ("Publisher", 302), ("superuser", 302), ("Translator", 403)]
)
def test_only_who_may_change_a_record_restores_it(desk: Callable[[str], Client], role: str, status: int) -> None:
    record = factories.FieldFactory(status="draft", name_en="First")
    edit(record, name_en="Second")
    first = versions_of(record)[1]

    offered = [entry["can restore"] for entry in shown(history(desk(role), record))]
    response = restore(desk(role), record, first)

    record.refresh_from_db()
    assert (response.status_code, record.name_en) == (status, "First" if status == 302 else "Second")
    assert offered == [False, status == 302]


def test_restoring_takes_a_post_with_a_token(member: Callable[[str], User]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member("Editor"))
    record = factories.FieldFactory(status="draft", name_en="First")
    edit(record, name_en="Second")
    path = reverse("admin:zone_field_restore", args=[record.pk, versions_of(record)[1].pk])

    assert (client.get(path).status_code, client.post(path).status_code) == (405, 403)
    assert client.get("/admin/zone/field/4711/restore/1/").status_code == 405


def test_a_record_in_the_trash_is_not_restored_here(publisher: Client, member: Any) -> None:
    record = factories.FieldFactory(status="draft")
    first = live_version(record)
    workflow.trash(record, Occasion(by=member("Publisher")))

    response = restore(publisher, record, first)

    assert said(response) == ["It is in the trash. Take it out first."]


# Comparing


def test_the_draft_is_compared_with_what_visitors_see(editor: Client, member: Callable[[str], User]) -> None:
    record = factories.OrganisationFactory(name_en="Acme", parks=[])
    with time_machine.travel(NOON, tick=False):
        edit(record, member("Editor"), name_en="Acme Ltd")
    with time_machine.travel(NOON + datetime.timedelta(hours=1), tick=False):
        edit(record, member("Publisher"), name_en="Acme Limited", parks=[factories.ParkFactory(name_en="Park").pk])

    page = soup(compare(editor, record))

    assert {text_of(term): text_of(term.find_next("dd")) for term in page.select("dl.comparison dt")} == {
        "Begun": "22 November 2026, 12:00 · editor",
        "Last written": "22 November 2026, 13:00 · publisher",
        "State": "being written",
    }
    assert differences_in(page) == {"Name · English": ("Acme", "Acme Limited"), "Parks": ("—", "Park")}
    assert [text_of(cell) for cell in page.select(".differences th[scope=col]")] == [
        "Field",
        "Visitors see",
        "The draft",
    ]


def test_a_change_of_the_published_version_is_no_change_of_the_draft(editor: Client) -> None:
    record = factories.FieldFactory(name_en="Robotics", editor_note="")
    edit(record, name_en="Robots")
    Field.objects.update(editor_note="Look again.")

    page = soup(compare(editor, record))

    assert differences_in(page) == {"Name · English": ("Robotics", "Robots")}
    assert page.select("#content-main .errornote") == []


def test_a_contradiction_with_the_published_version_is_said(editor: Client) -> None:
    record = factories.FieldFactory(name_en="Robotics")
    edit(record, name_en="Robots")
    Field.objects.update(name_en="Machines")

    [note] = soup(compare(editor, record)).select("#content-main .errornote")

    assert text_of(note) == (
        "The published version has been changed since, in the same fields: Name · English. "
        "Open the draft and save it to compare them."
    )


@pytest.mark.parametrize(
    ("role", "state", "steps"),
    [
        ("Editor", "draft", ["submit", "discard"]),
        ("Editor", "review", ["discard"]),
        ("Translator", "draft", ["submit"]),
        ("Translator", "review", []),
        ("Publisher", "draft", ["publish", "discard"]),
        ("Publisher", "review", ["publish", "return", "discard"]),
        ("Publisher", "trashed", []),
    ],
)
def test_the_comparison_offers_the_steps_that_the_user_may_take(
    desk: Callable[[str], Client], member: Callable[[str], User], role: str, state: str, steps: list[str]
) -> None:
    record = factories.FieldFactory()
    edit(record, name_en="Other")
    if state == "review":
        workflow.submit(record, Occasion(by=member("Editor")))
    if state == "trashed":
        workflow.trash(record, Occasion(by=member("Publisher")))

    buttons = soup(compare(desk(role), record)).select(".comparison-steps button")

    assert [button["formaction"] for button in buttons] == [
        reverse("admin:zone_field_step", args=[record.pk, step]) for step in steps
    ]


@pytest.mark.parametrize(
    ("language", "names"),
    [("en", "Name · English, Name · 繁體中文"), ("zh-hans", "名称 · English、名称 · 繁體中文")],
)
def test_the_fields_of_a_contradiction_are_listed_in_the_language(editor: Client, language: str, names: str) -> None:
    record = factories.FieldFactory(name_en="Robotics", name_zh_hant="機械")
    edit(record, name_en="Robots", name_zh_hant="機械人")
    Field.objects.update(name_en="Machines", name_zh_hant="機器")

    response = editor.get(address(record, "compare"), headers={"accept-language": language})

    [note] = soup(response).select("#content-main .errornote")
    assert re.findall("[:：] ?(.*?)[.。]", text_of(note)) == [names]


@pytest.mark.parametrize(("view", "selector"), [("compare", ".errornote"), ("change", ".record-problem")])
def test_why_a_draft_did_not_go_live_is_said_with_the_names_of_the_fields(
    editor: Client, view: str, selector: str
) -> None:
    record = factories.OrganisationFactory()
    edit(record, name_en="Other")
    problem = "It cannot be published yet.\nfacts.3.source: This field is required."
    Draft.objects.update(problem=problem)

    [note] = soup(editor.get(address(record, view))).select(f"#content-main {selector}")

    assert text_of(note).removeprefix("It did not go live when its time had come: ") == (
        "It cannot be published yet.Fact 3 · Source: This field is required."
    )


def test_a_scheduled_draft_says_when_it_goes_live(publisher: Client, member: Callable[[str], User]) -> None:
    record = factories.OrganisationFactory()
    with time_machine.travel(NOON, tick=False):
        edit(record, member("Publisher"), name_en="Other", publish_at="2026-12-03T01:00:00+00:00")
        workflow.publish(record, Occasion(by=member("Publisher")))

        page = soup(compare(publisher, record))

    states = [text_of(term.find_next("dd")) for term in page.select("dl.comparison dt") if text_of(term) == "State"]
    assert states == ["scheduled goes live on 3 December 2026, 09:00, Hong Kong time"]


def test_without_a_draft_there_is_nothing_to_compare(editor: Client) -> None:
    record = factories.FieldFactory()

    response = compare(editor, record)

    assert (response.status_code, "It has no draft" in response.content.decode()) == (200, True)
    assert Version.objects.count() == 0


def test_any_two_versions_are_compared(editor: Client) -> None:
    record = factories.FieldFactory(status="draft", name_en="First")
    edit(record, name_en="Second")
    edit(record, name_en="Third")
    third, second, first = versions_of(record)

    forth = compare(editor, record, **{"from": first.pk, "to": third.pk})
    back = compare(editor, record, **{"from": third.pk, "to": second.pk})
    same = compare(editor, record, **{"from": third.pk, "to": third.pk})

    assert differences_in(soup(forth)) == {"Name · English": ("First", "Third")}
    assert differences_in(soup(back)) == {"Name · English": ("Third", "Second")}
    assert (differences_in(soup(same)), "say the same" in same.content.decode()) == ({}, True)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "x", "to": "1"},
        {"from": "other", "to": "other"},
        {"from": ""},
        {"to": "9" * 30},
        {"from": "-1"},
        {"to": "²"},
    ],
)
def test_versions_that_are_not_there_get_a_clear_page(editor: Client, query: dict[str, str]) -> None:
    record, other = factories.FieldFactory(), factories.FieldFactory()
    live_version(record)
    key = str(live_version(other).pk)

    response = editor.get(
        address(record, "compare"), {name: value.replace("other", key) for name, value in query.items()}
    )

    assert (response.status_code, "There is no such version of this record." in response.content.decode()) == (
        404,
        True,
    )


@pytest.mark.parametrize("noun", NOUNS)
def test_every_kind_of_record_has_a_history(superuser: Client, noun: str) -> None:
    record = with_rows(noun)

    edit(record, editor_note="Other")

    assert next(entry["changes"] for entry in shown(history(superuser, record))) == {"Note for editors": ("—", "Other")}
    assert compare(superuser, record).status_code == 200
