"""The doctor: each thing is broken for real, and he names it."""

from __future__ import annotations

import datetime
import os
import shutil
import socketserver
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.utils import ConnectionHandler
from django.utils import timezone

from tests import servers, sites
from tests.factories import ParkFactory
from tests.programs import python
from zone.doctor import configuration, content, database, examination, files, indexes, neighbours
from zone.doctor.examination import Check, found
from zone.models import Draft, OpenForm, SearchEntry, Session, Version
from zone.settling import settle

ONLY_HERE = pytest.mark.any_database
WORDS = {20: "ok", 30: "warning", 40: "error"}


def says(check: Check) -> list[tuple[str, str]]:
    """Return what a check finds, and fail where it says what is wrong and not what to do."""
    messages = list(found(check))
    assert [message.msg for message in messages if message.level > 20 and not message.hint] == []
    return [(WORDS[message.level], message.msg) for message in messages]


# Settings, files and packages


@ONLY_HERE
@pytest.mark.parametrize(
    ("debug", "hosts", "bind", "behind_proxy", "level"),
    [
        (False, ["hetao.example.org"], "127.0.0.1", True, "ok"),
        (True, ["localhost", "127.0.0.1"], "127.0.0.1", False, "warning"),
        (True, ["hetao.example.org"], "127.0.0.1", False, "error"),
        (True, ["localhost"], "0.0.0.0", False, "error"),  # noqa: S104
        (True, ["localhost"], "127.0.0.1", True, "error"),
    ],
)
def test_debugging_is_for_a_machine_that_answers_itself_alone(
    settings: Any, debug: bool, hosts: list[str], bind: str, behind_proxy: bool, level: str
) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.BIND, settings.BEHIND_PROXY = debug, hosts, bind, behind_proxy
    assert [level for level, _said in says(configuration.purpose)] == [level]


@ONLY_HERE
def test_what_django_says_of_production_is_said_in_a_line_each(settings: Any) -> None:
    settings.DEBUG = True
    assert ("warning", "You should not have DEBUG set to True in deployment (security.W018).") in says(
        configuration.deployment
    )


@ONLY_HERE
@pytest.mark.parametrize(
    ("hosts", "level"), [(["*"], "warning"), (["localhost"], "warning"), (["hetao.example.org"], "ok")]
)
def test_hosts(settings: Any, hosts: list[str], level: str) -> None:
    settings.ALLOWED_HOSTS = hosts
    assert [level for level, _said in says(configuration.hosts)] == [level]


@ONLY_HERE
@pytest.mark.parametrize(
    ("https", "behind_proxy", "bind", "level"),
    [
        (True, False, "127.0.0.1", "error"),
        (True, True, "10.0.0.2", "warning"),
        (True, True, "127.0.0.1", "ok"),
        (False, False, "127.0.0.1", "ok"),
    ],
)
def test_proxy(settings: Any, https: bool, behind_proxy: bool, bind: str, level: str) -> None:
    settings.SECURE_SSL_REDIRECT, settings.BEHIND_PROXY, settings.BIND = https, behind_proxy, bind
    assert [level for level, _said in says(configuration.proxy)] == [level]


@ONLY_HERE
def test_file_of_secrets_that_others_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "env"
    file.touch(0o600)
    monkeypatch.setenv("ENV_FILE", str(file))
    assert says(configuration.secrets) == [("ok", f"{file} belongs to its owner alone.")]
    file.chmod(0o640)
    assert says(configuration.secrets) == [("error", f"Others than its owner can use {file} (mode 640).")]


@ONLY_HERE
def test_packages_of_another_release(tmp_path: Path, settings: Any) -> None:
    assert says(configuration.packages) == [("ok", "The packages are those of requirements.txt.")]
    settings.BASE_DIR = tmp_path
    lines = [
        "django==1.0 \\",
        "    --hash=sha256:00",
        "no-such-package==1 ; python_version >= '3'",
        "old==1 ; python_version < '3'",
    ]
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    [(level, said)] = says(configuration.packages)
    assert (level, said.split(": ")[1]) == (
        "error",
        f"django is {__import__('django').__version__}, no-such-package is missing.",
    )


# Files


@ONLY_HERE
def test_uploads_are_tried(tmp_path: Path, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    settings.MEDIA_ROOT = str(tmp_path / "media")
    assert says(files.uploads) == [("ok", f"{tmp_path / 'media'} takes, gives and deletes files.")]
    assert list((tmp_path / "media").iterdir()) == []
    # As root nothing is forbidden, but a file is no folder for anybody.
    (tmp_path / "media").rmdir()
    (tmp_path / "media").touch()
    assert [level for level, _said in says(files.uploads)] == ["error"]


@ONLY_HERE
def test_static_files_are_missing_and_older_than_their_sources(tmp_path: Path, settings: Any) -> None:
    source, settings.STATIC_ROOT = tmp_path / "source", str(tmp_path / "collected")
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [source]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "zone.static_files.StaticFiles"},
    }
    assert [level for level, _said in says(files.static_files)] == ["error"]
    call_command("collectstatic", interactive=False, verbosity=0)
    assert says(files.static_files) == [("ok", "1 static files are collected.")]
    manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
    whole = manifest.read_text()
    manifest.write_text("rubbish")
    assert [level for level, _said in says(files.static_files)] == ["error"]
    manifest.write_text(whole)
    os.utime(source / "a.css", (2**33, 2**33))
    assert says(files.static_files) == [("warning", "1 static files are newer than those collected, such as a.css.")]
    (source / "b.css").write_text("b {}")
    assert says(files.static_files) == [("error", "1 static files are not collected, such as b.css.")]


@ONLY_HERE
def test_pages_as_files(tmp_path: Path, settings: Any) -> None:
    settings.PAGE_FILES = ""
    assert says(files.page_files) == []
    settings.PAGE_FILES, settings.PAGE_LINK = str(tmp_path), str(tmp_path / "now")
    assert says(files.page_files) == [("ok", f"{tmp_path} can be written; it has no pages now.")]
    (tmp_path / "now").symlink_to("gone")
    assert says(files.page_files) == [("warning", f"{tmp_path / 'now'} leads nowhere.")]
    for settings.PAGE_FILES, settings.PAGE_LINK in (
        (str(tmp_path / "nowhere"), str(tmp_path / "now")),
        (str(tmp_path), str(tmp_path / "nowhere" / "now")),
    ):
        assert [level for level, _said in says(files.page_files)] == ["error"]


@ONLY_HERE
@pytest.mark.parametrize(("megabytes", "level"), [(99, "error"), (1023, "warning"), (2000, "ok")])
def test_disk_that_fills_up(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, megabytes: int, level: str
) -> None:
    settings.MEDIA_ROOT, settings.PAGE_FILES = str(tmp_path), ""
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: SimpleNamespace(free=megabytes * 1024**2))
    assert says(files.disk_space) == [(level, f"{megabytes:,} MB are free at {tmp_path}.")]


# Redis and the mail server


@ONLY_HERE
def test_redis_that_is_not_there(settings: Any) -> None:
    assert [level for level, _said in says(neighbours.cache)] == ["ok"]
    address = f"redis://127.0.0.1:{sites.free_port()}/0"
    settings.CACHES = {"default": {"BACKEND": "zone.shared_cache.SharedCache", "LOCATION": address}}
    [(level, said)] = says(neighbours.cache)
    assert (level, said.partition(":")[0]) == ("error", "Redis does not answer")


@pytest.mark.machines
def test_redis_that_forgets_nothing(settings: Any, tmp_path: Path) -> None:
    port = sites.free_port()
    address = f"redis://127.0.0.1:{port}/0"
    settings.CACHES = {"default": {"BACKEND": "zone.shared_cache.SharedCache", "LOCATION": address}}
    with servers.redis(port, tmp_path):
        assert ("warning", "It may fill up: maxmemory is 0B, maxmemory-policy noeviction.") in says(neighbours.cache)


class MailServer(socketserver.StreamRequestHandler):
    """Greets, and answers everything with what it is set to."""

    answer = b"250 hetao\r\n"

    def handle(self) -> None:
        self.wfile.write(b"220 hetao\r\n")
        for line in self.rfile:
            self.wfile.write(b"221 bye\r\n" if line.startswith(b"quit") else self.answer)


@pytest.fixture
def mail_server(settings: Any) -> Iterator[type[MailServer]]:
    class Server(MailServer):
        pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.EMAIL_USE_TLS = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Server
        server.shutdown()


@ONLY_HERE
def test_mail_server_that_takes_us_and_one_that_is_not_there(mail_server: type[MailServer], settings: Any) -> None:
    assert says(neighbours.mail) == [("ok", f"127.0.0.1:{settings.EMAIL_PORT} takes our e-mails.")]
    settings.EMAIL_USE_TLS = True  # Of which this server knows nothing.
    assert [level for level, _said in says(neighbours.mail)] == ["error"]
    settings.EMAIL_PORT = sites.free_port()
    [(level, said)] = says(neighbours.mail)
    assert (level, "ConnectionRefusedError" in said) == ("error", True)
    settings.EMAIL_HOST = ""
    assert says(neighbours.mail) == [("warning", "E-mails are written to the console.")]


@ONLY_HERE
def test_an_email_is_sent_to_who_asks(mailoutbox: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("doctor", send_mail="editor@example.org")
    assert capsys.readouterr().out == "The mail server has taken an e-mail to editor@example.org.\n"
    assert [message.to for message in mailoutbox] == [["editor@example.org"]]


# The database


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[Path]:
    """Return a database file of two tables at which the checks look in the place of that of the tests."""
    path = tmp_path / "site.sqlite3"
    options = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"}
    own = ConnectionHandler(
        {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}}
    )["default"]
    monkeypatch.setattr(database, "connection", own)
    with closing(sqlite3.connect(path)) as made:
        made.executescript("CREATE TABLE park (id INTEGER PRIMARY KEY, name TEXT);")
        made.executescript("CREATE TABLE field (park_id REFERENCES park);")
    with django_db_blocker.unblock():
        yield path
        own.close()


@ONLY_HERE
def test_file_that_keeps_its_promises(file: Path) -> None:
    assert says(database.durability) == [("ok", "journal_mode is wal, synchronous is 2, foreign_keys is 1.")]
    assert says(database.integrity) == [("ok", "The file is whole, and every reference leads somewhere.")]
    assert says(database.transactions) == [("ok", "Nobody keeps others from writing.")]


@ONLY_HERE
def test_file_that_is_gone_is_not_replaced_by_an_empty_one(file: Path) -> None:
    file.unlink()
    assert says(database.database) == [("error", f"There is no {file}.")]
    assert not file.exists()


@ONLY_HERE
def test_file_and_folder_that_cannot_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [level for level, _said in says(database.database)] == ["ok"]
    for shut in (file, file.parent):  # Which nothing is to root, who may be running this.
        monkeypatch.setattr(os, "access", lambda place, _mode, shut=shut: place != shut)
        assert says(database.database) == [("error", f"{shut} cannot be written.")]


@ONLY_HERE
def test_reference_that_leads_nowhere(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.executescript("INSERT INTO field VALUES (7)")
    assert says(database.integrity) == [("error", "1 references lead nowhere: from field to park.")]


@ONLY_HERE
def test_value_that_cannot_be_is_no_damage(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.executescript("CREATE TABLE building (floors INTEGER NOT NULL CHECK (floors > 0));")
        other.executescript("PRAGMA ignore_check_constraints=ON; INSERT INTO building VALUES (0);")
    assert says(database.integrity) == [
        ("error", "There are values that cannot be: CHECK constraint failed in building.")
    ]


@ONLY_HERE
def test_damaged_file(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other, other:
        other.executemany("INSERT INTO park (name) VALUES (?)", [("x" * 500,)] * 100)
    bytes_of_it = bytearray(file.read_bytes())
    bytes_of_it[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    file.write_bytes(bytes_of_it)
    [(level, said)] = says(database.integrity)
    assert (level, "damaged" in said or "malformed" in said) == ("error", True)


@ONLY_HERE
def test_somebody_who_does_not_stop_writing(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert says(database.transactions) == [("warning", "Somebody has been writing to the file for a second.")]


def test_connection_that_promises_less(db: None) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL synchronous_commit TO off")
    wrong = {"sqlite": "journal_mode is memory.", "postgresql": "synchronous_commit is off."}[connection.vendor]
    [(level, said)] = says(database.durability)
    assert (level, said.split(", ")[-1]) == ("error", wrong)


def test_database_that_is_right(db: None) -> None:
    checks = [database.database, database.encoding, database.migrations, database.triggers, database.clock]
    checks += [indexes.indexes]
    checks += [database.connections] * (connection.vendor == "postgresql")
    assert [level for check in checks for level, _said in says(check)] == ["ok"] * len(checks)


def test_migration_that_is_not_applied_and_one_of_a_newer_release(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_migrations SET name = '9999_new' WHERE app = 'sessions' AND name = '0001_initial'"
        )
    assert says(database.migrations) == [
        ("error", "Not applied: sessions.0001_initial."),
        ("warning", "Applied, but not of this release: sessions.9999_new."),
    ]


def lose(table: str, *columns: str | None) -> None:
    """Take what stands over ``columns`` from ``table``, as a dump does that was restored in part."""
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, table)
        for name in [name for name, one in there.items() if tuple(one["columns"]) == columns]:
            if connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            cursor.execute(f"DROP INDEX IF EXISTS {name}")


def test_keys_and_indexes_that_a_dump_has_lost_and_the_statements_that_mend_it(db: None) -> None:
    lose("zone_facility", "status", None)
    lose("zone_draft", "publish_at")
    lose("zone_version", "by_id")
    lose("zone_organisation_fields", "organisation_id", "field_id")
    lose("zone_holidaycalendar", "region", "year")
    expected = [
        ("error", "zone_holidaycalendar has no holidaycalendar_is_the_only_one_of_its_year."),
        ("error", "zone_organisation_fields has no zone_organisation_fields_organisation_field_key."),
        ("warning", "zone_draft has no zone_draft_publish_at_idx."),
        ("warning", "zone_facility has no facility_by_name."),
        ("warning", "zone_version has no zone_version_by_id_idx."),
    ]
    if connection.vendor == "postgresql":  # SQLite has references, and the keys of a column, in the table itself.
        lose("zone_park", "slug")
        lose("zone_search", "terms")
        lose("zone_search", "rowid")
        expected += [
            ("error", "zone_park has no zone_park_slug_key."),
            ("error", "zone_search has no zone_search_by_terms."),
            ("error", "zone_search has no zone_search_pkey."),
            ("error", "zone_version has no reference by by_id."),
        ]
    messages = list(found(indexes.indexes))
    assert sorted((WORDS[message.level], message.msg) for message in messages) == sorted(expected)
    with connection.cursor() as cursor:
        for message in messages:
            cursor.execute(str(message.hint).removeprefix("manage.py dbshell, and there: "))
    assert says(indexes.indexes) == [("ok", "Every table has its keys, references and indexes.")]


def test_table_that_is_gone(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE zone_changenote")
    assert says(indexes.indexes) == [("error", "There is no table zone_changenote.")]


def test_indexes_that_a_migration_is_to_make_are_not_missed(db: None) -> None:
    lose("zone_draft", "publish_at")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'zone'")
    assert says(indexes.indexes) == []


def test_trigger_that_is_gone(db: None) -> None:
    name, statement = {
        "sqlite": ("zone_park_update_counts", "DROP TRIGGER zone_park_update_counts"),
        "postgresql": ("zone_park_counts", "ALTER TABLE zone_park DISABLE TRIGGER zone_park_counts"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert says(database.triggers) == [
        ("error", f"Pages may stay as they are after an edit: 1 triggers are missing, such as {name}.")
    ]


def test_clock_that_was_put_back(db: None) -> None:
    ParkFactory()
    settle()
    ahead = timezone.now() + datetime.timedelta(days=1)
    Version.objects.update(at=ahead)
    [(level, said)] = says(database.clock)
    assert (level, said) == (
        "warning",
        f"The newest version is of {ahead.isoformat(timespec='seconds')}, which has yet to come.",
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no other connections to look at.")
def test_transaction_that_does_not_end(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LONGEST_TRANSACTION", 0)
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": None}) as other:
        other.execute("SELECT 1")
        [(level, said)] = says(database.transactions)
        assert (level, f"Process {other.info.backend_pid} " in said) == ("warning", True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not count connections.")
def test_connections_that_run_out(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "FEWEST_CONNECTIONS", 10_000)
    assert [level for level, _said in says(database.connections)] == ["warning"]


# Content


def test_draft_that_missed_its_time(db: None) -> None:
    park = ParkFactory()
    settle()
    version = Version.objects.latest("pk")
    kind = ContentType.objects.get_for_model(park)
    draft = Draft.objects.create(content_type=kind, object_id=park.pk, version=version, base=version)
    assert says(content.schedules) == [("ok", "No draft has missed its time.")]
    Draft.objects.filter(pk=draft.pk).update(problem="It has no source.")
    assert says(content.schedules) == [("warning", "1 drafts could not go live at their time.")]
    an_hour_ago = timezone.now() - datetime.timedelta(hours=1)
    Draft.objects.filter(pk=draft.pk).update(problem="", state="scheduled", publish_at=an_hour_ago)
    assert says(content.schedules) == [("warning", "1 drafts are overdue.")]


def test_sessions_that_have_ended(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now, day = timezone.now(), datetime.timedelta(days=1)
    for key, expire_date, seen_at in (
        ("open", now + day, now),
        ("expired", now - day, now),
        ("idle", now + day, now - day),
    ):
        Session.objects.create(session_key=key, expire_date=expire_date, seen_at=seen_at)
    assert says(content.sessions) == [("ok", "2 sessions have ended.")]
    monkeypatch.setattr(content, "MANY_SESSIONS", 1)
    assert says(content.sessions) == [("warning", "2 sessions have ended.")]
    call_command("purge_logins")
    assert says(content.sessions) == [("ok", "0 sessions have ended.")]


def test_forms_that_were_left_open(db: None) -> None:
    form = {"user": User.objects.create(), "content_type": ContentType.objects.get_for_model(Version)}
    OpenForm.objects.create(opening="x", **form)
    assert says(content.open_forms) == [("ok", "1 forms are open, 0 have outlived their use.")]
    OpenForm.objects.update(seen_at=timezone.now() - datetime.timedelta(days=31))
    assert says(content.open_forms) == [("warning", "0 forms are open, 1 have outlived their use.")]


def test_record_that_the_search_does_not_know(db: None) -> None:
    ParkFactory(slug="hong-kong")
    settle()
    assert [level for level, _said in says(content.search_index)] == ["ok"]
    SearchEntry.objects.all().delete()
    [(level, said)] = says(content.search_index)
    assert (level, said.endswith("such as park hong-kong.")) == ("error", True)


# The whole


def test_everything_is_looked_at_in_order_and_once(db: None, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    examined = list(examination.examine())
    assert [message.msg for _name, message in examined if "cannot be looked at" in message.msg] == []
    names = list(dict.fromkeys(name for name, _message in examined))
    assert names[0] == "database"
    every = {"database", *(check.__name__.replace("_", " ") for check in examination.ALONE + examination.WITH_DATABASE)}
    nothing_to_look_at = {"page files", *({"integrity"} if connection.vendor == "postgresql" else {"connections"})}
    assert set(names) == every - nothing_to_look_at
    assert {name for name, _message in examination.examine(quick=True)} == set(names) - {"integrity", "search index"}


@ONLY_HERE
def test_without_a_database_the_rest_is_looked_at_and_the_command_fails(tmp_path: Path) -> None:
    environment = sites.variables(tmp_path) | {"DATABASE_URL": f"postgres://127.0.0.1:{sites.free_port()}/hetao"}
    run = python("manage.py", "doctor", environment=environment)
    assert (run.returncode, run.stderr) == (1, "")
    lines = run.stdout.splitlines()
    assert lines[0].startswith("error    database      It cannot be looked at: OperationalError: ")
    assert lines[-1].startswith("warning  the rest      Not looked at without the database: encoding, durability, ")
