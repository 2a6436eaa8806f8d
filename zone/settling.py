"""Keeping what was loaded right: what ``loaddata`` and bulk changes leave out is done here, in one place.

A load runs no validation and no sanitising, and leaves no history. :func:`settle` does all of it for the rows as they
stand in the database; running it again changes nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction

from zone.content import FIXTURES, RECORDS, with_rows
from zone.history import record_all
from zone.models.claim import Owned
from zone.models.record import Record
from zone.models.version import Action
from zone.publishing import Status
from zone.translation import TRANSLATIONS, Translatable, suffix
from zone.turns import take_turn


class UnsettledError(Exception):
    """Rows that break a rule. ``problems`` has a line for each, which names the record and the field."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@transaction.atomic
def settle(only: Iterable[type[models.Model]] | None = None, action: Action = Action.FOUND) -> int:
    """Validate, sanitise and record the content, and return how many new versions were recorded.

    ``only`` names the models that may have changed; by default all content is looked at.
    Raises :class:`UnsettledError`, and changes nothing, where a row breaks a rule.
    """
    take_turn()
    chosen = set(only) if only is not None else {model for group in FIXTURES.values() for model in group}
    chosen |= {owner for model in chosen if issubclass(model, Owned) for owner in _owners(model)}
    problems: list[str] = []
    for model in (model for group in FIXTURES.values() for model in group if model in chosen):
        for row in with_rows(model._default_manager.order_by("pk")):
            problems += [f"{_name(row)}: {said}" for said in settle_row(row)]
    if problems:
        raise UnsettledError(problems)
    keys = {model: model._default_manager.values_list("pk", flat=True) for model in RECORDS if model in chosen}
    return record_all(keys, action=action)


def _owners(model: type[Owned]) -> list[type[models.Model]]:
    return [model._meta.get_field(owner).related_model for owner in model.owners]  # type: ignore[misc]


def _name(row: models.Model) -> str:
    name = " ".join(map(str, row.natural_key())) if hasattr(row, "natural_key") else row.pk
    return f"{row._meta.label_lower} {name}"


def settle_row(row: models.Model) -> list[str]:
    """Put ``row`` right, saving what that changed, and return what cannot be put right by itself."""
    before = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    if problems := put_right(row):
        return problems
    changed = {name: getattr(row, name) for name, value in before.items() if getattr(row, name) != value}
    if changed:
        type(row)._default_manager.filter(pk=row.pk).update(**changed)
    return []


def put_right(row: models.Model) -> list[str]:
    """Sanitise ``row`` without saving it, and return what cannot be put right by itself, a line for each field."""
    try:
        # What is unique, constrained or related the database enforces.
        row.full_clean(_relations(type(row)), validate_unique=False, validate_constraints=False)
        if isinstance(row, Record) and row.status == Status.PUBLISHED and (lacking := row.lacking()):
            raise ValidationError(dict(lacking))
    except ValidationError as error:
        return [f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()]
    if isinstance(row, Translatable):
        for language in TRANSLATIONS:
            if not getattr(row, f"{suffix(language)}_of"):
                row.mark_translated(language)
    return []


@functools.cache
def _relations(model: type[models.Model]) -> frozenset[str]:
    return frozenset(field.name for field in model._meta.concrete_fields if field.is_relation)
