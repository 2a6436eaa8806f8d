"""How fixtures are written and read: Django's JSON format with one field a line, and errors that name the record.

``settings.SERIALIZATION_MODULES`` puts this module in the place of Django's own ``json``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.serializers import json as django_json
from django.core.serializers import python as django_python
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.db import DatabaseError, models


def compact(content: dict[str, Any], model: type[models.Model]) -> dict[str, Any]:
    """Return the dump of one object without the columns that hold their default; relations to many always stay.

    A column that is not named is set to its default when the fixture is loaded, so nothing is lost.
    """

    def has_default(name: str, value: Any) -> bool:
        field = cast("models.Field[Any, Any]", model._meta.get_field(name))
        if field.many_to_many or (field.has_default() and callable(field.default)):
            return False
        return value == field.get_default()

    return {**content, "fields": {name: v for name, v in content["fields"].items() if not has_default(name, v)}}


class Serializer(django_json.Serializer):
    """Write each object as a block with one field a line, in the order of the model."""

    def start_serialization(self) -> None:
        """Begin the list of objects."""
        self._init_options()  # type: ignore[attr-defined]
        self.stream.write("[")

    def end_serialization(self) -> None:
        """End the list of objects."""
        self.stream.write("\n]\n" if not self.first else "]\n")

    def end_object(self, obj: models.Model) -> None:
        """Write one object."""
        content = compact(self.get_dump_object(obj), type(obj))
        lines = [f'      "{name}": {self._in_one_line(value)}' for name, value in content["fields"].items()]
        key = f'    "pk": {json.dumps(content["pk"])},\n' if "pk" in content else ""
        self.stream.write(("" if self.first else ",") + "\n  {\n")
        self.stream.write(f'    "model": "{content["model"]}",\n{key}    "fields": {{\n')
        self.stream.write(",\n".join(lines) + "\n    }\n  }")
        self._current = None

    def handle_m2m_field(self, obj: models.Model, field: models.ManyToManyField[Any, Any]) -> None:
        """Write the related records in the order of their names, so that equal content gives equal files."""
        super().handle_m2m_field(obj, field)
        self._current[field.name].sort()  # type: ignore[index]

    def _value_from_field(self, obj: models.Model, field: models.Field[Any, Any]) -> Any:
        value = field.value_from_object(obj)
        if isinstance(value, Decimal):
            return f"{value.normalize():f}"
        return super()._value_from_field(obj, field)  # type: ignore[misc]

    @staticmethod
    def _in_one_line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, cls=django_json.DjangoJSONEncoder)


class LineSerializer(Serializer):
    """Write each object in a line of its own: a file of any size can then be read line by line."""

    def start_serialization(self) -> None:
        """Begin with nothing."""
        self._init_options()  # type: ignore[attr-defined]

    def end_serialization(self) -> None:
        """End with nothing."""

    def end_object(self, obj: models.Model) -> None:
        """Write one object."""
        self.stream.write(self._in_one_line(compact(self.get_dump_object(obj), type(obj))) + "\n")
        self._current = None


FAULTS = (DatabaseError, DeserializationError, ValidationError, ValueError, ArithmeticError, TypeError)
"""What a wrong value raises, depending on the field and the database."""


class _NamedObject(DeserializedObject):
    """An object of a fixture whose errors say which record it is."""

    name = ""

    def save(self, *args: Any, **kwargs: Any) -> None:
        for field, value in self.deferred_fields.items():
            if not (field.many_to_many or field.null or getattr(self.object, field.attname)):
                related = cast("type[models.Model]", field.related_model)._meta.verbose_name
                raise DeserializationError(f"{self.name}: {field.name}: there is no {related} {value}")
        try:
            super().save(*args, **kwargs)
        except FAULTS as error:
            raise DeserializationError(f"{self.name}: {error}") from error

    def save_deferred_fields(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().save_deferred_fields(*args, **kwargs)
        except FAULTS as error:
            raise DeserializationError(f"{self.name}: {error}") from error


class Deserializer(django_json.Deserializer):
    """Read a fixture; every error says which record it is about."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        text = stream_or_string if isinstance(stream_or_string, (str, bytes)) else stream_or_string.read()
        try:
            objects = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DeserializationError(f"The file is cut or is not JSON: {error}") from error
        if not isinstance(objects, list):
            raise DeserializationError("A fixture is a list of objects.")
        self._seen: set[str] = set()
        django_python.Deserializer.__init__(self, objects, **options)

    def _handle_object(self, obj: Any) -> Iterator[DeserializedObject]:
        name = name_of(obj)
        if name in self._seen:
            raise DeserializationError(f"{name}: the file has this record twice")
        self._seen.add(name)
        try:
            check_types(model_of(obj), obj["fields"])
            for loaded in super()._handle_object(obj):  # type: ignore[misc]
                check_moments(loaded.object)
                loaded.__class__ = _NamedObject
                loaded.name = name
                yield loaded
        except FAULTS as error:
            raise error if str(error).startswith(name) else DeserializationError(f"{name}: {error}") from error


def model_of(obj: dict[str, Any]) -> type[models.Model]:
    """Return the model that an object of a fixture names. Raises ``DeserializationError`` where there is none."""
    return django_python.Deserializer._get_model_from_node(obj["model"])  # type: ignore[attr-defined,no-any-return]


def check_types(model: type[models.Model], fields: dict[str, Any]) -> None:
    """Raise ``DeserializationError`` for a value of a wrong type, which Django would turn into text and keep."""
    tests = _tests(model)
    for name, value in fields.items():
        if name in tests and not tests[name](value):
            raise DeserializationError(f"{name}: {str(value)[:60]!r} is not what belongs here")


@functools.cache
def _tests(model: type[models.Model]) -> dict[str, Callable[[Any], bool]]:
    """Return what tells, of each field of ``model``, whether a value is of the type that belongs there."""
    return {field.name: _test(field) for field in model._meta.get_fields() if field.concrete and not field.auto_created}


def _test(field: Any) -> Callable[[Any], bool]:
    if field.many_to_many:
        return lambda value: (
            isinstance(value, list) and all(isinstance(one, (list, str, int)) and one is not True for one in value)
        )
    if isinstance(field, models.BooleanField):
        return lambda value: isinstance(value, bool)
    if isinstance(field, models.CharField | models.TextField):
        return lambda value: isinstance(value, str) or (value is None and field.null)
    if field.is_relation or isinstance(field, models.JSONField):
        return lambda _value: True
    return lambda value: not isinstance(value, (list, dict, bool))


def check_moments(record: models.Model) -> None:
    """Raise ``DeserializationError`` for a moment that a database would take and could not give back."""
    for field in _moments(type(record)):
        try:
            field.run_validators(field.value_from_object(record))
        except ValidationError as error:
            raise DeserializationError(f"{field.name}: {' '.join(error.messages)}") from error


@functools.cache
def _moments(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField)]


def name_of(obj: Any) -> str:
    """Return how an error calls an object of a fixture: its model and what names it among its kind."""
    if not isinstance(obj, dict) or not isinstance(obj.get("fields"), dict) or "model" not in obj:
        raise DeserializationError(f"{str(obj)[:60]!r} is not an object with a model and fields")
    fields = obj["fields"]
    owners = ("organisation", "facility", "route", "figure", "news_item", "key_figure", "calendar")
    keys = ("slug", "old_path", *owners, "number")
    parts = [str(fields[key]) for key in keys[:2] if key in fields] or [
        f"{key} {' '.join(map(str, fields[key])) if isinstance(fields[key], list) else fields[key]}"
        for key in keys
        if fields.get(key)
    ]
    return " ".join([str(obj["model"]), *([f"pk {obj['pk']}"] if obj.get("pk") else []), *parts])
