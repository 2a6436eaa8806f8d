"""Dated statements about a record."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from zone.models.claim import Claim, owned_constraints
from zone.translation import Translated


class Fact(Claim):
    """A sentence that a source says about an organisation, a facility or a route."""

    owners = ("organisation", "facility", "route")

    organisation = models.ForeignKey(
        "zone.Organisation", models.CASCADE, null=True, blank=True, related_name="facts", verbose_name=_("organisation")
    )
    facility = models.ForeignKey(
        "zone.Facility", models.CASCADE, null=True, blank=True, related_name="facts", verbose_name=_("facility")
    )
    route = models.ForeignKey(
        "zone.Route", models.CASCADE, null=True, blank=True, related_name="facts", verbose_name=_("route")
    )
    text = Translated(models.TextField(_("statement"), blank=True, default=""), en={"blank": False})

    class Meta(Claim.Meta):
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        constraints = owned_constraints("organisation", "facility", "route")

    def __str__(self) -> str:
        return self.text
