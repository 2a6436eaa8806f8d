"""Checks of the pages of records, run with Django's own when the site starts."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.checks import ModelAdminChecks
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
