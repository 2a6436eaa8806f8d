"""Django's ``changepassword``, which the audit trail has too."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import changepassword

from zone.audit import record, saved_accounts
from zone.models.audit import Event


class Command(changepassword.Command):
    """Give an account another password, and write down that it has one."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Change it, as Django does, and return what it says of it."""
        with saved_accounts() as saved:
            said = super().handle(*args, **options)
            for user in saved:
                record(Event.PASSWORD_CHANGED, user.get_username())
        return said
