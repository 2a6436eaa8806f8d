"""Taking in large sets of content, an object a line, in memory that does not grow with them.

Lines are read in batches. What a batch refers to is looked up at once, each row is put right before it is written, and
the rows of a kind are written together. A relation to a record that comes later in the file waits in a file of its own
until all records are there; what a row cannot be without (its record, its source, a park) has to come before it.
Everything happens in one transaction.
"""

from __future__ import annotations

import functools
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any, Final

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.serializers.base import DeserializationError
from django.db import models, reset_queries, transaction
from pyroaring import BitMap

from zone.bulk import batches, continue_numbers, insert, insert_pairs
from zone.content import FIXTURES, RECORDS, rows_of
from zone.fixture_format import FAULTS, check_types, model_of, name_of
from zone.history import overwritten, record_all
from zone.models.claim import Owned
from zone.models.record import Record
from zone.models.version import Action
from zone.publishing import Status
from zone.settling import put_right, settle_row
from zone.turns import take_turn

BATCH: Final = 1000
"""How many lines are read at once."""
MOST_PROBLEMS: Final = 1000
"""After so many wrong lines nothing more is read."""
LARGEST_KEY: Final = 2**32 - 1
"""The largest primary key that the index of the search can hold."""

_HIDDEN: Final = (Status.WITHDRAWN, Status.TRASHED)
_RECORDS: Final = tuple(model for group in FIXTURES.values() for model in group)
_ROWS: Final = tuple(
    dict.fromkeys(getattr(model, kind).rel.related_model for model in RECORDS for kind in rows_of(model))
)

Name = tuple[type[models.Model], str | int]
"""What a reference leads to: the model, and the slug or the primary key."""


class ImportRefusedError(Exception):
    """Content that cannot be taken in. ``problems`` has a line for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class OverwritingError(Exception):
    """Records that a person has changed since the last load; ``names`` says which."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("\n".join(names))
        self.names = names


@transaction.atomic
def import_lines(
    lines: Iterable[bytes], *, overwrite: bool = False, report: Callable[[int], None] | None = None
) -> int:
    """Take in the objects of a fixture, one in each of ``lines``, and return how many versions were recorded.

    What holds of ``loaddata`` holds here too: what is there already is replaced, except by the same; what was withdrawn
    or thrown away stays so; a relation to many that a line does not name stays. ``report`` is told now and then how
    many lines were read.

    Raises :class:`ImportRefusedError` for wrong content, and :class:`OverwritingError` where a person has changed a
    record since the last load, unless ``overwrite``. Then nothing has changed.
    """
    take_turn()
    with tempfile.TemporaryFile() as later:
        work = _Import(later)
        for batch in batches(enumerate(lines, 1), BATCH):
            work.take(batch)
            if report is not None:
                report(batch[-1][0])
            reset_queries()  # Django keeps them all where DEBUG is on.
        work.catch_up()
    if work.problems:
        raise ImportRefusedError(work.problems)
    if not overwrite and (names := [name for model in RECORDS for name in overwritten(model)]):
        raise OverwritingError(names)
    return record_all(work.touched, action=Action.LOADED)


@dataclass(eq=False, slots=True)
class _Line:
    """What a line says, and the row that becomes of it."""

    number: int
    name: str
    model: type[models.Model]
    fields: dict[str, Any]
    pk: Any = None
    row: Any = None
    many: dict[str, list[int]] = field(default_factory=dict)
    """Where each relation to many leads."""
    later: dict[str, Any] = field(default_factory=dict)
    """The fields that refer to what is not there yet."""


class _WrongError(Exception):
    """A line that says something wrong; ``args`` tell what, and nothing where another line has told it already."""


class _Import:
    """One import: what it has written, and what is wrong with the lines."""

    def __init__(self, later: IO[bytes]) -> None:
        self.problems: list[str] = []
        self.touched: dict[type[Record], BitMap] = defaultdict(BitMap)
        """The keys of records that were written, or of which a row was."""
        self._written: dict[type[models.Model], BitMap] = defaultdict(BitMap)
        self._refused: set[Name] = set()
        self._later = later

    def take(self, batch: list[tuple[int, bytes]]) -> None:
        """Write what the lines of a batch say."""
        groups = defaultdict(list)
        for number, text in batch:
            if text.strip() and (line := self._read(number, text)):
                groups[line.model].append(line)
        for model in (*_RECORDS, *_ROWS):
            if model in groups:
                self._put(model, groups[model])

    def catch_up(self) -> None:
        """Write the relations that had to wait."""
        self._later.seek(0)
        for batch in batches(self._later):
            groups = defaultdict(list)
            for text in batch:
                number, name, label, pk, fields = json.loads(text)
                model = apps.get_model(label)
                groups[model].append(_Line(number, name, model, fields, pk))
            for model, lines in groups.items():
                self._relate_late(model, lines)

    # Saying what is wrong

    def _succeeds(self, line: _Line, step: Callable[[], None]) -> bool:
        try:
            step()
        except _WrongError as error:
            self._refuse(line, *error.args)
            return False
        except FAULTS as error:
            self._refuse(line, _message(error))
            return False
        return True

    def _refuse(self, line: _Line, *said: str) -> None:
        self._refused.add((line.model, line.pk or line.fields.get(_naming(line.model), "")))
        for one in said:
            self._say(f"line {line.number}: {line.name}: {one}")

    def _say(self, problem: str) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise ImportRefusedError(self.problems)

    # Reading

    def _read(self, number: int, text: bytes) -> _Line | None:
        name = f"line {number}"
        try:
            said = json.loads(text)
            name = f"{name}: {name_of(said)}"
            model = model_of(said)
            if model not in _RECORDS and model not in _ROWS:
                raise DeserializationError("this is no content of the site")
            check_types(model, said["fields"])
            pk = model._meta.pk.to_python(said.get("pk"))
            if pk is not None and not 0 < pk <= LARGEST_KEY:
                raise DeserializationError(f"pk: {pk} is no primary key")
        except (*FAULTS, RecursionError) as error:
            self._say(f"{name}: {_message(error)}")
            return None
        return _Line(number, name_of(said), model, said["fields"], pk)

    def _make(self, line: _Line, keys: Mapping[Name, int]) -> None:
        """Make the row of ``line``. Raises :class:`_WrongError` for a wrong value."""
        known = _fields_of(line.model)
        values = {} if line.pk is None else {"pk": line.pk}
        for name, value in line.fields.items():
            if name not in known:
                raise _WrongError(f"{line.model._meta.object_name} has no field named '{name}'")
            try:
                if known[name].is_relation:
                    self._refer(line, known[name], value, keys, values)
                else:
                    values[name] = known[name].to_python(value)
            except FAULTS as error:
                raise _WrongError(f"{name}: {_message(error)}") from error
        line.row = line.model(**values)

    def _refer(self, line: _Line, relation: Any, value: Any, keys: Mapping[Name, int], values: dict[str, Any]) -> None:
        """Follow a relation of ``line``, or let it wait. Raises :class:`_WrongError` where it can do neither."""
        names = _names(relation, value)
        missing = [name for name in names if name not in keys]
        if missing and (line.row is not None or not _may_wait(relation)):
            model, key = missing[0]
            told = f"{relation.name}: there is no {model._meta.verbose_name} {key}"
            raise _WrongError(*([] if missing[0] in self._refused else [told]))
        if missing:
            line.later[relation.name] = value
        elif relation.many_to_many:
            line.many[relation.name] = [keys[name] for name in names]
        else:
            values[relation.attname] = keys[names[0]] if names else None

    # Writing

    def _put(self, model: type[models.Model], lines: list[_Line]) -> None:
        """Write rows of ``model`` with their relations."""
        keys = _keys_of(lines)
        made = [line for line in lines if self._succeeds(line, lambda: self._make(line, keys))]  # noqa: B023
        there = _rows_there(model, made)
        new: dict[Any, _Line] = {}
        old: list[_Line] = []
        for line in made:
            identity = _identity(line)
            before = there.get(identity)
            if identity in new or (before is not None and before.pk in self._written[model]):
                self._refuse(line, "the file has this record twice")
            elif not self._succeeds(line, lambda: _put_right(line, before)):  # noqa: B023
                continue
            elif before is None:
                new[identity] = line
            elif self._succeeds(line, lambda: _write(before, _changes(before, line.row))):  # noqa: B023
                old.append(line)
                self._written[model].add(before.pk)
        added = self._insert(model, list(new.values()))
        if any(line.pk is not None for line in added):
            continue_numbers(model)
        self._written[model].update(line.row.pk for line in added)
        _relate(model, added, old)
        for line in (*added, *old):
            self._remember(line)

    def _insert(self, model: type[models.Model], lines: list[_Line]) -> list[_Line]:
        """Insert the rows of ``lines``, and return the lines that the database has taken."""
        try:
            with transaction.atomic():
                insert(model, [line.row for line in lines])
        except FAULTS as error:
            if len(lines) > 1:
                return [one for line in lines for one in self._insert(model, [line])]
            self._refuse(lines[0], _message(error))
            return []
        return lines

    def _remember(self, line: _Line) -> None:
        """Remember what there is to do about ``line``, whose row is written."""
        if isinstance(line.row, Record):
            self.touched[type(line.row)].add(line.row.pk)
        elif isinstance(line.row, Owned):
            owner: Any = line.model._meta.get_field(line.row.owner_field)
            self.touched[owner.related_model].add(getattr(line.row, owner.attname))
        if line.later:
            waiting = (line.number, line.name, line.model._meta.label_lower, line.row.pk, line.later)
            self._later.write(json.dumps(waiting).encode() + b"\n")

    def _relate_late(self, model: type[models.Model], lines: list[_Line]) -> None:
        """Write the relations of ``lines`` that had to wait."""
        keys = _keys_of(lines)
        rows = model._default_manager.in_bulk([line.pk for line in lines])
        for line in lines:
            line.row = rows[line.pk]
        done = [line for line in lines if self._succeeds(line, lambda: self._catch_up(line, keys))]  # noqa: B023
        _relate(model, [], done)

    def _catch_up(self, line: _Line, keys: Mapping[Name, int]) -> None:
        values: dict[str, Any] = {}
        for name, value in line.fields.items():
            self._refer(line, _fields_of(line.model)[name], value, keys, values)
        if values:
            _write(line.row, values)
            if problems := settle_row(line.row):
                raise _WrongError(*problems)


def _put_right(line: _Line, before: Any) -> None:
    """Make of the row what may take the place of ``before``. Raises :class:`_WrongError` for what may not."""
    if before is not None:
        line.row.pk = before.pk
        if getattr(before, "status", None) in _HIDDEN:
            line.row.status = before.status
    if any(not _fields_of(line.model)[name].many_to_many for name in line.later):
        return  # It is put right when it has what it waits for.
    if problems := put_right(line.row):
        raise _WrongError(*problems)


def _changes(before: models.Model, after: models.Model) -> dict[str, Any]:
    names = [field.attname for field in before._meta.concrete_fields]
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}


def _write(row: models.Model, values: dict[str, Any]) -> None:
    if values:
        with transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


def _relate(model: type[models.Model], new: list[_Line], old: list[_Line]) -> None:
    """Write the relations to many of rows; those of ``old`` ones that are not named any more end."""
    for relation in model._meta.many_to_many:
        through: Any = relation.remote_field.through
        ends = (relation.m2m_field_name(), relation.m2m_reverse_field_name())
        own, other = (through._meta.get_field(end).attname for end in ends)
        named = [line for line in (*new, *old) if relation.name in line.many]
        wanted = dict.fromkeys((line.row.pk, key) for line in named for key in line.many[relation.name])
        again = [line.row.pk for line in old if relation.name in line.many]
        rows = through._default_manager.filter(**{f"{own}__in": again})
        there = {(one, to): pk for one, to, pk in rows.values_list(own, other, "pk")}
        through._default_manager.filter(pk__in=[pk for ends, pk in there.items() if ends not in wanted]).delete()
        insert_pairs(relation, [ends for ends in wanted if ends not in there])


# Looking up


@functools.cache
def _fields_of(model: type[models.Model]) -> dict[str, Any]:
    return {one.name: one for one in (*model._meta.concrete_fields, *model._meta.many_to_many)}


def _naming(model: type[models.Model]) -> str:
    """Return the field that names a record of ``model``."""
    return "slug" if issubclass(model, Record) else "old_path"


def _may_wait(relation: Any) -> bool:
    """Return whether a row can be written before what ``relation`` leads to; its record it always needs."""
    return bool(relation.many_to_many or (relation.null and relation.name not in getattr(relation.model, "owners", ())))


def _names(relation: Any, value: Any) -> list[Name]:
    """Return what ``value`` of a relation names. Raises ``ValidationError`` for what cannot be a name."""
    model = relation.related_model
    several = value if relation.many_to_many else [] if value is None else [value]
    return [(model, _key(model, one)) for one in several]


def _key(model: type[models.Model], reference: Any) -> str | int:
    if isinstance(reference, list):
        return reference[0] if [type(one) for one in reference] == [str] else str(reference)
    key: int = model._meta.pk.to_python(reference)
    return key if 0 < key <= LARGEST_KEY else str(key)


def _keys_of(lines: list[_Line]) -> dict[Name, int]:
    """Return the primary keys of what ``lines`` refer to, as far as it is there."""
    wanted: dict[Any, set[str | int]] = defaultdict(set)
    for line in lines:
        known = _fields_of(line.model)
        for name, value in line.fields.items():
            if name in known and known[name].is_relation:
                with suppress(*FAULTS):  # Which will be said when the row is made.
                    for model, key in _names(known[name], value):
                        wanted[model].add(key)
    found: dict[Name, int] = {}
    for model, keys in wanted.items():
        for some in batches(keys):
            slugs = [key for key in some if isinstance(key, str)]
            there = model._default_manager.filter(slug__in=slugs).values_list("slug", "pk")
            found |= {(model, slug): pk for slug, pk in there}
            numbers = model._default_manager.filter(pk__in=[key for key in some if isinstance(key, int)])
            found |= {(model, pk): pk for pk in numbers.values_list("pk", flat=True)}
    return found


Identity = tuple[Any, ...]
"""What tells a row from others of its kind: its primary key or name, or its record and number."""


def _identity(line: _Line) -> Identity:
    if line.pk is not None:
        return ("pk", line.pk)
    if isinstance(line.row, Owned):
        owner = line.row.owner_field
        return (owner, getattr(line.row, f"{owner}_id"), line.row.number)
    return ("name", getattr(line.row, _naming(line.model)))


def _rows_there(model: type[models.Model], lines: list[_Line]) -> dict[Identity, models.Model]:
    """Return the rows in whose place those of ``lines`` come."""
    rows: Any = model._default_manager
    found: dict[Identity, models.Model] = {}
    if numbered := [line.pk for line in lines if line.pk is not None]:
        found |= {("pk", pk): row for pk, row in rows.in_bulk(numbered).items()}
    named = [_identity(line) for line in lines if line.pk is None]
    if issubclass(model, Owned):
        for owner in model.owners:
            keys = {identity[1] for identity in named if identity[0] == owner}
            for row in rows.filter(**{f"{owner}__in": keys}):
                found[owner, getattr(row, f"{owner}_id"), row.number] = row
    else:
        name = _naming(model)
        there = rows.filter(**{f"{name}__in": [identity[1] for identity in named]})
        found |= {("name", getattr(row, name)): row for row in there}
    return found


def _message(error: Exception) -> str:
    said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return " ".join(said.split())
