"""What can be done to several records of a list at once: by whom, past nobody's work, and back again."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from bs4 import Tag
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core import mail
from django.db import IntegrityError, OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.admin.forms import Answers, address, answers, soup
from zone import workflow
from zone.admin.actions import ACTIONS
from zone.admin.field import FieldAdmin
from zone.history import Occasion, content_of, draft_of, live_version, versions_of
from zone.models import Field, NewsItem, Version
from zone.models.version import Action

DONE = {
    "publish": "was published",
    "submit": "was submitted for review",
    "send_back": "was returned to its authors",
    "withdraw": "was withdrawn",
    "mark_as_checked": "was marked as checked today",
    "delete_selected": "was moved to the trash",
}
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

Member = Callable[[str], User]
ANSWERS: dict[str, Answers] = {
    "send_back": {"post": "yes", "comment": "Who says so?"},
    "withdraw": {"post": "yes", "reason_en": "It has closed.", "reason_zh_hans": "已关闭。"},
    "delete_selected": {"post": "yes"},
}


def newest() -> int:
    return Version.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def choose(client: Client, action: str, *records: Any, **given: Any) -> HttpResponse:
    """Run an action on records of a list that was loaded just now, with the answers that it asks for."""
    form = {"action": action, "_selected_action": [record.pk for record in records], "index": 0, "seen": newest()}
    path = address(type(records[0]), "changelist")
    return client.post(path, {**form, **ANSWERS.get(action, {}), **given})  # type: ignore[return-value]


def said(response: Any) -> list[str]:
    """Return what the page after the action says, without the button."""
    found = [soup_of(str(message)) for message in get_messages(response.wsgi_request)]
    for message in found:
        for button in message.select("form"):
            button.extract()
    return [message.get_text(" ", strip=True) for message in found]


def soup_of(html: str) -> Tag:
    return soup(HttpResponse(html))


def undo(client: Client, response: Any) -> HttpResponse:
    """Press the button of the message that an action has left."""
    [button] = soup_of(" ".join(map(str, get_messages(response.wsgi_request)))).select("form.undo")
    return client.post(str(button["action"]))  # type: ignore[return-value]


def edited(record: Any, by: User, **fields: Any) -> Any:
    """Let somebody change ``record``, in its draft if it is published."""
    content = content_of(workflow.current_version(record))
    return workflow.keep(record, {**content, "fields": {**content["fields"], **fields}}, Occasion(by=by))


def seen_from_outside() -> list[Any]:
    return list(Field.objects.order_by("pk").values_list("pk", "status", "checked_on", "name_en"))


def state_of(record: Any) -> tuple[str, str]:
    """Return the status of a record and the state of its draft."""
    record.refresh_from_db()
    draft = draft_of(record)
    return record.status, draft.state if draft is not None else ""


# Every action, every role

BEFORE = {
    "publish": ({"status": "draft"}, False, ("draft", "")),
    "publish a draft": ({}, True, ("published", "draft")),
    "submit": ({"status": "draft"}, False, ("draft", "")),
    "submit a draft": ({}, True, ("published", "draft")),
    "send_back": ({"status": "review"}, False, ("review", "")),
    "withdraw": ({}, False, ("published", "")),
    "mark_as_checked": ({"status": "draft"}, False, ("draft", "")),
    "mark_as_checked while it is public": ({}, False, ("published", "")),
    "delete_selected": ({"status": "draft"}, False, ("draft", "")),
    "delete_selected while it is public": ({}, False, ("published", "")),
}
AFTER: dict[str, dict[str, tuple[str, str]]] = {
    "publish": {"Publisher": ("published", "")},
    "publish a draft": {"Publisher": ("published", "")},
    "submit": dict.fromkeys(("Editor", "Publisher", "Translator"), ("review", "")),
    "submit a draft": dict.fromkeys(("Editor", "Publisher", "Translator"), ("published", "review")),
    "send_back": {"Publisher": ("draft", "")},
    "withdraw": {"Publisher": ("withdrawn", "")},
    "mark_as_checked": dict.fromkeys(("Editor", "Publisher"), ("draft", "")),
    "mark_as_checked while it is public": {"Editor": ("published", "draft"), "Publisher": ("published", "")},
    "delete_selected": dict.fromkeys(("Editor", "Publisher"), ("trashed", "")),
    "delete_selected while it is public": {"Publisher": ("trashed", "")},
}


@pytest.mark.parametrize("role", ["Editor", "Publisher", "Translator"])
@pytest.mark.parametrize("case", BEFORE)
def test_an_action_does_what_the_role_may_and_is_undone_in_one_click(
    desk: Any, member: Member, case: str, role: str
) -> None:
    fields, with_draft, before = BEFORE[case]
    action = case.split()[0]
    field: Any = factories.FieldFactory(name_en="Optics", **fields)
    if with_draft:
        edited(field, member("superuser"), name_en="Light")
    allowed = role in AFTER[case]
    outside = seen_from_outside()
    client = desk(role)

    response = choose(client, action, field)

    assert state_of(field) == AFTER[case].get(role, before)
    if not allowed:
        assert seen_from_outside() == outside
        return
    [version] = Version.objects.exclude(batch=None)
    assert (version.by, said(response)) == (member(role), [f"1 record {DONE[action]}."])
    response = undo(client, response)
    assert (state_of(field), seen_from_outside()) == (before, outside)
    assert said(response)[-1] == "1 change was undone."
    assert response.headers["Location"] == address(Field, "changelist")


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("Editor", ["submit", "mark_as_checked", "delete_selected"]),
        ("Publisher", ["publish", "submit", "send_back", "withdraw", "mark_as_checked", "delete_selected"]),
        ("Translator", ["submit"]),
    ],
)
def test_each_role_is_offered_its_actions(desk: Any, role: str, offered: list[str]) -> None:
    factories.FieldFactory()

    response = desk(role).get(address(Field, "changelist"))

    options = [str(option["value"]) for option in soup(response).select("select[name=action] option")]
    assert options[1:] == offered


@pytest.mark.parametrize("action", [action.__name__ for action in ACTIONS])
def test_somebody_without_rights_gets_nothing_done(client: Client, action: str) -> None:
    client.force_login(User.objects.create_user("new", is_staff=True))
    field: Any = factories.FieldFactory(status="review")

    response = choose(client, action, field)

    assert (response.status_code, state_of(field), Version.objects.count()) == (403, ("review", ""), 0)


def test_what_may_not_be_done_is_left_alone_and_named(editor: Client) -> None:
    draft: Any = factories.FieldFactory(status="draft")
    public: Any = factories.FieldFactory(name_en="Optics")

    response = choose(editor, "delete_selected", draft, public)

    assert (state_of(draft), state_of(public)) == (("trashed", ""), ("published", ""))
    assert said(response) == [
        "1 record was moved to the trash.",
        "1 record stays as it is: Optics: You are not allowed to do this.",
    ]


def test_what_breaks_off_has_been_done_to_no_record(publisher: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = factories.FieldFactory(status="draft"), factories.FieldFactory(status="draft")
    publish = workflow.publish

    def break_off(record: Any, occasion: Occasion) -> Any:
        if record.pk == second.pk:
            raise OperationalError("server closed the connection unexpectedly")
        return publish(record, occasion)

    monkeypatch.setattr(workflow, "publish", break_off)
    with pytest.raises(OperationalError):
        choose(publisher, "publish", first, second)
    assert (state_of(first), state_of(second)) == (("draft", ""), ("draft", ""))


def test_what_keeps_a_record_from_being_published_is_said_field_by_field(publisher: Client) -> None:
    news: Any = factories.NewsItemFactory(title_en="A <b>port", status="draft", sources=[], date="2026-13")
    figure: Any = factories.NewsItemFactory(status="draft")

    response = choose(publisher, "publish", news, figure)

    assert (state_of(news), state_of(figure)) == (("draft", ""), ("published", ""))
    assert said(response) == [
        "1 record was published.",
        "1 record stays as it is: A <b>port: Date: “2026-13” is not a date. Write 2024, 2024-06 or 2024-06-13. "
        "A <b>port: Sources: A published record needs at least one source.",
    ]
    assert "A <b>port" not in "".join(str(message) for message in get_messages(response.wsgi_request))  # type: ignore[attr-defined]


def test_what_is_wrong_with_a_row_is_said_with_its_number(publisher: Client) -> None:
    fact: Any = factories.FactFactory(organisation__name_en="Acme", organisation__status="draft", text_en="")

    response = choose(publisher, "publish", fact.organisation)

    assert said(response) == [
        "1 record stays as it is: Acme: Fact 1 · Statement · English: This field cannot be blank."
    ]


def test_no_more_than_twenty_reasons_are_named(publisher: Client) -> None:
    fields = factories.FieldFactory.create_batch(23)

    [message] = said(choose(publisher, "publish", *fields))

    assert message.startswith("23 records stay as they are: Field ")
    assert (message.count("It is published already"), message.endswith("and 3 more")) == (20, True)


def test_an_action_on_many_is_one_batch_and_is_undone_as_one(publisher: Client, member: Member) -> None:
    fields: list[Any] = factories.FieldFactory.create_batch(3, status="draft")

    response = choose(publisher, "publish", *fields)

    batch = Version.objects.exclude(batch=None)
    assert (batch.count(), batch.values("batch").distinct().count(), said(response)) == (
        3,
        1,
        ["3 records were published."],
    )
    edited(fields[1], member("Editor"), name_en="Changed since")
    response = undo(publisher, response)
    assert [state_of(field) for field in fields] == [("draft", ""), ("published", "draft"), ("draft", "")]
    assert said(response)[1:] == [
        "2 changes were undone.",
        "1 record was left as it is, because it was changed since: " + fields[1].name_en,
    ]


PUBLISHED_AND_SCHEDULED = {
    ("en", 1, 2): "1 record was published. 2 records were scheduled and go live later.",
    ("en", 2, 1): "2 records were published. 1 record was scheduled and goes live later.",
    ("en", 0, 2): "2 records were scheduled and go live later.",
    ("zh-hans", 2, 1): "已发布2条记录。 已为1条记录定时，届时上线。",
    ("zh-hant", 2, 1): "已發佈2項紀錄。 已為1項紀錄排程，屆時上線。",
}


@pytest.mark.parametrize(("language", "now", "later"), PUBLISHED_AND_SCHEDULED)
def test_what_only_goes_live_later_is_not_counted_as_published(
    publisher: Client, member: Member, language: str, now: int, later: int
) -> None:
    records: list[Any] = factories.FieldFactory.create_batch(now, status="draft")
    moment = timezone.now() + datetime.timedelta(days=1)
    for number in range(later):  # A record that nobody has seen, and the draft of one that is public.
        if number:
            records.append(edited(factories.FieldFactory(), member("Editor"), publish_at=moment.isoformat()))
        else:
            records.append(factories.FieldFactory(status="draft", publish_at=moment))
    publisher.cookies["django_language"] = language

    response = choose(publisher, "publish", *records)

    assert said(response) == [PUBLISHED_AND_SCHEDULED[language, now, later]]
    undo(publisher, response)
    assert [state_of(record)[1] or state_of(record)[0] for record in records] == ["draft"] * (now + later)


# Past nobody's work


@pytest.mark.parametrize("action", [action.__name__ for action in ACTIONS])
def test_what_somebody_else_has_changed_since_the_list_was_loaded_is_left_alone(
    publisher: Client, member: Member, action: str
) -> None:
    mei = member("Editor")
    mei.first_name, mei.last_name = "Mei", "Lin"
    mei.save()
    status = {"send_back": "review", "withdraw": "published"}.get(action, "draft")
    changed: Any = factories.FieldFactory(name_en="Optics", status=status)
    untouched: Any = factories.FieldFactory(status=status)
    seen = newest()
    edited(changed, mei, editor_note="Look")
    before = (state_of(changed), versions_of(changed).count())

    response = choose(publisher, action, changed, untouched, seen=seen)

    assert (state_of(changed), versions_of(changed).count()) == before
    assert said(response) == [
        f"1 record {DONE[action]}.",
        "1 record stays as it is: Optics: changed by Mei Lin since you loaded the list",
    ]


def test_what_i_have_changed_myself_since_is_no_obstacle(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory(status="draft")
    seen = newest()
    edited(field, member("Publisher"), editor_note="Mine")

    choose(publisher, "publish", field, seen=seen)

    assert state_of(field) == ("published", "")


def test_what_a_command_has_changed_since_is_left_alone(publisher: Client) -> None:
    field: Any = factories.FieldFactory(name_en="Optics", status="draft")
    live_version(field)
    seen = newest()
    Field.objects.update(editor_note="Loaded")
    live_version(field)

    response = choose(publisher, "publish", field, seen=seen)

    assert said(response) == ["1 record stays as it is: Optics: changed by a command since you loaded the list"]


@pytest.mark.parametrize("seen", ["", "abc", "-1", "1.5", "9" * 40, "٣"])
@pytest.mark.parametrize("action", [action.__name__ for action in ACTIONS])
def test_without_knowing_when_the_list_was_loaded_nothing_is_done(publisher: Client, action: str, seen: str) -> None:
    field: Any = factories.FieldFactory(status="review")

    response = choose(publisher, action, field, seen=seen)

    assert (state_of(field), Version.objects.count()) == (("review", ""), 0)
    assert said(response) == ["Nothing was done: it is not known when the list was loaded. Please choose again."]


def test_the_list_carries_the_newest_version(publisher: Client, member: Member) -> None:
    edited(factories.FieldFactory(), member("Editor"))

    page = soup(publisher.get(address(Field, "changelist")))

    assert [field["value"] for field in page.select("#changelist-form input[name=seen]")] == [str(newest())]


def test_a_record_that_left_the_list_is_counted(publisher: Client, member: Member) -> None:
    gone: Any = factories.FieldFactory(status="review")
    here: Any = factories.FieldFactory(status="review")
    seen = newest()
    workflow.publish(gone, Occasion(by=member("superuser")))
    path = address(Field, "changelist") + "?status__exact=review"
    form = {"action": "publish", "_selected_action": [gone.pk, here.pk], "index": 0, "seen": seen}

    response = publisher.post(path, form)

    assert (state_of(here), said(response)[1:]) == (
        ("published", ""),
        ["1 record is no longer in this list, and was left alone: somebody has changed it since."],
    )


@pytest.mark.parametrize("key", ["abc", "", "9" * 30, "-1"])
def test_a_forged_record_does_no_harm(publisher: Client, key: str) -> None:
    field: Any = factories.FieldFactory(status="draft")

    form = {"action": "publish", "_selected_action": [key, str(field.pk)], "index": 0, "seen": 0}
    response = publisher.post(address(Field, "changelist"), form)

    assert response.status_code == 302


def test_a_double_click_changes_once(publisher: Client) -> None:
    field: Any = factories.FieldFactory(status="draft")
    seen = newest()

    choose(publisher, "publish", field, seen=seen)
    choose(publisher, "publish", field, seen=seen)

    assert [version.action for version in versions_of(field)] == [Action.PUBLISHED, Action.FOUND]


# Actions that ask


@pytest.mark.parametrize("action", ["send_back", "withdraw", "delete_selected"])
def test_an_action_that_asks_does_nothing_before_the_answer(publisher: Client, action: str) -> None:
    field: Any = factories.FieldFactory(name_en="Optics", status="review")
    path = address(Field, "changelist")
    form = {"action": action, "_selected_action": [field.pk], "index": 0, "seen": newest()}

    response = publisher.post(path, form)

    assert (response.status_code, state_of(field), Version.objects.count()) == (200, ("review", ""), 0)
    assert "Optics" in soup(response).select("#content-main ul.mentions")[0].get_text()
    sent = answers(response)
    del sent["csrfmiddlewaretoken"]
    assert {name: value for name, value in sent.items() if value} == {
        "action": action,
        "index": "0",
        "post": "yes",
        "select_across": "0",
        "seen": "0",
        "_selected_action": str(field.pk),
    }


@pytest.mark.parametrize(
    ("action", "given", "error"),
    [
        ("send_back", {"comment": "  "}, "This field is required."),
        ("withdraw", {"reason_en": "", "reason_zh_hans": " "}, "Say why, in at least one language: readers are told."),
        ("withdraw", {"reason_en": "x" * 301}, "Ensure this value has at most 300 characters (it has 301)."),
    ],
)
def test_an_incomplete_answer_is_asked_for_again(publisher: Client, action: str, given: Answers, error: str) -> None:
    field: Any = factories.FieldFactory()

    response = choose(publisher, action, field, **given)

    assert (response.status_code, state_of(field)) == (200, ("published", ""))
    assert [item.get_text() for item in soup(response).select("ul.errorlist li")] == [error]


def test_the_comment_of_a_return_is_kept_and_sent(publisher: Client, member: Member) -> None:
    author = member("Editor")
    author.email = "mei@example.org"
    author.save()
    field: Any = factories.FieldFactory(status="draft")
    workflow.submit(field, Occasion(by=author))

    choose(publisher, "send_back", field)

    newest_version = versions_of(field).first()
    assert newest_version is not None
    assert (newest_version.action, newest_version.comment) == (Action.RETURNED, "Who says so?")


def test_the_reasons_of_a_withdrawal_are_kept_by_language(publisher: Client) -> None:
    fields: list[Any] = factories.FieldFactory.create_batch(2)

    choose(publisher, "withdraw", *fields)

    assert (
        list(
            Field.objects.values_list(
                "status", "withdrawal_reason_en", "withdrawal_reason_zh_hans", "withdrawal_reason_zh_hant"
            )
        )
        == [("withdrawn", "It has closed.", "已关闭。", "")] * 2
    )


def test_all_records_of_a_list_are_reached_across_its_pages(publisher: Client) -> None:
    fields: list[Any] = factories.FieldFactory.create_batch(3, status="review")

    choose(publisher, "send_back", fields[0], select_across="1")

    assert [state_of(field) for field in fields] == [("draft", "")] * 3


# Marking as checked


def test_a_publisher_checks_what_is_public_at_once_and_the_draft_stays(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory(checked_on=datetime.date(2020, 1, 1), name_en="Optics")
    edited(field, member("Editor"), name_en="Light")

    response = choose(publisher, "mark_as_checked", field)

    today = timezone.localdate()
    draft: Any = draft_of(field)
    field.refresh_from_db()
    assert (field.checked_on, field.name_en, draft.version.content["fields"]["name_en"]) == (today, "Optics", "Light")
    workflow.publish(field, Occasion(by=member("Publisher")))
    field.refresh_from_db()
    assert (field.checked_on, field.name_en) == (today, "Light")
    assert said(response) == ["1 record was marked as checked today."]


def test_undoing_a_check_leaves_the_draft(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory(checked_on=datetime.date(2020, 1, 1), name_en="Optics")
    edited(field, member("Editor"), name_en="Light")

    undo(publisher, choose(publisher, "mark_as_checked", field))

    draft: Any = draft_of(field)
    field.refresh_from_db()
    assert (field.checked_on, field.name_en) == (datetime.date(2020, 1, 1), "Optics")
    assert draft.version.content["fields"]["name_en"] == "Light"


def test_an_editor_checks_what_is_public_in_its_draft(editor: Client) -> None:
    field: Any = factories.FieldFactory(checked_on=datetime.date(2020, 1, 1))

    choose(editor, "mark_as_checked", field)

    draft: Any = draft_of(field)
    field.refresh_from_db()
    assert field.checked_on == datetime.date(2020, 1, 1)
    assert draft.version.content["fields"]["checked_on"] == timezone.localdate().isoformat()


def test_what_was_checked_today_is_not_checked_again(publisher: Client) -> None:
    field: Any = factories.FieldFactory(name_en="Optics")
    choose(publisher, "mark_as_checked", field)

    response = choose(publisher, "mark_as_checked", field)

    assert said(response)[1:] == ["1 record stays as it is: Optics: It was marked as checked today already."]


# Undoing


def test_what_was_trashed_together_comes_back_together(publisher: Client) -> None:
    facts: list[Any] = factories.FactFactory.create_batch(2)

    response = choose(publisher, "delete_selected", *(fact.organisation for fact in facts))

    assert [state_of(fact.organisation) for fact in facts] == [("trashed", "")] * 2
    undo(publisher, response)
    assert [(state_of(fact.organisation), fact.organisation.facts.count()) for fact in facts] == [
        (("published", ""), 1)
    ] * 2


def test_an_undo_is_done_once(publisher: Client) -> None:
    field: Any = factories.FieldFactory(status="draft")
    response = choose(publisher, "publish", field)

    undo(publisher, response)
    again = undo(publisher, response)

    assert (state_of(field), versions_of(field).count()) == (("draft", ""), 3)
    assert said(again)[-1].startswith("1 record was left as it is")


@pytest.mark.parametrize("role", ["Editor", "Translator", "superuser"])
def test_nobody_undoes_what_somebody_else_did(publisher: Client, desk: Any, role: str) -> None:
    field: Any = factories.FieldFactory(status="draft")
    response = choose(publisher, "publish", field)

    other = undo(desk(role), response)

    assert (other.status_code, state_of(field)) == (302, ("published", ""))
    assert said(other) == ["There is nothing that you could undo."]


def test_who_has_lost_the_right_cannot_undo_any_more(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory(status="draft")
    response = choose(publisher, "publish", field)
    member("Publisher").groups.clear()

    assert (undo(publisher, response).status_code, state_of(field)) == (403, ("published", ""))


def test_what_a_record_needs_and_is_gone_keeps_it_from_being_undone(publisher: Client) -> None:
    field: Any = factories.FieldFactory(status="draft")
    response = choose(publisher, "publish", field)
    with patch("zone.admin.undo.undo", side_effect=IntegrityError("FOREIGN KEY constraint failed")):
        again = undo(publisher, response)

    assert (again.status_code, state_of(field)) == (302, ("published", ""))
    assert said(again)[-1] == "Nothing was undone: something that one of the records needs is gone for good."


def test_a_database_that_is_busy_is_not_told_as_something_gone(publisher: Client) -> None:
    response = choose(publisher, "publish", factories.FieldFactory(status="draft"))

    with (
        patch("zone.admin.undo.undo", side_effect=OperationalError("database is locked")),
        pytest.raises(OperationalError),
    ):
        undo(publisher, response)


def test_undoing_takes_a_button_and_not_a_link(publisher: Client) -> None:
    path = reverse("admin:undo", args=[uuid.uuid4()])

    assert (publisher.get(path).status_code, publisher.post(path).status_code) == (405, 302)


def test_the_undo_button_has_a_token_that_is_taken(member: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member("Publisher"))
    field: Any = factories.FieldFactory(status="draft")
    token = answers_of(client)["csrfmiddlewaretoken"]
    form = {"action": "publish", "_selected_action": [field.pk], "index": 0, "seen": 0, "csrfmiddlewaretoken": token}

    response = client.post(address(Field, "changelist"), form, follow=True)

    [button] = soup(response).select(".messagelist form.undo")
    given = {str(one["name"]): str(one["value"]) for one in button.select("input")}
    assert (client.post(str(button["action"]), given).status_code, state_of(field)) == (302, ("draft", ""))


def answers_of(client: Client) -> Answers:
    """Return the hidden fields of the list's form."""
    page = soup(client.get(address(Field, "changelist")))
    return {str(one["name"]): str(one["value"]) for one in page.select("#changelist-form input[type=hidden]")}


# Withdrawing one record


def withdraw_address(record: Any) -> str:
    return f"{address(record, 'change').removesuffix('change/')}withdraw/"


@pytest.mark.parametrize(
    ("role", "code", "status"),
    [
        ("Publisher", 302, "withdrawn"),
        ("superuser", 302, "withdrawn"),
        ("Editor", 403, "published"),
        ("Translator", 403, "published"),
    ],
)
def test_one_record_is_withdrawn_with_a_reason_by_those_who_may(desk: Any, role: str, code: int, status: str) -> None:
    field: Any = factories.FieldFactory()

    response = desk(role).post(withdraw_address(field), {"reason_zh_hant": "已關閉。", "seen": newest()})

    field.refresh_from_db()
    assert (response.status_code, field.status) == (code, status)
    assert field.withdrawal_reason_zh_hant == ("已關閉。" if code == 302 else "")


def test_the_reason_of_a_withdrawal_can_be_changed(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory()
    workflow.withdraw(field, {"en": "It has closed.", "zh-hans": "已关闭。"}, Occasion(by=member("Publisher")))

    form = answers(publisher.get(withdraw_address(field)))
    assert form["reason_zh_hans"] == "已关闭。"
    response = publisher.post(withdraw_address(field), form | {"reason_en": "It has\r\nmoved."})

    field.refresh_from_db()
    assert (response.status_code, field.withdrawal_reason_en, field.withdrawal_reason_zh_hans) == (
        302,
        "It has moved.",
        "已关闭。",
    )


@pytest.mark.parametrize(
    ("status", "given", "error"),
    [
        ("published", {}, "Say why, in at least one language: readers are told."),
        ("draft", {"reason_en": "Wrong"}, "It is not published."),
    ],
)
def test_a_withdrawal_that_cannot_be_says_why(publisher: Client, status: str, given: Answers, error: str) -> None:
    field: Any = factories.FieldFactory(status=status)

    response = publisher.post(withdraw_address(field), {"seen": newest(), **given})

    assert (response.status_code, state_of(field)[0]) == (200, status)
    assert [item.get_text() for item in soup(response).select("ul.errorlist li")] == [error]


def test_nobody_withdraws_past_what_somebody_else_has_just_done(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory()
    seen = newest()
    edited(field, member("Editor"), editor_note="Look")

    response = publisher.post(withdraw_address(field), {"seen": seen, "reason_en": "Wrong"})

    assert (response.status_code, state_of(field)) == (200, ("published", "draft"))
    assert [item.get_text() for item in soup(response).select("ul.errorlist li")] == [
        "Editor has changed the record since you opened this page."
    ]
    assert answers(response)["seen"] == str(newest())


@pytest.mark.parametrize("key", ["abc", "0", "9" * 30])
def test_withdrawing_what_is_not_there_leads_back(publisher: Client, key: str) -> None:
    assert publisher.get(f"/admin/zone/field/{key}/withdraw/").status_code == 302


# Lists


def test_no_list_of_records_can_be_edited_past_the_drafts() -> None:
    class Editable(FieldAdmin):
        list_display: Any = ("slug", "checked_on")
        list_editable = ("checked_on",)

    found = [error.id for error in Editable(Field, admin.site).check()]

    assert (found, FieldAdmin(Field, admin.site).check()) == (["zone.E001"], [])


def column(client: Client, name: str, model: Any = Field, **query: str) -> list[str]:
    page = soup(client.get(address(model, "changelist"), query))
    return [cell.get_text(" ", strip=True) for cell in page.select(f"#result_list .field-{name}")]


def test_the_list_says_which_records_have_a_draft_by_whom_and_since_when(publisher: Client, member: Member) -> None:
    news: list[Any] = [factories.NewsItemFactory(date=f"2026-0{number}-01") for number in (5, 4, 3, 2, 1)]
    for record in news[:4]:
        edited(record, member("Editor"), editor_note="x", publish_at="2099-03-03T01:00:00+00:00")
    workflow.submit(news[1], Occasion(by=member("Editor")))
    workflow.publish(news[2], Occasion(by=member("Publisher")))
    failed: Any = draft_of(news[3])
    failed.problem = "Sources: missing"
    failed.save()
    since = timezone.localdate(failed.started_at).isoformat()

    assert column(publisher, "draft", NewsItem) == [
        f"being written editor, since {since}",
        f"in review editor, since {since}",
        "scheduled 3 March 2099, 09:00",
        f"could not go live editor, since {since}",
        "-",
    ]


@pytest.mark.parametrize(
    ("value", "found"),
    [("yes", "ABCD"), ("review", "B"), ("scheduled", "C"), ("failed", "D"), ("nosuch", "ABCDE"), ("", "ABCDE")],
)
def test_records_are_found_by_their_draft(publisher: Client, member: Member, value: str, found: str) -> None:
    fields: dict[str, Any] = {name: factories.FieldFactory(name_en=name) for name in "ABCDE"}
    for name in "ABCD":
        edited(fields[name], member("Editor"), editor_note="x", publish_at="2099-03-03T01:00:00+00:00")
    workflow.submit(fields["B"], Occasion(by=member("Editor")))
    workflow.publish(fields["C"], Occasion(by=member("Publisher")))
    failed: Any = draft_of(fields["D"])
    failed.problem = "Sources: missing"
    failed.save()

    assert "".join(sorted(column(publisher, "name", draft=value))) == found


def test_the_lists_offer_nothing_of_the_trash(publisher: Client) -> None:
    factories.OrganisationFactory(
        parks=[factories.ParkFactory(name_en="North"), factories.ParkFactory(name_en="South")]
    )
    factories.ParkFactory(name_en="Old", status="trashed")
    factories.OrganisationFactory(status="trashed", parks=[])

    page = soup(publisher.get(address(factories.OrganisationFactory._meta.model, "changelist")))  # type: ignore[attr-defined]

    offered = {
        str(part["data-filter-title"]): [link.get_text(strip=True) for link in part.select("li")]
        for part in page.select("#changelist-filter details")
    }
    assert offered["status"] == ["All", "draft", "in review", "published", "withdrawn"]
    assert offered["parks"] == ["All", "North", "South", "-"]
    assert len(page.select("#result_list tbody tr")) == 1


def test_no_mail_is_sent_for_what_was_refused(publisher: Client) -> None:
    choose(publisher, "publish", factories.FieldFactory())

    assert mail.outbox == []
