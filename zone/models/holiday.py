"""The days on which offices and schools are closed, year by year, on either bank."""

from __future__ import annotations

from typing import ClassVar, Final, Self

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zone.models.claim import Owned, owned_constraints
from zone.models.reading import RecordQuerySet
from zone.models.record import SourcedRecord, known_choice
from zone.partial_dates import PartialDateField
from zone.publishing import Status
from zone.translation import Text, Translated, active_language

SATURDAY: Final = 5
"""The first day of the weekend, as ``date.weekday()`` counts."""


class Region(models.TextChoices):
    """Whose holidays they are."""

    HONG_KONG = "hong-kong", _("Hong Kong")
    MAINLAND = "mainland", _("mainland China")


class HolidayCalendarQuerySet(RecordQuerySet["HolidayCalendar"]):
    """What the pages read of the calendars."""

    def for_list(self) -> Self:
        """Fetch the days of each year, and who says so."""
        return self.order_by("region", "year").with_public("holidays", "sources")


class HolidayCalendar(SourcedRecord):
    """The holidays of one year in one region. While it is public it is complete: another day is no holiday."""

    stem = "holidaycalendar"

    region = models.CharField(_("region"), max_length=9, choices=Region)
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    as_of = PartialDateField(
        _("as of"), null=True, blank=True, help_text=_("When it was announced: 2024, 2024-06 or 2024-06-13.")
    )

    objects: ClassVar[HolidayCalendarQuerySet] = HolidayCalendarQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(SourcedRecord.Meta):
        verbose_name = _("holiday calendar")
        verbose_name_plural = _("holiday calendars")
        ordering = ["-year", "region"]
        constraints = [
            *SourcedRecord.Meta.constraints,
            known_choice("region", Region),
            models.UniqueConstraint(
                fields=["region", "year"],
                condition=models.Q(status=Status.PUBLISHED),
                name="%(class)s_is_the_only_one_of_its_year",
                violation_error_message=_("The holidays of this year and region are published in another calendar."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> Text:
        """Return the year and the region, in words of the page."""
        words = gettext("Holidays of %(year)s: %(region)s")
        return Text(words % {"year": self.year, "region": self.get_region_display()}, active_language())

    def get_absolute_url(self) -> str:
        """Return the address of the holidays on the page about getting here."""
        return f"{reverse('getting_here')}#{self.region}"


class Holiday(Owned):
    """A day on which the region rests; on the mainland also a day of a weekend that is worked in exchange."""

    owners = ("calendar",)

    calendar = models.ForeignKey(
        HolidayCalendar, models.CASCADE, related_name="holidays", verbose_name=_("holiday calendar")
    )
    date = models.DateField(_("date"))
    name = Translated(models.CharField(_("name"), max_length=100, blank=True, default=""), en={"blank": False})
    is_worked = models.BooleanField(
        _("worked instead"),
        default=False,
        help_text=_("No holiday, but a Saturday or Sunday on which people work in exchange for one."),
    )

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date", "number"]
        constraints = owned_constraints("calendar")

    def __str__(self) -> str:
        return f"{self.date} {self.name}"

    def clean(self) -> None:
        """Raise ``ValidationError`` for a day of another year, and for a working day that is worked anyway."""
        super().clean()
        if self.date is None:
            return
        try:
            year = self.calendar.year
        except ObjectDoesNotExist:
            year = None
        if year is not None and self.date.year != year:
            raise ValidationError({"date": _("This is not a day of the year of the calendar.")}, code="other_year")
        if self.is_worked and self.date.weekday() < SATURDAY:
            raise ValidationError(
                {"is_worked": _("Only a Saturday or Sunday can be worked instead.")}, code="worked_anyway"
            )
