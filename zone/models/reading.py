"""How much of a record is read, and what along with it: what the page shows, and of that what visitors may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from django.db import models

from zone.databases.prepared import prepared
from zone.databases.together import read_together
from zone.models.claim import OwnedQuerySet
from zone.publishing import PublishableQuerySet

if TYPE_CHECKING:
    from zone.models.record import Record

_NOT_IN_LISTS: Final = (
    *("body_", "editor_note", "withdrawal_reason_", "zh_hans_", "zh_hant_"),
    *("checked_on", "created_at", "updated_at"),
)
"""How the columns begin that no list shows. What is not read does not make a page old when it changes."""

AnyRecord = TypeVar("AnyRecord", bound="Record", covariant=True)


class RecordQuerySet(PublishableQuerySet[AnyRecord]):
    """Records with a page of their own."""

    _relations: tuple[str, ...] = ()
    """What is fetched along with the records."""
    _lookups: tuple[Callable[[], models.Prefetch[str, Any, Any]], ...] = ()
    """Returns what else is, as it is at the moment of reading."""

    def with_public(self, *relations: str) -> Self:
        """Fetch ``relations`` along with the records, and of them only what visitors may see."""
        records = self.all()
        records._relations = (*self._relations, *relations)
        return records

    def with_public_lists(self, *relations: str) -> Self:
        """Fetch what :meth:`with_public` does, each relation into a list: ``parks`` into ``public_parks``.

        For the rows of a list, which name what they have to do with: Django makes a list in a tenth of the time that
        a query set of its own takes for each record.
        """
        lists = (partial(public_relation, self.model, name, f"public_{name}", for_link=True) for name in relations)
        return self.with_lookups(*lists)

    def with_lookups(self, *lookups: Callable[[], models.Prefetch[str, Any, Any]]) -> Self:
        """Fetch what ``lookups`` return when the records are read, and not before: what is public, the time decides."""
        records = self.all()
        records._lookups = (*self._lookups, *lookups)
        return records

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._relations, clone._lookups = self._relations, self._lookups
        return clone

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None  # type: ignore[has-type]
        super()._fetch_all()  # type: ignore[misc]
        records: Any = self._result_cache
        if is_new:
            _fetch_public(records, self._relations)
            models.prefetch_related_objects(records, *(lookup() for lookup in self._lookups))

    def without_texts(self) -> Self:
        """Leave out the columns that only the page of a single record shows, and those of the newsroom."""
        names = (field.name for field in self.model._meta.concrete_fields)
        return self.defer(*(name for name in names if name.startswith(_NOT_IN_LISTS)))

    def for_detail(self) -> Self:
        """Fetch what the page of one record shows."""
        return self

    def for_link(self, *columns: str) -> Self:
        """Read nothing but what names a record and leads to it, and ``columns``."""
        return self.only("slug", "status", "publish_at", "expire_at", *self._texts(self.model.title_field), *columns)

    def for_mention(self, *columns: str) -> Self:
        """Read what stands where the page of another record names one, as far as the noun says so, and ``columns``."""
        shown = self.model.mentioned_with
        return self.without_texts() if shown is None else self.for_link(*shown, *columns)

    def for_rows(self, *columns: str) -> Self:
        """Read what rows of a list show: name, summary, picture and ``columns``; and the time that feeds go by."""
        picture = ("picture", "picture_ppoi", "picture_width", "picture_height")
        return self.for_link(*self._texts("summary"), *picture, "updated_at", *columns)

    def _texts(self, name: str) -> list[str]:
        """Return the columns of a translated field."""
        return [field.name for field in self.model._meta.concrete_fields if field.name.startswith(f"{name}_")]

    def get_by_natural_key(self, slug: str) -> AnyRecord:
        """Return the record with ``slug``, which names it in fixtures and addresses."""
        return self.get(slug=slug)


def public_relation(
    model: type[models.Model], name: str, to_attr: str | None = None, *, for_link: bool = False
) -> models.Prefetch[str, Any, Any]:
    """Return the prefetch of ``name`` of ``model`` that leaves out what visitors may not see."""
    field: Any = model._meta.get_field(name)
    records = field.related_model._default_manager.published()
    if isinstance(records, RecordQuerySet):
        back = [field.field.name] if field.one_to_many else []
        records = records.for_link(*back) if for_link else records.for_mention(*back)
    elif isinstance(records, OwnedQuerySet) and field.field.name not in records.model.owners:
        records = records.with_public_owner()
    return models.Prefetch(name, records, to_attr)


def _fetch_public(records: Sequence[Any], relations: Sequence[str]) -> None:
    """Fetch ``relations`` of ``records``, of one model, as :meth:`RecordQuerySet.with_public` says."""
    if len(records) == 1 and relations:
        _fetch_public_of_one(records[0], relations)
    elif records:
        models.prefetch_related_objects(records, *(public_relation(type(records[0]), name) for name in relations))


def _fetch_public_of_one(record: Any, relations: Sequence[str]) -> None:
    """Do for one record what Django does for many, in one query, which need not be put together for it."""
    model: Any = type(record)
    related = {name: _public_relation_of(model, name)(record.pk) for name in relations}
    read_together(related.values())
    record.__dict__.setdefault("_prefetched_objects_cache", {}).update(related)
    for name in relations:
        field = model._meta.get_field(name)
        for one in related[name] if field.one_to_many else ():
            one._state.fields_cache[field.field.name] = record


@cache
def _public_relation_of(model: Any, name: str) -> Callable[[int], models.QuerySet[Any]]:
    """Return what finds what visitors may see of ``name`` of the record of ``model`` with a key."""
    back = model._meta.get_field(name).remote_field.name

    def of(key: int) -> models.QuerySet[Any]:
        records: Any = public_relation(model, name).queryset
        return records.filter(**{back: key})

    return prepared(of)
