"""All settings, read from the environment or from a file ``.env`` at the top of the project.

A wrong or missing value stops the start with one line for each variable. The README lists every variable.
"""

import datetime
import os
import re
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from csp.constants import NONCE, NONE, SELF
from environs import Env, EnvValidationError, ValidationError, validate
from whitenoise.compress import Compressor

BASE_DIR = Path(__file__).resolve().parent.parent


HOST = r"(?:\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])"


ORIGIN = rf"https?://{HOST}(?::\d+)?"


TILES_ORIGIN = re.compile(rf"https://{HOST}(?::\d+)?(?=/)", re.IGNORECASE)


def are_host_names(names: list[str]) -> None:
    """Raise ``ValidationError`` for what no ``Host`` header can match, so that every visitor would be refused."""
    for name in names:
        if not re.fullmatch(rf"\*|{HOST}", name, re.IGNORECASE):
            raise ValidationError(f"{name!r} is not a host name; leave out scheme, port and path.")


def are_origins(origins: list[str]) -> None:
    """Raise ``ValidationError`` for what no ``Origin`` header can match."""
    for origin in origins:
        if not re.fullmatch(rf"https?://(?:\*\.)?{HOST}(?::\d+)?", origin, re.IGNORECASE):
            raise ValidationError(f"{origin!r} is not an origin such as 'https://example.org'.")


def is_time_zone(name: str) -> None:
    """Raise ``ValidationError`` for what the machine does not know as a time zone."""
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:
        raise ValidationError(f"{name!r} is not a time zone such as 'Asia/Hong_Kong'.") from error


def are_tiles(address: str) -> None:
    """Raise ``ValidationError`` for what is no pattern of the addresses of map tiles."""
    origin = TILES_ORIGIN.match(address)
    if address and not (origin and all(part in address for part in ("{z}", "{x}", "{y}"))):
        raise ValidationError(
            f"{address!r} is not a pattern such as 'https://tiles.example.org/{{z}}/{{x}}/{{y}}.png'."
        )


def is_absolute(path: str) -> None:
    """Raise ``ValidationError`` for a folder that would depend on where a program is started."""
    if path and not Path(path).is_absolute():
        raise ValidationError(f"{path!r} is not an absolute path.")


def is_bucket(name: str) -> None:
    """Raise ``ValidationError`` for what no bucket can be called."""
    if name and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
        raise ValidationError(f"{name!r} is not the name of a bucket.")


def is_address(address: str) -> None:
    """Raise ``ValidationError`` for what is not the beginning of addresses."""
    if address and not re.fullmatch(rf"{ORIGIN}(?:/[\w.~-]+)*/?", address, re.ASCII | re.IGNORECASE):
        raise ValidationError(f"{address!r} is not an address such as 'https://media.example.org'.")


def is_page(address: str) -> None:
    """Raise ``ValidationError`` for what is not the address of a page that nobody can change on its way."""
    if address and not re.fullmatch(r"https://[!-~]+", address):
        raise ValidationError(f"{address!r} is not an address such as 'https://example.org/policy'.")


def are_contacts(contacts: list[str]) -> None:
    """Raise ``ValidationError`` for what is no way to reach somebody that ``security.txt`` can name."""
    for contact in contacts:
        if not re.fullmatch(r"(?:mailto:[!-~]+@|https://|tel:\+)[!-~]+", contact):
            raise ValidationError(f"{contact!r} is not a contact such as 'mailto:security@example.org'.")


def is_dsn(address: str) -> None:
    """Raise ``ValidationError`` for what is not how Sentry names where errors are sent to."""
    if address and not re.fullmatch(rf"https?://[^\s/@]+@{HOST}(?::\d+)?(?:/[^\s/]+)*/\d+", address, re.IGNORECASE):
        raise ValidationError("It is not an address such as 'https://key@sentry.example.org/1'.")


is_named = validate.Length(1, error="Must not be empty.")

env_file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
if "ENV_FILE" in os.environ and (env_file.is_dir() or not env_file.exists()):
    sys.exit(f"ENV_FILE: There is no file {str(env_file)!r}.")
env = Env(eager=False)
env.read_env(env_file, recurse=False)

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = (
    env.str("SECRET_KEY", "only for development") if DEBUG else env.str("SECRET_KEY", validate=validate.Length(50))
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [], subcast=str.strip)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], subcast=str.strip, validate=are_host_names
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [], subcast=str.strip, validate=are_origins)
DATABASE = env.dj_db_url(
    "DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}", conn_max_age=60, conn_health_checks=True
)
DATABASE_POOL = env.int("DATABASE_POOL", 0, validate=validate.Range(0))
CACHES = {"default": env.dj_cache_url("CACHE_URL", "locmem://")}
TIME_ZONE = env.str("TIME_ZONE", "Asia/Hong_Kong", validate=is_time_zone)
MEDIA_ROOT = env.str("MEDIA_ROOT", str(BASE_DIR / "media"), validate=is_named)
PAGE_FILES = env.str("PAGE_FILES", "", validate=is_absolute)
PAGE_LINK = env.str("PAGE_LINK", f"{PAGE_FILES}/now", validate=[is_named, is_absolute])
S3_BUCKET = env.str("S3_BUCKET", "", validate=is_bucket)
S3_PUBLIC_URL = (
    env.str("S3_PUBLIC_URL", validate=[is_named, is_address])
    if S3_BUCKET
    else env.str("S3_PUBLIC_URL", "", validate=is_address)
)
S3_ENDPOINT = env.str("S3_ENDPOINT", "", validate=is_address)
S3_REGION = env.str("S3_REGION", "")
S3_ACCESS_KEY = env.str("S3_ACCESS_KEY", "")
S3_SECRET_KEY = env.str("S3_SECRET_KEY", "")
SERVE_MEDIA = env.bool("SERVE_MEDIA", DEBUG)
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles"), validate=is_named)
HTTPS = env.bool("HTTPS", not DEBUG)
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
SECOND_FACTOR = env.bool("SECOND_FACTOR", HTTPS)
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587, validate=validate.Range(1, 65535))
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "newsroom@localhost", validate=validate.Email())
TRASH_DAYS = env.int("TRASH_DAYS", 30, validate=validate.Range(1, 36500))
MAP_TILES = env.str("MAP_TILES", "", validate=are_tiles)
MAP_CREDIT = env.str("MAP_CREDIT", "© OpenStreetMap contributors")
PICTURE_MEGABYTES = env.int("PICTURE_MEGABYTES", 15, validate=validate.Range(1, 1000))
SECURITY_CONTACT = env.list("SECURITY_CONTACT", [], subcast=str.strip, validate=are_contacts)
SECURITY_POLICY = env.str("SECURITY_POLICY", "", validate=is_page)
LOG_LEVEL = env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]))
LOG_FORMAT = env.str("LOG_FORMAT", "line", validate=validate.OneOf(["line", "json"]))
SENTRY_DSN = env.str("SENTRY_DSN", "", validate=is_dsn)
METRICS_PORT = env.int("METRICS_PORT", 0, validate=validate.Range(0, 65535))

# Read by hetao/gunicorn.conf.py.
BIND = env.str("BIND", "127.0.0.1", validate=is_named)
PORT = env.int("PORT", 8000, validate=validate.Range(1, 65535))
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", 2, validate=validate.Range(1))
THREADS = env.int("THREADS", 4, validate=validate.Range(1))

try:
    env.seal()
except EnvValidationError as error:
    wrong = error.error_messages
    sys.exit("\n".join(f"{name}: {' '.join(wrong[name])}" for name in wrong) if isinstance(wrong, dict) else str(wrong))

if bool(S3_ACCESS_KEY) != bool(S3_SECRET_KEY):
    sys.exit("S3_SECRET_KEY: Set it and S3_ACCESS_KEY, or neither.")
if METRICS_PORT and METRICS_PORT == PORT:
    sys.exit("METRICS_PORT: It has to be another port than PORT, on which everybody is answered.")
if PAGE_FILES and not BEHIND_PROXY:
    sys.exit("PAGE_FILES: Only the proxy in front can serve them; set BEHIND_PROXY too.")

INSTALLED_APPS = [
    "zone.apps.ZoneConfig",
    "django_prose_editor",
    "imagefield",
    "django_filters",
    "django_htmx",
    "csp",
    "zone.apps.NewsroomConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
]

MIDDLEWARE = [
    "zone.middleware.requests_have_an_identifier",
    "zone.middleware.heads_have_no_body",
    "zone.middleware.answers_are_ours_alone",
    "zone.scripts.Policy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zone.middleware.nobody_waits_for_long",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "zone.middleware.time_takes_effect",
    "axes.middleware.AxesMiddleware",
]

if METRICS_PORT:
    MIDDLEWARE.insert(0, "zone.metrics.requests_are_measured")

ROOT_URLCONF = "hetao.urls"
WSGI_APPLICATION = "hetao.wsgi.application"
CSRF_FAILURE_VIEW = "zone.views.errors.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "zone.scripts.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "zone.templatetags.kept",
                "zone.templatetags.zone",
            ],
        },
    },
]

if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    DATABASE["ENGINE"] = "zone.databases.sqlite3"
    DATABASE.setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    )
elif DATABASE["ENGINE"] == "django.db.backends.postgresql":
    DATABASE["ENGINE"] = "zone.databases.postgresql"
    # A database that hangs must not take every thread of the server with it; the address may name other limits.
    DATABASE["OPTIONS"] = {"connect_timeout": 2, "options": "-c statement_timeout=60s", **DATABASE.get("OPTIONS", {})}
    if DATABASE_POOL:  # It says itself how long a connection lives, and asks each one whether it does.
        DATABASE["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 2, "reconnect_timeout": 2}
        DATABASE["CONN_MAX_AGE"] = 0
DATABASES = {"default": DATABASE}
if CACHES["default"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    CACHES["default"]["BACKEND"] = "zone.shared_cache.SharedCache"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [BASE_DIR / "zone" / "locale"]
FORMAT_MODULE_PATH = "zone.formats"
USE_TZ = True

STATIC_URL = "static/"
MEDIA_URL = "media/"
STORAGES = {
    "default": {
        "BACKEND": "zone.media_storage.PictureBucket",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "public_url": S3_PUBLIC_URL,
            "endpoint_url": S3_ENDPOINT or None,
            "region_name": S3_REGION or None,
            "access_key": S3_ACCESS_KEY or None,
            "secret_key": S3_SECRET_KEY or None,
        },
    }
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "zone.static_files.StaticFiles"},
}
# Every address of a static file comes from {% static %}, and source maps are for nobody's daily reading: without
# plain copies and without compressing the maps, the files are collected in 4 s and not in 14.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
IMAGEFIELD_BIN_DEPTH = 2
# A picture that cannot be read must not break the page or the load that meets it; publishing asks whether it can.
IMAGEFIELD_SILENTFAILURE = True

# Fixtures in our own form: ordered, readable, and with errors that name the record.
SERIALIZATION_MODULES = {"json": "zone.fixture_format"}

# Length is what makes a password strong, and what is common, of this place or one's own name what makes it weak; rules
# about capitals and signs only make people write it down (NIST SP 800-63B, OWASP ASVS 5.0).
PASSWORD_LENGTH = 12
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "zone.passwords.OwnNamesValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_LENGTH},
    },
    {"NAME": "zone.passwords.LeakedPasswordValidator"},
    {"NAME": "zone.passwords.WordsOfThePlaceValidator", "OPTIONS": {"min_length": PASSWORD_LENGTH}},
    {"NAME": "zone.passwords.AnotherOneValidator"},
]
PASSWORD_HASHERS = ["zone.passwords.PasswordHasher"]

# Wrong passwords are counted by user name and address together: whoever mistypes keeps out nobody else behind the same
# address, and no stranger keeps an editor out. Five in a quarter of an hour are 480 a day, which guesses no password
# that passes the rules above; 100 from one address, with whatever names, are more than an office mistypes. From the
# second on, the next one is looked at after 1, 2 and 4 seconds; who sends it earlier is told so at once, and no worker
# waits. The database counts, for all machines.
# Of those that come at once before one is counted, each thread looks at one, eight a machine with the defaults; then
# the lock. To count each before it is looked at, and forgive it where it was right, takes counting of our own in the
# place of django-axes', and 768 a day guess no such password either.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "zone.logins.LoginHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = datetime.timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # What the page says of the end of a lock stays true.
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "zone.network.counted_address"
AXES_USERNAME_CALLABLE = "zone.logins.counted_name"
AXES_LOCKOUT_CALLABLE = "zone.admin.locked.locked_page"
AXES_ENABLE_ADMIN = False  # The audit trail says more.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
LOGIN_FAILURES_OF_AN_ADDRESS = 100
LOGIN_FAILURES_BEFORE_PAUSES = 2

OTP_TOTP_ISSUER = "Hetao"
# For whom a link to the login would lead away from here afterwards.
LOGIN_REDIRECT_URL = "admin:index"

# A login lasts a working day, however busy: a computer that was left open is not logged in the next morning. It ends
# two hours after its last use before that, longer than lunch and a meeting. What is typed survives both.
SESSION_ENGINE = "zone.models.session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_AGE = 2 * 60 * 60

# Pictures come from here, or from the bucket that keeps them; the tiles of maps from where the setting says, once a
# reader wants them. What Leaflet shows in the place of a tile is an address of data.
MAP_ORIGIN = TILES_ORIGIN.match(MAP_TILES)
PICTURE_ORIGIN = re.match(ORIGIN, S3_PUBLIC_URL if S3_BUCKET else "", re.IGNORECASE)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE],  # In the newsroom; on public pages what zone.scripts says.
        "style-src": [SELF, NONCE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "img-src": [
            SELF,
            *([PICTURE_ORIGIN[0]] if PICTURE_ORIGIN else []),
            *(["data:", MAP_ORIGIN[0]] if MAP_ORIGIN else []),
        ],
        "object-src": [NONE],  # By default too; some tools ask for it by its name.
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Without a mail server e-mails are written to the console.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_TIMEOUT = 10

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Browsers take a cookie of such a name from this very host only, and only over HTTPS.
HOST_ONLY = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{HOST_ONLY}sessionid"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = f"{HOST_ONLY}csrftoken"
CSRF_COOKIE_SECURE = HTTPS  # Not HttpOnly: keep.js reads the token of whoever has logged in again in another tab.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # It needs no cookie of its own.
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # A figure's form holds every observation, in three languages.

LOG_HANDLERS = ["console", "metrics"] if METRICS_PORT else ["console"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "zone.log_lines.Line"}, "json": {"()": "zone.log_lines.Json"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        **({"metrics": {"class": "zone.metrics.CountedLines", "level": "WARNING"}} if METRICS_PORT else {}),
    },
    "root": {"handlers": LOG_HANDLERS, "level": LOG_LEVEL},
    "loggers": {
        "django": {"level": LOG_LEVEL, "handlers": LOG_HANDLERS, "propagate": False},
        # It names who tried to log in, and from where. The trail of logins is kept in the database, not in a log.
        "axes": {"level": "CRITICAL"},
        "gunicorn.error": {"level": "WARNING", "handlers": LOG_HANDLERS, "propagate": False},
    },
}
