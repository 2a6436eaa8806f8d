"""Some of the records of a noun in an order, of which only those that are shown are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import models
from pyroaring import BitMap

from zone.models import SearchEntry
from zone.publishing import PublishableQuerySet
from zone.search.tables import key_of, pk_of

_FEW: Final = 2000
"""So many keys the database is given to put in order. Of more, the order is walked through until enough are met."""


class Found(Sequence[Any]):
    """The records with some keys, as a sequence: those in a tier before those in the next, each in the same order."""

    def __init__(self, records: PublishableQuerySet[Any], order: models.QuerySet[Any], tiers: Sequence[BitMap]) -> None:
        """Take the keys of ``records`` by tier, and what puts them in order: the records or their entries."""
        self._records, self._order = records, order
        self._is_of_entries = issubclass(order.model, SearchEntry)
        before = BitMap()
        self._tiers = []
        for tier in tiers:
            self._tiers.append(tier - before)
            before |= tier

    def __len__(self) -> int:
        return sum(map(len, self._tiers))

    def __getitem__(self, places: int | slice) -> Any:
        """Return the records at ``places``, in one query for the keys of each tier and one for the records."""
        if isinstance(places, int):
            return self[places : places + 1 or None][0]
        start, stop, _step = places.indices(len(self))
        keys: list[int] = []
        for tier in self._tiers:
            if start < stop and start < len(tier):
                keys += self._keys(tier, start, min(stop, len(tier)))
            start, stop = max(start - len(tier), 0), stop - len(tier)
        found = {record.pk: record for record in self._records.filter(pk__in=keys).order_by()} if keys else {}
        return [found[key] for key in keys if key in found]

    def _keys(self, tier: BitMap, start: int, stop: int) -> list[int]:
        order = self._order.values_list("pk", flat=True)
        if len(tier) <= _FEW:
            return list(map(self._pk, order.filter(pk__in=list(map(self._key, tier)))[start:stop]))
        met: list[int] = []
        read, step = 0, stop
        while len(met) < stop and (some := list(order[read : read + step])):
            met += [pk for pk in map(self._pk, some) if pk in tier]
            read, step = read + step, 2 * step
        return met[start:stop]

    def _key(self, pk: int) -> int:
        return key_of(self._records.model, pk) if self._is_of_entries else pk

    def _pk(self, key: int) -> int:
        return pk_of(key) if self._is_of_entries else key
