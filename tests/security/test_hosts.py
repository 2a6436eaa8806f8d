"""Under which name and from which address a request comes is believed of nobody but whom the settings name."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import RequestFactory

from tests import factories
from tests.security.application import Application
from zone.network import client_address

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=https;for=9.9.9.9",
    "X-Original-URL": "/admin/",
    "X-Rewrite-URL": "/admin/",
    "X-HTTP-Method-Override": "DELETE",
}
ADDRESSES = (
    "/en/",
    "/en/organisations/",
    "/en/feeds/news/",
    "/sitemap.xml",
    "/robots.txt",
    "/admin/login/",
    "/en/nosuch",
)


def ask(application: Application, address: str, **headers: str) -> tuple[int, bytes]:
    environ: dict[str, Any] = RequestFactory(headers=headers).get(address).environ
    status, said, body = application.answer(environ)
    random = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"')
    return status, random.sub(b"", body) + repr(said.get("location")).encode()


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_header_but_host_says_what_the_site_is_called(settings: Any, address: str, behind: bool) -> None:
    settings.BEHIND_PROXY = behind
    factories.NewsItemFactory(slug="news")
    plain = ask(Application(), address)
    assert [ask(Application(), address, **{name: text}) for name, text in FORGED.items()] == [plain] * len(FORGED)


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "evil.example:80", "testserver@evil", "[::]"]
)
def test_page_under_another_name_is_neither_made_nor_kept(host: str) -> None:
    application = Application()
    assert [ask(application, "/en/", host=host)[0] for _ in range(2)] == [400, 400]
    status, body = ask(application, "/en/")
    assert (status, b"evil" in body) == (200, False)


def test_page_of_one_name_is_not_shown_under_another(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["one.example", "other.example"]
    application = Application()
    for host in ("one.example", "other.example"):
        found = re.findall(r"https?://(\w+\.example)/en/", ask(application, "/en/", host=host)[1].decode())
        assert set(found) == {host}


def test_scheme_is_what_the_proxy_says_where_there_is_one(settings: Any) -> None:
    for believed, canonical in ((None, "http"), (("HTTP_X_FORWARDED_PROTO", "https"), "https")):
        settings.SECURE_PROXY_SSL_HEADER = believed
        body = ask(Application(), "/en/", x_forwarded_proto="https")[1].decode()
        assert re.findall(r'rel="canonical" href="(\w+)://', body) == [canonical]


@pytest.mark.parametrize(
    ("behind", "forwarded", "seen"),
    [
        (False, "9.9.9.9", "127.0.0.1"),
        (True, "9.9.9.9", "9.9.9.9"),
        (True, "1.1.1.1, 9.9.9.9", "9.9.9.9"),
        (True, "", "127.0.0.1"),
    ],
)
def test_nobody_gets_another_address_by_writing_one(settings: Any, behind: bool, forwarded: str, seen: str) -> None:
    settings.BEHIND_PROXY = behind
    assert client_address(RequestFactory(headers={"X-Forwarded-For": forwarded}).get("/")) == seen
