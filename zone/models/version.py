"""The memory of every record: what it was after each change, who made it, and why."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Action(models.TextChoices):
    """What was done to a record."""

    ADDED = "added", pgettext_lazy("action", "added")
    CHANGED = "changed", pgettext_lazy("action", "changed")
    SUBMITTED = "submitted", pgettext_lazy("action", "submitted for review")
    RETURNED = "returned", pgettext_lazy("action", "returned")
    SCHEDULED = "scheduled", pgettext_lazy("action", "scheduled")
    PUBLISHED = "published", pgettext_lazy("action", "published")
    WITHDRAWN = "withdrawn", pgettext_lazy("action", "withdrawn")
    DISCARDED = "discarded", pgettext_lazy("action", "draft discarded")
    RESTORED = "restored", pgettext_lazy("action", "restored an earlier version")
    TRASHED = "trashed", pgettext_lazy("action", "moved to the trash")
    RECOVERED = "recovered", pgettext_lazy("action", "taken out of the trash")
    UNDONE = "undone", pgettext_lazy("action", "undone")
    LOADED = "loaded", pgettext_lazy("action", "loaded")
    FOUND = "found", pgettext_lazy("action", "found changed in the database")


class Version(models.Model):
    """A record with its rows and relations as they were after a change, as :mod:`zone.snapshots` writes them."""

    # Without an index of its own: the newest of one record would be looked for among all of its kind.
    content_type = models.ForeignKey(ContentType, models.CASCADE, db_index=False, verbose_name=_("kind"))
    object_id = models.PositiveBigIntegerField(_("record"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    action = models.CharField(_("action"), max_length=9, choices=Action, default=Action.FOUND)
    of_draft = models.BooleanField(_("of the draft"), default=False)
    state = models.CharField(_("state"), max_length=9, blank=True, default="")
    """The status of the record after the change, or the state of its draft."""
    comment = models.TextField(_("comment"), blank=True, default="")
    name = models.CharField(_("name"), max_length=300, blank=True, default="")
    changed = models.JSONField(_("changed fields"), default=list)
    opening = models.CharField(max_length=32, blank=True, default="", db_index=True)
    """The opened form that was saved, so that sending the same form twice is noticed."""
    sent = models.JSONField(null=True, blank=True)
    """What the form said, where bringing it together with the work of others made something else of it."""
    added_rows = models.JSONField(default=dict, blank=True)
    """The numbers that rows got which were new in the form: ``{"facts": {"new-0": "4"}}``."""
    batch = models.UUIDField(null=True, blank=True, db_index=True)
    """What was changed by one bulk action, and can be undone in one click."""
    content = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["content_type", "object_id", "-id"], name="version_by_record"),
            models.Index(fields=["-at"], name="version_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.object_id}, {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
