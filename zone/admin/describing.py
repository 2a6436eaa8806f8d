"""Changes in the words of the newsroom: what a field is called, what it says, and what of it is new."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime, parse_time
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from zone.differences import Kind, Part, differences, text_of_html, whole
from zone.labels import field_named, label_of, language_of
from zone.merging import Conflict, Fields
from zone.models import Crossing
from zone.models.record import Record
from zone.models.rich_text import RichTextField
from zone.partial_dates import PartialDate, PartialDateField
from zone.publishing import Publishable, Status
from zone.snapshots import AnyField, Problems, fields_of, row_models
from zone.translation import HTML_LANGUAGES, Text
from zone.workflow import HIDDEN

Change = tuple[str, Any, Any]
"""A key of a snapshot, the value before and the value after, as :func:`zone.merging.changes` yields them."""

_LONG: Final = 400
"""More letters than this are shown in an excerpt first."""

_KEPT: Final = {Kind.SAME: 60, Kind.REMOVED: 240, Kind.ADDED: 240}
"""How many letters of a long part an excerpt keeps at either end."""

_TAGS: Final = {
    Kind.SAME: ("", ""),
    Kind.REMOVED: (SafeString("<del>"), SafeString("</del>")),
    Kind.ADDED: (SafeString("<ins>"), SafeString("</ins>")),
}


# What is shown


@dataclass(frozen=True)
class Line:
    """A text with its marks: a whole value, or one of the relations or fields that it consists of."""

    parts: list[Part]
    label: str = ""
    language: str = ""
    """The ``lang`` attribute."""

    @property
    def html(self) -> SafeString:
        """Return the text with its marks."""
        return _html(self.parts)

    @property
    def excerpt(self) -> SafeString:
        """Return a long text shortened to what surrounds the changes; of a short one nothing."""
        return _html(self.shortened())

    def shortened(self) -> list[Part]:
        """Return the parts of a long text with less of what is the same; of a short one none."""
        if sum(len(part.text) for part in self.parts) <= _LONG:
            return []
        shortened = [
            Part(part.kind, _shortened(part.text, _KEPT[part.kind], number > 0, number < len(self.parts) - 1))
            for number, part in enumerate(self.parts)
        ]
        return shortened if shortened != self.parts else []


def _html(parts: list[Part]) -> SafeString:
    return format_html_join("", "{}{}{}", [_tagged(part) for part in parts])


def _tagged(part: Part) -> tuple[str, str, str]:
    start, end = _TAGS[part.kind]
    # The end of a line is a change that nobody would see.
    return start, part.text if part.kind == Kind.SAME else part.text.replace("\n", "↵\n"), end


def _shortened(text: str, kept: int, with_start: bool, with_end: bool) -> str:
    if len(text) <= 2 * kept + 20:
        return text
    if not with_start and with_end:
        return f"… {text[-kept:]}"
    return f"{text[:kept]} … {text[-kept:]}" if with_end else f"{text[: 2 * kept]} …"


@dataclass(frozen=True)
class Difference:
    """A change of one field, relation or row, in words. ``before`` and ``after`` are empty where nothing stood."""

    key: str
    label: str
    before: list[Line]
    after: list[Line]


@dataclass(frozen=True)
class Disagreement:
    """A conflict in words. In ``theirs`` and ``mine`` is marked what they changed of ``base``."""

    key: str
    label: str
    base: list[Line]
    theirs: list[Line]
    mine: list[Line]
    can_keep_both: bool


# What fields are called


def labels_in_short(model: type[models.Model], keys: Iterable[str], most: int = 3) -> str:
    """Return what the first of ``keys`` are called, and how many more there are."""
    shown = [key for key in keys if not is_hidden(key)]
    words = [label_of(model, key) for key in shown[:most]]
    if more := len(shown) - len(words):
        words.append(ngettext("%(count)d more", "%(count)d more", more) % {"count": more})
    return gettext(", ").join(words)


def problems_in_words(model: type[models.Model], problems: Problems) -> list[str]:
    """Return a line for each field in which something is wrong."""
    return [
        gettext("%(field)s: %(problem)s") % {"field": label_of(model, key), "problem": " ".join(map(str, said))}
        for key, said in problems.items()
    ]


def is_hidden(key: str) -> bool:
    """Return whether ``key`` names a field that follows from others, and that nobody sees."""
    return key.rpartition(".")[2] in HIDDEN


def name_of(user: Any) -> str:
    """Return what somebody is called; where nobody did it, it was a command."""
    return (user.get_full_name() or user.get_username()) if user is not None else gettext("a command")


# What they say


@dataclass(frozen=True)
class _Words:
    """A value in words, or one of the relations or fields that it consists of."""

    key: str
    """By this it is found again in another version of the value."""
    text: str
    label: str = ""
    language: str = ""
    is_prose: bool = False
    """Whether it is compared letter by letter."""


@dataclass
class _Names:
    """What related records are called, found out with one query for each kind of record."""

    wanted: dict[type[models.Model], set[Any]] = field(default_factory=lambda: defaultdict(set))
    found: dict[type[models.Model], dict[Any, models.Model]] = field(default_factory=dict)

    def want(self, related: type[models.Model], value: Any) -> None:
        """Remember what will be asked for: ``value`` is a primary key, or a list of them."""
        self.wanted[related].update(value if isinstance(value, list) else [value] if value else [])

    def find(self) -> None:
        """Ask the database."""
        for related, keys in self.wanted.items():
            records: Any = related._default_manager.filter(pk__in=keys)
            if issubclass(related, Publishable):
                records = records.without_texts()
            if related is Crossing:  # It is called what its facility is called.
                records = records.select_related("facility")
            self.found[related] = {record.pk: record for record in records}

    def words(self, key: str, label: str, related: type[models.Model], pk: Any) -> _Words:
        """Return what the record ``pk`` is called."""
        record = self.found[related].get(pk)
        if record is None:
            return _Words(key, gettext("(deleted, no. %(number)s)") % {"number": pk}, label)
        name = str(record)
        language = HTML_LANGUAGES.get(name.language, "") if isinstance(name, Text) else ""
        if getattr(record, "status", "") == Status.TRASHED:
            name = gettext("%(name)s (in the trash)") % {"name": name}
        return _Words(key, name, label, language)


def _relations(model: type[models.Model], key: str, value: Any) -> Iterator[tuple[type[models.Model], Any]]:
    """Yield the records that a value of a snapshot names."""
    if isinstance(value, dict):
        row_model = row_models(model)[key.partition(".")[0]]
        for name, one in value.items():
            yield from _relations(row_model, name, one)
        return
    found = _found(model, key)
    if found is not None and found.is_relation and value:
        yield found.related_model, value


def _found(model: type[models.Model], key: str) -> AnyField | None:
    """Return the field that ``key`` of a snapshot names, of the record or of a row; none for a whole row."""
    kind, _, rest = key.partition(".")
    if not rest:
        return field_named(model, key)
    row_model = row_models(model).get(kind)
    name = rest.partition(".")[2]
    return field_named(row_model, name) if row_model is not None and name else None


def _in_words(model: type[models.Model], key: str, value: Any, names: _Names) -> list[_Words]:
    """Return a value of a snapshot in words; nothing where it is empty."""
    if isinstance(value, dict):
        return list(_row_in_words(row_models(model)[key.partition(".")[0]], value, names))
    found = _found(model, key)
    return list(_field_in_words(found, key, "", value, names))


def _row_in_words(row_model: type[models.Model], row: Fields, names: _Names) -> Iterator[_Words]:
    for one in fields_of(row_model):
        if not is_hidden(one.name):
            yield from _field_in_words(one, one.name, label_of(row_model, one.name), row.get(one.name), names)


def _field_in_words(found: AnyField | None, key: str, label: str, value: Any, names: _Names) -> Iterator[_Words]:
    if found is not None and found.is_relation:
        keys = value if isinstance(value, list) else [value] if value else []
        words = [names.words(f"{key} {pk}", label, found.related_model, pk) for pk in keys]
        yield from sorted(words, key=lambda one: one.text)
        return
    text, is_prose = _text_of(found, value)
    if text:
        language = language_of(found) if found is not None else ""
        yield _Words(key, text, label, HTML_LANGUAGES.get(language, ""), is_prose)


def _text_of(found: AnyField | None, value: Any) -> tuple[str, bool]:
    """Return ``value`` as text, and whether it is prose."""
    if found is not None and found.choices:
        return str(dict(found.flatchoices).get(value, value or "")), False
    if value is None or value == "":
        return "", False
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no"), False
    for kind, read in _READERS.items():
        if isinstance(found, kind):
            return read(str(value)), isinstance(found, RichTextField)
    return str(value), isinstance(found, models.CharField | models.TextField)


def _moment(value: str) -> str:
    moment = parse_datetime(value)
    if moment is None:
        return value
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return gettext("%(day)s, %(time)s") % {"day": _day(local.date().isoformat()), "time": f"{local:%H:%M}"}


def _day(value: str) -> str:
    try:
        return PartialDate(value).display()
    except ValueError:
        return value


def _time(value: str) -> str:
    time = parse_time(value)
    return f"{time:%H:%M}" if time is not None else value


_READERS: Final[dict[type[models.Field[Any, Any]], Callable[[str], str]]] = {
    models.DateTimeField: _moment,
    models.DateField: _day,
    PartialDateField: _day,
    models.TimeField: _time,
    models.FileField: lambda value: PurePath(value).name,
    RichTextField: text_of_html,
}


# What is new


def describe_changes(model: type[Record], changes: Iterable[Change]) -> list[Difference]:
    """Return ``changes`` of a record of ``model`` in words, without those that nobody sees."""
    return describe_all(model, [changes])[0]


def describe_all(model: type[Record], groups: Sequence[Iterable[Change]]) -> list[list[Difference]]:
    """Return each of ``groups`` of changes in words; the names in all of them are asked for together."""
    shown = [[change for change in group if not is_hidden(change[0])] for group in groups]
    names = _names(model, ((key, value) for group in shown for key, *values in group for value in values))
    return [[_difference(model, *change, names) for change in group] for group in shown]


def _names(model: type[Record], values: Iterable[tuple[str, Any]]) -> _Names:
    names = _Names()
    for key, value in values:
        for related, keys in _relations(model, key, value):
            names.want(related, keys)
    names.find()
    return names


def _difference(model: type[Record], key: str, before: Any, after: Any, names: _Names) -> Difference:
    old, new = _in_words(model, key, before, names), _in_words(model, key, after, names)
    left = _marked(old, new, Kind.ADDED)
    right = [_gone()] if _is_gone(model, key, after) else _marked(old, new, Kind.REMOVED)
    return Difference(key, label_of(model, key), left, right)


def describe_conflicts(model: type[Record], conflicts: Sequence[Conflict]) -> list[Disagreement]:
    """Return ``conflicts`` in words."""
    names = _names(model, ((one.key, value) for one in conflicts for value in (one.base, one.theirs, one.mine)))
    return [_disagreement(model, conflict, names) for conflict in conflicts]


def _disagreement(model: type[Record], conflict: Conflict, names: _Names) -> Disagreement:
    key = conflict.key
    base, theirs, mine = (
        _in_words(model, key, value, names) for value in (conflict.base, conflict.theirs, conflict.mine)
    )
    return Disagreement(
        key,
        label_of(model, key),
        _marked(base, base),
        [_gone()] if _is_gone(model, key, conflict.theirs) else _marked(base, theirs),
        [_gone()] if _is_gone(model, key, conflict.mine) else _marked(base, mine),
        conflict.can_keep_both,
    )


def _marked(before: list[_Words], after: list[_Words], without: Kind | None = None) -> list[Line]:
    """Return both texts in one, marked; of what stands on one side only ``without`` is left out."""
    old, new = ({words.key: words for words in side} for side in (before, after))
    lines = []
    for key, words in {**old, **new}.items():
        parts = [part for part in _compared(old.get(key), new.get(key)) if part.kind != without]
        if parts:
            lines.append(Line(parts, words.label, words.language))
    return lines


def _compared(old: _Words | None, new: _Words | None) -> list[Part]:
    before, after = old.text if old else "", new.text if new else ""
    if old and new and old.is_prose and new.is_prose:
        return differences(before, after)
    return whole(before, after)


def _is_gone(model: type[Record], key: str, value: Any) -> bool:
    return value is None and "." in key and _found(model, key) is None


def _gone() -> Line:
    return Line([Part(Kind.SAME, gettext("(deleted)"))])


def moment_in_words(moment: datetime.datetime) -> str:
    """Return when something was, in Hong Kong time."""
    return _moment(moment.isoformat())
