"""Wrong passwords: who has to wait or is locked, for how long, and who is not."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.admin.forms import soup
from tests.admin.logins import PASSWORD, person, send
from zone.models import AuditEntry
from zone.models.audit import Event

pytestmark = pytest.mark.django_db

HOME, CAFE = "192.0.2.1", "198.51.100.7"


Tries = Callable[..., list[int]]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-26 09:00:00+08:00", tick=False) as clock:
        yield clock


@pytest.fixture
def tries(clock: time_machine.Traveller) -> Tries:
    """Return a function that sends wrong passwords, each when the pause after the one before is over."""

    def tries(count: int, name: str = "root", **request: Any) -> list[int]:
        answers = []
        for _ in range(count):
            clock.shift(4)
            answers.append(send(name, "wrong", **request).status_code)
        return answers

    return tries


def complaints(response: Any) -> list[str]:
    return [" ".join(note.text.split()) for note in soup(response).select(".errornote")]


def test_from_the_second_wrong_password_on_each_one_doubles_the_pause_before_the_next(
    clock: time_machine.Traveller,
) -> None:
    person()
    assert [send("root", "wrong").status_code for _ in range(2)] == [200, 200]
    for pause in (1, 2, 4):
        early = [send("root", password).status_code for password in ("wrong", PASSWORD)]
        clock.shift(pause - 0.1)
        early.append(send("root").status_code)
        clock.shift(0.1)
        assert (pause, early, send("root", "wrong").status_code) == (pause, [429] * 3, 200 if pause < 4 else 429)
    clock.shift(4)
    assert soup(send("root")).select_one("h1").text == "Too many wrong passwords"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["root", "nobody"])
def test_who_comes_too_early_is_told_so_at_the_form_whether_there_is_such_an_account_or_not(
    clock: time_machine.Traveller, name: str
) -> None:
    person()
    for _ in range(3):
        send(name, "wrong")
        clock.shift(1.5)
    early = send(name)
    said = "Some passwords were wrong, so this one has not been looked at. Wait %s, and type it again."
    assert (early.status_code, early.headers["Retry-After"], early.headers["Cache-Control"]) == (429, "1", "no-store")
    assert complaints(early) == [said % "1 second"]
    typed = soup(early).select("#login-form input:not([type=hidden], [type=submit])")
    assert [(field["name"], field.get("value")) for field in typed] == [("username", name), ("password", None)]
    clock.shift(0.5)
    send(name, "wrong")
    assert complaints(send(name)) == [said % "4 seconds"]


def test_a_pause_holds_for_the_name_at_the_address(clock: time_machine.Traveller) -> None:
    person()
    person("other")
    for _ in range(2):
        send("root", "wrong", REMOTE_ADDR=HOME)
    statuses = [send(name, REMOTE_ADDR=address).status_code for name, address in (("root", HOME), ("other", HOME))]
    assert [*statuses, send("root", REMOTE_ADDR=CAFE).status_code] == [429, 302, 302]
    clock.shift(1)
    assert send("root", REMOTE_ADDR=HOME).status_code == 302
    assert send("root", "wrong", REMOTE_ADDR=HOME).status_code == 200


def test_who_comes_too_early_is_not_counted_and_waits_no_longer_for_it(clock: time_machine.Traveller) -> None:
    person()
    statuses = [send("root", "wrong").status_code for _ in range(20)]
    clock.shift(1)
    assert (statuses, send("root").status_code) == ([200] * 2 + [429] * 18, 302)
    assert list(AuditEntry.objects.order_by("pk").values_list("event", flat=True)) == [
        Event.LOGIN_FAILED,
        Event.LOGIN_FAILED,
        Event.LOGGED_IN,
    ]


def test_a_clock_that_is_put_back_keeps_nobody_waiting(clock: time_machine.Traveller) -> None:
    person()
    for _ in range(2):
        send("root", "wrong")
    clock.shift(-24 * 60 * 60)
    assert send("root").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_passwords_that_come_at_once_after_a_pause_one_is_looked_at(settings: Any) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("The database in memory is not shared by two connections that both write.")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # As slow as that of the site.
    person()
    with time_machine.travel("2026-11-26 09:00:00+08:00", tick=False) as clock:
        for number in range(2):
            send("root", "wrong", HTTP_USER_AGENT=f"Robot {number}")
        clock.shift(1)
        start, statuses = threading.Barrier(4), []

        def guess(number: int) -> None:
            try:
                start.wait()
                statuses.append(send("root", "wrong", HTTP_USER_AGENT=f"Robot {number}").status_code)
            finally:
                connection.close()

        robots = [threading.Thread(target=guess, args=[number]) for number in range(4)]
        for robot in robots:
            robot.start()
        for robot in robots:
            robot.join()
    assert sorted(statuses) == [200, 429, 429, 429]


def test_five_wrong_passwords_lock_the_name_at_this_address_for_a_quarter_of_an_hour(
    clock: time_machine.Traveller, tries: Tries
) -> None:
    person()
    person("other")
    assert tries(5, REMOTE_ADDR=HOME) == [200, 200, 200, 200, 429]
    clock.shift(60)
    locked = send("root", REMOTE_ADDR=HOME)
    assert (locked.status_code, locked.headers["Retry-After"], locked.headers["Cache-Control"]) == (
        429,
        "840",
        "no-store",
    )
    assert soup(locked).select_one("h1").text == "Too many wrong passwords"  # type: ignore[union-attr]
    said = " ".join(soup(locked).select_one("#content-main p").text.split())  # type: ignore[union-attr]
    assert said == (
        "Nobody can log in with this user name from your network until 26 November 2026, 09:15 Hong Kong time, "
        "in 14 min. The right password is not looked at before that."
    )
    assert [send("root", REMOTE_ADDR=CAFE).status_code, send("other", REMOTE_ADDR=HOME).status_code] == [302, 302]
    clock.shift(14 * 60 - 1)
    assert send("root", REMOTE_ADDR=HOME).status_code == 429
    clock.shift(2)
    assert send("root", REMOTE_ADDR=HOME).status_code == 302


def test_nothing_that_was_typed_is_kept_with_a_failure_and_the_name_no_longer_than_it_counts(
    clock: time_machine.Traveller,
) -> None:
    person()
    send("root", "hunter2hunter2", REMOTE_ADDR=HOME)
    attempt = AccessAttempt.objects.get()
    assert (attempt.username, attempt.get_data, attempt.post_data) == ("root", "", "")
    clock.shift(15 * 60 + 1)
    call_command("purge_logins", stdout=io.StringIO())
    assert not AccessAttempt.objects.exists()


def test_the_right_password_forgets_the_wrong_ones_before_it(clock: time_machine.Traveller, tries: Tries) -> None:
    person()
    assert tries(4) == [200] * 4
    clock.shift(4)
    assert send("root").status_code == 302
    assert tries(4) == [200] * 4


def test_another_browser_does_not_get_further_tries(tries: Tries) -> None:
    person()
    assert [tries(1, HTTP_USER_AGENT=f"Robot {number}") for number in range(5)] == [[200]] * 4 + [[429]]


def test_many_names_from_one_address_lock_it_and_one_name_does_not(settings: Any, tries: Tries) -> None:
    settings.LOGIN_FAILURES_OF_AN_ADDRESS = 12
    person()
    tries(40, "typist", REMOTE_ADDR=HOME)
    assert send("root", REMOTE_ADDR=HOME).status_code == 302

    assert [tries(1, f"name{number}", REMOTE_ADDR=HOME) for number in range(7)] == [[200]] * 6 + [[429]]
    locked = send("root", REMOTE_ADDR=HOME)
    said = soup(locked).select_one("#content-main p")
    assert said is not None
    assert (locked.status_code, said.text.split(".")[0].strip()) == (
        429,
        "Too many wrong passwords have come from your network",
    )
    assert send("root", REMOTE_ADDR=CAFE).status_code == 302


def test_all_addresses_of_one_network_of_ipv6_count_as_one(tries: Tries) -> None:
    person()
    assert [tries(1, REMOTE_ADDR=f"2001:db8:1:2::{number}") for number in range(5)] == [[200]] * 4 + [[429]]
    assert send("root", REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


@pytest.mark.parametrize(
    ("behind_proxy", "statuses"),
    [(True, [302, 429]), (False, [429, 429])],
)
def test_the_address_is_the_one_that_the_proxy_saw(
    settings: Any, tries: Tries, behind_proxy: bool, statuses: list[int]
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    person()
    for number in range(5):
        tries(1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, {HOME}")
    seen = [f"{HOME}, {CAFE}", f"{CAFE}, {HOME}"]
    assert [send("root", HTTP_X_FORWARDED_FOR=header).status_code for header in seen] == statuses


@pytest.mark.parametrize("address", ["", "nonsense", "::ffff:192.0.2.1"])
def test_an_address_that_is_none_gets_an_answer(tries: Tries, address: str) -> None:
    person()
    assert tries(5, REMOTE_ADDR=address) == [200] * 4 + [429]


def test_an_administrator_opens_the_lock(tries: Tries) -> None:
    person()
    tries(5)
    call_command("axes_reset", verbosity=0)
    assert send("root").status_code == 302


def test_the_trail_has_each_failure_and_one_lock_and_no_name_that_nobody_has(tries: Tries) -> None:
    person()
    tries(8, REMOTE_ADDR=HOME)
    tries(1, "my secret password", REMOTE_ADDR=CAFE)
    assert list(AuditEntry.objects.order_by("pk").values_list("event", "by", "subject", "address")) == [
        *[(Event.LOGIN_FAILED, "", "root", HOME)] * 5,
        (Event.LOCKED, "", "root", HOME),
        (Event.LOGIN_FAILED, "", "", CAFE),
    ]
    assert AuditEntry.objects.filter(at__gt=timezone.now()).count() == 0


def test_nothing_of_the_login_breaks_on_what_no_name_has() -> None:
    for name in ("", "\0", "x" * 300, "名字", "<script>"):
        assert (name, send(name).status_code) == (name, 200)
    assert Client().post("/admin/login/").status_code == 200
