"""Django's ``createsuperuser``, which the audit trail has too."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from zone.audit import changes_between, record, saved_accounts, state_of
from zone.models.audit import Event


class Command(createsuperuser.Command):
    """Make an account that may do everything, and write down that it was made."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, as Django does."""
        with saved_accounts() as saved:
            super().handle(*args, **options)
            for user in saved:
                record(Event.ADDED, user.get_username(), changes=changes_between({}, state_of(user)))
