"""What browsers are told with every kind of answer, compared whole: nothing may be missing, weaker or unexpected."""

from __future__ import annotations

import datetime
import re
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as site
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone

from hetao.urls import media, urlpatterns
from tests import factories
from tests.security.application import Application
from tests.views.test_gtfs import full_route
from zone.middleware import NOT_ASKED_FOR
from zone.models import PreviewLink, Redirect
from zone.previews import address_of
from zone.publishing import PublishableQuerySet
from zone.scripts import allowed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

POLICY = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self'; manifest-src 'self'; object-src 'none'; script-src {}; style-src {}"
)
SCRIPTS = " ".join(allowed())
EVERYWHERE = {
    "content-security-policy": POLICY.format(SCRIPTS, "'self'"),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": NOT_ASKED_FOR,
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
OF_A_CACHE = {"cache-control", "vary", "etag"}
"""What a 304 says. The copy that it confirms keeps the headers that it came with (RFC 9111, 3.2)."""
HOST = "hetao.example.org"
OTHERS = ("access-control-allow-origin", "set-cookie")
"""What only few answers have."""


class Site:
    """The site as a browser asks it."""

    def __init__(self) -> None:
        self.application = Application()
        self.make = RequestFactory(SERVER_NAME=HOST)

    def ask(self, address: str, method: str = "GET", *, secure: bool = True, **headers: str) -> tuple[int, Any]:
        """Return the status, and the headers by their name."""
        request: Any = self.make.generic(method, address, secure=secure, headers=headers)
        return self.application.answer(request.environ)[:2]


@pytest.fixture(autouse=True)
def https(settings: Any, tmp_path: Path) -> None:
    """Let the site be as in production; what follows from ``HTTPS`` there is a test of the settings."""
    (tmp_path / "site.css").write_text("body { color: black }")
    settings.ALLOWED_HOSTS = [HOST]
    settings.STATIC_ROOT = str(tmp_path)
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SECURITY_CONTACT = ["mailto:security@example.org"]


@pytest.fixture
def visited() -> Site:
    return Site()


def told(headers: dict[str, str]) -> dict[str, str]:
    """Return what a browser is told of what it may do, the directives of the policy in order."""
    said = {name: text for name, text in headers.items() if name in EVERYWHERE or name in OTHERS}
    if policy := said.get("content-security-policy"):
        said["content-security-policy"] = "; ".join(sorted(policy.split("; ")))
    return said


@pytest.fixture
def records() -> None:
    """Make what the addresses below lead to."""
    now = timezone.now()
    factories.NewsItemFactory(slug="news")
    factories.NewsItemFactory(slug="expired", expire_at=now - datetime.timedelta(days=1))
    factories.FacilityFactory(slug="facility")
    full_route()
    factories.ObservationFactory.create_batch(2, figure=factories.KeyFigureFactory(slug="figure"))
    Redirect.objects.create(old_path="/news/old/", new_path="/news/news/")


KINDS = [
    *[(200, "GET", address) for address in ("/en/", "/zh-hans/organisations/", "/en/news/news/", "/en/search/?q=x")],
    *[(200, "GET", address) for address in ("/en/search/suggestions/?q=x", "/en/report/", "/healthz", "/readyz")],
    *[(200, "GET", f"/en/figures/figure/{name}") for name in ("observations.csv", "chart-1.svg")],
    *[(200, "GET", f"/en/facilities/{name}/") for name in ("facility/sheet", "compare")],
    *[(200, "GET", address) for address in ("/en/feeds/news/", "/en/getting-here/notices.ics", "/gtfs.zip")],
    *[(200, "GET", address) for address in ("/sitemap.xml", "/sitemaps/news.xml", "/robots.txt")],
    *[(200, "GET", address) for address in ("/.well-known/security.txt", "/en/site.webmanifest", "/static/site.css")],
    *[(200, "HEAD", address) for address in ("/en/", "/healthz", "/static/site.css")],
    *[(302, "GET", address) for address in ("/", "/favicon.ico", "/admin/")],
    *[(301, "GET", address) for address in ("/en/news/old/", "/en/news/news")],
    *[(404, "GET", address) for address in ("/en/news/nosuch/", "/nosuch", "/static/nosuch.css", "/media/nosuch.png")],
    (403, "POST", "/admin/login/"),
    (405, "POST", "/en/"),
    (405, "TRACE", "/en/"),
    (410, "GET", "/en/news/expired/"),
]


@pytest.mark.usefixtures("records")
def test_every_kind_of_answer_tells_browsers_the_same(visited: Site) -> None:
    asked = [(status, method, address) for status, method, address in KINDS for _ in range(2)]  # First made, then kept.
    answers = [(method, address, visited.ask(address, method)) for _, method, address in asked]
    found = [(method, address, status, told(headers)) for method, address, (status, headers) in answers]
    assert found == [(method, address, status, EVERYWHERE) for status, method, address in asked]


def test_request_that_makes_no_sense_is_told_the_same(visited: Site) -> None:
    status, headers = visited.ask("/en/", host="evil.example")
    assert (status, told(headers)) == (400, EVERYWHERE)


def test_fault_of_ours_is_told_the_same(visited: Site) -> None:
    with mock.patch.object(PublishableQuerySet, "published", side_effect=ZeroDivisionError):
        status, headers = visited.ask("/en/organisations/")
    assert (status, told(headers)) == (500, EVERYWHERE)


def test_who_comes_without_https_is_led_there(visited: Site) -> None:
    status, headers = visited.ask("/en/news/?page=2", secure=False)
    expected = {name: text for name, text in EVERYWHERE.items() if name != "strict-transport-security"}
    assert (status, told(headers)) == (301, expected)
    assert headers["location"] == f"https://{HOST}/en/news/?page=2"


def test_copy_that_is_still_right_keeps_its_headers(visited: Site) -> None:
    """A 304 that said nothing of a header leaves that of the copy as it is."""
    _, kept = visited.ask("/en/")
    assert visited.ask("/en/", if_none_match=kept["etag"]) == (304, {name: kept[name] for name in OF_A_CACHE})


def test_upload_that_the_application_serves_is_told_the_same(settings: Any, tmp_path: Path, visited: Site) -> None:
    media_root = tmp_path / "media"
    settings.MEDIA_ROOT = str(media_root)
    settings.ROOT_URLCONF = (*urlpatterns, path("media/<path:path>", media))
    media_root.mkdir()
    (media_root / "picture.png").write_bytes(b"")
    status, headers = visited.ask("/media/picture.png")
    assert (status, told(headers), headers["content-type"]) == (200, EVERYWHERE, "image/png")


def test_static_file_that_was_collected_after_the_start_is_told_the_same(tmp_path: Path, visited: Site) -> None:
    (tmp_path / "late.css").write_text("")
    status, headers = visited.ask("/static/late.css")
    assert (status, told(headers), headers["content-type"]) == (200, EVERYWHERE, "text/css")


def test_preview_tells_no_other_site_where_it_is(visited: Site) -> None:
    expires = timezone.now() + datetime.timedelta(days=1)
    link = PreviewLink.objects.create(record=factories.NewsItemFactory(status="draft"), expires_at=expires)
    status, headers = visited.ask(address_of(link, "en"))
    assert (status, told(headers)) == (200, EVERYWHERE | {"referrer-policy": "no-referrer"})
    assert (headers["cache-control"], headers["x-robots-tag"]) == ("no-store", "noindex, nofollow, noarchive")


@pytest.fixture
def newsroom(client: Client, admin_user: Any) -> str:
    """Return the cookie of somebody who has logged in."""
    client.force_login(admin_user)
    return f"__Host-sessionid={client.cookies['__Host-sessionid'].value}"


def with_nonce(headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Return the one nonce that an answer tells of, and what a page is told whose scripts are those that have it."""
    [nonce] = set(re.findall(r"'nonce-([\w+/=-]{22,})'", headers["content-security-policy"]))
    policy = POLICY.format(f"'nonce-{nonce}'", f"'self' 'nonce-{nonce}'")
    return nonce, EVERYWHERE | {"content-security-policy": policy}


@pytest.mark.parametrize(
    "page", ["", "zone/organisation/", "zone/organisation/{}/change/", "zone/organisation/{}/delete/"]
)
def test_page_of_the_newsroom_allows_its_own_scripts_alone(visited: Site, newsroom: str, page: str) -> None:
    address = f"/admin/{page}".format(factories.OrganisationFactory(status="draft").pk)
    status, headers = visited.ask(address, cookie=newsroom)
    nonce, expected = with_nonce(headers)
    headers.pop("set-cookie", None)  # See below.
    assert (status, told(headers)) == (200, expected)
    assert "no-store" in headers["cache-control"]
    assert with_nonce(visited.ask(address, cookie=newsroom)[1])[0] != nonce


def test_what_is_no_page_of_the_newsroom_is_told_what_others_are(visited: Site, newsroom: str) -> None:
    asked = ["/admin/jsi18n/", "/admin/autocomplete/", "/admin/nosuch/"]
    answers = {address: visited.ask(address, cookie=newsroom) for address in asked}
    assert {address: told(headers) for address, (_, headers) in answers.items()} == dict.fromkeys(asked, EVERYWHERE)


def test_nobody_gets_a_cookie_before_the_login_and_that_one_is_for_this_host(visited: Site) -> None:
    status, headers = visited.ask("/admin/login/")
    [cookie] = SimpleCookie(headers.pop("set-cookie")).values()
    flags = {name: text for name, text in cookie.items() if text}
    assert (status, told(headers)) == (200, with_nonce(headers)[1])
    assert cookie.key == "__Host-csrftoken"
    assert flags.pop("expires")
    assert flags == {"path": "/", "samesite": "Lax", "secure": True, "max-age": "31449600"}


def said_by_nginx(location: str, condition: str = "") -> dict[str, str]:
    """Return the headers that the README's nginx adds at ``location``, all of them under ``condition``.

    The directives of a policy are in order.
    """
    readme = (site.BASE_DIR / "README.md").read_text("utf-8")
    [place] = re.findall(rf"    location {location} \{{\n(.*?)\n    \}}", readme, re.DOTALL)
    said = re.findall(rf'(?m)add_header (\S+) "?(.*?)"?{condition};(?: +#.*)?$', place)
    assert len(said) == place.count("add_header")
    named = {name.lower(): text for name, text in said}
    return named | told(named)


FILES = EVERYWHERE | {
    "content-security-policy": "default-src 'none'; sandbox",
    "strict-transport-security": "$strict_transport",
}
"""What nginx says of what is no page."""


def test_nginx_says_of_uploads_that_they_are_nothing_but_files() -> None:
    assert said_by_nginx("/media/", " always") == FILES


def test_nginx_says_of_pages_what_the_application_says() -> None:
    expected = EVERYWHERE | {"strict-transport-security": "$strict_transport"}
    said = told(said_by_nginx("/"))
    assert said == expected, f"In the policy of the README it has to be: script-src {SCRIPTS};"
    [strict] = re.findall(r'https   "(.*?)";', (site.BASE_DIR / "README.md").read_text("utf-8"))
    assert strict == EVERYWHERE["strict-transport-security"]


def test_nginx_says_of_its_own_pages_what_the_application_says() -> None:
    assert said_by_nginx("/front/", " always") == EVERYWHERE | {
        "strict-transport-security": "$strict_transport",
        "cache-control": "no-store",
        "content-language": "$language",
        "last-modified": "",
        "retry-after": "$retry_after",
    }


def test_nginx_says_of_static_files_that_they_are_nothing_but_files() -> None:
    said = said_by_nginx(r'~ "\^/static/.*?"')
    assert said == FILES | {"cache-control": "max-age=315360000, public, immutable"}
