"""What belongs to a record and may be very much: the first of it, how much there is, and the list of all of it.

Asked are the posting lists, so that nothing is counted and no more is read than is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode
from pyroaring import AbstractBitMap

from zone.models import Facility, Field, NewsItem, Organisation, Park, Source
from zone.models.organisation import Presence
from zone.models.record import Record
from zone.search.facets import term
from zone.search.listing import Found, Reader, reader, tier_of
from zone.search.postings import Postings
from zone.translation import active_language, column

MOST_SHOWN: Final = 50
"""How many records of a noun the page of another record shows."""

_PRESENT: Final = term("presence", Presence.OPERATING)


@dataclass(frozen=True)
class Part:
    """The first records of a noun that belong to another record."""

    records: list[Any]
    count: int
    """How many there are."""
    address: str
    """Where all of them are listed."""

    @property
    def has_more(self) -> bool:
        """Whether there are more than are shown."""
        return self.count > MOST_SHOWN


def parts_of(record: Record) -> dict[str, Any]:
    """Return what belongs to ``record``, as its page shows it: parts by name, of a field one for each park."""
    if type(record) not in _PARTS:
        return {}
    return _PARTS[type(record)](record)


def present() -> int:
    """Return how many organisations are in the zone."""
    return len(Postings(Organisation)[_PRESENT])


def present_by_field() -> dict[int, int]:
    """Return how many organisations of each field, by its key, are in the zone."""
    lists = Postings(Organisation)
    return {
        int(key): lists[term("field", key)].intersection_cardinality(lists[_PRESENT]) for key in lists.values("field")
    }


def _of_park(park: Park) -> dict[str, Part]:
    lists = Postings(Organisation)
    here, operating = lists[term("park", park.pk)], lists[_PRESENT]
    return {
        "present": _part(Organisation, lists, here & operating, park=park.slug, presence=Presence.OPERATING.value),
        "absent": _part(Organisation, lists, here - operating, park=park.slug),
        "facilities": _all(Facility, "park", park),
    }


def _of_field(field: Field) -> dict[str, Any]:
    lists = Postings(Organisation)
    active = lists[term("field", field.pk)]
    banks = [
        (park, _part(Organisation, lists, active & lists[term("park", park.pk)], field=field.slug, park=park.slug))
        for park in Park.objects.published()
    ]
    return {"banks": banks, "news": _all(NewsItem, "field", field), "has_organisations": bool(active)}


def _of_source(source: Source) -> dict[str, Any]:
    parts = {
        "organisations": _all(Organisation, "source", source),
        "facilities": _all(Facility, "source", source),
        "news": _all(NewsItem, "source", source),
    }
    return {**parts, "has_records": source.has_records or any(part.records for part in parts.values())}


def _all(model: type[Record], facet: str, record: Record) -> Part:
    """Return what of ``model`` has ``record`` as a value of ``facet``."""
    lists = Postings(model)
    return _part(model, lists, lists[term(facet, record.pk)], **{facet: record.slug})


def _part(model: Any, lists: Postings, keys: AbstractBitMap, **filters: str) -> Part:
    """Return the first of the records of ``model`` with ``keys``, which ``filters`` leave of its list."""
    return Part(_first(model, lists, keys), len(keys), f"{reverse(f'{model.stem}_list')}?{urlencode(filters)}")


def _first(model: Any, lists: Postings, keys: AbstractBitMap) -> list[Any]:
    if model is not NewsItem:
        columns = [column("name", active_language())]
    elif len(keys) > MOST_SHOWN:
        columns = ["-date", "name_en"]
    else:  # All are shown, and in this order their own columns put them.
        return sorted(sorted(_reader(model)(list(keys)), key=attrgetter("slug")), key=attrgetter("date"), reverse=True)
    found: list[Any] = Found(model, _reader(model), columns, [tier_of(model, lists, keys, columns[0])])[:MOST_SHOWN]
    return found


@cache
def _reader(model: Any) -> Reader:
    return reader(lambda: model.objects.published().without_texts())


_PARTS: Final[dict[type[Record], Callable[[Any], dict[str, Any]]]] = {
    Organisation: lambda record: {"news": _all(NewsItem, "organisation", record)},
    Facility: lambda record: {"news": _all(NewsItem, "facility", record)},
    Field: _of_field,
    Park: _of_park,
    Source: _of_source,
}
