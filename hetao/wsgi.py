"""The application that gunicorn serves: Django, in production behind a cache of whole pages."""

import datetime
import os
from contextlib import AbstractContextManager
from pathlib import Path

from django.core.wsgi import get_wsgi_application

from hetao.requests import Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hetao.settings")

django = get_wsgi_application()
django.request_class = Request

# Models can be imported once Django is set up.
from django.core.cache import cache  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from hetao import settings  # noqa: E402
from hetao.release import fingerprint  # noqa: E402
from zone.databases.patience import limited  # noqa: E402
from zone.freshness import next_change  # noqa: E402
from zone.generations import Reader  # noqa: E402
from zone.middleware import PAGE_SECONDS  # noqa: E402
from zone.page_cache import PageCache  # noqa: E402
from zone.page_files import PageFiles  # noqa: E402
from zone.traces import traced  # noqa: E402

if settings.SENTRY_DSN:
    from hetao.error_reports import report_to

    report_to(settings.SENTRY_DSN, fingerprint()[:12])


def until() -> datetime.datetime:
    """Return when pages change by themselves, and leave no connection behind: no request of Django's ends here."""
    try:
        with limited(in_all=1.0):
            return next_change()
    finally:
        close_old_connections()


def patience(since: float) -> AbstractContextManager[None]:
    """Let this thread wait for the database as long as a reader does who came at ``since``."""
    return limited(in_all=PAGE_SECONDS, since=since)


def behind_pages() -> PageCache:
    """Return Django behind the pages that are kept: in this process, in Redis and as files, as the settings say."""
    reader, release = Reader(), fingerprint()
    shared = cache if settings.CACHES["default"]["BACKEND"] == "zone.shared_cache.SharedCache" else None
    places = Path(settings.PAGE_FILES), Path(settings.PAGE_LINK)
    files = PageFiles(*places, release, reader) if settings.PAGE_FILES else None
    kind: type[PageCache] = PageCache
    if settings.METRICS_PORT:
        from zone import metrics

        kind = metrics.MeasuredPages
    return kind(django, reader.read, until, traced, shared, release, files, patience)


# While somebody works on the site a page follows its template, which no generation counts.
application = django if settings.DEBUG else behind_pages()
