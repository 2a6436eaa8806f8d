"""Load fixtures as Django does, in any order of their names, and leave the content right or untouched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError

from zone.content import FIXTURES
from zone.settling import UnsettledError, settle


class Command(loaddata.Command):
    """Django's ``loaddata``, followed by settling what was loaded in the same transaction."""

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        """Load, or say in one line which record is wrong and leave the database as it was."""
        try:
            super().handle(*fixture_labels, **options)
        except (DeserializationError, ValidationError, DatabaseError, ValueError, ArithmeticError) as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        except UnsettledError as error:
            raise CommandError(f"Nothing was loaded. These records are wrong:\n{error}") from error

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        """Load the fixtures in the order in which they depend on one another."""
        order = list(FIXTURES)
        names = {label: PurePath(label).name.split(".")[0] for label in fixture_labels}
        ranks = {label: order.index(name) if name in order else len(order) for label, name in names.items()}
        super().loaddata(sorted(fixture_labels, key=ranks.__getitem__))
        if models := getattr(self, "models", None):
            settle(models)
