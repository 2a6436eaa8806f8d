"""The index of the search: it follows the content, knows until when it is right, and can be compared with it."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import DatabaseError, connections, models, router, transaction
from django.utils import timezone
from pyroaring import BitMap

from zone.bulk import among, batches, insert
from zone.models import NewsItem, Organisation, SearchEntry, Source
from zone.models.record import Record
from zone.publishing import Status
from zone.search import postings
from zone.search.collation import english_key, initials, pinyin_key, strokes_key
from zone.search.documents import NOUNS, Document, dependents, documents
from zone.search.facets import FACETS, INITIAL, YEAR, facet_of, heirs, term, terms_of
from zone.search.tables import NOUNS_AT_MOST, key_of, pk_of, table_of
from zone.search.words import spelt
from zone.translation import LANGUAGES, text_of
from zone.turns import take_turn, take_turn_if_free

_BY_DATE: Final = (NewsItem, Source)
_LONGEST_NAME: Final = 200
_AT_ONCE: Final = 200
"""How many entries that are due are written at once: these take well below a second."""

logger = logging.getLogger(__name__)


def follow(model: type[Record], keys: Iterable[int], *, with_dependents: bool = False) -> None:
    """Bring the entries of records up to the database: of those that are there, and of those that are gone.

    With ``with_dependents``, also those of records whose texts rest on the state of these.
    """
    with following(with_dependents=with_dependents) as index:
        for some in batches(keys):
            index.put(model, some)


@contextmanager
def following(*, with_dependents: bool = True) -> Iterator[Following]:
    """Yield what brings entries up to the database, as they are put to it and, at the end, those that rest on them."""
    with transaction.atomic(savepoint=False):
        take_turn()
        index = Following(with_dependents=with_dependents)
        yield index
        index.finish()


class Following:
    """The work of following changes. Each entry is written once, however many of the records it rests on change."""

    def __init__(self, *, with_dependents: bool = True) -> None:
        self._with_dependents = with_dependents
        self._moves = {model: postings.Moves(model) for model in NOUNS}
        self._done: dict[type[Record], BitMap] = defaultdict(BitMap)
        self._heirs: dict[type[Record], BitMap] = defaultdict(BitMap)
        self._resting: dict[type[Record], BitMap] = defaultdict(BitMap)

    def put(self, model: type[Record], keys: Collection[int], records: Iterable[Any] | None = None) -> None:
        """Write the entries of the records of ``model`` with ``keys``, which ``records`` are if they have been read."""
        if self._with_dependents:
            for other, resting in dependents(model, keys).items():
                self._resting[other].update(resting)
        if model not in NOUNS or not keys:
            return
        self._done[model].update(keys)
        old = SearchEntry.objects.filter(among("record_id", keys), noun=NOUNS.index(model))
        before = {pk: set(terms) for pk, terms in old.values_list("record_id", "terms")}
        _remove(key_of(model, pk) for pk in before)
        after = _write(model, keys, records)
        if before != after:
            self._moves[model].add(before, after)
            for heir, affected in heirs(model, before, after).items():
                self._heirs[heir].update(affected)

    def finish(self) -> None:
        """Write the posting lists, and the entries that follow from those that were put."""
        for moves in self._moves.values():
            moves.write()
        for heir, affected in self._heirs.items():
            _put_terms(heir, affected - self._done[heir])
        for other, resting in self._resting.items():
            _put(other, resting - self._done[other])


def refresh() -> None:
    """Bring the entries up to date that have ceased to be right by themselves, as records and sources come and go.

    Some are written at a time, so that whoever has little time leaves less to be done. While somebody else is writing
    the index is left as it is: it is brought up to date on the next occasion.
    """
    try:
        for noun in sorted(set(_due().values_list("noun", flat=True))):
            due = _due().filter(noun=noun).values_list("record_id", flat=True)
            for some in batches(due, _AT_ONCE):
                with transaction.atomic():
                    if not take_turn_if_free():
                        return
                    _put(NOUNS[noun], set(due.filter(record_id__in=some)))  # Another process may have been quicker.
    except DatabaseError:
        logger.exception("The search could not be brought up to date.")


def _due() -> models.QuerySet[SearchEntry]:
    return SearchEntry.objects.filter(right_until__lte=timezone.now())


def rebuild(report: Callable[[int], None] | None = None) -> int:
    """Make the index anew and return the number of entries; ``report`` is told now and then how many there are."""
    count = 0
    with transaction.atomic():
        take_turn()
        SearchEntry.objects.all().delete()
        with connections[router.db_for_write(SearchEntry)].cursor() as cursor:
            cursor.execute("DELETE FROM zone_search")
        for model in NOUNS:
            lists: dict[str, BitMap] = defaultdict(BitMap)
            for some in batches(model._default_manager.order_by("pk").values_list("pk", flat=True)):
                written = _write(model, some)
                postings.collect(written.items(), lists)
                count += len(written)
                if report is not None:
                    report(count)
            postings.replace(model, lists)
    return count


def disagreements() -> list[str]:
    """Return the records of which the index says something else than the content, each in a line.

    A posting list that disagrees with the entries is named by its noun. A row of the table of terms is, with its key.
    """
    refresh()
    found = []
    for model in NOUNS:
        entries = SearchEntry.objects.filter(noun=NOUNS.index(model))
        kept = {pk: (digest, terms) for pk, digest, terms in entries.values_list("record_id", "digest", "terms")}
        for some in batches(model._default_manager.order_by("pk").values_list("pk", flat=True)):
            for entry, document in _entries(model, _to_be_found(model, some)):
                if kept.pop(entry.record_id, None) != (entry.digest, entry.terms):
                    found.append(f"{model._meta.verbose_name} {document.record.slug}")
        found += [f"{model._meta.verbose_name} {pk}, which is gone" for pk in kept]
        listed = postings.collect(entries.values_list("record_id", "terms").iterator())
        if not postings.agree(postings.stored(model), listed):
            found.append(f"{model._meta.verbose_name_plural}, in their posting lists")
    connection = connections[router.db_for_read(SearchEntry)]
    with connection.cursor() as cursor:
        for key in table_of(connection).outdated(cursor):
            noun = NOUNS[key % NOUNS_AT_MOST]._meta.verbose_name
            found.append(f"{noun} {pk_of(key)}, as an earlier release wrote it")
    return found


def _put(model: type[Record], keys: Iterable[int]) -> None:
    """Write the entries of ``model`` with ``keys`` anew, and the terms of records that follow from them."""
    index = Following(with_dependents=False)
    for some in batches(keys):
        index.put(model, some)
    index.finish()


def _put_terms(model: type[Record], keys: Iterable[int]) -> None:
    """Write the terms of entries anew that follow from other records; what their texts say has not changed."""
    for some in batches(keys):
        entries = list(SearchEntry.objects.filter(noun=NOUNS.index(model), record_id__in=some))
        records = model._default_manager.filter(pk__in=[entry.record_id for entry in entries])
        found = terms_of(model, records)
        before, after = {}, {}
        for entry in entries:
            own = {one for one in entry.terms if facet_of(one) not in FACETS[model]}
            terms = own | found[entry.record_id] if entry.record_id in found else set()
            if terms != set(entry.terms):
                before[entry.record_id], after[entry.record_id] = set(entry.terms), terms
                entry.terms = sorted(terms)
        changed = [entry for entry in entries if entry.record_id in after]
        SearchEntry.objects.bulk_update(changed, ["terms"])
        postings.move(model, before, after)


def _remove(keys: Iterable[int]) -> None:
    connection = connections[router.db_for_write(SearchEntry)]
    for some in batches(keys):
        SearchEntry.objects.filter(pk__in=some).delete()
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM zone_search WHERE rowid IN ({', '.join(['%s'] * len(some))})", some)  # noqa: S608


def _write(model: type[Record], keys: Collection[int], records: Iterable[Any] | None = None) -> dict[int, set[str]]:
    """Write the entries of the records with ``keys``, and return the terms of each."""
    connection = connections[router.db_for_write(SearchEntry)]
    table = table_of(connection)
    written = list(_entries(model, _to_be_found(model, keys) if records is None else records))
    if not written:
        return {}
    insert(SearchEntry, [entry for entry, _document in written])
    with connection.cursor() as cursor:
        cursor.executemany(table.insert, [table.row(entry.pk, document.parts) for entry, document in written])
    return {entry.record_id: set(entry.terms) for entry, _document in written}


def _to_be_found(model: type[Record], keys: Collection[int]) -> models.QuerySet[Any]:
    return model._default_manager.filter(among("pk", keys), status=Status.PUBLISHED).order_by("pk")


def _entries(model: type[Record], records: Iterable[Any]) -> Iterator[tuple[SearchEntry, Document]]:
    found = list(documents(model, records))
    terms = terms_of(model, [document.record for document in found])
    for document in found:
        yield _entry(model, document, terms.get(document.record.pk, set())), document


def _entry(model: type[Record], document: Document, terms: set[str]) -> SearchEntry:
    record: Any = document.record
    if terms and document.date:
        terms.add(term(YEAR, document.date[:4]))
    if terms and model is Organisation:
        initial = initials(*(text_of(record, "name", language) for language in LANGUAGES))
        terms |= {term(f"{INITIAL}.{language}", letter) for language, letter in initial.items()}
    values = {
        **_order(record),
        "date": document.date,
        "right_until": document.right_until,
        "status": record.status,
        "publish_at": record.publish_at,
        "expire_at": record.expire_at,
    }
    return SearchEntry(
        id=key_of(model, record.pk),
        noun=NOUNS.index(model),
        record_id=record.pk,
        titles=[spelt(text) for text in (*document.title, *document.names)],
        terms=sorted(terms),
        digest=hashlib.sha256(repr((document.parts, values)).encode()).hexdigest()[:32],
        **values,
    )


def _order(record: Any) -> dict[str, str]:
    """Return what puts the record in order by name; what is listed by date only, by its slug."""
    if type(record) in _BY_DATE:
        return {"name_en": record.slug}
    english, simplified, traditional = (text_of(record, record.title_field, language) for language in LANGUAGES)
    return {
        "name_en": english_key(english)[:_LONGEST_NAME],
        "name_zh_hans": pinyin_key(simplified)[:_LONGEST_NAME],
        "name_zh_hant": strokes_key(traditional)[:_LONGEST_NAME],
    }
