"""A reader says that something on a page is wrong."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone, translation

from tests.conftest import Reader
from zone.form_tokens import form_token
from zone.models import Report

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

FORM = "/en/report/"
WRITTEN = {
    "page": "/en/figures/area/",
    "message": "It is 3.89 km², not 3.98.",
    "evidence": "The plan of 2023, page 2",
    "email": "reader@example.org",
    "website": "",
}


def token(language: str = "en") -> str:
    """Return what a form has today."""
    with translation.override(language):
        return form_token()


def send(client: Client, address: str = FORM, headers: Any = None, **values: str) -> Any:
    given = {**WRITTEN, "token": token(address.split("/")[1]), **values}
    return client.post(address, given, headers=headers)


def page(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def errors(response: Any) -> list[str]:
    return [" ".join(error.get_text().split()) for error in page(response).select("main .error")]


def typed(response: Any) -> dict[str, str]:
    whole = page(response)
    form = whole.select_one("main #report-form")
    assert form is not None
    fields = (*form.select("input"), *whole.select("input[form=report-form]"))
    found = {str(field["name"]): str(field["value"]) for field in fields}
    assert found.pop("token") == token()
    return found | {str(area["name"]): area.get_text() for area in form.select("textarea")}


def test_every_page_ends_with_a_form_that_names_it(reader: Reader) -> None:
    for address in ("/zh-hant/", "/en/figures/?q=people", "/en/nosuch/"):
        aside: Any = page(reader.get(address)).select_one("aside.report")
        form = aside.select_one("form")
        language = address.split("/")[1]
        assert (form["method"], form["action"]) == ("post", f"/{language}/report/")
        assert aside.select_one(f"[name=page][form={form['id']}]")["value"] == address.partition("?")[0]
        assert form.select_one("[name=token]")["value"] == token(language)


def test_what_a_reader_sends_is_kept_for_the_editors(reader: Reader) -> None:
    response = send(reader, "/zh-hant/report/")
    assert (response.status_code, response.headers["Location"]) == (302, "/zh-hant/report/thanks/")
    report = Report.objects.get()
    kept = {name: getattr(report, name) for name in ("page", "message", "evidence", "email", "language", "is_closed")}
    assert kept == {
        **{name: value for name, value in WRITTEN.items() if name != "website"},
        "language": "zh-hant",
        "is_closed": False,
    }
    assert reader.get("/zh-hant/report/thanks/").status_code == 200


def test_readers_get_no_cookie_by_sending(reader: Reader) -> None:
    assert not send(reader).cookies
    assert not send(reader, message="").cookies


def test_form_is_taken_from_a_browser_without_cookies() -> None:
    assert send(Client(enforce_csrf_checks=True)).status_code == 302


@pytest.mark.parametrize(
    ("headers", "status", "reports"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 302, 1),
        ({"Sec-Fetch-Site": "none"}, 302, 1),  # A tab that is shown again sends its form again.
        ({"Sec-Fetch-Site": "same-site"}, 403, 0),
        ({"Sec-Fetch-Site": "cross-site"}, 403, 0),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403, 0),
        ({"Origin": "http://testserver"}, 302, 1),
        ({"Origin": "https://www.hetao.example"}, 302, 1),
        ({"Origin": "http://testserver.evil.example"}, 403, 0),
        ({"Origin": "https://evil.example"}, 403, 0),
        ({"Origin": "https://[evil"}, 403, 0),
        ({"Origin": "null"}, 403, 0),
    ],
)
def test_no_other_site_lets_a_reader_send_something(
    reader: Reader, settings: Any, headers: dict[str, str], status: int, reports: int
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.hetao.example"]
    response = send(reader, headers=headers)
    assert (response.status_code, Report.objects.count()) == (status, reports)


OLD = "This form is older than a week, or has not come from a page of ours. Please send it again."


def test_form_that_is_not_from_our_page_comes_back_with_what_was_typed(reader: Reader) -> None:
    for sent in ("", "wapiti", "2026-11-26", "2026-11-26:x", "\0", token("zh-hans"), token()[1:]):
        response = send(reader, token=sent)
        assert (response.status_code, errors(response), typed(response)) == (422, [OLD], WRITTEN)
    assert not Report.objects.exists()


def test_page_may_stay_open_for_a_week(reader: Reader) -> None:
    now = timezone.now()
    read = token()
    with time_machine.travel(now + datetime.timedelta(days=7)):
        assert send(reader, token=read).status_code == 302
    with time_machine.travel(now + datetime.timedelta(days=8)):
        response = send(reader, token=read)
        assert (errors(response), typed(response)) == ([OLD], WRITTEN)


def test_page_that_was_read_before_the_key_was_changed_may_be_sent(reader: Reader, settings: Any) -> None:
    read = token()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    assert token() != read
    assert send(reader, token=read).status_code == 302


def test_robot_is_told_all_that_is_wrong(reader: Reader) -> None:
    for _ in range(5):
        send(reader)
    said = "5 reports have come from your network within an hour. Please send yours later."
    assert errors(send(reader, token="")) == [OLD, said]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"message": "  "}, ["Say what is wrong."]),
        ({"message": "x" * 2001}, ["Ensure this value has at most 2000 characters (it has 2001)."]),
        ({"message": "a\0b"}, ["Null characters are not allowed."]),
        ({"evidence": "x" * 501}, ["Ensure this value has at most 500 characters (it has 501)."]),
        ({"email": "nobody"}, ["Enter a valid email address."]),
        ({"website": "https://spam.example"}, ["Leave this field empty: it is a trap for robots."]),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(
    reader: Reader, values: dict[str, str], expected: list[str]
) -> None:
    response = send(reader, **values)
    assert (response.status_code, errors(response)) == (422, expected)
    assert typed(response) == {**WRITTEN, **values}
    assert not Report.objects.exists()


def test_address_of_the_page_is_only_as_long_as_is_kept(reader: Reader) -> None:
    send(reader, page="/" + "x" * 400)
    assert Report.objects.get().page == "/" + "x" * 299


def test_a_network_address_may_send_five_in_an_hour(reader: Reader) -> None:
    with time_machine.travel(timezone.now(), tick=False) as now:
        assert [send(reader).status_code for _ in range(6)] == [302] * 5 + [422]
        response = send(reader)
        said = "5 reports have come from your network within an hour. Please send yours later."
        assert (errors(response), typed(response)) == ([said], WRITTEN)
        assert send(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302
        now.shift(datetime.timedelta(hours=1, seconds=1))
        assert send(reader).status_code == 302


def test_of_ipv6_a_sender_has_half_of_the_address(reader: Reader) -> None:
    for number in range(5):
        send(Client(REMOTE_ADDR=f"2001:db8:1:2::{number}"))
    answers = [send(Client(REMOTE_ADDR=address)).status_code for address in ("2001:db8:1:2:f::1", "2001:db8:1:3::1")]
    assert answers == [422, 302]


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(reader: Reader) -> None:
    with override_settings(BEHIND_PROXY=True):
        for number in range(6):
            send(reader, headers={"X-Forwarded-For": f"203.0.113.1, 192.0.2.{number}"})
        assert Report.objects.count() == 6
    # Without a proxy the header is the sender's own invention.
    answers = [send(reader, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in range(6)]
    assert answers == [302] * 5 + [422]


def test_a_flood_from_everywhere_ends(reader: Reader) -> None:
    Report.objects.bulk_create(Report(language="en", message="x", sender=str(number)) for number in range(200))
    assert errors(send(reader)) == ["We are getting too many reports at the moment. Please try later."]


def test_network_address_is_not_kept_and_its_code_only_for_a_day(reader: Reader) -> None:
    send(Client(REMOTE_ADDR="192.0.2.7"))
    report = Report.objects.get()
    assert len(report.sender) == 64
    assert "192.0.2.7" not in " ".join(str(value) for value in vars(report).values())
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1, seconds=1)):
        send(reader)
    report.refresh_from_db()
    assert report.sender == ""


def test_old_reports_are_purged_once_they_have_been_dealt_with(capsys: pytest.CaptureFixture[str]) -> None:
    old = timezone.now() - datetime.timedelta(days=91)
    Report.objects.create(language="en", message="old, closed", created_at=old, is_closed=True, sender="x")
    Report.objects.create(language="en", message="old, open", created_at=old, sender="x")
    Report.objects.create(language="en", message="new, closed", is_closed=True, sender="x")
    call_command("purge_reports")
    assert capsys.readouterr().out == "1 deleted; the senders of 2 others forgotten.\n"
    kept = Report.objects.order_by("created_at").values_list("message", "sender")
    assert list(kept) == [("old, open", ""), ("new, closed", "x")]
