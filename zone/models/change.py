"""What was changed or corrected, and where old addresses lead."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zone.models.claim import Owned, owned_constraints
from zone.models.record import known_choice
from zone.readable_text import ReadableText
from zone.translation import Translated

_SUBJECTS = ("organisation", "facility", "news_item", "key_figure", "route")


class ChangeKind(models.TextChoices):
    """Why a record was changed."""

    UPDATE = "update", _("update")
    CORRECTION = "correction", _("correction")


class ChangeNote(Owned):
    """A public note of what was changed on a record, or corrected."""

    owners = _SUBJECTS

    organisation = models.ForeignKey(
        "zone.Organisation",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="changes",
        verbose_name=_("organisation"),
    )
    facility = models.ForeignKey(
        "zone.Facility", models.CASCADE, null=True, blank=True, related_name="changes", verbose_name=_("facility")
    )
    news_item = models.ForeignKey(
        "zone.NewsItem", models.CASCADE, null=True, blank=True, related_name="changes", verbose_name=_("news item")
    )
    key_figure = models.ForeignKey(
        "zone.KeyFigure", models.CASCADE, null=True, blank=True, related_name="changes", verbose_name=_("figure")
    )
    route = models.ForeignKey(
        "zone.Route", models.CASCADE, null=True, blank=True, related_name="changes", verbose_name=_("route")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ChangeKind, default=ChangeKind.UPDATE)
    date = models.DateField(_("date"), default=timezone.localdate)
    text = Translated(
        models.TextField(
            _("what was changed"), blank=True, default="", help_text=_("One or two sentences that visitors read.")
        ),
        en={"blank": False},
    )

    class Meta:
        verbose_name = _("change note")
        verbose_name_plural = _("change notes")
        ordering = ["-date", "-number"]
        indexes = [models.Index(fields=["date", "id"], name="change_by_date")]
        constraints = [*owned_constraints(*_SUBJECTS), known_choice("kind", ChangeKind)]

    def __str__(self) -> str:
        return self.text


validate_path = RegexValidator(
    r"^/(?!(?:en|zh-hans|zh-hant)/)(?:[a-z0-9-]+/)+\Z",
    _("Write the address without site and language, such as /organisations/old-name/."),
    "invalid_path",
)


class RedirectQuerySet(models.QuerySet["Redirect"]):
    """Redirects."""

    def get_by_natural_key(self, old_path: str) -> Redirect:
        """Return the redirect from ``old_path``."""
        return self.get(old_path=old_path)


class Redirect(ReadableText):
    """An address that has moved for ever. Addresses stand without the language: ``/organisations/old-name/``."""

    old_path = models.CharField(_("old address"), max_length=200, unique=True, validators=[validate_path])
    new_path = models.CharField(_("new address"), max_length=200, validators=[validate_path])

    objects: ClassVar[RedirectQuerySet] = RedirectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        ordering = ["old_path"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(old_path=models.F("new_path")), name="%(class)s_leads_somewhere_else"
            )
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path}"

    def natural_key(self) -> tuple[str]:
        """Return what names the redirect in fixtures."""
        return (self.old_path,)
