"""Some of the records of a noun in an order, of which only those that are shown are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any, Final

from django.db import models
from pyroaring import AbstractBitMap, BitMap

from zone.databases.prepared import prepared
from zone.models import SearchEntry
from zone.models.record import Record
from zone.publishing import PublishableQuerySet
from zone.search.documents import NOUNS
from zone.search.facets import YEAR, term
from zone.search.postings import Postings
from zone.search.tables import key_of, pk_of

_FEW: Final = 2000
"""So many keys the database is given to put in order. Of more, the order is walked through until enough are met."""

_MOST_KEY: Final = 2**63 - 1

Rows = models.QuerySet[Any]
Reader = Callable[[Sequence[int]], Iterable[Any]]
"""Returns records with these keys, in any order."""


@cache
def reader(records: Callable[[], PublishableQuerySet[Any]]) -> Reader:
    """Return what finds those of ``records`` that have some keys."""
    return prepared(lambda keys: records().filter(pk__in=keys).order_by())


@dataclass(frozen=True)
class Tier:
    """Keys, and the piece of an order in which all of them are: a whole one unless it is known to be shorter."""

    keys: AbstractBitMap
    rows: Rows
    """The records, or their entries."""
    lowest: str | None = None
    """What the first column of the order is at least."""
    below: str | None = None
    """What it is always less than."""


def tier_of(model: type[Record], lists: Postings, keys: AbstractBitMap, first: str) -> Tier:
    """Return the tier of the records of ``model`` with ``keys``, in an order that begins with the column ``first``.

    Of an order by date it has the years of these records, if they are many: to find a kind that there was only once is
    not to walk from today to that year.
    """
    entries = SearchEntry.objects.filter(noun=NOUNS.index(model))
    if not first.endswith("date") or len(keys) <= _FEW:
        return Tier(keys, entries)
    years = [year for year in lists.values(YEAR) if keys.intersect(lists[term(YEAR, year)])]
    # 2024-06 sorts after 2024 and before 2024-99.
    return Tier(keys, entries, years[0], f"{years[-1]}-99") if years else Tier(keys, entries, below="0")


class Found(Sequence[Any]):
    """The records with some keys, as a sequence: those in a tier before those in the next, each in the same order.

    What stands at a number is met by walking there, which takes as long as the number is high. From a place, which one
    record names, the next ones are reached at once, and they are the same when others have come before it.
    """

    def __init__(
        self,
        model: type[Record],
        read: Reader,
        columns: Sequence[str],
        tiers: Sequence[Tier],
        related: Mapping[str, Mapping[Any, AbstractBitMap]] | None = None,
    ) -> None:
        """Take the tiers of records of ``model``, which ``read`` finds, and the columns that put each in order.

        The columns are those of an index, which has the key after them, or of one that is read backwards. Each record
        gets the lists that ``related`` names: of the records of another noun there, those that have its key.
        """
        self._model, self._find, self._related = model, read, related or {}
        self._tiers: list[Tier] = []
        self._columns = [*columns, f"{'-' if columns[-1].startswith('-') else ''}pk"]
        self._names = [column.removeprefix("-") for column in self._columns]
        before = BitMap()
        for tier in tiers:
            self._tiers.append(replace(tier, keys=tier.keys - before, rows=tier.rows.order_by()))
            before |= tier.keys
        self._is_of_entries = all(issubclass(tier.rows.model, SearchEntry) for tier in tiers)

    def __len__(self) -> int:
        return sum(len(tier.keys) for tier in self._tiers)

    def __getitem__(self, places: int | slice) -> Any:
        """Return the records at ``places``, in one query for the keys of each tier and one for the records."""
        if isinstance(places, int):
            return self[places : places + 1 or None][0]
        start, stop, _step = places.indices(len(self))
        met: list[int] = []
        for tier in self._tiers:
            size = len(tier.keys)
            if start < stop and start < size:
                end = min(stop, size)
                met += islice(self._walk(tier.keys, [self._all(tier, self._columns)], end), start, end)
            start, stop = max(start - size, 0), stop - size
        return self._read(met)

    def after(self, place: str, most: int) -> list[Any]:
        """Return the next ``most`` records after ``place``; raises ``ValueError`` for what names no place."""
        return self._read(list(islice(self._from(place, most, is_back=False), most)))

    def before(self, place: str, most: int) -> list[Any]:
        """Return the last ``most`` records before ``place``, in their order; raises ``ValueError`` as :meth:`after`."""
        return self._read(list(islice(self._from(place, most, is_back=True), most))[::-1])

    def place_of(self, record: Any) -> str | None:
        """Return the place of one of the records, as an address names it; ``None`` where it has just gone."""
        [tier] = [number for number, tier in enumerate(self._tiers) if record.pk in tier.keys]
        row = self._tiers[tier].rows.filter(pk=self._key(record.pk)).values_list("pk", *self._names[:-1]).first()
        return None if row is None else "~".join(map(str, (tier, *row)))

    def _read_place(self, place: str) -> tuple[int, list[Any]]:
        """Return the tier that ``place`` names, and what the columns of the order and the key are there."""
        place.encode()  # A lone surrogate is in no database.
        tier, key, *values = place.split("~", len(self._names))
        if "\0" in place or len(values) != len(self._names) - 1:
            raise ValueError(place)
        if not (0 <= int(tier) < len(self._tiers) and 0 <= int(key) <= _MOST_KEY):
            raise ValueError(place)
        return int(tier), [*values, int(key)]

    def _from(self, place: str, step: int, *, is_back: bool) -> Iterator[int]:
        number, values = self._read_place(place)
        columns = self._directed(is_back)
        others = self._tiers[:number][::-1] if is_back else self._tiers[number + 1 :]
        tier = self._tiers[number]
        yield from self._walk(tier.keys, self._beyond(tier, columns, values), step)
        for other in others:
            yield from self._walk(other.keys, [self._all(other, columns)], step)

    def _all(self, tier: Tier, columns: Sequence[str]) -> Rows:
        """Return the piece of the order that has the keys of ``tier``."""
        bounds = {"gte": tier.lowest, "lt": tier.below}
        between = {f"{self._names[0]}__{name}": bound for name, bound in bounds.items() if bound is not None}
        return tier.rows.filter(**between).order_by(*columns)

    def _beyond(self, tier: Tier, columns: Sequence[str], values: Sequence[Any]) -> Iterator[Rows]:
        """Yield what comes beyond ``values``, the nearest first, as parts that are each one piece of the index.

        First what is equal in all columns but the key, then in all but the last two, and so on. None gets two bounds
        at one end: SQLite would begin at the one that is named first.
        """
        rows = tier.rows.order_by(*columns)
        for equal in reversed(range(1, len(columns))):
            further = "lt" if columns[equal].startswith("-") else "gt"
            same = dict(zip(self._names[:equal], values[:equal], strict=True))
            yield rows.filter(**same, **{f"{self._names[equal]}__{further}": values[equal]})
        if columns[0].startswith("-"):
            yield self._all(replace(tier, below=values[0]), columns)
        else:
            yield self._all(replace(tier, lowest=None), columns).filter(**{f"{self._names[0]}__gt": values[0]})

    def _directed(self, is_back: bool) -> list[str]:
        turned = [column[1:] if column.startswith("-") else f"-{column}" for column in self._columns]
        return turned if is_back else self._columns

    def _walk(self, keys: AbstractBitMap, parts: Iterable[Rows], step: int) -> Iterator[int]:
        """Yield ``keys`` in the order of ``parts``, of which ``step`` rows are read first, then more."""
        few = list(map(self._key, keys)) if len(keys) <= _FEW else None
        for part in parts if keys else ():
            rows = part.values_list("pk", flat=True)
            if few is not None:
                rows = rows.filter(pk__in=few)
            read, more = 0, step
            while some := list(rows[read : read + more]):
                yield from (pk for pk in map(self._pk, some) if pk in keys)
                if len(some) < more:
                    break
                read, more = read + more, 2 * more

    def _read(self, keys: list[int]) -> list[Any]:
        found = {record.pk: record for record in self._find(keys)}
        for name, others in self._related.items():
            for key, record in found.items():
                setattr(record, name, [other for other, keys_of_other in others.items() if key in keys_of_other])
        return [found[key] for key in keys if key in found]

    def _key(self, pk: int) -> int:
        return key_of(self._model, pk) if self._is_of_entries else pk

    def _pk(self, key: int) -> int:
        return pk_of(key) if self._is_of_entries else key
