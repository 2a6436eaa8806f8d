from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles.finders import get_finder
from django.core.files.storage import FileSystemStorage
from django.test import Client, override_settings

from tests.programs import python
from zone.management.commands.set_up import collect_static_files, create_first_account, load_content, static_fingerprint
from zone.models import Field
from zone.passwords import is_given
from zone.settling import settle

ENVIRONMENT = {"ENV_FILE": os.devnull, "SECRET_KEY": "nothing but a test of the set-up, and long enough for one"}
FIELD = {"slug": "light", "name_en": "Light", "status": "published"}

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a fixture of one field."""
    (tmp_path / "fields.json").write_text(json.dumps([{"model": "zone.field", "fields": FIELD}]), "utf-8")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was written, as if all of it had been quick: for each second that it takes there is a dot more."""
    return re.sub(r"\.{2,} \d+\.\d s", ".. 0.1 s", capsys.readouterr().out)


def test_content_is_loaded_into_an_empty_database(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_content(folder)
    assert said(capsys) == f"Loading the content from {folder.name}/ .. 0.1 s\n"
    assert Field.objects.published().values_list("name_en", flat=True).get() == "Light"


def test_content_of_the_editors_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_content(folder)
    Field.objects.update(name_en="Photonics")
    capsys.readouterr()
    load_content(folder)
    assert said(capsys) == "The content is there, and stays as it is.\n"
    assert Field.objects.values_list("name_en", flat=True).get() == "Photonics"


def test_content_that_the_editors_deleted_does_not_come_back(folder: Path) -> None:
    load_content(folder)
    settle()
    Field.objects.all().delete()
    load_content(folder)
    assert not Field.objects.exists()


def test_first_account_logs_in_with_the_password_that_was_shown(capsys: pytest.CaptureFixture[str]) -> None:
    create_first_account()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "The first account of the newsroom may do everything, creating other accounts included.",
        "  user name: editor",
    ]
    [password] = re.findall(r"^  password:  ([a-z2-9]{5}(?:-[a-z2-9]{5}){3})   \(shown only this once\)$", lines[2])
    sent = Client().post("/admin/login/", {"username": "editor", "password": password})
    assert (sent.status_code, sent.headers["Location"]) == (302, "/admin/")
    editor = User.objects.get()
    assert (editor.is_staff, editor.is_superuser) == (True, True)
    assert list(editor.groups.all()) == list(Group.objects.filter(name="Publisher"))


@pytest.mark.parametrize("https", [True, False])
def test_first_password_of_a_server_is_replaced_and_that_of_ones_own_computer_is_not(
    settings: Any, capsys: pytest.CaptureFixture[str], https: bool
) -> None:
    settings.HTTPS = https
    create_first_account()
    [password] = re.findall(r"password:  (\S+)", capsys.readouterr().out)
    editor = User.objects.get()
    assert (is_given(editor), editor.check_password(password)) == (https, True)


def test_second_account_is_for_the_editors_to_create(capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_user("somebody")
    create_first_account()
    assert capsys.readouterr().out == ""
    assert User.objects.count() == 1


def test_static_files_are_collected_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with override_settings(STATIC_ROOT=tmp_path):
        collect_static_files(tmp_path)
        assert said(capsys) == "Collecting and compressing the static files .. 0.1 s\n"
        assert (tmp_path / "admin" / "css" / "base.css").exists()
        collect_static_files(tmp_path)
        assert said(capsys) == "The static files are up to date.\n"


def test_static_files_are_collected_again_when_one_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = static_fingerprint()
    finder = get_finder("django.contrib.staticfiles.finders.FileSystemFinder")
    monkeypatch.setattr(finder, "locations", [("", str(tmp_path))])
    monkeypatch.setattr(finder, "storages", {str(tmp_path): FileSystemStorage(tmp_path)})
    assert static_fingerprint() == before
    (tmp_path / "new.css").touch()
    assert static_fingerprint() != before


def test_database_that_cannot_be_used_is_said_in_one_line() -> None:
    made = python(*("manage.py", "set_up"), environment=ENVIRONMENT | {"DATABASE_URL": "sqlite:////nowhere/db.sqlite3"})
    assert made.returncode == 1
    assert made.stderr == ("CommandError: DATABASE_URL: The database cannot be used: unable to open database file\n")
