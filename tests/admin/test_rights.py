"""Accounts and groups: the password is asked for once more, and the audit trail has what was changed."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from tests.admin.forms import address, answers, form_of, soup
from tests.admin.logins import DESK, PASSWORD, logged_in, person
from zone.models import AuditEntry, Session
from zone.models.audit import Event, Kind

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NINE = datetime.datetime(2026, 11, 26, 1, tzinfo=datetime.UTC)
ADD = reverse("admin:auth_user_add")
TRAIL = reverse("admin:zone_auditentry_changelist")
EXPORT = reverse("admin:zone_auditentry_export")
NEW = "another long password"
ANNE = {"username": "anne", "usable_password": "true", "password1": NEW, "password2": NEW}


def confirm(client: Client, page: str = ADD, password: str = PASSWORD) -> Any:
    return client.post(page, {"confirm-password": password, "confirm-opening": "yes"})


def asks(response: Any) -> bool:
    return bool(soup(response).select("input[name=confirm-password]"))


def opens(client: Client) -> bool:
    return client.get(DESK).status_code == 200


@pytest.fixture
def administrator() -> Client:
    """Return a client at which an administrator has given the password twice."""
    client = logged_in(person())
    assert confirm(client).headers["Location"] == ADD
    AuditEntry.objects.all().delete()
    return client


def test_whoever_could_give_rights_has_them_all() -> None:
    clerk = User.objects.create_user("clerk", password=PASSWORD, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client, chief, group = logged_in(clerk), person("chief"), Group.objects.create(name="Interns")
    pages = [ADD, reverse("admin:auth_group_add"), reverse("admin:auth_user_password_change", args=[chief.pk])]
    pages += [reverse("admin:auth_user_end_sessions", args=[clerk.pk])]
    pages += [address(one, "delete") for one in (chief, clerk, group)]
    for page in pages:
        assert confirm(client, page).status_code in (302, 403)
        assert client.post(page, {**ANNE, "post": "yes"}).status_code == 403, page
    for one in (chief, clerk, group):
        page = address(one, "change")
        assert client.post(page, {"username": "clerk", "name": "x", "is_superuser": "on"}).status_code == 403
        assert not form_of(client.get(page)).select("input:not([type=hidden]), select")
    delete = {"action": "delete_selected", "_selected_action": [chief.pk, clerk.pk], "post": "yes"}
    client.post(address(User, "changelist"), delete)
    assert sorted(User.objects.values_list("username", "is_superuser")) == [("chief", True), ("clerk", False)]


def entries() -> list[tuple[Any, ...]]:
    return list(AuditEntry.objects.order_by("pk").values_list("event", "by", "kind", "subject", "changes"))


def test_rights_open_to_a_password_for_five_minutes() -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        client, user = logged_in(person()), person("other")
        group = Group.objects.create(name="Interns")
        pages = [ADD, reverse("admin:auth_group_add"), reverse("admin:auth_user_password_change", args=[user.pk])]
        pages += [address(one, page) for one in (user, group) for page in ("change", "delete")]
        assert [page for page in pages if not asks(client.get(page))] == []
        lists = [address(model, "changelist") for model in (User, Group)]
        assert [asks(client.get(page)) for page in lists] == [False, False]
        assert asks(confirm(client, password="wrong"))
        before = client.cookies["sessionid"].value
        assert confirm(client).headers["Location"] == ADD
        assert client.cookies["sessionid"].value != before
        clock.shift(5 * 60 - 1)
        assert [page for page in pages if asks(client.get(page))] == []
        clock.shift(1)
        assert [page for page in pages if not asks(client.get(page))] == []


def test_nothing_of_a_form_is_lost_by_being_asked() -> None:
    client = logged_in(person())
    groups = [str(group.pk) for group in Group.objects.all()]
    other = person("other")
    sent = {"username": "Ōther\n<b>", "email": "o@example.org", "groups": groups, "_continue": "Save"}
    asked = client.post(address(other, "change"), sent)
    fields = form_of(asked).select("input[type=hidden]")
    kept = [(field["name"], field["value"]) for field in fields if field["name"] != "csrfmiddlewaretoken"]
    assert kept == [
        ("username", "Ōther\n<b>"),
        ("email", "o@example.org"),
        *[("groups", group) for group in groups],
        ("_continue", "Save"),
    ]
    again = client.post(address(other, "change"), {**sent, "confirm-password": "wrong"})
    assert len(form_of(again).select("input[type=hidden]")) == len(fields)
    assert [error.text for error in soup(again).select(".errornote")] == ["That is not your password."]
    other.refresh_from_db()
    assert (other.email, other.groups.count()) == ("", 0)

    done = client.post(ADD, {**ANNE, "confirm-password": PASSWORD})
    anne = User.objects.get(username="anne")
    assert (done.headers["Location"], anne.check_password(NEW)) == (address(anne, "change"), True)


def test_deleting_from_a_list_asks_too() -> None:
    client, other = logged_in(person()), person("other")
    page = address(User, "changelist")
    sent = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
    assert asks(client.post(page, sent))
    assert User.objects.count() == 2
    client.post(page, {**sent, "confirm-password": PASSWORD})
    assert list(User.objects.values_list("username", flat=True)) == ["root"]


def test_wrong_passwords_are_counted_here_as_well() -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        client = logged_in(person())
        form = {"email": "o@example.org", "confirm-password": PASSWORD}
        page = address(person("other"), "change")
        assert [confirm(client, password="wrong").status_code for _ in range(2)] == [200, 200]
        early = client.post(page, form)
        assert (early.status_code, [error.text for error in soup(early).select(".errornote")]) == (
            429,
            ["Some passwords were wrong, so this one has not been looked at. Wait 1 second, and type it again."],
        )
        found = [early]
        for _ in range(3):
            clock.shift(4)
            found.append(confirm(client, password="wrong"))
        assert [response.status_code for response in found] == [429, 200, 200, 429]
        assert confirm(client).status_code == 429
        for response in (early, client.post(page, form)):
            kept = form_of(response).select("input[type=hidden]")
            assert [(field["name"], field["value"]) for field in kept[1:]] == [("email", "o@example.org")]


def test_whoever_may_not_change_rights_is_not_helped_by_a_password() -> None:
    user = User.objects.create_user("editor", password=PASSWORD, is_staff=True)
    client = logged_in(user)
    confirm(client)
    assert client.get(ADD).status_code == 403


def test_an_administrator_ends_the_sessions_of_an_account(administrator: Client) -> None:
    anne = person("anne")
    page, end = address(anne, "change"), reverse("admin:auth_user_end_sessions", args=[anne.pk])
    first, second, third = (logged_in(anne, REMOTE_ADDR=f"192.0.2.{number}") for number in range(3))
    key = second.cookies["sessionid"].value
    listed = soup(administrator.get(page)).select(".account-sessions button")
    assert [button.text.split(": ")[1].strip() for button in listed] == [
        f"Unknown browser 192.0.2.{number}" for number in (2, 1, 0)
    ]
    assert administrator.post(end, {"session": listed[1]["value"]}).headers["Location"] == page
    assert (key in administrator.get(page).text, opens(second), opens(first)) == (False, False, True)
    administrator.post(end)
    assert [opens(client) for client in (first, second, third, administrator)] == [False, False, False, True]
    shown = soup(administrator.get(page)).select(".account p")
    assert [text.text for text in shown] == ["Nowhere."]
    administrator.post(end)
    assert [entry for entry in entries() if entry[0] == Event.SESSIONS_ENDED] == [
        (Event.SESSIONS_ENDED, "root", Kind.ACCOUNT, "anne", {})
    ] * 2


def test_an_administrator_keeps_the_session_in_which_all_of_ones_own_are_ended(administrator: Client) -> None:
    root = User.objects.get()
    other, end = logged_in(root), reverse("admin:auth_user_end_sessions", args=[root.pk])
    buttons = soup(administrator.get(address(root, "change"))).select(".account button")
    assert [button.text.split(":")[0].strip() for button in buttons] == ["End", "End all others"]
    administrator.post(end)
    assert [opens(administrator), opens(other)] == [True, False]


def test_sessions_of_others_are_ended_by_those_who_may_change_accounts_and_have_given_the_password() -> None:
    anne = person("anne")
    client, end = logged_in(anne), reverse("admin:auth_user_end_sessions", args=[anne.pk])
    administrator = logged_in(person())
    assert asks(administrator.post(end))
    assert asks(administrator.post(end, {"confirm-password": "wrong"}))
    assert (administrator.get(end).status_code, opens(client)) == (405, True)
    assert administrator.post(end, {"confirm-password": PASSWORD}).headers["Location"] == address(anne, "change")
    assert not opens(client)

    client = logged_in(anne)
    viewer = User.objects.create_user("viewer", password=PASSWORD, is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_user"))
    looking = logged_in(viewer)
    assert looking.post(end, {"confirm-password": PASSWORD}).status_code == 403
    page = looking.get(address(anne, "change"))
    assert (soup(page).select(".account"), page.context.get("sessions")) == ([], None)
    assert opens(client)
    for wrong in ("0", "nonsense", "_5Fnothing"):
        nowhere = reverse("admin:auth_user_end_sessions", args=[wrong])
        assert administrator.post(nowhere).status_code == 404


def test_the_page_of_an_account_takes_the_same_queries_with_one_session_and_with_five(
    administrator: Client, django_assert_num_queries: Any
) -> None:
    anne = person("anne")
    logged_in(anne)
    administrator.get(address(anne, "change"))
    for _ in range(2):
        with django_assert_num_queries(11):
            administrator.get(address(anne, "change"))
        for _ in range(4):
            logged_in(anne)


def test_the_trail_says_what_became_of_an_account(administrator: Client) -> None:
    administrator.post(ADD, ANNE)
    anne = User.objects.get(username="anne")
    page = address(anne, "change")
    publishers = Group.objects.get(name="Publisher")
    form = answers(administrator.get(page)) | {"is_staff": "on", "groups": [publishers.pk], "first_name": "Anne"}
    administrator.post(page, form)
    anne.refresh_from_db()
    anne.set_password(NEW)
    anne.save()
    session = Client()
    session.force_login(anne)
    assert session.get(DESK).status_code == 200
    password = reverse("admin:auth_user_password_change", args=[anne.pk])
    administrator.post(password, {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD})
    assert Session.objects.filter(user=anne).count() == 0
    assert session.get(DESK).status_code == 302
    form = answers(administrator.get(page)) | {"groups": []}
    administrator.post(page, form)
    administrator.post(page, answers(administrator.get(page)))
    administrator.post(address(anne, "delete"), {"post": "yes"})

    account = Kind.ACCOUNT
    assert [entry for entry in entries() if entry[0] != Event.LOGGED_IN] == [
        (Event.ADDED, "root", account, "anne", {"username": [None, "anne"], "is_active": [None, True]}),
        (
            *(Event.CHANGED, "root", account, "anne"),
            {"first_name": ["", "Anne"], "is_staff": [False, True], "groups": [[], ["Publisher"]]},
        ),
        (Event.PASSWORD_CHANGED, "root", account, "anne", {}),
        (Event.CHANGED, "root", account, "anne", {"groups": [["Publisher"], []]}),
        (
            *(Event.DELETED, "root", account, "anne"),
            {
                "username": ["anne", None],
                "first_name": ["Anne", None],
                "is_active": [True, None],
                "is_staff": [True, None],
            },
        ),
    ]
    assert set(AuditEntry.objects.filter(by="root").values_list("address", flat=True)) == {"127.0.0.1"}


class Killed(BaseException):
    """Ends what is being done, as when somebody kills the server."""


@pytest.fixture
def killed(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, Any]], None]:
    """Return a function that sends a form to the administrator's page, where nothing gets into the trail."""

    def kill(*_: Any, **__: Any) -> None:
        raise Killed

    def send(page: str, form: dict[str, Any]) -> None:
        monkeypatch.setattr(AuditEntry, "save", kill)
        with pytest.raises(Killed):
            administrator.post(page, form)

    return send


def test_nothing_happens_to_an_account_without_the_trail(killed: Callable[..., None]) -> None:
    anne = User.objects.create_user("anne", password=PASSWORD)
    elsewhere = logged_in(User.objects.get(username="root"))
    killed(reverse("admin:auth_user_password_change", args=[anne.pk]), ANNE)
    killed(reverse("admin:password_change"), {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    killed(reverse("admin:end_sessions"), {})
    killed(address(User, "changelist"), {"action": "delete_selected", "_selected_action": [anne.pk], "post": "yes"})
    assert [user.check_password(PASSWORD) for user in User.objects.all()] == [True, True]
    assert opens(elsewhere)


def test_the_trail_says_what_became_of_a_group(administrator: Client) -> None:
    permission = Permission.objects.get(codename="publish_newsitem")
    other = Permission.objects.get(codename="view_version")
    administrator.post(reverse("admin:auth_group_add"), {"name": "Interns", "permissions": [permission.pk]})
    interns = Group.objects.get(name="Interns")
    administrator.post(address(interns, "change"), {"name": "Guests", "permissions": [other.pk]})
    administrator.post(
        address(Group, "changelist"), {"action": "delete_selected", "_selected_action": [interns.pk], "post": "yes"}
    )
    group, names = Kind.GROUP, [[str(permission)], [str(other)]]
    assert entries() == [
        (Event.ADDED, "root", group, "Interns", {"name": [None, "Interns"], "permissions": [None, names[0]]}),
        (Event.CHANGED, "root", group, "Guests", {"name": ["Interns", "Guests"], "permissions": names}),
        (Event.DELETED, "root", group, "Guests", {"name": ["Guests", None], "permissions": [names[1], None]}),
    ]


def test_the_trail_is_read_by_administrators_and_changed_by_nobody(administrator: Client, publisher: Client) -> None:
    AuditEntry.objects.all().delete()
    entry = AuditEntry.objects.create(event=Event.LOGGED_IN, subject="root")
    pages = [TRAIL, EXPORT, address(entry, "change")]
    assert [administrator.get(page).status_code for page in pages] == [200, 200, 200]
    assert [publisher.get(page).status_code for page in pages] == [403, 403, 403]
    assert [administrator.get(address(entry, "delete")).status_code, administrator.get(f"{TRAIL}add/").status_code] == [
        403,
        403,
    ]
    sent = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    for page in (TRAIL, address(entry, "change"), address(entry, "delete")):
        administrator.post(page, {**sent, "subject": "forged"})
    assert list(AuditEntry.objects.values_list("subject", flat=True)) == ["root"]


@pytest.mark.parametrize("query", ["year=2026", "at__gte=soon"])
def test_export_with_filters_that_make_no_sense_leads_to_the_list(administrator: Client, query: str) -> None:
    answer = administrator.get(f"{EXPORT}?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("admin:zone_auditentry_changelist"))


def test_the_trail_is_told_in_words_and_exported(administrator: Client) -> None:
    changes = {"groups": [["Editor"], ["Editor", "Publisher"]], "is_staff": [False, True], "username": [None, "anne"]}
    with time_machine.travel(NINE, tick=False):
        AuditEntry.objects.create(event=Event.ADDED, by="root", subject="=anne", address="192.0.2.1", changes=changes)
    AuditEntry.objects.create(event=Event.LOCKED, subject="other")
    words = ["Groups: + Publisher", "Staff status: No → Yes", "Username: — → anne"]
    page = soup(administrator.get(TRAIL, {"event": Event.ADDED.value}))
    assert [line.text for line in page.select(".field-changes_column div")] == words
    link = page.select_one(".object-tools a")
    assert link is not None
    assert link["href"] == f"{EXPORT}?event=added"
    exported = administrator.get(str(link["href"])).content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(exported))) == [
        ["When (Hong Kong time)", "What happened", "By", "Kind", "Account or group", "Network address", "Changes"],
        ["2026-11-26 09:00:00", "made", "root", "account", "'=anne", "192.0.2.1", "\n".join(words)],
    ]


def test_the_file_of_the_trail_speaks_the_language_of_the_page_to_a_spreadsheet(administrator: Client) -> None:
    AuditEntry.objects.create(event=Event.LOCKED, subject="＝河套", changes={"is_active": [True, False]})
    file = administrator.get(EXPORT, headers={"accept-language": "zh-hans"}).content
    assert file.startswith("\ufeff".encode())
    assert [row[1:] for row in csv.reader(io.StringIO(file.decode("utf-8-sig")))] == [
        ["事件", "操作人", "类型", "账户或用户组", "网络地址", "变更"],
        ["因密码错误而锁定", "", "账户", "'＝河套", "", "有效: 是 → 否"],
    ]


def test_the_trail_takes_the_same_queries_with_one_and_with_five(
    administrator: Client, django_assert_num_queries: Any
) -> None:
    AuditEntry.objects.create(event=Event.LOGGED_IN, subject="root")
    administrator.get(TRAIL)
    with django_assert_num_queries(7):
        administrator.get(TRAIL)
    for _ in range(4):
        AuditEntry.objects.create(event=Event.LOGGED_IN, subject="root")
    with django_assert_num_queries(7):
        administrator.get(TRAIL)
