"""The forms that are open in the newsroom, with what has been typed into them and not been saved."""

from __future__ import annotations

import datetime
from typing import ClassVar, Final

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

OPEN_FOR: Final = datetime.timedelta(seconds=90)
"""How long after its last sign of life a form still counts as open: three of the signs that it gives."""

KEPT_FOR: Final = datetime.timedelta(days=30)
"""How long what has been typed is kept for whoever typed it."""


class OpenFormQuerySet(models.QuerySet["OpenForm"]):
    """The questions that are asked about open forms."""

    def of(self, model: type[models.Model], object_id: int | None) -> OpenFormQuerySet:
        """Return the forms of a record; without a number, those that add one to ``model``."""
        return self.filter(content_type=ContentType.objects.get_for_model(model), object_id=object_id)

    def still_open(self) -> OpenFormQuerySet:
        """Return the forms that somebody has before them now."""
        return self.filter(seen_at__gt=timezone.now() - OPEN_FOR, saved_at=None)

    def with_answers(self) -> OpenFormQuerySet:
        """Return the forms whose answers can be restored."""
        return self.filter(kept_at__gt=timezone.now() - KEPT_FOR)

    def outlived(self) -> OpenFormQuerySet:
        """Return the forms that nobody will ask for any more."""
        return self.filter(seen_at__lt=timezone.now() - KEPT_FOR)


class OpenForm(models.Model):
    """A form that a user has opened. It is no content: it leaves no trace in versions and in the history.

    ``data`` are the answers as a list of names and values, in the order of the form, once they differ from the record.
    """

    opening = models.CharField(_("opening"), max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+", verbose_name=_("kind"))
    object_id = models.PositiveBigIntegerField(_("record"), null=True)
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    seen_at = models.DateTimeField(_("seen at"), default=timezone.now)
    kept_at = models.DateTimeField(_("kept at"), null=True)
    saved_at = models.DateTimeField(_("saved at"), null=True)
    data = models.JSONField(_("answers"), null=True)

    objects: ClassVar[OpenFormQuerySet] = OpenFormQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("open form")
        verbose_name_plural = _("open forms")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["opening", "user"], name="opening_is_unique_for_its_user"),
            models.CheckConstraint(
                condition=models.Q(data__isnull=True, kept_at__isnull=True)
                | models.Q(data__isnull=False, kept_at__isnull=False),
                name="open_form_knows_when_its_answers_were_kept",
            ),
        ]
        indexes = [
            models.Index(fields=["content_type", "object_id", "seen_at"], name="open_form_by_record"),
            models.Index(fields=["user", "content_type", "object_id", "kept_at"], name="open_form_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.content_type} {self.object_id or ''}, {self.user}, {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def is_unsaved(self) -> bool:
        """Return whether something was typed that is not saved."""
        return self.kept_at is not None
