"""Django's ``createsuperuser``, which the audit trail has too."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.db.models import Max

from zone.audit import changes_between, record, state_of
from zone.models.audit import Event


class Command(createsuperuser.Command):
    """Make an account that may do everything, and write down that it was made."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, as Django does. What it asks is answered by hand, so nothing is locked meanwhile."""
        newest = User.objects.aggregate(newest=Max("pk"))["newest"] or 0
        super().handle(*args, **options)
        for user in User.objects.filter(pk__gt=newest, is_superuser=True):
            record(Event.ADDED, user.get_username(), changes=changes_between({}, state_of(user)))
