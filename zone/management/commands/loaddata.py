"""Load fixtures as Django does, in any order of their names, and leave the content right or untouched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError
from django.db.models import Q

from zone.content import FIXTURES, RECORDS
from zone.history import overwritten
from zone.models.version import Action
from zone.publishing import Status
from zone.settling import UnsettledError, settle
from zone.turns import take_turn

HIDDEN = Q(status__in=(Status.WITHDRAWN, Status.TRASHED))


class Command(loaddata.Command):
    """Django's ``loaddata``, followed by settling what was loaded in the same transaction.

    It does not bring back what was withdrawn or thrown away, and does not replace what a person has written since the
    last load, unless it is told to.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the switch that replaces what was changed in the newsroom."""
        super().add_arguments(parser)
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="Replace what was changed in the newsroom since the last load. The history keeps it.",
        )

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        """Load, or say in one line which record is wrong and leave the database as it was."""
        self.overwrites = options.get("overwrite", False)
        try:
            super().handle(*fixture_labels, **options)
        except (DeserializationError, ValidationError, DatabaseError, ValueError, ArithmeticError) as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        except UnsettledError as error:
            raise CommandError(f"Nothing was loaded. These records are wrong:\n{error}") from error

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        """Load the fixtures in the order in which they depend on one another."""
        take_turn()
        order = list(FIXTURES)
        names = {label: PurePath(label).name.split(".")[0] for label in fixture_labels}
        ranks = {label: order.index(name) if name in order else len(order) for label, name in names.items()}
        hidden = {model: dict(model._default_manager.filter(HIDDEN).values_list("pk", "status")) for model in RECORDS}
        super().loaddata(sorted(fixture_labels, key=ranks.__getitem__))
        for model, statuses in hidden.items():
            for pk, status in statuses.items():
                model._default_manager.filter(pk=pk).update(status=status)
        if not self.overwrites and (replaced := [name for model in RECORDS for name in overwritten(model)]):
            raise CommandError(
                "Nothing was loaded. These records were changed in the newsroom since they were last loaded; "
                "--overwrite replaces them:\n" + "\n".join(replaced)
            )
        if models := getattr(self, "models", None):
            settle(models, Action.LOADED)
