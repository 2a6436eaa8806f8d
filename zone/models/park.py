"""The two halves of the zone."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from zone.models.figure import Observation
from zone.models.picture import Illustrated
from zone.models.reading import RecordQuerySet
from zone.translation import Translated


def _observations_of_areas() -> models.Prefetch[str, Any, Any]:
    return models.Prefetch("area__observations", Observation.objects.published())


class ParkQuerySet(RecordQuerySet["Park"]):
    """What the pages read of parks."""

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.without_texts().select_related("area").with_lookups(_observations_of_areas)

    def for_detail(self) -> Self:
        """Fetch what the page of one park shows."""
        return self.for_list().defer(None).select_related("operator").with_public("sources")


class Park(Illustrated):
    """One of the two parks that face each other across the Shenzhen River."""

    stem = "park"
    mentioned_with = ()

    name = Translated(models.CharField(_("name"), max_length=100, blank=True, default=""), en={"blank": False})
    summary = Translated(
        models.CharField(
            _("summary"), max_length=160, blank=True, default="", help_text=_("One sentence, at most 160 characters.")
        )
    )
    operator = models.ForeignKey(
        "zone.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parks_run",
        verbose_name=_("operator"),
    )
    area = models.ForeignKey(
        "zone.KeyFigure",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("area"),
        help_text=_("The figure that holds the park's area; its newest observation is shown."),
    )

    objects: ClassVar[ParkQuerySet] = ParkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Illustrated.Meta):
        verbose_name = _("park")
        verbose_name_plural = _("parks")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name
