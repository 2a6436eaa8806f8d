"""The application that gunicorn serves: Django, behind a cache of whole pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hetao.settings")

django = get_wsgi_application()

# Models can be imported once Django is set up.
from hetao import settings  # noqa: E402
from zone.freshness import next_change  # noqa: E402
from zone.generations import Reader  # noqa: E402
from zone.page_cache import PageCache  # noqa: E402
from zone.shared_pages import RedisPages  # noqa: E402

address = settings.CACHES["default"]["LOCATION"]
shared = RedisPages(address) if address.startswith(("redis://", "rediss://", "unix://")) else None
application = PageCache(django, Reader().read, next_change, shared)
