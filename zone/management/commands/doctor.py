"""Look at a set-up and say what is wrong with it and what to do."""

from __future__ import annotations

import sys
from typing import Any, Final

from django.core.checks import ERROR, INFO, WARNING
from django.core.management.base import BaseCommand, CommandError, CommandParser

from zone.doctor.examination import examine
from zone.doctor.neighbours import send_mail

_LEVELS: Final = {INFO: "ok", WARNING: "warning", ERROR: "error"}


class Command(BaseCommand):
    """Examine the set-up; it fails where something is an error, so that a script can ask."""

    help = "Look at settings, database, files, cache, mail, time and search, and say what to do about what is wrong."
    # What Django checks before each command is one of the things that are looked at.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what leaves something out, and what does something more."""
        parser.add_argument("--quick", action="store_true", help="Leave out what reads all of the database.")
        parser.add_argument("--send-mail", metavar="ADDRESS", help="Send an e-mail there, and do nothing else.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write a line for each finding."""
        if address := options["send_mail"]:
            try:
                send_mail(address)
            except OSError as error:
                raise CommandError(f"The e-mail was not taken: {type(error).__name__}: {error}") from error
            self.stdout.write(f"The mail server has taken an e-mail to {address}.")
            return
        worst = INFO
        for name, message in examine(options["quick"]):
            worst = max(worst, message.level)
            hint = f" → {message.hint}" if message.hint else ""
            self.stdout.write(f"{_LEVELS[message.level]:8} {name:13} {message.msg}{hint}")
        if worst >= ERROR:
            sys.exit(1)
