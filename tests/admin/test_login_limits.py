"""Wrong passwords: who is locked, for how long, and who is not."""

from __future__ import annotations

import io
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.admin.forms import soup
from tests.admin.logins import person, send
from zone.models import AuditEntry
from zone.models.audit import Event

pytestmark = pytest.mark.django_db

HOME, CAFE = "192.0.2.1", "198.51.100.7"


def tries(count: int, name: str = "root", **request: Any) -> list[int]:
    return [send(name, "wrong", **request).status_code for _ in range(count)]


def test_five_wrong_passwords_lock_the_name_at_this_address_for_a_quarter_of_an_hour() -> None:
    person()
    person("other")
    with time_machine.travel("2026-11-26 09:00:00+08:00", tick=False) as clock:
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


def test_nothing_that_was_typed_is_kept_with_a_failure_and_the_name_no_longer_than_it_counts() -> None:
    person()
    with time_machine.travel("2026-11-26 09:00:00+08:00", tick=False) as clock:
        send("root", "hunter2hunter2", REMOTE_ADDR=HOME)
        attempt = AccessAttempt.objects.get()
        assert (attempt.username, attempt.get_data, attempt.post_data) == ("root", "", "")
        clock.shift(15 * 60 + 1)
        call_command("purge_logins", stdout=io.StringIO())
        assert not AccessAttempt.objects.exists()


def test_the_right_password_forgets_the_wrong_ones_before_it() -> None:
    person()
    assert tries(4) == [200] * 4
    assert send("root").status_code == 302
    assert tries(4) == [200] * 4


def test_another_browser_does_not_get_further_tries() -> None:
    person()
    assert [tries(1, HTTP_USER_AGENT=f"Robot {number}") for number in range(5)] == [[200]] * 4 + [[429]]


def test_many_names_from_one_address_lock_it_and_one_name_does_not(settings: Any) -> None:
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


def test_all_addresses_of_one_network_of_ipv6_count_as_one() -> None:
    person()
    assert [tries(1, REMOTE_ADDR=f"2001:db8:1:2::{number}") for number in range(5)] == [[200]] * 4 + [[429]]
    assert send("root", REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


@pytest.mark.parametrize(
    ("behind_proxy", "statuses"),
    [(True, [302, 429]), (False, [429, 429])],
)
def test_the_address_is_the_one_that_the_proxy_saw(settings: Any, behind_proxy: bool, statuses: list[int]) -> None:
    settings.BEHIND_PROXY = behind_proxy
    person()
    for number in range(5):
        send("root", "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, {HOME}")
    seen = [f"{HOME}, {CAFE}", f"{CAFE}, {HOME}"]
    assert [send("root", HTTP_X_FORWARDED_FOR=header).status_code for header in seen] == statuses


@pytest.mark.parametrize("address", ["", "nonsense", "::ffff:192.0.2.1"])
def test_an_address_that_is_none_gets_an_answer(address: str) -> None:
    person()
    assert tries(5, REMOTE_ADDR=address) == [200] * 4 + [429]


def test_an_administrator_opens_the_lock() -> None:
    person()
    tries(5)
    call_command("axes_reset", verbosity=0)
    assert send("root").status_code == 302


def test_the_trail_has_each_failure_and_one_lock_and_no_name_that_nobody_has() -> None:
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
