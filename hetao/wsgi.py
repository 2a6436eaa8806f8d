"""The application that gunicorn serves: Django, in production behind a cache of whole pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hetao.settings")

django = get_wsgi_application()

# Models can be imported once Django is set up.
from hetao import settings  # noqa: E402
from zone.freshness import next_change  # noqa: E402
from zone.generations import Reader  # noqa: E402
from zone.page_cache import PageCache  # noqa: E402

# While somebody works on the site a page follows its template, which no generation counts.
application = django if settings.DEBUG else PageCache(django, Reader().read, next_change)
