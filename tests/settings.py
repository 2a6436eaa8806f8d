"""The settings of the tests: those of the site, without the machine's own ``.env`` and with quick stand-ins."""

import os

os.environ.update(
    ENV_FILE=os.devnull,
    SECRET_KEY="only for tests, and long enough to be taken for a real one " * 2,
    DEBUG="false",
    HTTPS="false",
    SERVE_MEDIA="false",
    # Nothing is collected there: each client of a test would look at all of the files, for 0.05 s.
    STATIC_ROOT="/nonexistent/static",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", "sqlite:///:memory:"),
    LOG_LEVEL="CRITICAL",
)

from hetao.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if DATABASES["default"]["ENGINE"] == "zone.databases.sqlite3":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405 - What pytest gives each process of Django's own engine.
