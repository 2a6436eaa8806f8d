"""Make the index of the search anew, or say whether it agrees with the content."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zone.search.index import disagreements, rebuild
from zone.statistics import take_statistics

_SHOWN = 20


class Command(BaseCommand):
    """Bring the index up to the content after a restore, an upgrade or a change past the forms."""

    help = "Make the index of the search anew. It follows the content by itself; this is for after a restore."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the switch that only looks."""
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; fail where the index and the content disagree."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, or compare."""
        if not options["check"]:
            count = rebuild(self._report if options["verbosity"] else None)
            take_statistics()
            self.stdout.write(f"{count} records can be found.")
        elif found := disagreements():
            more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
            raise CommandError("\n".join(["The index disagrees with the content about:", *found[:_SHOWN], *more]))
        else:
            self.stdout.write("The index agrees with the content.")

    def _report(self, count: int) -> None:
        self.stdout.write(f"  {count} …")
