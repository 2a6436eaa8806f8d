"""The memory of every record: what it was after each change."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Version(models.Model):
    """A record with its rows and relations as they were after a change.

    ``content`` is the list of objects that the fixtures hold for the record, so that loading it brings the record back.
    """

    content_type = models.ForeignKey(ContentType, models.CASCADE, verbose_name=_("kind"))
    object_id = models.PositiveBigIntegerField(_("record"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    content = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["content_type", "object_id", "-at"], name="version_by_record")]

    def __str__(self) -> str:
        return f"{self.content_type} {self.object_id}, {self.at:%Y-%m-%d %H:%M}"
