"""Requests that nobody sends by mistake, to every address there is: each gets an answer, and none is a fault of ours.

They follow from a seed, so that what fails fails again. Forms are sent as they were read, with some answers spoilt.
"""

from __future__ import annotations

import io
import random
import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver, path
from django.utils import timezone

from hetao.urls import urlpatterns
from tests.admin.forms import Answers, answers
from tests.security.application import Application
from tests.views.test_leaks import TOMORROW, Zone
from zone.models import PreviewLink, Version
from zone.page_cache import PARAMETERS
from zone.previews import token_of
from zone.search.index import rebuild
from zone.translation import LANGUAGES

pytestmark = pytest.mark.django_db

FOLLOWING = "0123456789abcdef" * 2
"""The token against forged requests, which comes with the cookie and the form."""

TEXTS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "2",
        "1e9",
        "NaN",
        "99999999999999999999",
        "9" * 5000,
        "1.5",
        "０",
        "on",
        "None",
        "null",
    ),
    *("\0", "a\0b", "\ud800", "\ufeff", "\u202e", "\r\nSet-Cookie: a=b", "💥" * 40, "长" * 3000, "a" * 20_000),
    *("'", '"', "';--", "' OR 1=1--", "1) UNION SELECT NULL--", "%", "_%_", "\\", "*", "a AND (", 'a" NEAR "b', "()"),
    *("<script>", "{{ 7*7 }}", "{% debug %}", "%s", "%(a)s", "{0.__class__}", "${7*7}", "../" * 9 + "etc/passwd"),
    *("2026-02-30", "0000-00-00", "9999-12-31T23:59:59Z", "25:61", "2026", "-2026", "10000", "1871..1900"),
    *("[]", "[1", '{"a": NaN}', '{"fields": null}', "[" * 2000, "https://[", "//evil.example", "javascript:a", "a@b"),
    *("heron-news", "heron-facility", "heron-organisation", "zh-hant", "draft", "published", "title", "-pk", "pk"),
)
BYTES = (b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"%", b"%zz", b"\x80" * 20, "长".encode("gb18030"), b"\t;&=&;")
NAMES = (
    *sorted(PARAMETERS),
    *("q", "q", "q", "o", "p", "all", "e", "_popup", "_to_field", "_changelist_filters", "next", "term", "app_label"),
    *("model_name", "field_name", "status__exact", "pk__in", "slug__regex", "sources__isnull", "password__startswith"),
    *(
        "action",
        "_selected_action",
        "select_across",
        "index",
        "_save",
        "_publish",
        "_continue",
        "batch",
        "days",
        "revoke",
    ),
    *("content", "version", "language", "comment", "reason", "csrfmiddlewaretoken", "message", "email", "website"),
)
METHODS = ("GET",) * 6 + ("HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get")
HEADERS: dict[str, Sequence[str]] = {
    "Accept": ("", "*/*", "application/json;q=x", "text/html;q=1e9", ",,,;"),
    "Accept-Encoding": ("", "gzip;q=", "br;q=x, gzip", "br;q=0x", "*;q=0", "identity;q=0, *;q=0", "br" * 500),
    "Accept-Language": ("", "*", "zh-HK", "x" * 600, "zh-Hant;q=nan", "en;q=-1,,;=", "zh_CN.UTF-8@x", "-"),
    "Authorization": ("Basic", "Basic !!!", "Bearer x", "Digest " + "a" * 900),
    "Content-Type": (
        "",
        "text/xml",
        "application/json; charset=nosuch",
        "multipart/form-data; boundary=",
        "a/b; c=\xff",
    ),
    "Cookie": ("a", "sessionid=", "sessionid=../../x", "messages=x", "=;=;", "csrftoken=\xff", "a=b; " * 300),
    "Host": ("evil.example", "testserver:x", "testserver:99999", "", "test_server", "a" * 300, "[::1", "testserver."),
    "HX-Request": ("true", "\xff"),
    "HX-Target": ("results", "x" * 900, "\xff"),
    "If-Modified-Since": ("x", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Foo 9999 99:99:99 GMT", "-1"),
    "If-None-Match": ("*", '"', "W/", '"a", W/"b"', "\xff"),
    "Origin": ("null", "https://evil.example", "x", "http://["),
    "Range": ("bytes=0-", "bytes=9-1", "bytes=-99999999999", "x"),
    "Referer": ("http://[", "x", "http://testserver/en/", "\xff" * 20),
    "X-CSRFToken": ("", "x", FOLLOWING[::-1], "\xff"),
    "X-Forwarded-For": ("x", "1.1.1.1, ::1", "'", "," * 99, "fe80::1%lo"),
    "X-Forwarded-Host": ("evil.example", "\xff"),
    "X-Forwarded-Proto": ("https", "x", "https, http", "\xff"),
}


@dataclass
class Fuzzer:
    """What makes requests out of chance, the addresses of the site and what is there."""

    chance: random.Random
    routes: Sequence[str]
    there: dict[str, Sequence[str]]
    """What a part of an address may be so that it leads somewhere, by its name."""
    people: Sequence[str]
    """The cookies of those who have logged in, and of a visitor, who has none."""
    forms: Sequence[tuple[str, Answers]]

    def request(self) -> dict[str, Any]:
        """Return a request as WSGI says it."""
        if self.forms and self.chance.random() < 0.2:
            return self._form()
        method = self.chance.choice(METHODS)
        body, kind = self._body() if method not in ("GET", "HEAD") else (b"", "")
        return self._environ(method, self._path(), self._query(), body, kind)

    def _form(self) -> dict[str, Any]:
        """Return a form of the newsroom, filled in as it stands there but for some answers."""
        place, given = self.chance.choice(self.forms)
        spoilt = {name: self._text() for name in self.chance.choices(sorted(given), k=3)}
        step = self.chance.choice(("_save", "_publish", "_continue", "_submit", "_return"))
        body = urlencode(given | spoilt | {step: "1"}, doseq=True, errors="surrogatepass").encode()
        return self._environ("POST", place.encode(), b"", body, "application/x-www-form-urlencoded")

    def _environ(self, method: str, place: bytes, query: bytes, body: bytes, kind: str) -> dict[str, Any]:
        said = {name: self.chance.choice(texts) for name, texts in HEADERS.items() if self.chance.random() < 0.06}
        cookie = f"{self.chance.choice(self.people)}; csrftoken={FOLLOWING}"
        headers = {"Cookie": cookie, "X-CSRFToken": FOLLOWING, "Content-Type": kind} | said
        environ = RequestFactory().generic(method, "/").environ
        length = self.chance.choice((str(len(body)),) * 20 + ("", str(len(body) + 9)))
        environ |= {
            "PATH_INFO": place.decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "CONTENT_LENGTH": length,
            "CONTENT_TYPE": headers.pop("Content-Type"),
            "wsgi.input": io.BytesIO(body),
        }
        return environ | {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}

    def _path(self) -> bytes:
        route = self.chance.choice(self.routes)
        filled = re.sub(r"<(?:\w+:)?(\w+)>", self._part, route).encode(errors="surrogatepass")
        if self.chance.random() < 0.05:
            at = self.chance.randint(0, len(filled))
            filled = filled[:at] + self.chance.choice(BYTES) + filled[at:]
        return b"/" + filled

    def _part(self, found: re.Match[str]) -> str:
        if self.chance.random() < 0.75 and (there := self.there.get(found[1])):
            return self.chance.choice(there)
        return self._text()[:300]

    def _text(self) -> str:
        if self.chance.random() < 0.3:
            return "".join(chr(self.chance.randrange(0x3000)) for _ in range(self.chance.randint(0, 12)))
        return self.chance.choice(TEXTS)

    def _query(self) -> bytes:
        if self.chance.random() < 0.1:
            return b"".join(self.chance.choices(BYTES, k=3))
        return self._pairs(self.chance.choice((0, 1, 1, 2, 3)))

    def _pairs(self, count: int) -> bytes:
        pairs = [(self.chance.choice(NAMES), self._text().encode(errors="surrogatepass")) for _ in range(count)]
        if self.chance.random() < 0.1:
            pairs.append((self.chance.choice(NAMES), self.chance.choice(BYTES)))
        return "&".join(f"{name}={quote_from_bytes(value)}" for name, value in pairs).encode()

    def _body(self) -> tuple[bytes, str]:
        fields = self._pairs(self.chance.choice((0, 2, 5, 400)))
        part = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n--x--' % (
            *(self._text().encode(errors="surrogatepass") for _ in range(2)),
            self.chance.choice(BYTES),
        )
        return self.chance.choice(
            (
                (fields, "application/x-www-form-urlencoded"),
                (part, "multipart/form-data; boundary=x"),
                (part[:40], "multipart/form-data; boundary=x"),
                (self._text().encode(errors="surrogatepass"), "application/json"),
            )
        )


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Yield every address that there is, with its parts in angle brackets."""
    for pattern in resolver.url_patterns:
        route = before + re.sub(r"\^|\$|\(\?P(<\w+>)[^)]*\)", r"\1", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


@pytest.fixture
def people() -> list[str]:
    """Return the cookies of a visitor and of one person of each role."""
    cookies = [""]
    for name in ("Editor", "Publisher", "Translator", "chief"):
        user = User.objects.create(username=name, is_staff=True, is_superuser=name == "chief")
        user.groups.set(Group.objects.filter(name=name))
        client = Client()
        client.force_login(user)
        cookies.append("; ".join(f"{cookie.key}={cookie.value}" for cookie in client.cookies.values()))
    return cookies


@pytest.fixture
def fuzzer(people: list[str], request: pytest.FixtureRequest) -> Fuzzer:
    zone = Zone("heron")
    rebuild()
    link = PreviewLink.objects.create(record=zone.news, expires_at=timezone.now() + TOMORROW)
    keys = [str(record.pk) for record in zone.records]
    there = {
        "slug": [record.slug for record in zone.records],
        "object_id": [*keys, "add", "None"],
        "pk": keys,
        "kind": [record.stem for record in zone.records],
        "section": [record.stem for record in zone.records],
        "version_id": [str(version.pk) for version in Version.objects.all()[:3]],
        "step": ["publish", "submit", "return", "withdraw", "discard", "trash", "recover"],
        "language": LANGUAGES,
        "name": ["notices", "departures", "hong-kong"],
        "number": ["1", "2"],
        "token": [token_of(link)],
        "id": ["1", "2"],
        "app_label": ["zone", "auth"],
        "batch": ["00000000-0000-0000-0000-000000000000"],
    }
    client = Client()
    client.force_login(User.objects.get(username="chief"))
    nouns = ["newsitem", "organisation", "facility", "keyfigure", "route", "holidaycalendar"]
    places = [f"/admin/zone/{noun}/add/" for noun in nouns] + [
        "/admin/auth/user/1/change/",
        "/admin/zone/redirect/add/",
    ]
    places += [f"/admin/zone/{type(one)._meta.model_name}/{one.pk}/change/" for one in (zone.news, zone.figure)]
    forms = [(place, answers(answer)) for place in places if (answer := client.get(place)).status_code == HTTPStatus.OK]
    return Fuzzer(random.Random(7), sorted(set(routes(get_resolver()))), there, people, forms)  # noqa: S311


@contextmanager
def faults() -> Iterator[list[str]]:
    """Yield what goes wrong from now on: the exceptions that Django turned into an error page."""
    found: list[str] = []

    def hear(**_: Any) -> None:
        found.append(traceback.format_exc(limit=-2))

    got_request_exception.connect(hear)
    yield found
    got_request_exception.disconnect(hear)


def send(fuzzer: Fuzzer, count: int) -> list[str]:
    """Send so many requests, each to the site as it was; return those that were answered with a fault, and which."""
    application = Application()
    wrong: list[str] = []
    for number in range(count):
        environ = fuzzer.request()
        with faults() as found, transaction.atomic():
            status, _headers, _body = application.answer(environ)
            transaction.set_rollback(True)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or found:
            asked = " ".join(str(environ[name]) for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING"))
            wrong.append(f"{number}: {asked[:500]}: {status}\n{''.join(found)}")
    return wrong


@pytest.mark.parametrize(
    "count", [pytest.param(50, marks=pytest.mark.any_database), pytest.param(5000, marks=pytest.mark.drill)]
)
def test_no_request_is_answered_with_a_fault(fuzzer: Fuzzer, count: int) -> None:
    assert "\n".join(send(fuzzer, count)) == ""


def hole(request: HttpRequest) -> HttpResponse:
    """Break when somebody looks for what is no number, as many a first version of a page does."""
    return HttpResponse(str(int(request.GET.get("q", "0"))))


@pytest.mark.any_database
def test_hole_that_was_made_for_it_is_found(fuzzer: Fuzzer, settings: Any) -> None:
    settings.ROOT_URLCONF = (*urlpatterns, path("hole/", hole))
    fuzzer.routes, fuzzer.forms = ["hole/"], ()
    assert {re.findall(r": (\d+)\n", said)[0] for said in send(fuzzer, 300)} == {"500"}
