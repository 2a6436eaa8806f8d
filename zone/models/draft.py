"""What editors are writing about a record that visitors go on seeing as it was."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zone.models.version import Version


class DraftState(models.TextChoices):
    """How far a draft has come."""

    DRAFT = "draft", pgettext_lazy("draft", "being written")
    REVIEW = "review", pgettext_lazy("draft", "in review")
    SCHEDULED = "scheduled", pgettext_lazy("draft", "scheduled")


class Draft(models.Model):
    """The one draft of a record. ``version`` holds what it says, ``base`` what the record was when it was begun."""

    content_type = models.ForeignKey(ContentType, models.CASCADE, verbose_name=_("kind"))
    object_id = models.PositiveBigIntegerField(_("record"))
    record = GenericForeignKey("content_type", "object_id")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+", verbose_name=_("version"))
    base = models.ForeignKey(Version, models.PROTECT, related_name="+", verbose_name=_("begun from"))
    state = models.CharField(_("state"), max_length=9, choices=DraftState, default=DraftState.DRAFT)
    publish_at = models.DateTimeField(_("goes live at"), null=True, blank=True, db_index=True)
    problem = models.TextField(_("why it did not go live"), blank=True, default="")
    started_at = models.DateTimeField(_("begun at"), default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("begun by")
    )

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        default_permissions = ()
        ordering = ["-version__at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id"], name="draft_is_the_only_one_of_its_record"),
            models.CheckConstraint(condition=Q(state__in=DraftState.values), name="draft_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=DraftState.SCHEDULED, publish_at__isnull=False)
                | (~Q(state=DraftState.SCHEDULED) & Q(publish_at=None)),
                name="draft_has_a_time_while_it_is_scheduled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version.name}: {self.get_state_display()}"
