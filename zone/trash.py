"""The trash: what lies in it and since when, what refers to a record, and deleting for good."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, OuterRef, ProtectedError, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from zone.content import RECORDS
from zone.history import forget, record_versions
from zone.models import PreviewLink, Version
from zone.models.record import Record
from zone.models.version import Action
from zone.publishing import Status
from zone.snapshots import fields_of, row_models
from zone.translation import ORIGINAL
from zone.turns import take_turn


def time_in_the_trash() -> datetime.timedelta:
    """Return for how long a record can be restored."""
    return datetime.timedelta(days=settings.TRASH_DAYS)


def trashed(model: type[Record]) -> models.QuerySet[Any]:
    """Return the records of ``model`` in the trash, with the version (``trashing``) and the time (``trashed_at``)."""
    moved = Q(action=Action.TRASHED) | Q(action=Action.UNDONE, state=Status.TRASHED)
    kind = ContentType.objects.get_for_model(model)
    trashings = Version.objects.filter(moved, content_type=kind, object_id=OuterRef("pk")).order_by("-pk")
    return model._default_manager.filter(status=Status.TRASHED).annotate(
        trashing=Subquery(trashings.values("pk")[:1]),
        trashed_at=Coalesce(Subquery(trashings.values("at")[:1]), F("updated_at")),
    )


def refuse_trashed_slug(model: type[Record], slug: str, pk: int | None = None) -> None:
    """Raise ``ValidationError`` where another record has ``slug`` and lies in the trash, in which nobody sees it."""
    records: models.QuerySet[Any] = model._default_manager.all()
    if (record := records.filter(slug=slug, status=Status.TRASHED).exclude(pk=pk).first()) is not None:
        message = _("“%(record)s” has this slug and is in the trash. Restore that record, or choose another slug.")
        raise ValidationError(message, code="in_the_trash", params={"record": record})


# What refers to a record


@functools.cache
def paths_to(model: type[Record]) -> dict[type[Record], tuple[str, ...]]:
    """Return by which relations, its rows' included, each kind of record refers to ``model``."""
    found = {}
    for kind in RECORDS:
        own = [field.name for field in fields_of(kind) if field.related_model is model]
        rows = [
            f"{name}__{field.name}"
            for name, row_model in row_models(kind).items()
            for field in fields_of(row_model)
            if field.related_model is model
        ]
        found[kind] = (*own, *rows)
    return {kind: paths for kind, paths in found.items() if paths}


def referring(model: type[Record], keys: Iterable[int]) -> Iterator[models.QuerySet[Any]]:
    """Yield, for each kind that can refer to records of ``model``, those that refer to one of ``keys``."""
    keys = list(keys)
    for kind, paths in paths_to(model).items():
        condition = Q()
        for path in paths:
            # Each relation in a query of its own: joined, they would multiply.
            condition |= Q(pk__in=kind._base_manager.filter(**{f"{path}__in": keys}).values("pk"))
        records = kind._default_manager.filter(condition)
        yield records.exclude(pk__in=keys) if kind is model else records


# Deleting for good


@dataclass
class Purge:
    """What a purge has done: the names of what it deleted, and of what it kept with the names of what depends on it."""

    deleted: list[str] = field(default_factory=list)
    kept: dict[str, list[str]] = field(default_factory=dict)


def purge(before: datetime.datetime, *, pretend: bool = False) -> Purge:
    """Delete for good what was moved to the trash before a time, each record wholly or not at all.

    What other records depend on is kept. With ``pretend``, only find out what would be deleted.
    """
    done = Purge()
    with translation.override(ORIGINAL), transaction.atomic() if pretend else nullcontext():
        # Those that refer to others first, and again until nothing is left that can go.
        waiting = [
            (model, pk) for model in reversed(RECORDS) for pk in _due(model, before).values_list("pk", flat=True)
        ]
        while waiting:
            done.kept.clear()
            left = [one for one in waiting if not _purge_one(*one, before, done)]
            if len(left) == len(waiting):
                break
            waiting = left
        if pretend:
            transaction.set_rollback(True)
    return done


def _due(model: type[Record], before: datetime.datetime) -> models.QuerySet[Any]:
    return trashed(model).filter(trashed_at__lte=before).order_by("pk")


@transaction.atomic
def _purge_one(model: type[Record], pk: int, before: datetime.datetime, done: Purge) -> bool:
    """Delete a record with its memory; return whether it is dealt with: deleted, or restored in the meantime."""
    take_turn()
    record = _due(model, before).select_for_update(of=("self",)).filter(pk=pk).first()
    if record is None:
        return True
    name = f"{model._meta.verbose_name} “{record}”"
    touched = [(found.model, list(found.values_list("pk", flat=True))) for found in referring(model, [pk])]
    try:
        record.delete()
    except ProtectedError as error:
        done.kept[name] = sorted({_name(dependant) for dependant in error.protected_objects})
        return False
    forget(model, [pk])
    PreviewLink.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id=pk).delete()
    for kind, keys in touched:
        # They have lost a relation, which their history has to say.
        record_versions(kind._default_manager.filter(pk__in=keys))
    done.deleted.append(name)
    return True


def _name(dependant: Any) -> str:
    """Name what keeps a record from being deleted; a row is named by its record."""
    record = getattr(dependant, "owner", None) or dependant
    return f"{record._meta.verbose_name} “{record}”"
