"""The index of the search: it follows the content, knows until when it is right, and can be compared with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final

from django.db import DatabaseError, connections, models, router, transaction
from django.utils import timezone

from zone.models import SearchEntry
from zone.models.record import Record
from zone.search.documents import NOUNS, Document, dependents, documents
from zone.search.tables import table_of
from zone.search.words import spelt

BATCH: Final = 500
"""How many records are read and written at once."""

_NOUNS_AT_MOST: Final = 16

logger = logging.getLogger(__name__)


def key_of(model: type[models.Model], pk: int) -> int:
    """Return the key of the entry of a record."""
    return pk * _NOUNS_AT_MOST + NOUNS.index(model)  # type: ignore[arg-type]


def follow(model: type[Record], keys: Iterable[int], *, with_dependents: bool = False) -> None:
    """Bring the entries of records up to the database: of those that are there, and of those that are gone.

    With ``with_dependents``, also those of records whose texts rest on the state of these.
    """
    keys = set(keys)
    if model in NOUNS:
        _put(model, keys)
    if with_dependents:
        for other, affected in dependents(model, keys).items():
            _put(other, affected)


def refresh() -> None:
    """Bring the entries up to date that have ceased to be right by themselves, as sources appear and expire."""
    due = SearchEntry.objects.filter(right_until__lte=timezone.now())
    for noun in set(due.values_list("noun", flat=True)):
        try:
            _put(NOUNS[noun], set(due.filter(noun=noun).values_list("record_id", flat=True)))
        except DatabaseError:
            logger.exception("The search could not be brought up to date.")


def rebuild(report: Callable[[int], None] | None = None) -> int:
    """Make the index anew and return the number of entries; ``report`` is told now and then how many there are."""
    count = 0
    with transaction.atomic():
        SearchEntry.objects.all().delete()
        with connections[router.db_for_write(SearchEntry)].cursor() as cursor:
            cursor.execute("DELETE FROM zone_search")
        for model in NOUNS:
            keys = model._default_manager.order_by("pk").values_list("pk", flat=True)
            for some in _batches(keys):
                count += _write(model, documents(model, some))
                if report is not None:
                    report(count)
    return count


def disagreements() -> list[str]:
    """Return the records of which the index says something else than the content, each in a line."""
    found = []
    for model in NOUNS:
        noun = NOUNS.index(model)
        kept = dict(SearchEntry.objects.filter(noun=noun).values_list("record_id", "digest"))
        for some in _batches(model._default_manager.order_by("pk").values_list("pk", flat=True)):
            wrong = [one for one in documents(model, some) if kept.pop(one.record.pk, "") != one.digest]
            found += [f"{model._meta.verbose_name} {document.record.slug}" for document in wrong]
        found += [f"{model._meta.verbose_name} {pk}, which is gone" for pk in kept]
    return found


def _put(model: type[Record], keys: set[int]) -> None:
    with transaction.atomic():
        for some in _batches(sorted(keys)):
            _remove(key_of(model, pk) for pk in some)
            _write(model, documents(model, some))


def _remove(keys: Iterable[int]) -> None:
    connection = connections[router.db_for_write(SearchEntry)]
    for some in _batches(keys):
        SearchEntry.objects.filter(pk__in=some).delete()
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM zone_search WHERE rowid IN ({', '.join(['%s'] * len(some))})", some)  # noqa: S608


def _write(model: type[Record], found: Iterable[Document]) -> int:
    connection = connections[router.db_for_write(SearchEntry)]
    table = table_of(connection)
    entries: list[SearchEntry] = []
    rows: list[Any] = []
    for document in found:
        record: Any = document.record
        key = key_of(model, record.pk)
        entries.append(
            SearchEntry(
                id=key,
                noun=NOUNS.index(model),
                record_id=record.pk,
                status=record.status,
                publish_at=record.publish_at,
                expire_at=record.expire_at,
                date=document.date,
                titles=[spelt(text) for text in (*document.title, *document.names)],
                digest=document.digest,
                right_until=document.right_until,
            )
        )
        rows.append(table.row(key, document.parts))
    SearchEntry.objects.bulk_create(entries)
    with connection.cursor() as cursor:
        cursor.executemany(table.insert, rows)
    return len(entries)


def _batches(keys: Iterable[int]) -> Iterator[list[int]]:
    left = iter(keys)
    while some := list(islice(left, BATCH)):
        yield some
