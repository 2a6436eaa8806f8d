"""Dates that are as precise as their source: a year, a month or a day.

A partial date is kept as text in the form of ISO 8601 (``2024``, ``2024-06``, ``2024-06-13``). Text in this form
sorts by time, and a year sorts before its months, so the database needs no second column.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


class PartialDate(str):
    """A year, a month or a day, as text in the form of ISO 8601.

    Raises ``ValueError`` for text in another form and for days that no calendar has.
    """

    year: int
    month: int | None
    day: int | None

    def __new__(cls, text: str) -> PartialDate:
        """Read ``text``."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a date such as 2024, 2024-06 or 2024-06-13")
        year = int(match[1])
        month, day = (int(part) if part else None for part in match.groups()[1:])
        datetime.date(year, month or 1, day or 1)
        self = super().__new__(cls, text)
        self.year, self.month, self.day = year, month, day
        return self

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)

    def display(self, language: str | None = None) -> str:
        """Return the date in words, in ``language`` (a code of ``LANGUAGES``) or the active one.

        English is British: "13 June 2024". Chinese is "2024年6月13日" in both scripts.
        """
        if (language or get_language() or "en").startswith("zh"):
            parts = [f"{self.year}年", f"{self.month}月" if self.month else "", f"{self.day}日" if self.day else ""]
            return "".join(parts)
        words = [
            str(self.day) if self.day else "",
            _ENGLISH_MONTHS[self.month - 1] if self.month else "",
            str(self.year),
        ]
        return " ".join(word for word in words if word)

    def first_day(self) -> datetime.date:
        """Return the earliest day that the date may mean."""
        return datetime.date(self.year, self.month or 1, self.day or 1)


def validate_partial_date(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` is a partial date."""
    try:
        PartialDate(value)
    except ValueError:
        raise ValidationError(
            _("“%(value)s” is not a date. Write 2024, 2024-06 or 2024-06-13."),
            code="invalid_partial_date",
            params={"value": value},
        ) from None


class PartialDateField(models.CharField):
    """A column that holds a :class:`PartialDate`; unknown is ``None``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 10
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> PartialDate | None:
        """Return what the database holds; text that is no date is left for validation to report."""
        return self.to_python(value)

    def to_python(self, value: Any) -> Any:
        """Return a :class:`PartialDate` where ``value`` is one, ``None`` for nothing, else the text as it is."""
        if value is None or value == "" or isinstance(value, PartialDate):
            return value or None
        try:
            return PartialDate(str(value))
        except ValueError:
            return str(value)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Raise ``ValidationError`` for what is not a date of a calendar."""
        super().validate(value, model_instance)
        if value is not None:
            validate_partial_date(value)

    def deconstruct(self) -> Any:
        """Leave out the length, which is always that of a day."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """Ask for the date as text and keep an empty answer as ``None``."""
        return super().formfield(**{"empty_value": None, **kwargs})
