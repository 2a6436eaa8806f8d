"""Links by which somebody without an account reads a draft."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    """Links to previews."""

    def to(self, record: models.Model) -> Self:
        """Return the links to the preview of ``record``."""
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=record.pk)

    def valid(self) -> Self:
        """Return the links that still open a preview."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class PreviewLink(models.Model):
    """A link to the preview of one record. The address is signed and names the row; it opens until it expires."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    record = GenericForeignKey("content_type", "object_id")
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        default_permissions = ()
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="preview_link_by_record")]

    @property
    def is_valid(self) -> bool:
        """Whether the link still opens, without asking the database."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    def __str__(self) -> str:
        return f"{self.content_type} {self.object_id}, {self.expires_at:%Y-%m-%d %H:%M}"
