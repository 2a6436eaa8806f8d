"""wapiti in the newsroom, logged in as somebody who may do everything.

It cannot fill in our forms: for it a date is "default". So a drill works as an editor does, through the proxy that
wapiti is, and wapiti tries what it has seen, a parameter at a time, with the editor's session and tokens.
"""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

import pytest
from django.db import connection

from tests.admin.forms import answers, soup
from tests.drills.attacking import asked, found, needs_wapiti
from tests.servers import wait_until
from tests.sites import free_port, manage, served, variables

HOLES = {
    "xss,permanentxss": "Stored Cross Site Scripting",
    "csrf,sql,crlf,exec,file,redirect": "SQL Injection",
}
"""What is run at once, and the hole made for it. The first look at the newest records for what they have left."""
SECONDS = 120
"""For each module, at most."""
NAME, PASSWORD = "attacker", "correct horse battery"
ACCOUNT = f"from django.contrib.auth.models import User; User.objects.create_superuser({NAME!r}, '', {PASSWORD!r})"

FORMS: dict[str, dict[str, str]] = {
    "field": {"name_en": "Tidal flats"},
    "newsitem": {"title_en": "A reading", "date": "2026-11-26", "summary_en": "Soon.", "body_en": "<p>Of poems.</p>"},
}
"""What is written into forms of each kind: names, and texts with markup."""

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is a file of its own."),
    needs_wapiti,
]


class Editor:
    """Somebody with a browser, who has logged in."""

    def __init__(self, site: str) -> None:
        cookies = CookieJar()
        self._site = site
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(cookies))
        token = soup(self.get("/admin/login/")).select_one("[name=csrfmiddlewaretoken]")
        assert token is not None
        login = {"csrfmiddlewaretoken": token["value"], "username": NAME, "password": PASSWORD, "next": "/admin/"}
        assert self.send("/admin/login/", login) == "/admin/"
        self.cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)

    def goes_through(self, proxy: str) -> None:
        """Ask ``proxy`` from now on, which has the cookies."""
        self._opener = build_opener(ProxyHandler({"http": proxy}))

    def get(self, path: str) -> Any:
        """Return the page at ``path``."""
        return SimpleNamespace(content=self._opener.open(f"{self._site}{path}", timeout=60).read())

    def send(self, path: str, given: Mapping[str, Any]) -> str:
        """Send a form; return where that has led."""
        body = urlencode(given, doseq=True).encode()
        return urlsplit(self._opener.open(Request(f"{self._site}{path}", body), timeout=60).url).path  # noqa: S310


@contextmanager
def newsroom(folder: Path, application: str = "") -> Iterator[str]:
    """Serve a site without content, without HTTPS, and so without a second factor; yield its address."""
    environment = variables(folder)
    for arguments in (("migrate", "-v0"), ("collectstatic", "--noinput", "-v0"), ("shell", "-v0", "-c", ACCOUNT)):
        manage(environment, *arguments)
    with served(environment, application=application) as server:
        yield server.address


def attacked(site: str, folder: Path, noun: str, modules: str) -> dict[str, int]:
    """Write a record as an editor does, let wapiti do so too, and return how many holes of each kind it finds."""
    editor, records, port = Editor(site), f"/admin/zone/{noun}/", free_port()
    proxied = ("--scope", "folder", "--mitm-port", str(port), "-H", f"Cookie: {editor.cookies}")
    command = [*asked(f"{site}/admin/", folder, modules, SECONDS), *proxied]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as wapiti:  # noqa: S603
        wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        editor.goes_through(f"http://127.0.0.1:{port}")
        filled = answers(editor.get(f"{records}add/")) | FORMS[noun]
        del filled["_opening"]  # By which a form that is sent twice adds one record.
        assert editor.send(f"{records}add/preview/en/", filled) == f"{records}add/preview/en/"
        assert editor.send(f"{records}add/", filled | {"_save": "Save"}) == records
        for page in (f"{records}?q=1", newest(editor, records), "/admin/zone/version/", "/admin/"):
            editor.get(page)
        time.sleep(1)  # It looks ten times a second at what has come.
        wapiti.send_signal(signal.SIGINT)  # It has seen enough, and begins.
        assert wapiti.wait(timeout=1800) == 0
    return found(folder)


def newest(editor: Editor, records: str) -> str:
    """Return the address of the list that begins with what was written last."""
    column = soup(editor.get(records)).select_one("th.column-updated a")
    assert column is not None
    return f"{records}?o=-{str(column['href']).rpartition('=')[2].lstrip('-')}"


def written(site: str, noun: str) -> int:
    """Return how many records there are."""
    counter = soup(Editor(site).get(f"/admin/zone/{noun}/")).select_one(".paginator")
    assert counter is not None
    return int(re.findall(r"([\d,]+) ", counter.text)[-1].replace(",", ""))


@pytest.mark.parametrize("modules", HOLES)
@pytest.mark.parametrize("noun", FORMS)
def test_wapiti_finds_nothing_in_the_newsroom(tmp_path: Path, noun: str, modules: str) -> None:
    with newsroom(tmp_path) as site:
        assert attacked(site, tmp_path, noun, modules) == {}
        assert written(site, noun) > 1  # The editor's, and what wapiti has sent.


@pytest.mark.parametrize(("modules", "hole"), HOLES.items())
def test_wapiti_finds_the_holes_that_were_made_in_the_newsroom(tmp_path: Path, modules: str, hole: str) -> None:
    with newsroom(tmp_path, "tests.security.newsroom_with_holes:application") as site:
        assert attacked(site, tmp_path, "field", modules).keys() == {hole}
