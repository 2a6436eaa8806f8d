"""The vocabulary of research fields."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from zone.models.record import Record
from zone.translation import Translated


class Field(Record):
    """A field of research, or of work, in which organisations of the zone are active."""

    stem = "field"
    mentioned_with = ()

    name = Translated(models.CharField(_("name"), max_length=100, blank=True, default=""), en={"blank": False})

    class Meta(Record.Meta):
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = [Lower("name_en")]

    def __str__(self) -> str:
        return self.name
