"""Words for which nothing was found: what visitors miss, for the editors. Only the words and the day are kept."""

from __future__ import annotations

import datetime
import logging
from typing import Any, Final

from django.db import DatabaseError, transaction
from django.db.models import F, Max, Sum
from django.utils import timezone

from zone.databases.patience import limited
from zone.models import FruitlessSearch
from zone.search.question import LONGEST_QUERY

KEPT_FOR: Final = datetime.timedelta(days=90)

_MOST_OF_A_DAY: Final = 1000
"""More different words than these are not the words of visitors."""

PATIENCE: Final = 0.5
"""Seconds for which a reader may be kept waiting by it."""

logger = logging.getLogger(__name__)


def note(words: str) -> None:
    """Count that nothing was found for ``words``. The answer never fails because of it."""
    today = timezone.localdate()
    spelt = " ".join(words.casefold().split())[:LONGEST_QUERY]  # The small form of a letter can be three.
    try:
        with limited(in_all=PATIENCE), transaction.atomic():
            of_today = FruitlessSearch.objects.filter(day=today)
            if of_today.filter(words=spelt).update(count=F("count") + 1):
                return
            if (known := of_today.count()) == 0:
                FruitlessSearch.objects.filter(day__lt=today - KEPT_FOR).delete()
            if known < _MOST_OF_A_DAY:
                FruitlessSearch.objects.create(words=spelt, day=today)
    except (DatabaseError, UnicodeError) as error:
        # Of a flood each would tell it, and what the database says of it has the visitor's words.
        logger.warning("A search without a result could not be counted: %s.", type(error).__name__)


def missed(most: int) -> list[Any]:
    """Return for what nothing was found most often: the words, how often, and when last."""
    searches = FruitlessSearch.objects.order_by().values("words")
    return list(searches.annotate(times=Sum("count"), last=Max("day")).order_by("-times", "-last", "words")[:most])
