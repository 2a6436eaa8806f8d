"""When pages change by themselves: what appears or expires, what is open, what day it is."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterator

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from zone.content import RECORDS
from zone.models import Crossing, Draft, NewsItem
from zone.models.transport import HONG_KONG_TIME


def next_change() -> datetime.datetime:
    """Return the first moment from now on at which any page says something else than now: at the latest midnight.

    It is in UTC: with that it is compared before each page, and times of one zone are compared without arithmetic.
    """
    now = timezone.now()
    midnight = datetime.datetime.combine(
        timezone.localdate(now, HONG_KONG_TIME) + datetime.timedelta(days=1), datetime.time(), HONG_KONG_TIME
    )
    return min((midnight, *_openings(now), *_schedules(now))).astimezone(datetime.UTC)


def _schedules(now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield the next moment at which something appears, expires, takes effect, begins or ends, if there is one."""
    statement, count = _next_moment()
    with connection.cursor() as cursor:
        cursor.execute(statement, [connection.ops.adapt_datetimefield_value(now)] * count)
        [moment] = cursor.fetchone()
    if isinstance(moment, str):  # SQLite has no times of its own; Django keeps them in UTC.
        moment = datetime.datetime.fromisoformat(moment).replace(tzinfo=datetime.UTC)
    if moment:
        yield moment


@functools.cache
def _next_moment() -> tuple[str, int]:
    """Return a statement, and how often it takes the present time.

    It is SQL because the first reader after each change waits for it, and Django would put it together anew for him.
    """
    times: list[tuple[type[Model], str]] = [
        *((model, name) for model in RECORDS for name in ("publish_at", "expire_at")),
        *((NewsItem, name) for name in ("holds_from", "holds_until")),
        (Draft, "publish_at"),
    ]
    moments = (
        f"SELECT min({name}) AS moment FROM {model._meta.db_table} WHERE {name} > %s"  # noqa: S608
        for model, name in times
    )
    return f"SELECT min(moment) FROM ({' UNION ALL '.join(moments)}) AS moments", len(times)  # noqa: S608


def _openings(now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield when the ports open and close today."""
    today = timezone.localdate(now, HONG_KONG_TIME)
    for times in Crossing.objects.exclude(opens=None).values_list("opens", "closes"):
        for time in filter(None, times):
            moment = datetime.datetime.combine(today, time, HONG_KONG_TIME)
            if moment > now:
                yield moment
