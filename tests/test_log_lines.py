"""What the log says of requests that go wrong, and that it says nothing of whose they are."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from zone import middleware, readiness
from zone.log_lines import IDENTIFIER, Json, Line
from zone.models import Park

pytestmark = pytest.mark.any_database

PERSONAL = ("siuming", "dementia", "203.0.113.77", "2001:db8::77", "evil.example", "s3cret")
"""A name, a search, addresses, a host and a token, in everything that a request has."""


class Log:
    """Lines that were written since it began."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    @property
    def lines(self) -> list[str]:
        """Return what was written without the times."""
        return [re.sub(r"^[0-9T:.+-]+ ", "", line) for line in self.text.getvalue().splitlines()]

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.getvalue().splitlines()]


@pytest.fixture(params=[Line, Json])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """Return what the loggers of the site write, in one form after the other."""
    log, handler = Log(), logging.StreamHandler()
    handler.setStream(log.text)
    handler.setFormatter(request.param())
    loggers = [logging.getLogger(name) for name in ("", "django", "gunicorn.error")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel("INFO")
    yield log
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a visitor with a name, an address and a search behind him, whom nothing is spared and nothing is slow."""
    monkeypatch.setattr(middleware, "SLOW", 60)
    return Client(
        enforce_csrf_checks=True,
        raise_request_exception=False,
        REMOTE_ADDR="203.0.113.77",
        HTTP_X_FORWARDED_FOR="2001:db8::77",
        HTTP_REFERER="https://evil.example/?q=dementia",
        HTTP_USER_AGENT="siuming's browser",
        HTTP_COOKIE="sessionid=s3cret",
    )


def broken(message: str) -> Any:
    """Return what can be put in the place of a model, and fails when it is asked with all that a view knows."""

    class Broken:
        class objects:  # noqa: N801
            @staticmethod
            def exists() -> bool:
                typed = {"email": "siuming@example.org"}
                try:
                    int(message)
                except ValueError as error:
                    raise KeyError(message, typed) from error
                return True

    return Broken


@pytest.mark.parametrize("log", [Line], indirect=True)
def test_answer_that_is_an_error_is_told_by_its_route(db: None, log: Log, client: Client) -> None:
    client.get("/en/siuming/", {"q": "dementia"})
    client.get("/en/parks/dementia/")
    client.post("/en/?q=dementia", {"email": "siuming@example.org"})
    client.get("/en/preview/s3cret/")
    assert [re.sub(r"\[\w{32}\]", "[…]", line) for line in log.lines] == [
        "WARNING django.request […] - answered with 404",
        "WARNING django.request […] park_detail answered with 404",
        "WARNING django.request […] home answered with 405",
        "WARNING django.request […] preview answered with 404",
    ]


@pytest.mark.parametrize("log", [Line], indirect=True)
def test_what_the_newsroom_refuses_is_told_by_its_route(db: None, log: Log) -> None:
    editor = User.objects.create_user("siuming", "siuming@example.org", "s3cret", is_staff=True)
    client = Client(REMOTE_ADDR="203.0.113.77")
    client.force_login(editor)
    client.get(reverse("admin:zone_newsitem_changelist"), {"q": "dementia"})
    client.post(reverse("admin:zone_newsitem_add"), {"title_en": "dementia"})
    client.get(reverse("admin:zone_auditentry_export"))
    strange = Client(enforce_csrf_checks=True)
    strange.force_login(editor)
    strange.post(reverse("admin:end_sessions"), {"session": "s3cret"})
    told = [re.sub(r"\[\w{32}\]", "[…]", line) for line in log.lines]
    assert [line for line in told if " answered with " in line] == [
        "WARNING django.request […] admin:zone_newsitem_changelist answered with 403",
        "WARNING django.request […] admin:zone_newsitem_add answered with 403",
        "WARNING django.request […] admin:zone_auditentry_export answered with 403",
        "WARNING django.security.csrf […] admin:end_sessions answered with 403",
    ]
    assert [word for word in PERSONAL if word in log.text.getvalue()] == []


def test_no_line_has_anything_of_a_person(
    db: None, log: Log, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    User.objects.create_user("siuming", "siuming@example.org", "s3cret")
    client.get("/en/siuming/", {"q": "dementia"})
    client.get("/en/search/", {"q": "dementia"}, headers={"host": "evil.example"})
    client.post(reverse("admin:login"), {"username": "siuming", "password": "s3cret"})
    client.post(reverse("admin:login"), {"username": "siuming"}, secure=True)
    client.post(reverse("admin:login"), "siuming", content_type="multipart/form-data; boundary=dementia")
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    client.post("/en/report/", {"text": "dementia", "email": "siuming@example.org"})
    monkeypatch.setattr(readiness, "Park", broken("siuming@example.org of 203.0.113.77"))
    client.get("/readyz?q=dementia")
    logger = logging.getLogger("zone.test")
    refused = {"siuming@example.org": (550, b"no siuming here")}
    try:
        raise SMTPRecipientsRefused(refused)
    except OSError:
        logger.exception("An e-mail could not be sent.", extra={"user": "siuming"})
    server = logging.getLogger("gunicorn.error")
    server.warning("Invalid request from ip=203.0.113.77: no siuming")
    server.error("Error handling request %s %s", "GET", "/en/search/?q=dementia")
    text = log.text.getvalue()
    assert [word for word in PERSONAL if word in text] == []
    assert len(re.findall(r"answered with|could not be", text)) >= 8


@pytest.mark.parametrize("log", [Line], indirect=True)
def test_exception_is_told_with_its_frames_and_without_values(
    db: None, log: Log, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "Park", broken("siuming"))
    assert client.get("/readyz").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    lines = log.lines
    assert "ERROR django.request" in lines[0]
    assert [line for line in lines if not line.startswith((" ", "ERROR"))] == [
        "Traceback (most recent call last):",
        "ValueError",
        "which led to:",
        "Traceback (most recent call last):",
        "KeyError",
    ]
    assert "    raise KeyError(message, typed) from error" in lines


@pytest.mark.parametrize("log", [Line], indirect=True)
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AttributeError("'NoneType' object has no attribute 'slug'"), "'NoneType' object has no attribute 'slug'"),
        (OSError(28, "No space left on device", "/media/siuming.jpg"), "No space left on device"),
    ],
)
def test_exception_says_what_is_of_code_and_machine(log: Log, error: Exception, said: str) -> None:
    try:
        raise error
    except Exception:
        logging.getLogger("zone.test").exception("It broke.")
    assert log.lines[-1] == f"{type(error).__name__}: {said}"


@pytest.mark.parametrize("log", [Json], indirect=True)
def test_object_has_nothing_but_what_is_named(db: None, log: Log, client: Client) -> None:
    identifier = client.get("/en/parks/dementia/?q=siuming").headers["X-Request-ID"]
    [said] = log.objects
    assert said.pop("time").endswith("+08:00")
    assert said == {
        "level": "WARNING",
        "logger": "django.request",
        "message": "park_detail answered with 404",
        "request": identifier,
        "route": "park_detail",
        "status": 404,
    }


@pytest.mark.parametrize("log", [Json], indirect=True)
def test_lines_of_a_request_name_it_and_others_do_not(
    db: None, log: Log, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exists() -> bool:
        logging.getLogger("zone.test").error("In it.")
        return True

    monkeypatch.setattr(Park.objects, "exists", exists)
    answers = [client.get("/readyz") for _ in range(2)]
    logging.getLogger("zone.test").error("After it.")
    assert [line["request"] for line in log.objects] == [*(answer.headers["X-Request-ID"] for answer in answers), "-"]
    assert len({line["request"] for line in log.objects}) == 3


@pytest.mark.parametrize("log", [Json], indirect=True)
def test_slow_request_is_told_with_route_and_time(
    db: None, log: Log, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "SLOW", 0)
    client.get("/en/parks/?field=dementia")
    [line] = log.objects
    assert (line["logger"], line["route"], line["seconds"] > 0) == ("zone.middleware", "park_list", True)
    told = re.fullmatch(r"park_list took (\d+\.\d) s", line["message"])
    assert told is not None
    assert float(told[1]) == pytest.approx(line["seconds"], abs=0.051)


@pytest.mark.parametrize(
    ("given", "behind_proxy", "is_believed"),
    [
        ("0123456789abcdef", True, True),
        ("0123456789abcdef", False, False),
        ("short", True, False),
        ("0123456789abcdef\n", True, False),
        ("x" * 65, True, False),
        ("<script>alert(1)</script>", True, False),
    ],
)
def test_identifier_is_believed_of_a_proxy_alone(
    db: None, client: Client, settings: Any, given: str, behind_proxy: bool, is_believed: bool
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    answered = client.get("/healthz", headers={"x-request-id": given}).headers["X-Request-ID"]
    assert (answered == given) == is_believed
    assert IDENTIFIER.fullmatch(answered)


def test_page_for_what_broke_names_the_identifier(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "Park", broken("siuming"))
    answer = client.get("/readyz")
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in answer.content.decode()
    assert "<code>" not in client.get("/en/nothing/").content.decode()
