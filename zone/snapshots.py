"""The whole of a record in one piece: its fields, its relations and its rows, to be kept, compared and written back.

A snapshot is JSON: ``{"fields": {name: value}, "rows": {kind: {number: {name: value}}}}``. Relations are primary keys,
so that a renamed record is still found; rows are named by the number that they keep for ever.
"""

from __future__ import annotations

import datetime
import functools
import logging
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from types import NoneType
from typing import Any, Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models.fields.files import FieldFile, FileField
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zone.bulk import among
from zone.content import rows_of
from zone.merging import Content, Fields
from zone.models.claim import Owned
from zone.models.picture import NOT_ANSWERING, PictureField
from zone.models.record import Lacking, Record
from zone.publishing import Status

APART: Final = ("created_at", "updated_at")
"""Columns that say when something was written, and nothing of what."""

Problems = dict[str, list[str]]
"""What is wrong with a snapshot: messages by key (``name_en``, ``facts.3.source``)."""

logger = logging.getLogger(__name__)

AnyField = Any
"""A field of a model; of its two types of values nothing is said here."""


def fields_of(model: type[models.Model]) -> tuple[AnyField, ...]:
    """Return the fields whose values make up a record or a row."""
    return _fields_of(model)


def row_models(model: type[models.Model]) -> dict[str, type[Owned]]:
    """Return the kinds of rows of a record: ``{"facts": Fact}``."""
    return _row_models(model)


def owner_of(model: type[models.Model], kind: str) -> str:
    """Return the name of the field by which rows of ``kind`` know their record."""
    return str(getattr(model, kind).rel.field.name)


@functools.cache
def _fields_of(model: Any) -> tuple[AnyField, ...]:
    owners: tuple[str, ...] = (*model.owners, "number") if issubclass(model, Owned) else ()
    columns = [field for field in model._meta.concrete_fields if field.name not in (*APART, *owners)]
    return (*(field for field in columns if not field.primary_key), *model._meta.many_to_many)


@functools.cache
def _row_models(model: Any) -> dict[str, type[Owned]]:
    return {name: getattr(model, name).rel.related_model for name in sorted(rows_of(model))}


# Reading


def value_of(instance: models.Model, field: AnyField) -> Any:
    """Return the value that ``instance`` has in a column, as JSON has it."""
    value = vars(instance).get(field.attname, field)
    if type(value) in (str, int, bool, NoneType):
        return value
    value = getattr(instance, field.attname)
    if isinstance(value, FieldFile):
        return value.name or ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def columns(instance: models.Model) -> Fields:
    """Return the values of all columns of a record or a row; relations to many are not among them."""
    return {field.name: value_of(instance, field) for field in fields_of(type(instance)) if not field.many_to_many}


def take_all(records: models.QuerySet[Any]) -> dict[int, Content]:
    """Return the snapshots of ``records`` by primary key, with one query for each relation to many and kind of row."""
    return contents_of(records.model, records)


def contents_of(model: Any, records: Iterable[Any]) -> dict[int, Content]:
    """Return the snapshots of ``records`` of ``model``, which have been read already, as :func:`take_all` does."""
    found: dict[int, Content] = {
        record.pk: {"fields": columns(record), "rows": {kind: {} for kind in row_models(model)}} for record in records
    }
    for field in model._meta.many_to_many:
        source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
        links = defaultdict(list)
        through = field.remote_field.through.objects.filter(among(f"{source}_id", found))
        for pk, other in through.order_by(f"{target}_id").values_list(f"{source}_id", f"{target}_id"):
            links[pk].append(other)
        for pk, content in found.items():
            content["fields"][field.name] = links[pk]
    for kind, row_model in row_models(model).items():
        owner = owner_of(model, kind)
        for row in row_model._default_manager.filter(among(f"{owner}_id", found)).order_by("number"):
            found[getattr(row, f"{owner}_id")]["rows"][kind][str(row.number)] = columns(row)
    return found


def take(record: Record) -> Content:
    """Return the snapshot of ``record`` as it stands in the database."""
    return take_all(type(record)._default_manager.filter(pk=record.pk))[record.pk]


def blank(model: type[models.Model]) -> Content:
    """Return the snapshot of a record that nobody has written anything into."""
    fields: Fields = {**columns(model()), **{field.name: [] for field in model._meta.many_to_many}}
    return {"fields": fields, "rows": {kind: {} for kind in row_models(model)}}


def completed(model: type[models.Model], content: Content) -> Content:
    """Return ``content`` with the fields that it does not have yet, because it is older than they are."""
    empty = blank(model)
    known = empty["fields"].keys()
    fields = {name: value for name, value in {**empty["fields"], **content["fields"]}.items() if name in known}
    rows: dict[str, dict[str, Fields]] = {}
    for kind, row_model in row_models(model).items():
        default = columns(row_model())
        rows[kind] = {number: {**default, **row} for number, row in content["rows"].get(kind, {}).items()}
    return {"fields": fields, "rows": rows}


# Making records of snapshots


def _attributes(model: type[models.Model], values: Fields) -> dict[str, Any]:
    """Return the columns of a record or a row as the constructor of ``model`` takes them."""
    columns = [field for field in fields_of(model) if not field.many_to_many and field.name in values]
    return {field.attname: _read(field, values[field.name]) for field in columns}


def _read(field: AnyField, value: Any) -> Any:
    if field.is_relation:
        return value
    try:
        return field.to_python(value)
    except ValidationError:  # An older form of the field, which will be reported where it is looked at.
        return value


def _change(instance: models.Model, values: Fields) -> None:
    """Give ``instance`` the ``values`` that it does not have yet: setting a picture anew would open its file."""
    before = columns(instance)
    changed = {name: value for name, value in values.items() if before.get(name) != value}
    for name, value in _attributes(type(instance), changed).items():
        setattr(instance, name, value)


def materialise(model: type[Any], pk: int | None, content: Content) -> Any:
    """Return the record that ``content`` describes, with its relations and rows, without writing anything.

    Its relations to many are there as if they had been fetched with it; ``rows`` of it are in ``_rows`` by kind.
    """
    record: Any = model(pk=pk, **_attributes(model, content["fields"]))
    record._state.adding = pk is None
    cache = record._prefetched_objects_cache = {}
    for field in model._meta.many_to_many:
        related: Any = field.related_model
        cache[field.name] = related._default_manager.filter(pk__in=content["fields"].get(field.name, []))
    record._rows = {
        kind: [_row(record, kind, int(number), values) for number, values in rows.items()]
        for kind, rows in content["rows"].items()
    }
    return record


def _row(record: Record, kind: str, number: int, values: Fields) -> Owned:
    row_model = row_models(type(record))[kind]
    return row_model(**{"number": number, owner_of(type(record), kind): record}, **_attributes(row_model, values))


def write(model: type[Record], pk: int | None, content: Content, before: Content | None = None) -> Any:
    """Make the record in the database what ``content`` says, and return it. ``pk`` is ``None`` for a new one.

    ``before`` is what the record is known to be now; what is the same in both is not written.

    Has to run in a transaction. Raises ``IntegrityError`` for what the tables do not hold; see :func:`problems`.
    """
    record: Any = model() if pk is None else model._default_manager.get(pk=pk)
    _change(record, content["fields"])
    record.updated_at = timezone.now()
    record.save()
    for field in model._meta.many_to_many:
        if before is None or before["fields"][field.name] != content["fields"][field.name]:
            getattr(record, field.name).set(content["fields"][field.name])
    for kind, rows in content["rows"].items():
        if before is None or before["rows"].get(kind) != rows:
            _write_rows(record, kind, rows)
    return record


def _write_rows(record: Record, kind: str, rows: dict[str, Fields]) -> None:
    manager = getattr(record, kind)
    before = {row.number: row for row in manager.all()}
    gone = [row.pk for number, row in before.items() if str(number) not in rows]
    if gone:
        manager.filter(pk__in=gone).delete()
    for number, values in rows.items():
        row = before.get(int(number))
        if row is None:
            _row(record, kind, int(number), values).save()
        elif columns(row) != values:
            _change(row, values)
            row.save()


# Checking


def may_be_empty(field: AnyField) -> bool:
    """Return whether the table holds a record that has nothing there, so that it can be written bit by bit."""
    if field.many_to_many or field.null or field.blank:
        return True
    is_text = isinstance(field, models.CharField | models.TextField) and field.to_python("") == ""
    return is_text and not field.choices and field.name != "slug"


def problems(model: type[Record], pk: int | None, content: Content, *, lenient: bool = False) -> Problems:
    """Return everything that keeps ``content`` from being published: by the key of the field, what is wrong there.

    With ``lenient``, return only what keeps it from being written into the tables.
    """
    record = materialise(model, pk, content)
    record.status = Status.PUBLISHED
    found = _problems_of("", record, lenient)
    for name, said in {} if lenient else {**record.lacking(), **_lost_pictures(record)}.items():
        found.setdefault(name, []).append(str(said))
    for field in () if lenient else model._meta.many_to_many:
        if content["fields"][field.name]:
            continue
        if field.name == "sources":
            found.setdefault(field.name, []).append(gettext("A published record needs at least one source."))
        elif not field.blank:
            found.setdefault(field.name, []).append(gettext("This field is required."))
    for kind, rows in record._rows.items():
        for row in rows:
            found |= _problems_of(f"{kind}.{row.number}.", row, lenient, exclude=(owner_of(model, kind),))
    return found


def _lost_pictures(record: Any) -> Lacking:
    """Return the pictures of ``record`` that cannot be shown: an old version names files that may be gone."""
    named = [field.name for field in record._meta.concrete_fields if isinstance(field, PictureField)]
    try:
        lost = [name for name in named if getattr(record, name) and not getattr(record, name).make_renditions()]
    except OSError:
        logger.exception("Pictures could not be looked for.")
        return dict.fromkeys((name for name in named if getattr(record, name)), NOT_ANSWERING)
    return dict.fromkeys(lost, _("The file is gone or damaged. Upload the picture again."))


def _problems_of(prefix: str, instance: Any, lenient: bool, exclude: Iterable[str] = ()) -> Problems:
    skipped = {*exclude, *APART}
    # A file is looked at when it is uploaded.
    skipped |= {field.name for field in instance._meta.concrete_fields if isinstance(field, FileField)}
    if lenient:
        skipped |= {
            field.name
            for field in fields_of(type(instance))
            if may_be_empty(field) and not field.many_to_many and not getattr(instance, field.attname)
        }
    try:
        instance.full_clean(exclude=skipped)
    except ValidationError as error:
        return {prefix + (name if name != NON_FIELD_ERRORS else ""): said for name, said in error.message_dict.items()}
    return {}


def without_lost_relations(model: type[Record], content: Content) -> Content:
    """Return ``content`` without relations to records that are gone for good."""
    rows = {
        kind: {number: _existing(row_models(model)[kind], row) for number, row in found.items()}
        for kind, found in content["rows"].items()
    }
    return {"fields": _existing(model, content["fields"]), "rows": rows}


def _existing(model: type[models.Model], values: Fields) -> Fields:
    found = dict(values)
    for field in fields_of(model):
        if not field.is_relation or not (wanted := values.get(field.name)):
            continue
        keys = wanted if field.many_to_many else [wanted]
        there = set(field.related_model._default_manager.filter(pk__in=keys).values_list("pk", flat=True))
        left = [pk for pk in keys if pk in there]
        found[field.name] = left if field.many_to_many else next(iter(left), None)
    return found
