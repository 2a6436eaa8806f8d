"""Take the second factor from somebody who has lost telephone and recovery codes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from zone.models import Session
from zone.second_factor import reset


class Command(BaseCommand):
    """Let somebody set up an app anew; make sure first that it is they who ask."""

    help = "Take the app and the recovery codes from USER, who sets up another app at the next login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask whose second factor it is."""
        parser.add_argument("user", help="the user name")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Reset, and end all sessions. Raises ``CommandError`` for a user name that nobody has."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"Nobody is called {options['user']!r}.")
        found = reset(user)
        Session.objects.filter(user=user).delete()
        said = "has no second factor any more" if found else "had no second factor"
        self.stdout.write(f"{user.get_username()} {said}; the next login sets one up.")
