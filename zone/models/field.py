"""The vocabulary of research fields."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from zone.models.record import Record
from zone.publishing import PublishableQuerySet, public_condition
from zone.translation import Translated


class FieldQuerySet(PublishableQuerySet["Field"]):
    """What the pages read of fields."""

    def for_list(self) -> Self:
        """Fetch what a row of a list shows, with the number of its organisations that are in the zone."""
        present = public_condition("organisations__") & models.Q(organisations__presence="operating")
        return self.annotate(present=models.Count("organisations", filter=present))

    def for_detail(self) -> Self:
        """Fetch what the page of one field shows."""
        return self.with_public("organisations", "organisations__parks", "news")


class Field(Record):
    """A field of research, or of work, in which organisations of the zone are active."""

    stem = "field"

    name = Translated(models.CharField(_("name"), max_length=100, blank=True, default=""), en={"blank": False})

    objects: ClassVar[FieldQuerySet] = FieldQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Record.Meta):
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = [Lower("name_en")]

    def __str__(self) -> str:
        return self.name
