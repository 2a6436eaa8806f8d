"""Sessions: when they begin and end, and what one's own account tells of them."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.admin.forms import soup
from tests.admin.logins import ACCOUNT, DESK, LOGIN, PASSWORD, logged_in, person, send
from zone.models import AuditEntry, Session
from zone.models.audit import Event
from zone.user_agents import described

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

END = reverse("admin:end_sessions")
NINE = datetime.datetime(2026, 11, 26, 1, tzinfo=datetime.UTC)
HOUR = 60 * 60
ENDED = "You were logged out: a login ends after twelve hours, and when it has not been used for two."
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


def opens(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def writes(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries if re.match("INSERT|UPDATE|DELETE", query["sql"])]


def told_of_the_end(response: Any) -> list[str]:
    return [text.text for text in soup(response).select(".logged-out p:not([hidden])")]


def listed(client: Client) -> list[str]:
    return [" ".join(line.text.split()) for line in soup(client.get(ACCOUNT)).select(".account-sessions > li > div")]


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example/", "/\\evil.example/", "javascript:alert(1)"]
)
def test_the_login_leads_to_the_desk_whoever_would_lead_elsewhere(elsewhere: str) -> None:
    user = person()
    response: Any = Client().post(LOGIN, {"username": user.username, "password": PASSWORD, "next": elsewhere})
    assert (response.status_code, response["Location"]) == (302, DESK)


def test_a_session_ends_when_it_is_not_used_for_two_hours() -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        client = logged_in(person())
        for _ in range(3):
            clock.shift(2 * HOUR - 1)
            assert opens(client)
        clock.shift(2 * HOUR)
        assert not opens(client)


def test_a_session_ends_after_a_working_day_however_busy() -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        client = logged_in(person())
        for _ in range(11):
            clock.shift(HOUR)
            assert opens(client)
        clock.shift(HOUR - 1)
        assert opens(client)
        clock.shift(1)
        assert not opens(client)


@pytest.mark.parametrize("hours", [[2], [1.9] * 6 + [1], [26]])
def test_the_login_says_that_a_session_has_ended_until_somebody_logs_in(hours: list[float]) -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        client = logged_in(person())
        for waited in hours:
            assert opens(client)
            clock.shift(waited * HOUR)
        asked = client.get(ACCOUNT)
        told = [told_of_the_end(client.get(asked.headers["Location"])) for _ in range(2)]
        assert told == [[ENDED], [ENDED]]
        send("root", client=client)
        assert (opens(client), Session.objects.ended().count()) == (True, 1)
        assert told_of_the_end(client.get(LOGIN, {"next": "/admin/nothing/"})) == []


def test_the_login_says_nothing_of_what_did_not_end_because_of_the_time() -> None:
    user = person()
    with time_machine.travel(NINE, tick=False) as clock:
        ended_elsewhere, logged_out = logged_in(user), logged_in(user)
        Session.objects.filter(session_key=ended_elsewhere.cookies["sessionid"].value).delete()
        logged_out.post(reverse("admin:logout"))
        clock.shift(36 * HOUR)
        strange = Client()
        strange.cookies["sessionid"] = "a" * 32
        clients = (ended_elsewhere, logged_out, strange, Client())
        assert [told_of_the_end(client.get(LOGIN)) for client in clients] == [[]] * 4
        assert ended_elsewhere.cookies["sessionid"]["max-age"] == 0


def test_a_browser_names_a_session_for_a_day_after_its_end() -> None:
    with time_machine.travel(NINE, tick=False):
        assert logged_in(person()).cookies["sessionid"]["max-age"] == (12 + 24) * HOUR
        assert Session.objects.get().expire_date == NINE + datetime.timedelta(hours=12)


def test_use_is_written_down_once_a_minute_and_public_pages_do_not_ask() -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        client = logged_in(person())
        found = []
        for seconds in (0, 59, 1, 30, 30):
            clock.shift(seconds)
            with CaptureQueriesContext(connection) as queries:
                client.get(ACCOUNT)
            found.append([sql.split()[:2] for sql in writes(queries)])
        once = [["UPDATE", '"zone_session"']]
        assert found == [[], [], once, [], once]
        clock.shift(HOUR)
        with CaptureQueriesContext(connection) as queries:
            client.get("/en/accessibility/")
        assert [query["sql"] for query in queries if "zone_session" in query["sql"]] == []


@pytest.mark.parametrize(("data", "lasts"), [(None, False), ([["name_en", "Typed"]], True)])
def test_a_form_that_lies_open_is_no_use_and_typing_into_it_is(data: Any, lasts: bool) -> None:
    record: Any = factories.FieldFactory()
    sent = json.dumps({"opening": "a" * 22, "object_id": record.pk, "data": data})
    with time_machine.travel(NINE, tick=False) as clock:
        client = logged_in(person())
        for _ in range(3):
            clock.shift(50 * 60)
            client.post(reverse("admin:zone_field_keep"), sent, content_type="application/json")
        assert opens(client) is lasts


def test_a_login_gets_a_new_key_and_a_logout_ends_the_session() -> None:
    user = person()
    client = logged_in(user)
    first = client.cookies["sessionid"].value
    client.post(LOGIN, {"username": "root", "password": PASSWORD})
    second = client.cookies["sessionid"].value
    assert first != second
    assert list(Session.objects.values_list("session_key", "user")) == [(second, user.pk)]
    left = soup(client.post(reverse("admin:logout"))).select("[data-kept-for]")
    assert [(note["data-kept-for"], note.has_attr("hidden")) for note in left] == [(str(user.pk), True)]
    assert Session.objects.count() == 0
    assert list(AuditEntry.objects.order_by("pk").values_list("event", flat=True)) == [
        Event.LOGGED_IN,
        Event.LOGGED_IN,
        Event.LOGGED_OUT,
    ]


def test_a_changed_password_ends_the_other_sessions() -> None:
    user = person()
    here, elsewhere, somebody = logged_in(user), logged_in(user), logged_in(person("other"))
    new = "another long password"
    sent = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    before = here.cookies["sessionid"].value
    assert here.post(reverse("admin:password_change"), sent).status_code == 302
    assert [opens(here), opens(elsewhere), opens(somebody)] == [True, False, True]
    assert here.cookies["sessionid"].value != before
    assert Session.objects.filter(user=user).count() == 1
    assert AuditEntry.objects.filter(event=Event.PASSWORD_CHANGED, by="root", subject="root").count() == 1


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "This password is too short. It must contain at least 12 characters."),
        ("q1w2e3r4t5y6", "This password is too common."),
        ("annabelel-eel", "The password is too similar to the first name."),
        ("we love annabelle", "The password must not contain “annabelle”, which is in the first name."),
        ("onlysmallletters", None),
    ],
)
def test_passwords_are_long_uncommon_and_not_the_name(password: str, problem: str | None) -> None:
    client = logged_in(person(first_name="annabelle-lee"))
    sent = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    response = client.post(reverse("admin:password_change"), sent)
    assert [error.text for error in soup(response).select(".errorlist li")] == ([problem] if problem else [])


def test_the_account_says_where_one_is_logged_in() -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        user = person()
        logged_in(user, HTTP_USER_AGENT=IPHONE, REMOTE_ADDR="192.0.2.1")
        logged_in(person("other"), HTTP_USER_AGENT=IPHONE)
        clock.shift(30 * 60)
        client = logged_in(user, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="2001:db8::1")
        assert listed(client) == [
            "Firefox on Windows this browser 2001:db8::1 logged in on 26 November 2026, 09:30 "
            "last used on 26 November 2026, 09:30",
            "Safari on iPhone 192.0.2.1 logged in on 26 November 2026, 09:00 last used on 26 November 2026, 09:00",
        ]
        clock.shift(2 * HOUR - 60)
        assert len(listed(client)) == 1


def test_the_account_says_what_was_tried_with_the_name() -> None:
    user = person()
    Client().post(LOGIN, {"username": "root", "password": "wrong"}, REMOTE_ADDR="192.0.2.1")
    Client().post(LOGIN, {"username": "other", "password": "wrong"})
    page = soup(logged_in(user).get(ACCOUNT))
    rows = [[cell.text for cell in row.select("td")][1:] for row in page.select("tbody tr")]
    assert rows == [["Logged in", "127.0.0.1"], ["Wrong user name or password", "192.0.2.1"]]


def test_the_account_says_who_changed_its_password() -> None:
    user = person()
    client = logged_in(user)
    given = {"old_password": PASSWORD, "new_password1": "wombat of the north", "new_password2": "wombat of the north"}
    assert client.post(reverse("admin:password_change"), given, REMOTE_ADDR="192.0.2.1").status_code == 302
    rows = [[cell.text for cell in row.select("td")][1:] for row in soup(client.get(ACCOUNT)).select("tbody tr")]
    assert rows == [["Password changed", "192.0.2.1"], ["Logged in", "127.0.0.1"]]


def test_one_session_is_ended_or_all_others() -> None:
    user = person()
    here, first, second, third = (logged_in(user) for _ in range(4))
    somebody = logged_in(person("other"))
    key = first.cookies["sessionid"].value
    name = Session.objects.get(session_key=key).name
    assert key not in here.get(ACCOUNT).text
    here.post(END, {"session": name})
    assert [opens(client) for client in (here, first, second, third)] == [True, False, True, True]
    here.post(END)
    assert [opens(client) for client in (here, second, third, somebody)] == [True, False, False, True]


@pytest.mark.parametrize("name", ["", "nonsense", "\0"])
def test_nobody_ends_what_is_not_theirs(name: str) -> None:
    somebody = logged_in(person("other"))
    client = logged_in(person())
    others = Session.objects.get(session_key=somebody.cookies["sessionid"].value)
    for chosen in (name, others.name, Session.objects.get(session_key=client.cookies["sessionid"].value).name):
        assert client.post(END, {"session": chosen}).status_code == 302
    assert [opens(client), opens(somebody), Session.objects.count()] == [True, True, 2]
    assert client.get(END).status_code == 405
    # A login leads to where the form was sent.
    assert client.get(END, headers={"sec-fetch-mode": "navigate"}).headers["Location"] == reverse("admin:index")


def test_purging_deletes_what_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        logged_in(person())
        clock.shift(2 * HOUR)
        kept = logged_in(person("other"))
        call_command("purge_logins")
        assert capsys.readouterr().out == "1 sessions, 0 failed logins and 0 entries of the audit trail deleted.\n"
        assert opens(kept)
        clock.shift(366 * 24 * HOUR)
        call_command("purge_logins")
        assert capsys.readouterr().out == "1 sessions, 0 failed logins and 2 entries of the audit trail deleted.\n"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on macOS"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat on Android"),
        ("curl/8.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_are_told_in_words(agent: str, words: str) -> None:
    assert described(agent) == words
