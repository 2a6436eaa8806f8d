"""wapiti in the newsroom, logged in as a publisher: the form of every noun that a publisher adds and changes.

It cannot fill in our forms: for it a date is "default". So a drill works as an editor does, through the proxy that
wapiti is, and wapiti tries what it has seen, a parameter at a time, with the editor's session and tokens. From the log
of the server the drill counts what was really sent.
"""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

import pytest
from django.contrib import admin
from django.db import connection

from tests.admin.forms import Answers, answers, form_of, soup
from tests.admin.test_roles import PERMISSIONS
from tests.drills.attacking import asked, found, needs_wapiti
from tests.servers import wait_until
from tests.sites import free_port, manage, served, variables

MODULES = "xss,permanentxss,sql,csrf,crlf,redirect"
"""What every form is attacked with. The second looks at the newest records for what the first has left there."""
MORE = "exec,file"
"""What sends a hundred lines for each parameter, and is for one form."""
SECONDS = 400
"""For each module, at most: none may need so long, as it would stop halfway."""
NAME, PASSWORD = "attacker", "correct horse battery"
FILL = f"""
from django.contrib.auth.models import Group, User
from tests.admin.test_pages import NOUNS, with_rows
from zone.models import Redirect
from zone.settling import settle
User.objects.create_user({NAME!r}, "", {PASSWORD!r}, is_staff=True).groups.add(Group.objects.get(name="Publisher"))
for noun in NOUNS:
    with_rows(noun)
Redirect.objects.create(old_path="/organisations/old/", new_path="/organisations/new/")
settle()
"""
NEW: dict[str, dict[str, str]] = {
    "crossing": {"facility": "1"},
    "holidaycalendar": {"year": "2019"},
    "redirect": {"old_path": "/organisations/older/"},
}
"""What a second record cannot have in common with the first."""
TEXTS = {
    *("name_en", "title_en", "label_en", "title_original", "summary_en", "body_en", "documents_en"),
    *("region", "old_path", "new_path"),
}
"""The parameters that are attacked in the form of each noun. Of others each kind of field is, in the first form that
has one: what it gets it shows again, which costs sixty lines for each."""
NOT_ATTACKED = re.compile(r".*_zh_\w+|.+-[1-9]\d*-\w+|.+-(MIN|MAX)_NUM_FORMS|_opening")
"""Neither are other languages, further rows, and what Django does not read."""
WRITTEN_BY_PUBLISHERS = [
    name
    for model in admin.site._registry
    if {f"add_{(name := str(model._meta.model_name))}", f"change_{name}"} <= PERMISSIONS["Publisher"]
]

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


@dataclass(frozen=True)
class Newsroom:
    """A site whose server writes down what it answered."""

    address: str
    log: Path

    def answered(self, path: str) -> Counter[int]:
        """Return how often a form that was sent to ``path`` was answered with each status."""
        lines = map(str.split, self.log.read_text("utf-8").splitlines())
        return Counter(int(status) for method, place, status in lines if (method, place) == ("POST", path))


@contextmanager
def newsroom(folder: Path, application: str = "") -> Iterator[Newsroom]:
    """Serve a site with a record of every noun, without HTTPS, and so without a second factor."""
    log = folder / "log"
    told = f"--access-logfile {log} --access-logformat '%(m)s %(U)s %(s)s'"
    environment = variables(folder) | {"GUNICORN_CMD_ARGS": told}
    for arguments in (("migrate", "-v0"), ("collectstatic", "--noinput", "-v0"), ("shell", "-v0", "-c", FILL)):
        manage(environment, *arguments)
    with served(environment, application=application) as server:
        yield Newsroom(server.address, log)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("newsroom")) as found:
        yield found


def filled(editor: Editor, noun: str) -> dict[str, Answers]:
    """Return the forms by which a record of ``noun`` is added and changed, filled in, by their addresses.

    What is added is like the record that is there. By its opening a form that is sent twice adds one record, and
    changes one to what was sent last: the first has none.
    """
    records = f"/admin/zone/{noun}/"
    changed = answers(editor.get(f"{records}1/change/"))
    added = answers(editor.get(f"{records}add/"))
    own = {"_opening", "base", "slug", *(name for name in added if name.endswith("_FORMS"))}
    alike = {name: text for name, text in changed.items() if name in added.keys() - own}
    added |= alike | NEW.get(noun, {})
    added.pop("_opening", None)
    forms = {f"{records}add/": added, f"{records}1/change/": changed}
    return forms | ({f"{records}add/preview/en/": added} if noun == "newsitem" else {})


def kinds(page: Any) -> dict[str, str]:
    """Return what kind of field each parameter of a form has: that of a date, of a choice, of a long text."""
    fields = form_of(page).select("input[name]:not([type=submit], [type=file]), select[name], textarea[name]")
    return {str(field["name"]): f"{field.name} {field.get('type')} {field.get('class')}" for field in fields}


@pytest.fixture(scope="module")
def chosen(site: Newsroom) -> dict[str, set[str]]:
    """Return the parameters that are attacked in the forms of each noun; short forms have what many have."""
    editor = Editor(site.address)
    pages = {noun: kinds(editor.get(f"/admin/zone/{noun}/1/change/")) for noun in WRITTEN_BY_PUBLISHERS}
    met: set[str] = set()
    found: dict[str, set[str]] = {}
    for noun, fields in sorted(pages.items(), key=lambda page: len(page[1])):
        found[noun] = TEXTS & fields.keys()
        for name, kind in fields.items():
            if kind not in met and not NOT_ATTACKED.fullmatch(name):
                met.add(kind)
                found[noun].add(name)
    return found


def attack(site: Newsroom, folder: Path, noun: str, modules: str, chosen: set[str]) -> dict[str, int]:
    """Write as an editor does, let wapiti write what it likes for the parameters that are ``chosen``.

    Returns how many holes of each kind it finds.
    """
    editor, records, port = Editor(site.address), f"/admin/zone/{noun}/", free_port()
    forms = filled(editor, noun)
    left_out = set().union(*forms.values()) - chosen
    skipped = [argument for name in sorted(left_out) for argument in ("--skip", name)]
    proxied = ("--mitm-port", str(port), "-H", f"Cookie: {editor.cookies}", *skipped)
    command = [*asked(f"{site.address}/", folder, modules, SECONDS), *proxied]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as wapiti:  # noqa: S603
        try:
            wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
            editor.goes_through(f"http://127.0.0.1:{port}")
            for place, form in forms.items():
                assert editor.send(place, form | {"_save": "Save"}) == (place if "preview" in place else records)
            for page in (f"{records}?q=1", newest(editor, records), f"{records}1/change/", "/admin/"):
                editor.get(page)
            time.sleep(1)  # It looks ten times a second at what has come.
            wapiti.send_signal(signal.SIGINT)  # It has seen enough, and begins.
        except BaseException:
            wapiti.kill()  # It would wait for more, and the drill for its end.
            raise
        said, _ = wapiti.communicate(timeout=3000)
    assert wapiti.returncode == 0, said
    assert [module for module in modules.split(",") if f"Launching module {module}\n" not in said] == []
    assert "Max attack time was reached" not in said
    return found(folder)


def newest(editor: Editor, records: str) -> str:
    """Return the address of the list that begins with what was written last, where its order can be chosen."""
    column = soup(editor.get(records)).select_one("th.column-updated a")
    return f"{records}?o=-{str(column['href']).rpartition('=')[2].lstrip('-')}" if column else records


@pytest.mark.parametrize("noun", WRITTEN_BY_PUBLISHERS)
def test_wapiti_finds_nothing_in_the_newsroom(
    site: Newsroom, chosen: Mapping[str, set[str]], tmp_path: Path, noun: str
) -> None:
    forms = filled(Editor(site.address), noun)
    begun, before = time.monotonic(), {place: site.answered(place) for place in forms}
    assert attack(site, tmp_path, noun, MODULES, chosen[noun]) == {}
    print(f"\n| {noun} | {', '.join(sorted(chosen[noun]))} |", end="")  # noqa: T201
    for place, form in forms.items():
        answered = site.answered(place) - before[place]
        print(f" {dict(sorted(answered.items()))} |", end="")  # noqa: T201
        # Written, refused with errors at the fields, refused as somebody else's, and as contradicting.
        assert answered.keys() <= {302, 200, 403, 409}
        assert answered[302] + answered[200] + answered[409] > len(form.keys() & chosen[noun])
        # The editor's, and what wapiti has sent; what it tries is no address to which a redirect could lead, and a
        # facility has one crossing.
        assert answered[302] > 1 or noun == "redirect" or "preview" in place or place.endswith("crossing/add/")
    print(f" {time.monotonic() - begun:.0f} s |")  # noqa: T201


def test_wapiti_runs_nothing_in_the_newsroom(site: Newsroom, tmp_path: Path) -> None:
    assert attack(site, tmp_path, "field", MORE, {"name_en", "slug", "comment"}) == {}


def test_wapiti_finds_the_holes_that_were_made_in_the_newsroom(tmp_path: Path) -> None:
    with newsroom(tmp_path, "tests.security.newsroom_with_holes:application") as site:
        assert attack(site, tmp_path, "field", MODULES, {"name_en"}).keys() == {
            "SQL Injection",
            "Stored Cross Site Scripting",
        }
