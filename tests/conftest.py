"""What the tests share: a reader that looks at every page closely, and the real content."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from lxml.html import HTMLParser, document_fromstring

from hetao.release import fingerprint
from zone import traces
from zone.models import Generation
from zone.search import postings
from zone.search.index import rebuild
from zone.views import answers

T = TypeVar("T")

HTML = "text/html; charset=utf-8"
_CODE = re.compile("on|style$")
"""Attributes that are code, or style, of their own."""
FIXTURES = sorted(str(path) for path in Path(settings.BASE_DIR, "fixtures").glob("*.json"))


class Outline:
    """What every page is asked about, read in a tenth of the time that a tree of BeautifulSoup's takes."""

    def __init__(self, content: bytes) -> None:
        """Read a page in UTF-8."""
        elements = list(document_fromstring(content, HTMLParser(encoding="utf-8")).iter("*"))
        self.names = Counter(element.tag for element in elements)
        self.identifiers = Counter(element.get("id") for element in elements if "id" in element.attrib)
        scripts = [element for element in elements if element.tag == "script"]
        self.inline_scripts = [script.get("type") for script in scripts if not script.get("src")]
        self.inline_code = [(element.tag, name) for element in elements for name in element.attrib if _CODE.match(name)]


class Reader(Client):
    """A visitor's browser that fails on what no page of ours may have."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        if response.headers.get("Content-Type") == HTML and not response.streaming and response.content:
            self.look_at(response)
        return response

    def look_at(self, response: Any) -> None:
        """Fail on unrendered templates, inline code and a wrong outline."""
        response.page = SimpleLazyObject(lambda: BeautifulSoup(response.content, "html.parser"))
        text = response.content.decode()
        assert "{{" not in text
        assert "{%" not in text
        outline = Outline(response.content)
        assert outline.inline_scripts in ([], ["application/ld+json"])
        assert outline.inline_code == []
        assert {name: outline.names[name] for name in ("style", "h1", "main")} == {"style": 0, "h1": 1, "main": 1}
        assert [name for name, count in outline.identifiers.items() if count > 1] == []
        assert response.cookies == {}


def generation() -> int:
    return Generation.objects.values_list("number", flat=True).get()


def forget() -> None:
    """Begin as a process does that has read nothing: one that has may ask more, or less, than another."""
    traces.MEMORY.clear()
    answers.PAGES.clear()
    postings._known.clear()


class LateReader(Reader):
    """A reader who comes when the index has heard of what factories write past its doors, to a process that is new.

    How often the database is asked meanwhile depends on the numbers that factories give to names: it is not counted.
    """

    indexed: int | None = None
    """The generation of the content that the index was made of; a later one may have something else in it."""

    def request(self, **request: Any) -> Any:
        if generation() != self.indexed:
            counts, connection.force_debug_cursor = connection.force_debug_cursor, False
            rebuild()
            forget()
            self.indexed = generation()
            connection.force_debug_cursor = counts
        return super().request(**request)


def pytest_collection_finish() -> None:
    """Look for garbage seldom: a page makes so many objects that a tenth of the time goes into looking at them."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests that every database would pass alike to the one that is quicker."""
    if connection.vendor != "sqlite":
        left = [item for item in items if item.get_closest_marker("any_database")]
        items[:] = [item for item in items if not item.get_closest_marker("any_database")]
        config.hook.pytest_deselected(items=left)
    # Those take longest: begun last, they would keep one process busy while the others have nothing left to do. Others
    # stay where pytest-django has put them, those that empty the database at the end.
    items.sort(key=lambda item: "content" not in getattr(item, "fixturenames", ()))


def with_room(function: Callable[..., T], *arguments: Any, **keywords: Any) -> T:
    """Call ``function`` where there is room for all that it calls.

    CPython gets memory for its frames in pieces of 16 KB, and gives one back as soon as the first frame in it returns.
    What is called in a loop where a piece ends asks the system for memory each time: with Django's many frames upon
    pytest's that was a sixth of the processor's time. The large frame of this function makes the next piece larger.
    """
    return function(*arguments, **keywords)


with_room.__code__ = with_room.__code__.replace(co_stacksize=1 << 15)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, bool | None, bool | None]:
    """Run every test with room."""
    pyfuncitem.obj = functools.partial(with_room, pyfuncitem.obj)
    return (yield)


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest) -> Path | None:
    """Return where SQLite's empty database of this release is kept: migrations take ten seconds in each process."""
    cache = getattr(request.config, "cache", None)
    if cache is None or connection.vendor != "sqlite":
        return None
    return Path(cache.mkdir("migrated"), f"{fingerprint()}.sqlite3")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: Any, migrated: Path | None
) -> None:
    """Begin with what is kept, so that no migration is left to be applied."""
    if migrated is not None and migrated.exists():
        # A browser's tests run where another connection is opened, which has to lead to the same memory.
        connection.settings_dict["NAME"] = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
        with (
            django_db_blocker.unblock(),
            contextlib.closing(sqlite3.connect(f"file:{migrated}?mode=ro", uri=True)) as kept,
        ):
            kept.backup(connection.cursor().connection)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, migrated: Path | None) -> None:
    """Keep the database once it has all migrations, in the place of that of another release."""
    if migrated is None or migrated.exists():
        return
    for former in migrated.parent.iterdir():
        if former.stem != migrated.stem:
            former.unlink(missing_ok=True)
    with django_db_blocker.unblock():
        part = migrated.with_suffix(f".{os.getpid()}")
        part.write_bytes(connection.cursor().connection.serialize())
        part.replace(migrated)


@pytest.fixture(autouse=True)
def a_new_process() -> None:
    """Begin in English, and with nothing that an earlier test has read: a request leaves both behind."""
    translation.activate(settings.LANGUAGE_CODE)
    forget()


@pytest.fixture
def reader(db: None) -> Reader:
    return Reader()


@pytest.fixture(scope="session")
def copy() -> Iterator[sqlite3.Connection]:
    """Return where a database with the real content is kept, for loading it takes seconds."""
    with contextlib.closing(sqlite3.connect(":memory:", check_same_thread=False)) as copy:
        yield copy


def load_content(copy: sqlite3.Connection) -> None:
    """Load the real content into SQLite, from its ``copy`` where there is one already."""
    database = connection.cursor().connection
    if copy.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        call_command("loaddata", *FIXTURES, verbosity=0)
        database.backup(copy)
    else:
        copy.backup(database)


@pytest.fixture(scope="module")
def content(django_db_setup: None, django_db_blocker: Any, copy: sqlite3.Connection) -> Iterator[None]:
    """Load the real content once for all tests of a module, and take it away after them."""
    with django_db_blocker.unblock(), contextlib.ExitStack() as stack:
        if connection.vendor == "sqlite":
            before = stack.enter_context(contextlib.closing(sqlite3.connect(":memory:")))
            database = connection.cursor().connection
            database.backup(before)
            stack.callback(before.backup, database)
            load_content(copy)
        else:
            stack.enter_context(transaction.atomic())
            stack.callback(transaction.set_rollback, True)
            call_command("loaddata", *FIXTURES, verbosity=0)
        yield
