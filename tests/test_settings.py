from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.programs import python

pytestmark = pytest.mark.any_database

EMPTY = {"ENV_FILE": os.devnull}
RIGHT = EMPTY | {"SECRET_KEY": "nothing but a test of the settings, and long enough for one"}


def value(name: str, **environment: str) -> Any:
    """Return what the setting ``name`` is in ``environment``."""
    run = python(
        "-c",
        f"import json; from hetao import settings; print(json.dumps(settings.{name}))",
        environment=RIGHT | environment,
    )
    assert run.stderr == ""
    return json.loads(run.stdout)


@pytest.mark.parametrize(
    ("name", "wrong", "problem"),
    [
        ("SECRET_KEY", "", "Shorter than minimum length 50."),
        ("SECRET_KEY", "short", "Shorter than minimum length 50."),
        ("DEBUG", "perhaps", "Not a valid boolean."),
        ("HTTPS", "", "Not a valid boolean."),
        ("DATABASE_URL", "", "Not a valid database URL."),
        ("DATABASE_URL", "mongodb://127.0.0.1/hetao", "Not a valid database URL."),
        ("CACHE_URL", "paper://127.0.0.1", 'Unknown backend: "paper"'),
        ("LOG_LEVEL", "loud", "Must be one of: DEBUG, INFO, WARNING, ERROR, CRITICAL."),
        ("LOG_FORMAT", "xml", "Must be one of: line, json."),
        ("TIME_ZONE", "Asia/Hetao", "'Asia/Hetao' is not a time zone such as 'Asia/Hong_Kong'."),
        ("TIME_ZONE", "", "'' is not a time zone such as 'Asia/Hong_Kong'."),
        ("TIME_ZONE", "Asia", "'Asia' is not a time zone such as 'Asia/Hong_Kong'."),
        (
            "ALLOWED_HOSTS",
            "example.org,https://example.org",
            "'https://example.org' is not a host name; leave out scheme, port and path.",
        ),
        (
            "ALLOWED_HOSTS",
            "example.org:8000",
            "'example.org:8000' is not a host name; leave out scheme, port and path.",
        ),
        ("CSRF_TRUSTED_ORIGINS", "example.org", "'example.org' is not an origin such as 'https://example.org'."),
        ("CSRF_TRUSTED_ORIGINS", "https://a.org/", "'https://a.org/' is not an origin such as 'https://example.org'."),
        ("STATIC_ROOT", "", "Must not be empty."),
        (
            "MAP_TILES",
            "http://tiles.example.org/{z}/{x}/{y}.png",
            "'http://tiles.example.org/{z}/{x}/{y}.png' is not a pattern such as "
            "'https://tiles.example.org/{z}/{x}/{y}.png'.",
        ),
        (
            "MAP_TILES",
            "https://tiles.example.org/",
            "'https://tiles.example.org/' is not a pattern such as 'https://tiles.example.org/{z}/{x}/{y}.png'.",
        ),
        ("PAGE_FILES", "pages", "'pages' is not an absolute path."),
        ("PAGE_LINK", "now", "'now' is not an absolute path."),
        ("PAGE_LINK", "", "Must not be empty."),
        ("SENTRY_DSN", "abc", "It is not an address such as 'https://key@sentry.example.org/1'."),
        (
            "SENTRY_DSN",
            "https://sentry.example.org/1",
            "It is not an address such as 'https://key@sentry.example.org/1'.",
        ),
        ("PAGE_FILES", "/srv/pages", "Only the proxy in front can serve them; set BEHIND_PROXY too."),
        ("DATABASE_POOL", "-1", "Must be greater than or equal to 0."),
        ("S3_BUCKET", "Hetao pictures", "'Hetao pictures' is not the name of a bucket."),
        ("S3_ENDPOINT", "minio:9000", "'minio:9000' is not an address such as 'https://media.example.org'."),
        (
            "S3_PUBLIC_URL",
            "https://a.example/?key=x",
            "'https://a.example/?key=x' is not an address such as 'https://media.example.org'.",
        ),
        (
            "SECURITY_CONTACT",
            "security@example.org",
            "'security@example.org' is not a contact such as 'mailto:security@example.org'.",
        ),
        (
            "SECURITY_POLICY",
            "http://example.org/",
            "'http://example.org/' is not an address such as 'https://example.org/policy'.",
        ),
        ("PORT", "http", "Not a valid integer."),
        ("PORT", "65536", "Must be greater than or equal to 1 and less than or equal to 65535."),
        ("WEB_CONCURRENCY", "0", "Must be greater than or equal to 1."),
        ("EMAIL_PORT", "smtp", "Not a valid integer."),
        ("DEFAULT_FROM_EMAIL", "newsroom", "Not a valid email address."),
        ("TRASH_DAYS", "0", "Must be greater than or equal to 1 and less than or equal to 36500."),
        ("ENV_FILE", "/nowhere/.env", "There is no file '/nowhere/.env'."),
    ],
)
def test_wrong_value_stops_the_start_with_one_line(name: str, wrong: str, problem: str) -> None:
    run = python("-c", "import hetao.settings", environment=RIGHT | {name: wrong})
    assert (run.returncode, run.stdout, run.stderr) == (1, "", f"{name}: {problem}\n")


def test_several_wrong_values_are_named_at_once() -> None:
    run = python("-c", "import hetao.settings", environment=EMPTY | {"LOG_LEVEL": "loud", "BEHIND_PROXY": "nginx"})
    assert (run.returncode, run.stderr) == (
        1,
        "SECRET_KEY: Environment variable not set.\n"
        "BEHIND_PROXY: Not a valid boolean.\n"
        "LOG_LEVEL: Must be one of: DEBUG, INFO, WARNING, ERROR, CRITICAL.\n",
    )


@pytest.mark.parametrize("program", [["manage.py", "check"], ["-m", "gunicorn", "-c", "hetao/gunicorn.conf.py"]])
def test_production_does_not_start_without_a_secret_key(program: list[str]) -> None:
    run = python(*program, environment=EMPTY)
    assert (run.returncode, run.stderr) == (1, "SECRET_KEY: Environment variable not set.\n")


def test_development_starts_without_a_secret_key() -> None:
    assert python("-c", "import hetao.settings", environment=EMPTY | {"DEBUG": "true"}).returncode == 0


def test_values_come_from_the_file_and_the_environment_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("TIME_ZONE=Asia/Shanghai\nLOG_LEVEL=ERROR\n", "utf-8")
    run = python(
        "-c",
        "from hetao import settings; print(settings.TIME_ZONE, settings.LOG_LEVEL)",
        environment=RIGHT | {"ENV_FILE": str(file), "LOG_LEVEL": "DEBUG"},
    )
    assert run.stdout == "Asia/Shanghai DEBUG\n"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("ALLOWED_HOSTS", "example.org, .example.com,[::1]", ["example.org", ".example.com", "[::1]"]),
        ("ALLOWED_HOSTS", "*", ["*"]),
        ("ALLOWED_HOSTS", "", []),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://*.example.org, http://[::1]:8000",
            ["https://*.example.org", "http://[::1]:8000"],
        ),
        ("CSRF_TRUSTED_ORIGINS", "", []),
    ],
)
def test_list_takes_what_it_should(name: str, given: str, expected: list[str]) -> None:
    assert value(name, **{name: given}) == expected


def test_https_is_on_in_production_and_off_in_development() -> None:
    assert value("SECURE_SSL_REDIRECT") is True
    assert value("SECURE_SSL_REDIRECT", DEBUG="true") is False
    assert value("SECURE_SSL_REDIRECT", HTTPS="false") is False


def test_second_factor_is_asked_for_in_production_and_not_by_make_run() -> None:
    made_by_make_run = {"DEBUG": "false", "HTTPS": "false", "SERVE_MEDIA": "true"}
    assert value("SECOND_FACTOR") is True
    assert value("SECOND_FACTOR", **made_by_make_run) is False
    assert value("SECOND_FACTOR", **made_by_make_run, SECOND_FACTOR="true") is True


@pytest.mark.parametrize(("second_factor", "warned"), [("true", False), ("false", True)])
def test_a_server_without_second_factor_is_warned_of(second_factor: str, warned: bool) -> None:
    environment = RIGHT | {"SECOND_FACTOR": second_factor}
    check = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", environment=environment)
    said = "(zone.W001) SECOND_FACTOR is off: a password alone opens the newsroom." in check.stderr
    assert (check.returncode != 0, said) == (warned, warned)


@pytest.mark.parametrize(("https", "prefix"), [("true", "__Host-"), ("false", "")])
def test_cookies_are_for_this_host_alone_where_https_can_promise_it(https: str, prefix: str) -> None:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    expected = [f"{prefix}sessionid", f"{prefix}csrftoken", bool(prefix), bool(prefix)]
    assert [value(name, HTTPS=https) for name in names] == expected


def test_nothing_of_a_request_is_believed_and_no_name_but_ours_before_a_setting_says_so() -> None:
    names = ("ALLOWED_HOSTS", "SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "CSRF_TRUSTED_ORIGINS")
    code = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    run = python("-c", code, environment=RIGHT | {"DJANGO_SETTINGS_MODULE": "hetao.settings"})
    assert json.loads(run.stdout) == [["localhost", "127.0.0.1", "[::1]"], None, False, []]


def test_sqlite_waits_for_its_turn_and_keeps_what_it_promises(tmp_path: Path) -> None:
    code = """
import os, json, django
os.environ["DJANGO_SETTINGS_MODULE"] = "hetao.settings"
django.setup()
from django.db import connection
names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
with connection.cursor() as cursor:
    print(json.dumps({name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names}))
print(connection.transaction_mode)
"""
    run = python("-c", code, environment=RIGHT | {"DATABASE_URL": f"sqlite:///{tmp_path / 'test.sqlite3'}"})
    assert run.stderr == ""
    values, mode = run.stdout.splitlines()
    full = 2
    assert json.loads(values) == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 20_000,
    }
    assert mode == "IMMEDIATE"


def test_postgresql_connection_is_kept_checked_and_limited() -> None:
    database = value("DATABASES", DATABASE_URL="postgres://user:password@127.0.0.1:5432/hetao")["default"]
    assert database == {
        "ENGINE": "zone.databases.postgresql",
        "NAME": "hetao",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "127.0.0.1",
        "PORT": 5432,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "OPTIONS": {"connect_timeout": 2, "options": "-c statement_timeout=60s"},
    }


def test_pool_replaces_the_connection_of_each_thread() -> None:
    address = "postgres://127.0.0.1/hetao?sslmode=require"
    database = value("DATABASES", DATABASE_URL=address, DATABASE_POOL="8")["default"]
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (0, True)
    assert database["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 8, "timeout": 2, "reconnect_timeout": 2}
    assert database["OPTIONS"]["options"] == "-c statement_timeout=60s"
    assert value("DATABASES", DATABASE_POOL="8")["default"]["CONN_MAX_AGE"] == 60


def test_address_of_the_database_may_set_other_limits() -> None:
    database = value("DATABASES", DATABASE_URL="postgres://127.0.0.1/hetao?connect_timeout=1&sslmode=require")[
        "default"
    ]
    assert database["OPTIONS"] == {"connect_timeout": 1, "options": "-c statement_timeout=60s", "sslmode": "require"}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"S3_BUCKET": "pictures"}, "S3_PUBLIC_URL: Environment variable not set.\n"),
        ({"S3_BUCKET": "pictures", "S3_PUBLIC_URL": ""}, "S3_PUBLIC_URL: Must not be empty.\n"),
        ({"S3_ACCESS_KEY": "key"}, "S3_SECRET_KEY: Set it and S3_ACCESS_KEY, or neither.\n"),
        ({"S3_SECRET_KEY": "key"}, "S3_SECRET_KEY: Set it and S3_ACCESS_KEY, or neither.\n"),
    ],
)
def test_what_a_bucket_needs_is_asked_for(given: dict[str, str], problem: str) -> None:
    run = python("-c", "import hetao.settings", environment=RIGHT | given)
    assert (run.returncode, run.stderr) == (1, problem)


def test_pictures_come_from_the_bucket_of_the_setting() -> None:
    directives = "CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src']"
    bucket = {"S3_BUCKET": "pictures", "S3_PUBLIC_URL": "https://media.example.org:8443/hetao"}
    assert value(directives, **bucket) == ["'self'", "https://media.example.org:8443"]
    assert value("STORAGES", S3_PUBLIC_URL=bucket["S3_PUBLIC_URL"])["default"] == {
        "BACKEND": "django.core.files.storage.FileSystemStorage"
    }


def test_pictures_come_from_here_and_from_the_tiles_of_the_setting() -> None:
    directives = "CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src']"
    assert value(directives) == ["'self'"]
    tiles = "https://tiles.example.org:8443/{z}/{x}/{y}.png?key=a"
    assert value(directives, MAP_TILES=tiles) == ["'self'", "data:", "https://tiles.example.org:8443"]
