"""What editors call the parts of a snapshot: fields, rows and the fields of rows."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext

from zone.snapshots import AnyField, row_models
from zone.translation import LANGUAGE_NAMES

_BETWEEN: Final = " · "


def label_of(model: type[models.Model], key: str) -> str:
    """Return what ``key`` of a snapshot is called: "Name · English", "Fact 3 · Statement · 简体中文", "Sources".

    The key of what is wrong with the whole is empty, and so is its label.
    """
    kind, _, rest = key.partition(".")
    row_model = row_models(model).get(kind) if rest else None
    if row_model is None:
        return _field_label(model, key)
    number, _, name = rest.partition(".")
    row = f"{capfirst(str(row_model._meta.verbose_name))} {number}"
    return _BETWEEN.join([row, _field_label(row_model, name)]) if name else row


def field_named(model: type[models.Model], name: str) -> AnyField | None:
    """Return the field ``name``; ``None`` for one that the model had when an old version was recorded."""
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def language_of(field: AnyField) -> str:
    """Return the language of the text in ``field``, if it is a text in one language."""
    return str(getattr(field, "_translated_field_language_code", ""))


def _field_label(model: type[models.Model], name: str) -> str:
    found = field_named(model, name)
    if found is None:
        return name
    words = [capfirst(str(found.verbose_name))]
    if name.endswith("_check"):
        words.insert(0, gettext("State of the translations"))
    if language := language_of(found):
        words.append(LANGUAGE_NAMES[language])
    return _BETWEEN.join(words)
