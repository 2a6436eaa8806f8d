"""When pages change by themselves: what appears or expires, what is open, what day it is."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from zone.content import RECORDS
from zone.models import Crossing, Draft, NewsItem
from zone.models.transport import HONG_KONG_TIME


def next_change() -> datetime.datetime:
    """Return the first moment from now on at which any page says something else than now: at the latest midnight."""
    now = timezone.now()
    midnight = datetime.datetime.combine(
        timezone.localdate(now, HONG_KONG_TIME) + datetime.timedelta(days=1), datetime.time(), HONG_KONG_TIME
    )
    return min((midnight, *_openings(now), *_schedules(now)))


def _schedules(now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield the next moments at which something appears, expires, takes effect, begins or ends."""
    times: list[tuple[Any, str]] = [
        *((model, name) for model in RECORDS for name in ("publish_at", "expire_at")),
        *((NewsItem, name) for name in ("holds_from", "holds_until")),
        (Draft, "publish_at"),
    ]
    first, *rest = (_upcoming(model, name, now) for model, name in times)
    found = first.union(*rest, all=True).order_by("moment").first()
    if found:
        yield found["moment"]


def _upcoming(model: Any, name: str, now: datetime.datetime) -> QuerySet[Any, dict[str, Any]]:
    records = model._default_manager.order_by().filter(**{f"{name}__gt": now})
    return records.annotate(moment=F(name)).values("moment")


def _openings(now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield when the ports open and close today."""
    today = timezone.localdate(now, HONG_KONG_TIME)
    for times in Crossing.objects.exclude(opens=None).values_list("opens", "closes"):
        for time in filter(None, times):
            moment = datetime.datetime.combine(today, time, HONG_KONG_TIME)
            if moment > now:
                yield moment
