"""When pages change by themselves: what appears or expires, what is open, what day it is."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterator
from typing import Final

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils import timezone

from zone.content import RECORDS
from zone.databases.prepared import prepared
from zone.models import Crossing, Draft, NewsItem, SearchEntry
from zone.models.transport import HONG_KONG_TIME

_TO_BE_WRITTEN: Final[tuple[tuple[type[Model], str], ...]] = ((Draft, "publish_at"), (SearchEntry, "right_until"))
"""What is written when its time has come, and after which it has another time or none."""


def next_change() -> datetime.datetime:
    """Return the first moment from now on at which any page says something else than now: at the latest midnight.

    It has passed already where something is due, see :func:`is_due`. It is in UTC: with that it is compared before
    each page, and times of one zone are compared without arithmetic.
    """
    now = timezone.now()
    midnight = datetime.datetime.combine(
        timezone.localdate(now, HONG_KONG_TIME) + datetime.timedelta(days=1), datetime.time(), HONG_KONG_TIME
    )
    return min((midnight, *_openings(now), *_schedules(now))).astimezone(datetime.UTC)


def is_due() -> bool:
    """Return whether time has come for something that has to be written: a draft, or an entry of the search.

    It is SQL because each request for a page that nobody keeps begins with it.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    asked = (
        f"EXISTS (SELECT 1 FROM {model._meta.db_table} WHERE {name} <= %s)"  # noqa: S608
        for model, name in _TO_BE_WRITTEN
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' OR '.join(asked)}", [now] * len(_TO_BE_WRITTEN))
        return bool(cursor.fetchone()[0])


def _schedules(now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield the next moment at which something appears, expires, takes effect, begins or ends, if there is one."""
    statement, count = _next_moment()
    with connection.cursor() as cursor:
        cursor.execute(statement, [connection.ops.adapt_datetimefield_value(now)] * count)
        [moment] = cursor.fetchone()
    if isinstance(moment, datetime.datetime):
        yield moment
    elif moment is not None:
        yield from _moments_of_sqlite(moment, now)


def _moments_of_sqlite(first: object, now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield the moment that the text ``first`` says, in UTC; where it is rubbish, all those that are not."""
    try:
        yield datetime.datetime.fromisoformat(str(first)).replace(tzinfo=datetime.UTC)
    except ValueError:
        for model, name in _times():
            yield from filter(None, model._default_manager.filter(**{f"{name}__gt": now}).values_list(name, flat=True))
        for model, name in _TO_BE_WRITTEN:
            yield from filter(None, model._default_manager.exclude(**{name: None}).values_list(name, flat=True))


def _times() -> list[tuple[type[Model], str]]:
    """Return the columns that say when something appears, expires, takes effect, begins or ends."""
    return [
        *((model, name) for model in RECORDS for name in ("publish_at", "expire_at")),
        *((NewsItem, name) for name in ("holds_from", "holds_until")),
    ]


@functools.cache
def _next_moment() -> tuple[str, int]:
    """Return a statement, and how often it takes the present time.

    It is SQL because the first reader after each change waits for it, and Django would put it together anew for him.
    """
    times = _times()
    moments = [
        *(
            f"SELECT min({name}) AS moment FROM {model._meta.db_table} WHERE {name} > %s"  # noqa: S608
            for model, name in times
        ),
        *(f"SELECT min({name}) FROM {model._meta.db_table}" for model, name in _TO_BE_WRITTEN),  # noqa: S608
    ]
    return f"SELECT min(moment) FROM ({' UNION ALL '.join(moments)}) AS moments", len(times)  # noqa: S608


def _openings(now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield when the ports open and close today."""
    today = timezone.localdate(now, HONG_KONG_TIME)
    for times in _hours():
        for time in filter(None, times):
            moment = datetime.datetime.combine(today, time, HONG_KONG_TIME)
            if moment > now:
                yield moment


@prepared
def _hours() -> QuerySet[Crossing, tuple[datetime.time | None, ...]]:
    return Crossing.objects.exclude(opens=None).values_list("opens", "closes")
