"""What people are told while a part of the site fails; tests/drills makes the faults for real."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import DatabaseError, OperationalError, ProgrammingError, connection
from django.test import Client, override_settings

from tests import factories
from tests.admin.conftest import desk, member, superuser  # noqa: F401
from tests.admin.forms import address, answers, send_again
from tests.conftest import Reader
from zone import readiness
from zone.form_tokens import form_token
from zone.models import Field, Report
from zone.static_files import StaticFiles

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def calm(reader: Reader) -> Any:
    """Return a reader to whom a failure is a page."""
    reader.raise_request_exception = False
    return reader


@contextmanager
def failing(reason: Exception, word: str = "") -> Iterator[None]:
    """Let the database fail in all statements with ``word``."""

    def fail(execute: Any, sql: Any, *rest: Any) -> Any:
        if word in str(sql):
            raise reason
        return execute(sql, *rest)

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize(
    ("address", "language"), [("/en/", "en"), ("/zh-hans/news/", "zh-Hans"), ("/zh-hant/parks/", "zh-Hant")]
)
@pytest.mark.parametrize("reason", [OperationalError("disk I/O error"), DatabaseError("file is not a database")])
def test_page_says_in_the_language_of_the_reader_that_it_cannot_be_shown(
    calm: Any, address: str, language: str, reason: Exception
) -> None:
    with failing(reason):
        response = calm.get(address)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.page.html["lang"] == language
    assert "disk I/O" not in response.content.decode()
    assert calm.get(address).status_code == 200


def test_mistake_of_ours_is_not_said_to_pass(calm: Any) -> None:
    with failing(ProgrammingError("no such column")):
        response = calm.get("/en/")
    assert (response.status_code, "Retry-After" in response.headers) == (500, False)


# What was sent


@pytest.mark.django_db(transaction=True)
def test_report_that_could_not_be_saved_can_be_sent_again(calm: Any) -> None:
    written = {
        "message": 'It is "3.89"\nnot <3.98>.',
        "page": "/en/figures/",
        "website": "",
        "token": form_token(),
    }
    with failing(OperationalError("database is locked"), "INSERT"):
        response = calm.post("/en/report/", written)
    assert (response.status_code, Report.objects.count()) == (503, 0)
    assert [area.text for area in response.page.select("main pre")] == [written["message"]]
    assert send_again(calm, response).status_code == 302
    assert Report.objects.get().message == written["message"]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (OperationalError("database or disk is full"), 503),
        (OSError(errno.ENOSPC, "No space left on device"), 503),
        (RuntimeError("our mistake"), 500),
    ],
)
def test_editor_whose_save_could_not_be_kept_keeps_the_text(superuser: Client, reason: Exception, status: int) -> None:  # noqa: F811
    record: Any = factories.FieldFactory(name_en="Old name")
    form = address(record, "change")
    superuser.handler.enforce_csrf_checks = True
    given = answers(superuser.get(form)) | {"name_en": "New <name> & more", "_publish": "Publish"}
    superuser.raise_request_exception = False
    with failing(reason, "INSERT"):
        response = superuser.post(form, given)
    assert (response.status_code, Field.objects.values_list("name_en", flat=True).get()) == (status, "Old name")
    assert send_again(superuser, response).status_code == 302
    assert Field.objects.values_list("name_en", flat=True).get() == "New <name> & more"


def test_texts_to_copy_are_what_somebody_wrote(superuser: Client) -> None:  # noqa: F811
    form = address(factories.FieldFactory(), "change")
    given = {"name_en": "One name", "name_zh_hans": "一个名字", "slug": "one", "_save": "Save the draft"}
    with failing(OperationalError(), "zone_"):
        superuser.raise_request_exception = False
        page = BeautifulSoup(superuser.post(form, given).content, "html.parser")
    texts = [(name.text, text.text) for name, text in zip(page.select("main dt"), page.select("main pre"), strict=True)]
    assert texts == [("name_en", "One name"), ("name_zh_hans", "一个名字")]


def test_form_that_needs_a_password_once_more_comes_back_without_it(superuser: Client) -> None:  # noqa: F811
    given = {"first_name": "Anne Marie", "confirm-password": "correct horse", "confirm-code": "123456"}
    superuser.raise_request_exception = False
    with failing(OperationalError(), "auth_user"):
        body = superuser.post("/admin/auth/user/1/change/", given).content.decode()
    assert ("Anne Marie" in body, "correct horse" in body, "123456" in body) == (True, False, False)


def test_secret_is_not_given_back(calm: Any) -> None:
    with failing(OperationalError()):
        response = calm.post("/admin/login/", {"username": "editor", "password": "correct horse"})
    assert response.status_code == 503
    assert "correct horse" not in response.content.decode()
    assert response.page.select("main form") == []


# Parts that are missing


MANIFEST = "staticfiles.json"
TOKENS, BASE = "zone/css/tokens.css", "zone/css/base.css"


@contextmanager
def collected(folder: Path, *names: str) -> Iterator[None]:
    """Serve the static files that are collected in ``folder``: at first those with ``names``."""
    storages = {"staticfiles": {"BACKEND": "zone.static_files.StaticFiles"}}
    collect(folder, *names)
    with override_settings(STORAGES=storages, STATIC_ROOT=folder):
        yield


def collect(folder: Path, *names: str) -> None:
    """Collect the files that have ``names``, and no other."""
    paths = {name: name.replace(".css", ".0123456789ab.css") for name in names}
    for name in paths.values():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("body { color: black }")
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / MANIFEST).write_text(json.dumps({"version": "1.1", "paths": paths, "hash": ""}))


def sheets(response: Any) -> list[str]:
    """Return the addresses of the first two style sheets of a page, which are those of tokens and base."""
    return [link["href"] for link in response.page.select("link[rel=stylesheet]")][:2]


def test_static_file_that_was_not_collected_costs_no_page_and_heals(
    reader: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def said() -> Any:
        return reader.get("/readyz").json()["static files"]

    caplog.set_level("ERROR")
    with collected(tmp_path, TOKENS):
        assert sheets(reader.get("/en/about/")) == [f"/static/{TOKENS[:-4]}.0123456789ab.css", f"/static/{BASE}"]
        assert reader.get(f"/static/{BASE}").status_code == 404
        assert BASE in said().removeprefix("missing: ").split(", ")
        reader.get("/en/about/")
        assert [record.args for record in caplog.records].count((BASE,)) == 1

        collect(tmp_path, BASE)
        healed = reader.get("/en/about/")
        # What a page says that was made meanwhile, and kept, leads there too; no restart has told WhiteNoise of it.
        assert reader.get(f"/static/{BASE}").headers["Location"] == f"/static/{BASE[:-4]}.0123456789ab.css"
        assert b"".join(reader.get(sheets(healed)[1]).streaming_content) == b"body { color: black }"
        # What was known before stays, for pages have been made with it.
        assert sheets(healed) == [f"/static/{name[:-4]}.0123456789ab.css" for name in (TOKENS, BASE)]
        assert BASE not in said()


@pytest.mark.parametrize("there_is", [None, "", '{"version": "1.1", "pa'])
def test_names_of_static_files_that_cannot_be_read_heal(reader: Any, tmp_path: Path, there_is: str | None) -> None:
    with collected(tmp_path):
        (tmp_path / MANIFEST).unlink()
        if there_is is not None:
            (tmp_path / MANIFEST).write_text(there_is)
        assert reader.get("/readyz").json()["static files"] == "were not collected"
        assert sheets(reader.get("/en/about/")) == [f"/static/{name}" for name in (TOKENS, BASE)]
        collect(tmp_path, TOKENS, BASE)
        assert reader.get("/readyz").json()["static files"] != "were not collected"
        assert sheets(reader.get("/en/about/")) == [f"/static/{name[:-4]}.0123456789ab.css" for name in (TOKENS, BASE)]


def test_static_file_that_stays_missing_costs_a_look_at_the_manifest_and_no_more(tmp_path: Path) -> None:
    with collected(tmp_path, TOKENS):
        assert staticfiles_storage.url(TOKENS) != f"/static/{TOKENS}"
        with mock.patch.object(StaticFiles, "read_manifest") as read:
            assert staticfiles_storage.url(BASE) == f"/static/{BASE}"
        assert read.call_count == 0


def test_readiness_names_the_part_that_fails(calm: Any, tmp_path: Path) -> None:
    fine = {"database": "ok", "cache": "ok", "disk": "ok", "static files": "ok"}
    assert calm.get("/readyz").json() == {"status": "ok"} | fine
    with failing(OperationalError(), "zone_park"):
        response = calm.get("/readyz")
        assert (response.status_code, calm.get("/healthz").status_code) == (503, 200)
    assert response.json() == {"status": "down"} | fine | {"database": "cannot be read"}
    with mock.patch.object(cache, "get", return_value=None):
        assert calm.get("/readyz").json() == {"status": "degraded"} | fine | {"cache": "does not answer"}
    with mock.patch.object(readiness, "_folders", return_value=[tmp_path / "gone"]):
        found = calm.get("/readyz")
    wrong = {"disk": "cannot be written to: No such file or directory"}
    assert (found.status_code, found.json()) == (200, {"status": "degraded"} | fine | wrong)
