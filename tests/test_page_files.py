"""Pages as files: which are written, where, and when the link leads to them. The web server is in test_machines.py."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client

from tests import factories
from tests.test_page_cache import BODY, NOW, Answer, Site
from zone import page_files
from zone.freshness import next_change
from zone.models import Organisation, Report
from zone.page_cache import Edition
from zone.page_files import PageFiles, hide, hide_what_changes
from zone.traces import traced

HTML: dict[str, Any] = {"Content_Type": "text/html; charset=utf-8", "Content_Language": "en"}
UNTIL = NOW + datetime.timedelta(hours=1)


class Number:
    """A reader of the generation, which is ``number`` in the database, or ``None`` while somebody changes content."""

    number: int | None = 1

    @contextlib.contextmanager
    def unchanging(self) -> Iterator[int | None]:
        yield self.number


@pytest.fixture
def number() -> Number:
    return Number()


@pytest.fixture
def files(tmp_path: Path, number: Any) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield PageFiles(tmp_path, tmp_path / "now", "0123456789abcdef", number)


@pytest.fixture
def site(files: PageFiles) -> Site:
    site = Site(files=files)
    site.response = lambda: Answer(**HTML)
    return site


def written(root: Path) -> list[str]:
    """Return the plain files, without what their edition is called."""
    return sorted(str(Path(*path.relative_to(root).parts[1:])) for path in root.glob("*-*/**/index.html"))


def shown(root: Path) -> str | None:
    page = root / "now" / "http" / "localhost" / "en" / "index.html"
    return page.read_text() if page.exists() else None


def test_page_is_written_in_every_encoding(site: Site, tmp_path: Path) -> None:
    site.get("/en/fields/", host="localhost")
    [folder] = tmp_path.glob("*-*/http/localhost/en/fields")
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "index.html.br", "index.html.gz"]
    assert (folder / "index.html").read_bytes() == BODY
    assert gzip.decompress((folder / "index.html.gz").read_bytes()) == BODY
    assert brotli.decompress((folder / "index.html.br").read_bytes()) == BODY


def test_time_of_a_file_follows_from_what_it_says(site: Site, tmp_path: Path) -> None:
    for name, body in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        site.response = lambda body=body: Answer(body, **HTML)  # type: ignore[misc]
        site.get(f"/en/{name}/", host="localhost")
    first, same, other = (path.stat().st_mtime for path in sorted(tmp_path.glob("*-*/**/index.html")))
    assert first == same != other


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/en/?park=a", {}),
        ("/en/observations.csv", {}),
        ("/en/..%2f..%2fen/", {}),
        ("/robots.txt", {}),
        ("/en/", {"host": "localhost:8000"}),
        ("/en/", {"host": "../x"}),
        ("/en/", {"host": ".."}),
        ("/en/", {"host": ""}),
    ],
)
def test_what_is_no_page_of_a_host_is_not_written(
    site: Site, tmp_path: Path, address: str, headers: dict[str, str]
) -> None:
    site.get(address, **{"host": "localhost"} | headers)
    assert (written(tmp_path), list(tmp_path.parent.glob("*.html"))) == ([], [])


@pytest.mark.parametrize("headers", [{"Content_Type": "application/atom+xml"}, HTML | {"Link": "</a>"}])
def test_page_that_has_more_to_say_than_the_server_knows_is_not_written(
    site: Site, tmp_path: Path, headers: dict[str, Any]
) -> None:
    site.response = lambda: Answer(**headers)
    site.get(host="localhost")
    assert written(tmp_path) == []


def test_hosts_and_schemes_have_files_of_their_own(site: Site, tmp_path: Path) -> None:
    site.get(host="localhost")
    site.get(host="localhost", x_forwarded_proto="https")
    site.get(host="example.org", x_forwarded_proto="http")
    assert written(tmp_path) == [
        "http/example.org/en/index.html",
        "http/localhost/en/index.html",
        "https/localhost/en/index.html",
    ]


def test_size_is_bounded(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_files, "MOST_BYTES", 3 * len(BODY))
    for name in "abc":
        site.get(f"/en/{name}/", host="localhost")
    assert written(tmp_path) == ["http/localhost/en/a/index.html", "http/localhost/en/b/index.html"]
    site.number = 2
    site.get("/en/d/", host="localhost")
    assert "http/localhost/en/d/index.html" in written(tmp_path)


def test_full_disk_does_no_harm(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(path: Path, _body: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", fail)
    caplog.set_level("WARNING", "zone.page_files")
    assert site.get(host="localhost")[2] == BODY
    assert written(tmp_path) == []
    # The name of the file has the host and the address of a page that somebody has just read.
    assert caplog.messages == ["The file of a page could not be written: No space left on device"]


def test_link_leads_to_what_the_database_has(site: Site, files: PageFiles, number: Number, tmp_path: Path) -> None:
    edition = Edition(1, UNTIL)
    files.follow(edition)
    assert shown(tmp_path) is None
    site.get(host="localhost")
    for number.number, expected in ((2, None), (None, None), (1, BODY.decode())):
        files.follow(edition)
        assert shown(tmp_path) == expected


def test_link_may_lie_on_another_disk_than_the_files(number: Any, tmp_path: Path) -> None:
    (memory := tmp_path / "memory").mkdir()
    files = PageFiles(tmp_path / "disk", memory / "now", "0123456789abcdef", number)
    site = Site(files=files)
    site.response = lambda: Answer(**HTML)
    with time_machine.travel(NOW, tick=False):
        site.get(host="localhost")
        files.follow(Edition(1, UNTIL))
    assert (memory / "now" / "http" / "localhost" / "en" / "index.html").read_bytes() == BODY
    files.follow(None)
    assert list(memory.iterdir()) == []


def test_next_edition_takes_the_place_of_the_last_one(
    site: Site, files: PageFiles, number: Number, tmp_path: Path
) -> None:
    site.get(host="localhost")
    files.follow(Edition(1, UNTIL))
    site.number = number.number = 2
    files.follow(Edition(2, UNTIL))
    assert (shown(tmp_path), written(tmp_path)) == (None, [])
    site.response = lambda: Answer(b"new", **HTML)
    site.get(host="localhost")
    files.follow(Edition(1, UNTIL))  # Somebody who has not looked at the database yet.
    files.follow(Edition(2, UNTIL))
    assert shown(tmp_path) == "new"


def test_link_goes_before_time_changes_the_pages(site: Site, files: PageFiles, tmp_path: Path) -> None:
    site.get(host="localhost")
    edition = Edition(1, UNTIL)
    files.follow(edition)
    with time_machine.travel(UNTIL - datetime.timedelta(seconds=1.1), tick=False):
        files.follow(edition)
        assert shown(tmp_path) is not None
    with time_machine.travel(UNTIL - datetime.timedelta(seconds=0.9), tick=False):
        files.follow(edition)
        assert shown(tmp_path) is None


def test_link_goes_while_nobody_knows_the_edition(site: Site, files: PageFiles, tmp_path: Path) -> None:
    site.get(host="localhost")
    files.follow(Edition(1, UNTIL))
    files.follow(None)
    assert (shown(tmp_path), len(written(tmp_path))) == (None, 1)


def test_start_forgets_what_nobody_watched_and_leaves_what_is_not_ours(
    site: Site, files: PageFiles, tmp_path: Path, number: Any
) -> None:
    site.get(host="localhost")
    files.follow(Edition(1, UNTIL))
    (tmp_path / "letters-1").mkdir()
    PageFiles(tmp_path, tmp_path / "now", "another release", number)
    assert [path.name for path in tmp_path.iterdir()] == ["letters-1"]


# What changes content


@pytest.fixture
def watched(settings: Any, tmp_path: Path) -> Iterator[list[bool]]:
    """Return a list that says of each time that the link was taken away whether that was within a transaction."""
    settings.PAGE_LINK = str(tmp_path / "now")
    seen: list[bool] = []

    def see(link: Path) -> None:
        hide(link)
        seen.append(connection.in_atomic_block)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_files, "hide", see)
        hide_what_changes(connection)
        hide_what_changes(connection)
        yield seen
        connection.execute_wrappers.remove(page_files._hide_changed)


@pytest.mark.django_db(transaction=True)
def test_every_change_takes_the_link_away_in_its_transaction_if_it_has_one(watched: list[bool], tmp_path: Path) -> None:
    def see(change: Any) -> list[bool]:
        watched.clear()
        (tmp_path / "now").symlink_to("somewhere")
        change()
        assert not (tmp_path / "now").is_symlink()
        return watched

    record = factories.OrganisationFactory()
    organisations = Organisation.objects.filter(pk=record.pk)
    assert see(lambda: organisations.update(name_en="x")) == [False]
    with transaction.atomic():
        assert see(lambda: organisations.update(name_en="y")) == [True]
    see(record.save)
    assert set(see(lambda: Organisation.objects.bulk_update([record], ["name_en"]))) == {True}
    with connection.cursor() as cursor:
        see(lambda: cursor.execute("UPDATE zone_organisation SET name_en = 'z'"))
    see(lambda: factories.ParkFactory())
    assert set(see(organisations.delete)) == {True}


@pytest.mark.django_db
def test_connection_that_begins_while_a_page_is_made_is_watched_for_good() -> None:
    before = list(connection.execute_wrappers)
    with traced():
        hide_what_changes(connection)
    assert connection.execute_wrappers == [*before, page_files._hide_changed]
    connection.execute_wrappers.remove(page_files._hide_changed)


@pytest.mark.django_db(transaction=True)
def test_what_no_page_shows_leaves_the_link_alone(watched: list[bool]) -> None:
    assert list(Organisation.objects.select_related("parent")) == []
    next_change()  # On PostgreSQL its question begins with a parenthesis.
    Report.objects.create(language="en", message="x")
    Report.objects.all().delete()
    assert watched == []


# The configuration of the server


@pytest.mark.django_db
def test_server_says_of_a_page_what_the_application_says(settings: Any, client: Client) -> None:
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    readme = (settings.BASE_DIR / "README.md").read_text("utf-8")
    [files] = re.findall(r"location / \{(.*?)\n    \}", readme, re.DOTALL)
    configured = {
        name.lower(): value.strip('"') for name, value in re.findall(r'add_header (\S+) ("[^"]*"|\S+);', files)
    }
    [strict] = re.findall(r'https +"([^"]+)";', readme)
    said = {name.lower(): value for name, value in client.get("/zh-hans/about/", secure=True).headers.items()}
    variables = {"$language": said["content-language"], "$strict_transport": strict}
    configured = {name: variables.get(value, value) for name, value in configured.items()}
    for policies in (said, configured):
        policies["content-security-policy"] = "; ".join(sorted(policies["content-security-policy"].split("; ")))
    del said["content-length"], said["x-request-id"]  # Of one answer, and not of the page.
    of_the_cache = {"cache-control": "public, no-cache", "vary": "Accept-Encoding, Cookie", "last-modified": ""}
    assert configured | {"content-type": "text/html; charset=utf-8"} == said | of_the_cache
