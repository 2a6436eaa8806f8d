"""The application that gunicorn serves: Django, in production behind a cache of whole pages."""

import datetime
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hetao.settings")

django = get_wsgi_application()

# Models can be imported once Django is set up.
from django.core.cache import cache  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from hetao import settings  # noqa: E402
from hetao.release import fingerprint  # noqa: E402
from zone.freshness import next_change  # noqa: E402
from zone.generations import Reader  # noqa: E402
from zone.page_cache import PageCache  # noqa: E402


def until() -> datetime.datetime:
    """Return when pages change by themselves, and leave no connection behind: no request of Django's ends here."""
    try:
        return next_change()
    finally:
        close_old_connections()


shared = cache if settings.CACHES["default"]["BACKEND"] == "zone.shared_cache.SharedCache" else None
# While somebody works on the site a page follows its template, which no generation counts.
application = django if settings.DEBUG else PageCache(django, Reader().read, until, shared, fingerprint())
