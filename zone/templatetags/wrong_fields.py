"""What leads from the top of a form to what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms, template
from django.utils.text import capfirst

register = template.Library()

Place = tuple[str, str]
"""The ``id`` of something in the page, and what it is called."""


@register.inclusion_tag("admin/includes/wrong_fields.html")
def wrong_fields(form: forms.BaseForm, inlines: Iterable[Any]) -> dict[str, list[Place]]:
    """Link to each field of ``form`` and of the rows in ``inlines`` at which something is said to be wrong."""
    return {"places": [*_fields(form), *(place for inline in inlines for place in _rows(inline))]}


def _fields(form: forms.BaseForm) -> Iterator[Place]:
    for field in form:
        if field.errors:
            # What has several inputs has no id of its own; the first of them has.
            yield field.id_for_label or f"{field.auto_id}_0", str(field.label)


def _rows(inline: Any) -> Iterator[Place]:
    formset = inline.formset
    if formset.non_form_errors():
        yield f"{formset.prefix}-group", capfirst(str(inline.opts.verbose_name_plural))
    for index, row in enumerate(formset.forms):
        name = f"{capfirst(str(inline.opts.verbose_name))} {index + 1}"
        if row.non_field_errors():
            yield f"{formset.prefix}-{index}", name
        for place, label in _fields(row):
            yield place, f"{name} · {label}"
