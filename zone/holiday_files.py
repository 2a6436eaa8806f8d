"""The holidays of a year as others publish them: iCalendar files (RFC 5545), one a language, or lines of a table."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from icalendar import Calendar

from zone.models import Holiday
from zone.translation import LANGUAGE_NAMES, LANGUAGES, ORIGINAL, column

WORKED: Final = "worked"
"""What the fifth column of a table says of a weekend day that is worked."""

_LONGEST: Final = 31
"""Days that one entry may last; more are a mistake."""


@dataclass(frozen=True)
class Entry:
    """One day of a calendar, and what it is called by language."""

    date: datetime.date
    names: Mapping[str, str]
    is_worked: bool = False

    def holiday(self) -> Holiday:
        """Return the row that says so; it is not saved and has no calendar yet."""
        names = {column("name", language): name for language, name in self.names.items()}
        return Holiday(date=self.date, is_worked=self.is_worked, **names)


def read_files(files: Mapping[str, bytes], year: int) -> list[Entry]:
    """Return the days of ``year`` in iCalendar files by language, which all have to name the same days.

    Raises ``ValidationError`` with everything that is wrong, each with the entry that it is about.
    """
    problems: list[str] = []
    found = {language: dict(_days(content, language, year, problems)) for language, content in files.items()}
    days = found.get(ORIGINAL, {})
    if not problems:
        apart = {date for names in found.values() for date in days.keys() ^ names.keys()}
        problems = [_("%(date)s does not stand in all of the files.") % {"date": date} for date in sorted(apart)]
    if problems:
        raise ValidationError(problems)
    entries = [Entry(date, {language: names[date] for language, names in found.items()}) for date in sorted(days)]
    return _checked(entries, year)


def _days(content: bytes, language: str, year: int, problems: list[str]) -> Iterator[tuple[datetime.date, str]]:
    """Yield the days of ``year`` with their names, and tell ``problems`` of what cannot be understood."""
    file = LANGUAGE_NAMES[language]
    try:
        events = Calendar.from_ical(content).walk("VEVENT")
    except (AttributeError, IndexError, KeyError, ValueError):
        problems.append(_("%(file)s: this is no iCalendar file.") % {"file": file})
        return
    seen: set[datetime.date] = set()
    for number, event in enumerate(events, start=1):
        summary = event.get("SUMMARY")
        name = " ".join(summary.split()) if isinstance(summary, str) else ""
        try:
            days = [day for day in _span(event) if day.year == year]
            if not name:
                raise ValidationError(_("it has no name"))
            if not seen.isdisjoint(days):
                raise ValidationError(_("the file has this day twice"))
        except ValidationError as error:
            where = {"file": file, "number": number, "name": name or "—", "problem": error.message}
            problems.append(_("%(file)s, entry %(number)d (%(name)s): %(problem)s.") % where)
            continue
        seen.update(days)
        yield from ((day, name) for day in days)


def _span(event: Any) -> list[datetime.date]:
    """Return the days of an entry. Raises ``ValidationError`` for one that does not consist of whole, dated days."""
    bounds = [event[name] for name in ("DTSTART", "DTEND") if name in event]
    if event.errors or "DTSTART" not in event or not all(hasattr(bound, "dt") for bound in bounds):
        raise ValidationError(_("its date cannot be read"))
    if any(name in event for name in ("RRULE", "RDATE", "DURATION")):
        raise ValidationError(_("it has a rule of repetition or a duration; each day has to stand by itself"))
    start, *ends = (bound.dt for bound in bounds)
    if any(type(date) is not datetime.date for date in (start, *ends)):
        raise ValidationError(_("it has a time of day; a holiday is a whole day"))
    length = (ends[0] - start).days if ends else 1
    if not 0 < length <= _LONGEST:
        raise ValidationError(_("it ends before it begins, or lasts longer than a month"))
    return [datetime.date.fromordinal(start.toordinal() + day) for day in range(length)]


def read_lines(text: str, year: int) -> list[Entry]:
    """Return the days in the lines of a table, separated by commas or, as copied from a spreadsheet, by tabs.

    The columns are the date, the name in each language and, for a weekend day that is worked, the word ``worked``.
    Raises ``ValidationError`` with everything that is wrong, each with its line.
    """
    problems: list[str] = []
    entries = []
    rows = csv.reader(text.splitlines(), delimiter="\t" if "\t" in text else ",", skipinitialspace=True)
    for number, cells in enumerate(rows, start=1):
        if not any(cells):
            continue
        try:
            entries.append(_entry([cell.strip() for cell in cells]))
        except ValidationError as error:
            problems.append(_("Line %(number)d: %(problem)s.") % {"number": number, "problem": error.message})
    if problems:
        raise ValidationError(problems)
    return _checked(entries, year)


def _entry(cells: list[str]) -> Entry:
    date_text, *rest = cells
    try:
        date = parse_date(date_text.replace("/", "-"))
    except ValueError:
        date = None
    if date is None:
        raise ValidationError(_("“%(text)s” is no date such as 2026-01-31") % {"text": date_text[:20]})
    names, further = rest[: len(LANGUAGES)], rest[len(LANGUAGES) :]
    if not names or not names[0]:
        raise ValidationError(_("the English name is missing"))
    if [cell for cell in further if cell] not in ([], [WORKED]):
        raise ValidationError(_("after the three names only the word “worked” may follow"))
    return Entry(date, dict(zip(LANGUAGES, names, strict=False)), is_worked=WORKED in further)


def _checked(entries: list[Entry], year: int) -> list[Entry]:
    """Return ``entries``. Raises ``ValidationError`` for what a calendar of ``year`` cannot hold."""
    problems = list(_problems(entries, year))
    if not entries:
        problems.append(_("There is no day of %(year)s in it.") % {"year": year})
    if problems:
        raise ValidationError(problems)
    return entries


def _problems(entries: Iterable[Entry], year: int) -> Iterator[str]:
    seen: set[datetime.date] = set()
    for entry in entries:
        if entry.date in seen:
            yield _("%(date)s: this day stands there twice.") % {"date": entry.date}
        seen.add(entry.date)
        if entry.date.year != year:
            yield _("%(date)s: this is not a day of %(year)s.") % {"date": entry.date, "year": year}
        try:
            entry.holiday().full_clean(exclude=["calendar", "number"])
        except ValidationError as error:
            yield f"{entry.date}: {' '.join(error.messages)}"
