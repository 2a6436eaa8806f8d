"""Parts of pages that are rendered once for each value of what they show.

``{% kept "partials/organisation.html" with organisation=record level=3 %}`` is an ``include … only`` whose result is
kept in the memory of the process, by all that the template is given: of a record everything that was read of it and of
what was fetched along with it. Where any of that has changed it is another value, so nothing can be out of date and
there is nothing to purge. Only what a template is given, its language and the settings may be shown by it; what
depends on the time of day or asks the database is not for this tag.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from django import template
from django.conf import settings
from django.db import models
from django.db.models.fields.files import FieldFile
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from zone.translation import Text, active_language

MOST_PARTS: Final = 1000
"""How many parts a process keeps: with what they are kept by, some 6 kB each."""

_PLAIN: Final = (str, int, float, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta)
_COLUMN: Final = frozenset({str, int, float, bool, decimal.Decimal, datetime.date, datetime.datetime, type(None)})
_NO_COLUMNS: Final = ("_state", "_prefetched_objects_cache")

register = template.Library()


class _UnknownError(Exception):
    """A value of a kind of which nobody has said what a template may see of it."""


class Parts:
    """The parts that were asked for last, by what they show."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._parts: OrderedDict[Hashable, SafeString] = OrderedDict()

    def get(self, key: Hashable) -> SafeString | None:
        """Return the part that shows ``key``, if it is kept."""
        with self._lock:
            part = self._parts.get(key)
            if part is not None:
                self._parts.move_to_end(key)
            return part

    def keep(self, key: Hashable, part: SafeString) -> None:
        """Keep ``part``, and forget what has not been asked for for longest."""
        with self._lock:
            self._parts[key] = part
            while len(self._parts) > self._most:
                self._parts.popitem(last=False)

    def clear(self) -> None:
        """Forget all parts."""
        with self._lock:
            self._parts.clear()


PARTS: Final = Parts(MOST_PARTS)


class KeptNode(template.Node):
    """An ``include … only`` whose result is kept."""

    def __init__(self, name: str, variables: dict[str, FilterExpression]) -> None:
        self.name, self.variables = name, variables

    def render(self, context: template.Context) -> SafeString:
        """Return the part, from memory if these values have been shown before."""
        values = {name: variable.resolve(context) for name, variable in self.variables.items()}
        key = None if settings.DEBUG else self._key(values)
        part = PARTS.get(key) if key else None
        if part is None:
            whole: Any = context.template
            part = whole.engine.get_template(self.name).render(context.new(dict(values)))
            # A column that only the template has asked the database for was no part of the key.
            if key and key == self._key(values):
                PARTS.keep(key, part)
        return part

    def _key(self, values: dict[str, Any]) -> Hashable:
        try:
            return self.name, active_language(), tuple(value_of(value, set()) for value in values.values())
        except _UnknownError:
            return None


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """Include a template with nothing but the variables named, and keep what it renders: see the module."""
    _tag, name, *rest = token.split_contents()
    bits = rest[1:] if rest[:1] == ["with"] else []
    variables = token_kwargs(bits, parser)  # Takes away what it has understood.
    if name[0] not in "\"'" or bits or bool(rest) != bool(variables):
        raise template.TemplateSyntaxError(
            f"'kept' takes the name of a template and “with name=value …”: {token.contents}"
        )
    return KeptNode(name[1:-1], variables)


def value_of(value: Any, met: set[int]) -> Hashable:
    """Return all that a template can see of ``value``, as something that can be compared.

    ``met`` are the records on the way to it, so that a record that leads back to one of them ends there.
    """
    if type(value) in (str, int) or value is None:
        return value
    if isinstance(value, Text):
        return value.language, str(value)
    if isinstance(value, _PLAIN):
        return type(value), value
    if isinstance(value, models.Model):
        return _record(value, met)
    if isinstance(value, (Promise, FieldFile)):
        return str(value)
    return type(value), tuple([value_of(one, met) for one in _parts_of(value)])


def _parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, (Sequence, models.QuerySet)):
        return value
    if dataclasses.is_dataclass(value):
        return vars(value).values()
    raise _UnknownError(type(value))


def _record(record: models.Model, met: set[int]) -> Hashable:
    """Return what was read of ``record`` and with it, and whether it is public, which time alone can change."""
    if id(record) in met:
        return type(record), record.pk
    met.add(id(record))
    read = record.__dict__
    columns = [value for name, value in read.items() if name not in _NO_COLUMNS]
    related = [*record._state.fields_cache.items(), *read.get("_prefetched_objects_cache", {}).items()]
    return (
        type(record),
        getattr(record, "is_public", None),
        tuple(read),
        tuple([value if type(value) in _COLUMN else value_of(value, met) for value in columns]),
        tuple([(name, value_of(value, met)) for name, value in related]),
    )
