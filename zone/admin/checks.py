"""Checks of the newsroom, run with Django's own: of pages when the site starts, of logins before it is published."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin.checks import ModelAdminChecks
from django.core import checks
from django.core.checks import CheckMessage, Error


class RecordAdminChecks(ModelAdminChecks):
    """Django's checks, and that no list changes records past their drafts."""

    def check(self, admin_obj: Any, **kwargs: Any) -> list[CheckMessage]:
        """Return what is wrong with ``admin_obj``."""
        found = super().check(admin_obj, **kwargs)
        if admin_obj.list_editable:
            found.append(
                Error(
                    "A list of records must not be editable: it would change what visitors see past the draft.",
                    hint="Write an action in zone/admin/actions.py that takes a step of the workflow.",
                    obj=type(admin_obj),
                    id="zone.E001",
                )
            )
        return found


@checks.register(checks.Tags.security, deploy=True)
def check_second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning where a password alone opens the newsroom."""
    if settings.SECOND_FACTOR:
        return []
    hint = "Set SECOND_FACTOR=true; each editor sets up an app at the next login."
    return [checks.Warning("SECOND_FACTOR is off: a password alone opens the newsroom.", hint=hint, id="zone.W001")]
