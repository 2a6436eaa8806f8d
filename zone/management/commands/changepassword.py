"""Django's ``changepassword``, which the audit trail has too."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword

from zone.audit import record
from zone.models.audit import Event


class Command(changepassword.Command):
    """Give an account another password, and write down that it has one."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Change it, as Django does, and return what it says of it."""
        said = super().handle(*args, **options)
        record(Event.PASSWORD_CHANGED, options["username"] or getpass.getuser())
        return said
