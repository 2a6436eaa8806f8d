"""Texts in three languages in one row of a form, each with the name of its language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from zone.admin.pictures import FocalPointFormField, FocalPointInput, PictureInput
from zone.models.picture import FocalPointField, PictureField
from zone.translation import (
    HTML_LANGUAGES,
    LANGUAGE_NAMES,
    LANGUAGES,
    ORIGINAL,
    TRANSLATIONS,
    column,
    translated_fields,
)

_ONE_LINE_INPUT: Final = 100
"""The longest text for which an input of a third of the page is wide enough."""

_DAY: Final = _("Write the day as 2024-06-13.")
_TIME: Final = _("Write the time as 09:30.")
_REFUSALS: Final[dict[type[models.Field[Any, Any]], dict[str, Any]]] = {
    models.DateField: {"invalid": _DAY},
    models.TimeField: {"invalid": _TIME},
    models.DateTimeField: {"invalid_date": _DAY, "invalid_time": _TIME},
}
"""What is said of a date or a time that is none: how one is written."""

HelpTexts = Mapping[str, "str | Promise"]


def row(field: str) -> tuple[str, ...]:
    """Return the columns of a translated field, as a fieldset takes them to show them side by side."""
    return tuple(column(field, language) for language in LANGUAGES)


class OneLineField(forms.CharField):
    """A text without line breaks that is too long for one line of the form."""

    def to_python(self, value: Any) -> str:
        """Return the text with its lines joined."""
        return " ".join((super().to_python(value) or "").split())


class LinesField(forms.CharField):
    """A text of several lines. Browsers send other line ends than we keep; they are no change."""

    def to_python(self, value: Any) -> str:
        """Return the text with line ends as they are kept."""
        return (super().to_python(value) or "").replace("\r\n", "\n")


class PlainDecimalField(forms.DecimalField):
    """A decimal number that is shown without the zeros that only fill its column."""

    def prepare_value(self, value: Any) -> Any:
        """Return ``15000`` for ``15000.0000``."""
        return f"{value.normalize():f}" if isinstance(value, Decimal) and value.is_finite() else value


class TextsAdmin(BaseModelAdmin):
    """What the form of a record and the forms of its rows have in common."""

    help_texts: ClassVar[HelpTexts] = {}
    """What belongs in a field, where the model does not say it. Of a translated field, its name without language."""

    def form_texts(self) -> dict[str, dict[str, Any]]:
        """Return the labels and help texts of the form, as the ``Meta`` of a model form takes them.

        Of three fields in one row only the English one has the help text, which is meant for all of them.
        """
        labels: dict[str, Any] = {}
        help_texts: dict[str, Any] = dict(self.help_texts)
        for name in translated_fields(self.model):
            for language in LANGUAGES:
                label = capfirst(self.model._meta.get_field(column(name, language)).verbose_name)
                labels[column(name, language)] = format_lazy("{} · {}", label, LANGUAGE_NAMES[language])
            if name in help_texts:
                help_texts[column(name, ORIGINAL)] = help_texts.pop(name)
            help_texts |= {column(name, language): "" for language in TRANSLATIONS}
        return {"labels": labels, "help_texts": help_texts}

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        language = getattr(db_field, "_translated_field_language_code", None)
        field = super().formfield_for_dbfield(db_field, request, **_input(db_field, language), **kwargs)
        if field is not None and language:
            field.widget.attrs["lang"] = HTML_LANGUAGES[language]
        if isinstance(field, forms.SplitDateTimeField):
            for part, name in zip(field.widget.widgets, (_("date"), _("time")), strict=True):  # type: ignore[attr-defined]
                part.attrs["aria-label"] = format_lazy("{}: {}", field.label or "", name)
        return field


def _input(db_field: models.Field[Any, Any], language: str | None) -> dict[str, Any]:
    """Return what asks for ``db_field`` otherwise than Django's admin does."""
    if type(db_field) is models.TextField:
        return {"form_class": LinesField, "widget": AdminTextareaWidget(attrs={"rows": 3})}
    if type(db_field) in _REFUSALS:
        return {"error_messages": _REFUSALS[type(db_field)]}
    if isinstance(db_field, models.URLField):
        return {"assume_scheme": "https"}
    if isinstance(db_field, PictureField):
        return {"widget": PictureInput}
    if isinstance(db_field, FocalPointField):
        return {"form_class": FocalPointFormField, "widget": FocalPointInput}
    if isinstance(db_field, models.DecimalField):
        return {"form_class": PlainDecimalField}
    if language and isinstance(db_field, models.CharField) and (db_field.max_length or 0) > _ONE_LINE_INPUT:
        return {"form_class": OneLineField, "widget": AdminTextareaWidget(attrs={"rows": 2})}
    return {}
