"""Bringing together what two people have made of the same content: a merge of three versions, field by field.

The content of a record is ``{"fields": {name: value}, "rows": {kind: {number: {name: value}}}}``, as
:mod:`zone.snapshots` writes it. Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Content = dict[str, Any]
Fields = dict[str, Any]

ABSENT: Final = None
"""A row that is not there: not added yet, or deleted."""


class Choice(StrEnum):
    """What an editor keeps where two versions contradict each other."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"
    """Of a relation to many: what either side has added, without what either side has removed."""


@dataclass(frozen=True)
class Conflict:
    """Something that both sides have changed, each in its own way. A whole row is ``None`` where it was deleted."""

    key: str
    """``name_en``, ``facts.3.text_en``, or ``facts.3`` for a row that one side deleted and the other changed."""
    base: Any
    theirs: Any
    mine: Any

    @property
    def can_keep_both(self) -> bool:
        """Whether the sides can be united: each has a list of relations."""
        return isinstance(self.theirs, list) and isinstance(self.mine, list)


@dataclass(frozen=True)
class Merged:
    """What a merge has made."""

    content: Content
    conflicts: list[Conflict]
    numbers: dict[str, dict[str, str]]
    """The numbers that rows got which had none yet, by kind and by what they were called before."""


class _Merge:
    """One merge, which collects the conflicts that ``choices`` do not settle."""

    def __init__(self, choices: Mapping[str, str], hidden: frozenset[str]) -> None:
        self.choices = choices
        self.hidden = hidden
        self.conflicts: list[Conflict] = []

    def value(self, key: str, base: Any, theirs: Any, mine: Any) -> Any:
        """Return what holds after both changes; where they contradict each other, what was chosen, or mine for now."""
        if mine in (base, theirs):
            return theirs
        if theirs == base or key.rpartition(".")[2] in self.hidden:
            return mine
        conflict = Conflict(key, base, theirs, mine)
        choice = self.choices.get(key)
        if choice == Choice.BOTH and conflict.can_keep_both:
            return united(base or [], theirs, mine)
        if choice not in (Choice.MINE, Choice.THEIRS):
            self.conflicts.append(conflict)
        return theirs if choice == Choice.THEIRS else mine

    def fields(self, prefix: str, base: Fields, theirs: Fields, mine: Fields) -> Fields:
        """Merge the fields of a record, or of a row that all sides have."""
        merged = {
            name: self.value(prefix + name, base.get(name), theirs.get(name), mine.get(name))
            for name in {**theirs, **mine}
        }
        for name in self.hidden & merged.keys():
            picture = name.rpartition("_")[0]
            if theirs.get(picture) != mine.get(picture):  # Its size is that of the picture that is kept.
                merged[name] = (mine if merged[picture] == mine.get(picture) else theirs).get(name)
        return merged

    def row(self, key: str, base: Fields | None, theirs: Fields | None, mine: Fields | None) -> Fields | None:
        """Merge a row that was there at the start."""
        if base is not None and theirs is not None and mine is not None:
            return self.fields(f"{key}.", base, theirs, mine)
        return self.value(key, base, theirs, mine)


def merge(
    base: Content,
    theirs: Content,
    mine: Content,
    choices: Mapping[str, str] | None = None,
    hidden: frozenset[str] = frozenset(),
    used: Mapping[str, int] | None = None,
) -> Merged:
    """Return ``theirs`` with the changes that lead from ``base`` to ``mine``, and what contradicts each other.

    ``choices`` settles conflicts by their key. ``hidden`` names the fields that nobody sees and can be asked about: of
    them mine is kept, but the size of a picture goes with the picture. Rows that both sides have added are all kept,
    but equal ones only once.
    """
    work = _Merge(choices or {}, hidden)
    fields = work.fields("", base["fields"], theirs["fields"], mine["fields"])
    rows: dict[str, dict[str, Fields]] = {}
    numbers: dict[str, dict[str, str]] = {}
    for kind in {**theirs["rows"], **mine["rows"]}:
        before, there, here = (side["rows"].get(kind, {}) for side in (base, theirs, mine))
        merged = {
            number: work.row(f"{kind}.{number}", before.get(number), there.get(number), here.get(number))
            for number in sorted(before, key=int)
        }
        rows[kind] = {number: row for number, row in merged.items() if row is not ABSENT}
        added, numbers[kind] = _additions(before, there, here, (used or {}).get(kind, 0))
        rows[kind] |= added
    return Merged({"fields": fields, "rows": rows}, work.conflicts, numbers)


def _additions(
    base: dict[str, Fields], theirs: dict[str, Fields], mine: dict[str, Fields], used: int
) -> tuple[dict[str, Fields], dict[str, str]]:
    """Return the rows that either side has added, and the numbers that mine got among them.

    A row of mine that is equal to one of theirs is that one; the others get the next numbers.
    """
    added = {number: row for number, row in theirs.items() if number not in base}
    unmatched = dict(added)
    numbers: dict[str, str] = {}
    following = max(used, *map(int, [*base, *theirs, "0"]))
    for name, row in mine.items():
        if name in base:
            continue
        twin = next((number for number, other in unmatched.items() if other == row), None)
        if twin is not None:
            numbers[name] = twin
            del unmatched[twin]
            continue
        following += 1
        numbers[name] = str(following)
        added[numbers[name]] = row
    return added, numbers


def renumbered(content: Content, numbers: Mapping[str, Mapping[str, str]]) -> Content:
    """Return ``content`` with the numbers of a merge in the place of what its new rows were called."""
    rows = {
        kind: {numbers.get(kind, {}).get(name, name): row for name, row in found.items()}
        for kind, found in content["rows"].items()
    }
    return {**content, "rows": rows}


def unknown(content: Content) -> Content:
    """Return the base of a merge of which nobody knows what it was: whatever ``content`` holds may be lost."""
    rows = {
        kind: {number: dict.fromkeys(row) for number, row in found.items()} for kind, found in content["rows"].items()
    }
    return {"fields": dict.fromkeys(content["fields"]), "rows": rows}


def united(base: list[Any], theirs: list[Any], mine: list[Any]) -> list[Any]:
    """Return the relations of ``base`` with what either side has added and without what either has removed."""
    kept = [one for one in base if one in theirs and one in mine]
    return sorted([*kept, *(one for one in {*theirs, *mine} if one not in base)])


def changes(before: Content | None, after: Content) -> Iterator[tuple[str, Any, Any]]:
    """Yield what differs: its key, the value before and the value after. A row that is not there is ``None``."""
    before = before or {"fields": {}, "rows": {}}
    yield from _field_changes("", before["fields"], after["fields"])
    for kind in {**before["rows"], **after["rows"]}:
        old, new = before["rows"].get(kind, {}), after["rows"].get(kind, {})
        for number in sorted({**old, **new}, key=int):
            row_before, row_after = old.get(number), new.get(number)
            if row_before is not None and row_after is not None:
                yield from _field_changes(f"{kind}.{number}.", row_before, row_after)
            else:
                yield f"{kind}.{number}", row_before, row_after


def _field_changes(prefix: str, before: Fields, after: Fields) -> Iterator[tuple[str, Any, Any]]:
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            yield prefix + name, before.get(name), after.get(name)
