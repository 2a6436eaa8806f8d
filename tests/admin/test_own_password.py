"""Whoever has a password that somebody else has chosen gets no further before choosing one."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver, reverse

from tests.admin.forms import errors, soup
from tests.admin.logins import ACCOUNT, DESK, LOGIN, PASSWORD, SECOND_FACTOR, logged_in, person, send, set_up
from tests.admin.test_second_factor import addresses
from zone.models import AuditEntry
from zone.models.audit import Event
from zone.passwords import PasswordHasher, given, is_given

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

CHANGE = reverse("admin:password_change")
OWN = "one that only she knows"


@pytest.fixture
def administrator() -> Client:
    """Return a client at which an administrator has given the password twice."""
    client = logged_in(person())
    client.post(reverse("admin:auth_user_add"), {"confirm-password": PASSWORD, "confirm-opening": "yes"})
    return client


@pytest.fixture
def newcomer() -> User:
    user = person("anne")
    user.password = given(PASSWORD)
    user.save()
    return user


def change(client: Client, new: str = OWN, old: str = PASSWORD) -> Any:
    return client.post(CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})


def test_nothing_of_the_newsroom_opens_to_a_password_of_somebody_else(newcomer: User) -> None:
    [newsroom] = [one for one in get_resolver().url_patterns if getattr(one, "namespace", None) == "admin"]
    closed = {"/" + one for one in addresses(newsroom.url_patterns, "admin/")}  # type: ignore[union-attr]
    closed -= {LOGIN, CHANGE, SECOND_FACTOR, reverse("admin:logout")}
    assert len(closed) > 150
    client = logged_in(newcomer)
    found = {page: client.post(page).headers.get("Location", "").split("?")[0] for page in sorted(closed)}
    assert found == dict.fromkeys(closed, LOGIN)


def test_the_login_leads_to_a_password_of_ones_own_and_then_to_the_desk(newcomer: User) -> None:
    client, elsewhere = logged_in(newcomer), logged_in(newcomer)
    led = client.get(DESK, follow=True)
    assert led.redirect_chain == [(f"{LOGIN}?next={DESK}", 302), (CHANGE, 302)]
    page = soup(led)
    said: Any = page.select_one("#content p")
    assert " ".join(said.text.split()) == (
        "Your password was chosen by somebody else, or shown when the site was set up. "
        "Choose one that only you know: the newsroom opens after that."
    )
    assert (page.select("#nav-sidebar"), len(page.select("#logout-form"))) == ([], 1)

    done = change(client)
    newcomer.refresh_from_db()
    assert (done.headers["Location"], is_given(newcomer), newcomer.check_password(OWN)) == (DESK, False, True)
    assert [client.get(DESK).status_code, elsewhere.get(DESK).status_code] == [200, 302]
    assert AuditEntry.objects.filter(event=Event.PASSWORD_CHANGED, by="anne", subject="anne").count() == 1
    assert "Choose one that only you know" not in client.get(CHANGE).text


def test_the_given_password_cannot_be_kept(newcomer: User) -> None:
    client = logged_in(newcomer)
    assert errors(change(client, PASSWORD)) == {"new_password1": "That is the present password. Choose another one."}
    assert client.get(DESK).status_code == 302


def test_whoever_does_not_choose_can_log_out_and_is_asked_again_at_the_next_login(newcomer: User) -> None:
    client = logged_in(newcomer)
    assert client.post(reverse("admin:logout")).status_code == 200
    assert client.get(CHANGE).headers["Location"] == f"{LOGIN}?next={CHANGE}"
    assert logged_in(newcomer).get(DESK, follow=True).redirect_chain[-1] == (CHANGE, 302)


def test_the_code_is_asked_for_before(newcomer: User, settings: Any) -> None:
    settings.SECOND_FACTOR = True
    client = logged_in(newcomer)
    assert client.get(CHANGE, follow=True).redirect_chain[-1][0].split("?")[0] == SECOND_FACTOR
    set_up(client, newcomer)
    assert client.get(ACCOUNT, follow=True).redirect_chain[-1] == (CHANGE, 302)
    assert (change(client).status_code, client.get(ACCOUNT).status_code) == (302, 200)


def test_a_given_password_stays_one_when_more_is_asked_of_hashes(
    settings: Any, monkeypatch: pytest.MonkeyPatch, newcomer: User
) -> None:
    settings.PASSWORD_HASHERS = ["zone.passwords.PasswordHasher"]
    monkeypatch.setattr(PasswordHasher, "iterations", 1000)
    other = person("other")
    newcomer.password = given(PASSWORD)
    newcomer.save()
    monkeypatch.setattr(PasswordHasher, "iterations", 1001)
    for user in (newcomer, other):
        logged_in(user)
        user.refresh_from_db()
    assert [user.password.split("$")[1] for user in (newcomer, other)] == ["1000", "1001"]
    assert [is_given(user) for user in (newcomer, other)] == [True, False]


def test_wrong_old_passwords_are_counted_along_with_those_of_the_login() -> None:
    with time_machine.travel("2026-11-26 09:00:00+08:00", tick=False) as clock:
        client = logged_in(person())
        assert [change(client, old="wrong").status_code for _ in range(2)] == [200, 200]
        early = [change(client), send("root")]
        said = "Some passwords were wrong, so this one has not been looked at. Wait 1 second, and type it again."
        assert [(one.status_code, one.headers["Retry-After"]) for one in early] == [(429, "1")] * 2
        assert (errors(early[0]), len(soup(early[0]).select("[type=password]"))) == ({"old_password": said}, 3)
        clock.shift(4)
        assert send("root", "wrong").status_code == 200
        clock.shift(4)
        assert change(client, old="wrong").status_code == 200
        clock.shift(4)
        assert (change(client).status_code, User.objects.get().check_password(OWN)) == (302, True)
        clock.shift(4)
        locked, right = change(client, old="wrong"), change(client, old=OWN)
        assert (locked.status_code, locked.headers["Retry-After"], right.status_code) == (429, "900", 429)
        assert [field["name"] for field in soup(locked).select("#content-main input")] == []
        clock.shift(15 * 60 + 1)
        assert change(client, "yet another one of hers", old=OWN).status_code == 302
    assert list(AuditEntry.objects.filter(subject="root").order_by("pk").values_list("event", flat=True)) == [
        Event.LOGGED_IN,
        *[Event.LOGIN_FAILED] * 4,
        Event.PASSWORD_CHANGED,
        *[Event.LOGIN_FAILED, Event.LOCKED],
        Event.PASSWORD_CHANGED,
    ]


def test_the_new_password_tells_nobody_the_old_one() -> None:
    client = logged_in(person())
    wrong = "Your old password was entered incorrectly. Please enter it again."
    assert errors(change(client, PASSWORD, old="wrong")) == {"old_password": wrong}
    assert errors(change(client, "short")) == {
        "new_password1": "This password is too short. It must contain at least 12 characters."
    }


def test_the_page_has_the_head_of_all_pages_and_says_whose_password_it_is() -> None:
    client = logged_in(person())
    tools = [
        [link.get_text(strip=True) for link in soup(client.get(page)).select("#user-tools a")]
        for page in (CHANGE, reverse("admin:account"))
    ]
    assert tools[0] == tools[1] == ["Your account", "View site", "Change password"]
    form = soup(client.get(CHANGE)).select("form input:not([type=hidden])")
    assert [(field.get("autocomplete"), field.get("value")) for field in form if field.get("autocomplete")] == [
        ("username", "root"),
        ("current-password", None),
        ("new-password", None),
        ("new-password", None),
    ]


def test_administrators_give_passwords_to_others_and_choose_their_own(administrator: Client) -> None:
    new = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    administrator.post(reverse("admin:auth_user_add"), {"username": "anne", **new})
    anne = User.objects.get(username="anne")
    password = reverse("admin:auth_user_password_change", args=[anne.pk])
    assert (is_given(anne), send("anne").status_code, anne.last_login) == (True, 200, None)
    anne.is_staff = True
    anne.set_password(OWN)
    anne.save()
    administrator.post(password, {**new, "password1": "for the holidays", "password2": "for the holidays"})
    anne.refresh_from_db()
    assert (is_given(anne), send("anne", "for the holidays").status_code) == (True, 302)
    administrator.post(password, {"usable_password": "false", "unset-password": "yes"})
    anne.refresh_from_db()
    assert (is_given(anne), anne.has_usable_password()) == (False, False)

    root = User.objects.get(username="root")
    own = administrator.post(reverse("admin:auth_user_password_change", args=[root.pk]), new)
    assert (own.status_code, own.headers["Location"]) == (302, CHANGE)


def test_administrators_are_not_told_the_passwords_of_others(administrator: Client) -> None:
    anne = person("anne")
    anne.set_password(OWN)
    anne.save()
    password = reverse("admin:auth_user_password_change", args=[anne.pk])
    tried = [
        administrator.post(password, {"usable_password": "true", "password1": one, "password2": one})
        for one in ("anne at the seaside", OWN)
    ]
    assert [errors(tried[0]), tried[1].status_code] == [
        {"password2": "The password must not contain “anne”, which is in the username."},
        302,
    ]
    anne.refresh_from_db()
    assert (is_given(anne), anne.check_password(OWN)) == (True, True)
