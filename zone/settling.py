"""Keeping what was loaded right: what ``loaddata`` and bulk changes leave out is done here, in one place.

A load runs no validation and no sanitising, and leaves no history. :func:`settle` does all of it for the rows as they
stand in the database; running it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction

from zone.content import FIXTURES, RECORDS, with_rows
from zone.history import record_versions
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
    recorded = 0
    for model in (model for group in FIXTURES.values() for model in group if model in chosen):
        for row in with_rows(model._default_manager.order_by("pk")):
            problems += _put_right(row)
        if not problems and model in RECORDS:
            recorded += record_versions(model._default_manager.order_by("pk"), action=action)
    if problems:
        raise UnsettledError(problems)
    return recorded


def _owners(model: type[Owned]) -> list[type[models.Model]]:
    return [model._meta.get_field(owner).related_model for owner in model.owners]  # type: ignore[misc]


def _put_right(row: models.Model) -> list[str]:
    """Sanitise ``row``, saving what that changed, and return what cannot be put right by itself."""
    before = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    try:
        # What is unique and constrained the database has enforced already.
        row.full_clean(validate_unique=False, validate_constraints=False)
        if isinstance(row, Record) and row.status == Status.PUBLISHED and (lacking := row.lacking()):
            raise ValidationError(dict(lacking))
    except ValidationError as error:
        name = " ".join(map(str, row.natural_key())) if hasattr(row, "natural_key") else row.pk
        return [
            f"{row._meta.label_lower} {name}: {field}: {' '.join(messages)}"
            for field, messages in error.message_dict.items()
        ]
    if isinstance(row, Translatable):
        for language in TRANSLATIONS:
            if not getattr(row, f"{suffix(language)}_of"):
                row.mark_translated(language)
    changed = {name: getattr(row, name) for name, value in before.items() if getattr(row, name) != value}
    if changed:
        type(row)._default_manager.filter(pk=row.pk).update(**changed)
    return []
