"""A backup is whole or none; what is restored from it is what was there; nothing that is there is replaced."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings
from moto import mock_aws

from tests import factories
from tests.admin.test_media_storage import BUCKET
from tests.pictures import DESCRIBED, photo
from zone import workflow
from zone.backups import making
from zone.backups.databases import another, database
from zone.backups.places import names_of_backups
from zone.history import Occasion, live_version
from zone.models.session import SessionStore
from zone.picture_files import files_in, needed_files
from zone.search.index import rebuild
from zone.snapshots import take

pytestmark = pytest.mark.django_db(transaction=True)

Rows = dict[str, list[str]]


def said_by(command: str, *arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def back_up(target: Any, **options: Any) -> str:
    """Make a backup, and return its address."""
    return said_by("backup", target, **options).splitlines()[0].partition(": ")[0]


def rows_of(database: BaseDatabaseWrapper) -> Rows:
    """Return all that the tables hold, in an order that does not follow from where it lies."""
    with database.cursor() as cursor:
        found = {}
        for table in database.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def files_of_the_site() -> dict[str, bytes]:
    found = {}
    for name in files_in(default_storage):
        with default_storage.open(name) as file:
            found[name] = file.read()
    return found


@pytest.fixture
def media(tmp_path: Path) -> Iterator[None]:
    """Keep uploads on the disk, as a site does."""
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "media")}}
    with override_settings(STORAGES={**settings.STORAGES, "default": place}):
        yield


@pytest.fixture
def item(media: None) -> Any:
    """Return a public news item with a picture and a draft, whose author is logged in."""
    author = User.objects.create_superuser("author")
    item: Any = factories.NewsItemFactory(picture=photo((90, 30)), title_en="Kept", **DESCRIBED)
    rebuild()
    live_version(item)
    content = take(item)
    content["fields"]["title_en"] = "Drafted"
    workflow.keep(item, content, Occasion(by=author))
    SessionStore().save()
    return item


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return what lets a restore go to a new database and new uploads; the test goes on reading its own."""
    name = str(tmp_path / "restored.sqlite3") if connection.vendor == "sqlite" else f"restored_{os.getpid()}"
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "other")}}
    other = override_settings(STORAGES={**settings.STORAGES, "default": place})

    def go() -> None:
        if connection.vendor == "postgresql":
            create_database(name)
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        other.enable()

    yield go
    if "restored" in str(connection.settings_dict["NAME"]):
        other.disable()
        monkeypatch.undo()
        if connection.vendor == "postgresql":
            drop_database(name)


def create_database(name: str) -> None:
    drop_database(name)
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())


def drop_database(name: str) -> None:
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


# Rehearsal


def test_what_is_restored_elsewhere_is_what_was_there(item: Any, tmp_path: Path, elsewhere: Callable[[], None]) -> None:
    rows, files = rows_of(connection), files_of_the_site()
    backup = back_up(tmp_path / "backups")
    item.delete()  # What happens afterwards is not in it.
    elsewhere()
    said = said_by("restore", backup)

    assert said.endswith("every table and file is what it was. All logins have ended.\n")
    with another() as restored:
        found = rows_of(restored)
        [before], [after] = rows.pop("zone_generation"), found.pop("zone_generation")
        assert (len(rows.pop("zone_session")), found.pop("zone_session")) == (1, [])
        assert found == rows
        assert after > before
        with restored.cursor() as cursor:  # Triggers and keys go on.
            cursor.execute("INSERT INTO auth_group (name) VALUES ('New')")
            cursor.execute("UPDATE zone_newsitem SET title_en = 'Changed'")
            cursor.execute("SELECT number FROM zone_generation")
            assert f"(1, {cursor.fetchone()[0]})" > after
    assert files_of_the_site() == files


@pytest.mark.any_database
def test_backup_of_a_bucket_goes_to_a_bucket_and_back(
    item: Any, elsewhere: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("S3_ACCESS_KEY", "key"), ("S3_SECRET_KEY", "secret"), ("S3_REGION", "us-east-1")):
        monkeypatch.setattr(settings, name, text)
    files = files_of_the_site()
    with mock_aws():
        client = boto3.client("s3", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
        for name in ("pictures", "backups"):
            client.create_bucket(Bucket=name)
        with override_settings(STORAGES={**settings.STORAGES, "default": BUCKET}):
            for name, content in files.items():
                default_storage.save(name, ContentFile(content))
            backup = back_up("s3://backups/hetao")
        assert backup.startswith("s3://backups/hetao/2")
        elsewhere()
        said_by("restore", backup)
        assert files_of_the_site() == files


# Whole or none


@pytest.mark.any_database
def test_only_its_owner_can_read_a_backup(item: Any, tmp_path: Path) -> None:
    backup = Path(back_up(tmp_path / "backups"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (backup, *backup.rglob("*")) if path.is_dir()}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.any_database
@pytest.mark.parametrize("step", ["_copy_media", "damaged_files"])
def test_backup_that_fails_leaves_nothing(
    item: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*arguments: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(making, step, fail)
    with pytest.raises(CommandError, match=r"^No backup was made\. No space left on device$"):
        back_up(tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


@pytest.mark.any_database
def test_what_does_not_read_back_is_no_backup(item: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = making._copy_media

    def copy_wrongly(backup: Any) -> dict[str, str]:
        copied = copy(backup)
        Path(backup.path(f"media/{item.picture.name}")).write_bytes(b"")
        return copied

    monkeypatch.setattr(making, "_copy_media", copy_wrongly)
    with pytest.raises(CommandError, match=f"does not read back: media/{item.picture.name}"):
        back_up(tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


@pytest.mark.any_database
def test_what_was_killed_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "20260101T000000Z.unfinished").mkdir()
    (tmp_path / "20260102T000000Z").mkdir()
    assert names_of_backups(str(tmp_path)) == []
    with pytest.raises(CommandError, match="There is no whole backup at"):
        said_by("restore", tmp_path / "20260102T000000Z")


@pytest.mark.any_database
def test_missing_picture_is_named_and_the_rest_is_kept(item: Any, tmp_path: Path) -> None:
    default_storage.delete(item.picture.name)
    with pytest.raises(CommandError, match=f"the rest is lost:\n{item.picture.name}$"):
        back_up(tmp_path)
    [backup] = names_of_backups(str(tmp_path))
    kept = set(json.loads((tmp_path / backup / "manifest.json").read_text())["files"])
    assert kept == {database().file, *(f"media/{name}" for name in needed_files() - {item.picture.name})}
    with time_machine.travel("2100-01-01T00:00:00Z"), pytest.raises(CommandError):
        back_up(tmp_path, keep=1)
    assert len(names_of_backups(str(tmp_path))) == 2


@pytest.mark.any_database
def test_no_backup_is_made_where_readers_could_fetch_it(media: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for bucket, target in (("", f"{settings.MEDIA_ROOT}/../media/backups"), ("pictures", "s3://pictures/backups")):
        monkeypatch.setattr(settings, "S3_BUCKET", bucket)
        with pytest.raises(CommandError, match=r"^No backup was made\. TARGET is where uploads are kept"):
            back_up(target)


@pytest.mark.any_database
def test_old_backups_are_thinned_out(media: None, tmp_path: Path) -> None:
    for name in ("20260101T000000Z.unfinished", "20260101T000000Z.mine", "0"):
        (tmp_path / name).mkdir()
    for day in (1, 2, 3):
        with time_machine.travel(f"2026-02-0{day}T00:00:00Z", tick=False):
            back_up(tmp_path, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("0", "20260101T000000Z.mine", "20260202T000000Z", "20260203T000000Z"),
    ]
    with pytest.raises(CommandError, match="At least 1"):
        back_up(tmp_path, keep=0)


# What a restore refuses


def changed_manifest(backup: str, **changes: Any) -> None:
    path = Path(backup, "manifest.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_nothing_that_is_there_is_replaced(item: Any, tmp_path: Path, elsewhere: Callable[[], None]) -> None:
    backup, files = back_up(tmp_path / "backups"), files_of_the_site()
    elsewhere()
    default_storage.save("mine.txt", ContentFile(b"mine"))
    with pytest.raises(CommandError, match=r"^Nothing was restored or changed\. There are files where uploads"):
        said_by("restore", backup)
    assert (database().is_empty(), files_of_the_site()) == (True, {"mine.txt": b"mine"})
    default_storage.delete("mine.txt")
    said_by("restore", backup)
    with another() as restored:
        rows = rows_of(restored)
    with pytest.raises(CommandError, match=r"^Nothing was restored or changed\. The database .* is not empty\."):
        said_by("restore", backup)
    with another() as restored:
        assert (rows_of(restored), files_of_the_site()) == (rows, files)


@pytest.mark.any_database
@pytest.mark.parametrize("spoilt", ["database", "media"])
def test_damaged_backup_is_refused(item: Any, tmp_path: Path, elsewhere: Callable[[], None], spoilt: str) -> None:
    backup = back_up(tmp_path / "backups")
    name = database().file if spoilt == "database" else f"media/{item.picture.name}"
    with Path(backup, name).open("r+b") as file:
        file.seek(30)
        file.write(b"\0\1\2\3")
    elsewhere()
    with pytest.raises(CommandError, match=f"^Nothing was restored or changed. The backup is damaged: {name}$"):
        said_by("restore", backup)
    assert (database().is_empty(), files_of_the_site()) == (True, {})


def test_what_fails_halfway_is_taken_back(item: Any, tmp_path: Path, elsewhere: Callable[[], None]) -> None:
    backup = back_up(tmp_path / "backups")
    changed_manifest(backup, tables={"zone_park": "1 rows, 0"})
    elsewhere()
    with pytest.raises(CommandError, match="Tables differ from those in the backup"):
        said_by("restore", backup)
    assert files_of_the_site() == {}
    assert connection.vendor != "sqlite" or database().is_empty()


@pytest.mark.any_database
def test_release_that_does_not_fit_is_refused_or_named(
    media: None, tmp_path: Path, elsewhere: Callable[[], None]
) -> None:
    backup = back_up(tmp_path / "backups")
    manifest = json.loads(Path(backup, "manifest.json").read_text())
    elsewhere()
    changed_manifest(backup, migrations=[*manifest["migrations"], "zone.9999_later"])
    with pytest.raises(CommandError, match=r"of a newer release, whose migrations are not here: zone\.9999_later$"):
        said_by("restore", backup)
    changed_manifest(backup, database="oracle")
    with pytest.raises(CommandError, match=f"The backup is of oracle, and DATABASE_URL names {connection.vendor}"):
        said_by("restore", backup)
    changed_manifest(backup, database=connection.vendor, migrations=manifest["migrations"][:-1])
    assert "Next: manage.py migrate, manage.py rebuild_search." in said_by("restore", backup)
