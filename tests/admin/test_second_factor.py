"""The second factor: nothing opens before it is given, and everybody sets it up alone."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests import factories
from tests.admin.forms import soup
from tests.admin.logins import ACCOUNT, DESK, LOGIN, PASSWORD, SECOND_FACTOR, code_of, logged_in, person, send, set_up
from zone.models import AuditEntry, Session
from zone.models.audit import Event

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

CODES = reverse("admin:recovery_codes")
DEVICE = reverse("admin:device")
NINE = datetime.datetime(2026, 11, 26, 1, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def second_factor(settings: Any) -> None:
    settings.SECOND_FACTOR = True


def enrolled(user: User) -> tuple[Client, list[str]]:
    """Return a client at which ``user`` has set up an app just now, and the recovery codes."""
    client = logged_in(user)
    return client, set_up(client, user)


def give(user: User, code: str, client: Client | None = None) -> Any:
    """Log in as ``user``, and send ``code``."""
    client = client or logged_in(user)
    return client.post(SECOND_FACTOR, {"code": code, "next": DESK})


def opens(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def said(response: Any) -> list[str]:
    return [error.text for error in soup(response).select(".errorlist li, .errornote")]


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("event", flat=True))


def addresses(patterns: Any, prefix: str = "") -> Iterator[str]:
    """Yield an address for each page of the newsroom; where it has a variable, of something that may not be there."""
    values = {"slug": "en", "int": "1", "uuid": "00000000-0000-0000-0000-000000000000"}
    for pattern in patterns:
        route = str(getattr(pattern.pattern, "_route", "zone/"))
        for part in [part for part in route.split("/") if part.startswith("<")]:
            kind, colon, _name = part.strip("<>").partition(":")
            route = route.replace(part, values.get(kind, "1") if colon else "1")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + route)
        elif isinstance(pattern, URLPattern):
            yield prefix + route


def test_nothing_of_the_newsroom_opens_to_a_password_alone() -> None:
    [newsroom] = [one for one in get_resolver().url_patterns if getattr(one, "namespace", None) == "admin"]
    assert isinstance(newsroom, URLResolver)
    pages = sorted({"/" + address for address in addresses(newsroom.url_patterns, "admin/")} - {LOGIN, SECOND_FACTOR})
    assert len(pages) > 150
    client = logged_in(person())
    factories.OrganisationFactory(pk=1)
    found: dict[str, set[Any]] = {}
    for page in pages:
        for response in (client.get(page), client.post(page), client.post(page, "{}", content_type="application/json")):
            to = unquote(response.headers.get("Location", "")).split("?")[0]
            found.setdefault(page, set()).add((response.status_code, to))
    closed = {page: {(302, LOGIN)} for page in pages} | {"/admin/logout/": {(302, DESK)}}
    assert found == closed


def test_the_login_leads_to_the_second_factor_and_then_to_where_one_wanted_to_go() -> None:
    user = person()
    enrolled(user)
    client = Client()
    wanted = f"{ACCOUNT}?x=1"
    asked = client.get(wanted)
    sent = client.post(asked.headers["Location"], {"username": "root", "password": PASSWORD, "next": wanted})
    assert (sent.status_code, sent.headers["Location"]) == (302, wanted)
    last = client.get(wanted, follow=True)
    assert [address for address, _status in last.redirect_chain] == [
        "/admin/login/?next=/admin/account/%3Fx%3D1",
        "/admin/second-factor/?next=%2Fadmin%2Faccount%2F%3Fx%3D1",
    ]
    hidden = soup(last).select_one("input[name=next]")
    assert hidden is not None
    assert hidden["value"] == wanted
    before = client.cookies["sessionid"].value
    done = client.post(SECOND_FACTOR, {"code": code_of(user), "next": wanted})
    assert (done.status_code, done.headers["Location"], client.get(wanted).status_code) == (302, wanted, 200)
    assert client.cookies["sessionid"].value != before
    assert Session.objects.filter(session_key=before).count() == 0


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "\\\\evil"]
)
def test_nobody_is_led_to_another_site(elsewhere: str) -> None:
    user = person()
    enrolled(user)
    response = logged_in(user).post(SECOND_FACTOR, {"code": code_of(user), "next": elsewhere})
    assert (response.status_code, response.headers["Location"]) == (302, DESK)


def test_the_first_login_sets_up_an_app() -> None:
    user = person()
    client = logged_in(user)
    page = client.get(SECOND_FACTOR)
    app = TOTPDevice.objects.get()
    secret = soup(page).select_one(".secret").text.replace(" ", "")  # type: ignore[union-attr]
    assert f"secret={secret}" in app.config_url
    assert app.config_url.startswith("otpauth://totp/Hetao%3Aroot?")
    assert len(soup(page).select(".qr-code svg")) == 1
    assert "no-store" in page.headers["Cache-Control"]
    assert soup(client.get(SECOND_FACTOR)).select_one(".secret").text.replace(" ", "") == secret  # type: ignore[union-attr]

    wrong = client.post(SECOND_FACTOR, {"code": "000000"})
    assert said(wrong) == [
        "That code is not right, or it has been used before. Wait for the next one.",
        "Codes are taken again in 1 second.",
    ]
    assert (opens(client), TOTPDevice.objects.get().confirmed) == (False, False)

    codes = set_up(client, user)
    assert (opens(client), TOTPDevice.objects.get().confirmed, len(set(codes))) == (True, True, 10)
    assert client.get(SECOND_FACTOR).headers["Location"] == DESK
    assert events() == [Event.LOGGED_IN, Event.SECOND_FACTOR_SET_UP, Event.RECOVERY_CODES_MADE]


def test_recovery_codes_work_once_and_only_their_digests_are_kept() -> None:
    user = person()
    _client, codes = enrolled(user)
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert kept & {code.replace("-", "") for code in codes} == set()
    assert give(user, codes[0].upper().replace("-", " ")).status_code == 302
    assert said(give(user, codes[0]))[:1] == [
        "That code is not right, or it has been used before. Wait for the next one."
    ]
    assert (StaticToken.objects.count(), events()[-3:]) == (
        9,
        [Event.RECOVERY_CODE_USED, Event.LOGGED_IN, Event.CODE_REFUSED],
    )


def test_a_code_is_taken_once() -> None:
    user = person()
    enrolled(user)
    code = code_of(user)
    assert [give(user, code).status_code, give(user, code).status_code] == [302, 200]


def test_each_wrong_code_makes_the_next_one_wait_longer() -> None:
    user = person()
    enrolled(user)
    with time_machine.travel(NINE, tick=False) as clock:
        client = logged_in(user)
        waits = []
        for seconds in (1, 2, 4, 8):
            waits.append(said(give(user, "000000", client))[1])
            clock.shift(seconds)
        assert waits == [
            "Codes are taken again in 1 second.",
            "Codes are taken again in 2 seconds.",
            "Codes are taken again in 4 seconds.",
            "Codes are taken again in 8 seconds.",
        ]


@pytest.mark.parametrize("code", ["", "0", "1234567", "１２３４５６", "1_2345", "\0", "x" * 50, "-1 000", "<script>"])
def test_what_is_no_code_is_refused(code: str) -> None:
    user = person()
    enrolled(user)
    client = logged_in(user)
    assert (give(user, code, client).status_code, opens(client)) == (200, False)


def test_nobody_gives_the_code_of_another() -> None:
    user, other = person(), person("other")
    enrolled(user)
    _client, codes = enrolled(other)
    assert [give(user, code_of(other)).status_code, give(user, codes[0]).status_code] == [200, 200]


def test_the_second_factor_is_no_way_round_the_first() -> None:
    reader = User.objects.create_user("reader", password=PASSWORD)
    clients = [Client(), Client()]
    clients[1].force_login(reader)
    assert [client.get(SECOND_FACTOR).headers["Location"] for client in clients] == [DESK, DESK]
    assert [client.post(SECOND_FACTOR, {"code": "1"}).status_code for client in clients] == [302, 302]
    assert TOTPDevice.objects.count() == 0


def test_one_goes_back_to_the_login_to_be_somebody_else() -> None:
    client = logged_in(person())
    assert client.post(SECOND_FACTOR, {"leave": "yes"}).headers["Location"] == LOGIN
    assert (client.get(LOGIN).status_code, Session.objects.count()) == (200, 0)


def test_another_app_takes_the_place_of_the_first_and_ends_what_that_had_opened() -> None:
    user = person()
    here, old = enrolled(user)
    elsewhere = logged_in(user)
    give(user, code_of(user), elsewhere)
    assert opens(elsewhere)

    asked = here.get(DEVICE)
    assert len(soup(asked).select(".qr-code")) == 0
    sent = {"confirm-password": PASSWORD, "confirm-code": code_of(user), "confirm-opening": "yes"}
    assert here.post(DEVICE, sent).headers["Location"] == DEVICE
    assert len(soup(here.get(DEVICE)).select(".qr-code")) == 1
    new = [code.text for code in soup(here.post(DEVICE, {"code": code_of(user)})).select(".recovery-codes code")]

    assert (len(new), TOTPDevice.objects.count(), StaticToken.objects.count()) == (10, 1, 10)
    assert [opens(here), opens(elsewhere)] == [True, False]
    assert [give(user, old[0]).status_code, TOTPDevice.objects.get().confirmed] == [200, True]


def codes_in(response: Any) -> list[str]:
    return [code.text for code in soup(response).select(".recovery-codes code")]


def order_of_codes(client: Client) -> dict[str, str]:
    """Return what the button of the account sends that makes new recovery codes."""
    fields = soup(client.get(ACCOUNT)).select(f"form[action='{CODES}'] input[type=hidden]:not([name^=csrf])")
    return {str(field["name"]): str(field["value"]) for field in fields}


def test_new_recovery_codes_replace_the_old_ones_and_cost_password_and_code() -> None:
    user = person()
    client, old = enrolled(user)
    order = order_of_codes(client)
    assert codes_in(client.post(CODES, order)) == []
    wrong = {**order, "confirm-password": PASSWORD, "confirm-code": "000000"}
    assert codes_in(client.post(CODES, wrong)) == []
    right = {**order, "confirm-password": PASSWORD, "confirm-code": code_of(user)}
    new = codes_in(client.post(CODES, right))
    assert (len(new), set(new) & set(old), opens(client)) == (10, set(), True)
    assert [give(user, new[0]).status_code, give(user, old[0]).status_code] == [302, 200]
    assert [client.get(CODES).headers["Location"], client.post(CODES).headers["Location"]] == [ACCOUNT, ACCOUNT]


def first_codes(client: Client, user: User) -> tuple[str, dict[str, str]]:
    client.get(SECOND_FACTOR)
    return SECOND_FACTOR, {"app": str(TOTPDevice.objects.latest("pk").pk), "code": code_of(user)}


def new_codes(client: Client, user: User) -> tuple[str, dict[str, str]]:
    set_up(client, user)
    return CODES, {**order_of_codes(client), "confirm-password": PASSWORD, "confirm-code": code_of(user)}


def codes_of_another_app(client: Client, user: User) -> tuple[str, dict[str, str]]:
    set_up(client, user)
    client.post(DEVICE, {"confirm-password": PASSWORD, "confirm-code": code_of(user), "confirm-opening": "yes"})
    client.get(DEVICE)
    return DEVICE, {"app": str(TOTPDevice.objects.latest("pk").pk), "code": code_of(user)}


@pytest.mark.parametrize("ordered", [first_codes, new_codes, codes_of_another_app])
def test_a_page_of_recovery_codes_that_is_loaded_again_says_that_and_leaves_them_valid(ordered: Any) -> None:
    user = person()
    client = logged_in(user)
    page, sent = ordered(client, user)
    codes = codes_in(client.post(page, sent))
    noted = events()
    again = client.post(page, sent)
    assert (len(codes), again.status_code, again.headers["Location"]) == (10, 302, ACCOUNT)
    assert [note.text for note in soup(client.get(ACCOUNT)).select(".messagelist .warning")] == [
        "Recovery codes are shown only once, when they are made. If you have not kept yours, make new ones."
    ]
    assert (events(), give(user, codes[0]).status_code) == (noted, 302)


def test_recovery_codes_say_whose_they_are_where_and_since_when() -> None:
    with time_machine.travel(NINE, tick=False) as clock:
        user = person()
        client = logged_in(user)
        client.get(SECOND_FACTOR)
        pages = [client.post(SECOND_FACTOR, {"code": code_of(user)})]
        clock.shift(24 * 60 * 60 - 1)
        client = logged_in(user)
        give(user, code_of(user), client)
        order = {**order_of_codes(client), "confirm-password": PASSWORD, "confirm-code": code_of(user)}
        pages.append(client.post(CODES, order))
    of_root = "Recovery codes of root for the Hetao newsroom at testserver"
    whose = [
        f"{of_root}, made on {time} Hong Kong time." for time in ("26 November 2026, 09:00", "27 November 2026, 08:59")
    ]
    assert [page.context["whose"] for page in pages] == whose
    for page, line in zip(pages, whose, strict=True):
        link = soup(page).select_one("a[download]")
        assert link is not None
        file = unquote(str(link["href"])).removeprefix("data:text/plain;charset=utf-8,")
        assert file.splitlines() == [line, "", *codes_in(page)]
        assert [text.text for text in soup(page).select("#content-main strong")] == [line]


def test_an_administrator_takes_the_second_factor_from_somebody_who_has_lost_it() -> None:
    user = person()
    client, _codes = enrolled(user)
    out = io.StringIO()
    call_command("reset_second_factor", "root", stdout=out)
    call_command("reset_second_factor", "root", stdout=out)
    assert out.getvalue().splitlines() == [
        "root has no second factor any more; the next login sets one up.",
        "root had no second factor; the next login sets one up.",
    ]
    assert (opens(client), StaticToken.objects.count()) == (False, 0)
    assert len(soup(logged_in(user).get(SECOND_FACTOR)).select(".qr-code")) == 1
    entries = AuditEntry.objects.filter(event=Event.SECOND_FACTOR_RESET)
    assert list(entries.values_list("by", "subject", "address")) == [("", "root", None)] * 2
    with pytest.raises(CommandError, match=r"^Nobody is called 'nobody'\.$"):
        call_command("reset_second_factor", "nobody")


def test_without_the_setting_a_password_is_enough(settings: Any) -> None:
    settings.SECOND_FACTOR = False
    client = logged_in(person())
    page = soup(client.get(ACCOUNT))
    assert (opens(client), page.select("#second-factor")) == (True, [])
    assert client.get(SECOND_FACTOR).headers["Location"] == DESK


def test_a_form_that_was_left_open_is_told_that_the_login_has_expired() -> None:
    user = person()
    client = logged_in(user)
    record: Any = factories.FieldFactory()
    sent = f'{{"opening": "{"a" * 22}", "object_id": {record.pk}, "data": [["name_en", "Typed"]]}}'
    keep = reverse("admin:zone_field_keep")
    answers = [client.post(keep, sent, content_type="application/json").status_code]
    set_up(client, user)
    answers.append(client.post(keep, sent, content_type="application/json").status_code)
    assert answers == [302, 200]


def test_wrong_passwords_are_counted_before_the_code_is_asked_for() -> None:
    user = person()
    enrolled(user)
    assert [send("root", "wrong").status_code for _ in range(3)] == [200, 200, 429]
