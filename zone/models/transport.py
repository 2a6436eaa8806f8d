"""How to get there: ports, routes, stops and times."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zone.clock import has_come, today
from zone.models.claim import Claim, ClaimQuerySet, Owned, owned_constraints
from zone.models.facility import BuildingStatus
from zone.models.reading import RecordQuerySet
from zone.models.record import SourcedRecord, known_choice
from zone.partial_dates import PartialDate, PartialDateField
from zone.publishing import public_condition
from zone.translation import Text, Translated, text_of


class Hours(models.TextChoices):
    """What is known of the hours of a crossing."""

    UNKNOWN = "unknown", _("unknown")
    DAILY = "daily", _("every day, from opening to closing time")
    ALWAYS = "always", _("24 hours")


HONG_KONG_TIME: Final = ZoneInfo("Asia/Hong_Kong")
"""The time of both banks, whatever the time zone of the server."""


@dataclass(frozen=True)
class Opening:
    """Whether a crossing is open, and until when that stays so: a time of the clock, or ``None`` for always."""

    is_open: bool
    until: datetime.time | None


class CrossingQuerySet(RecordQuerySet["Crossing"]):
    """What the pages read of crossings."""

    def published(self) -> Self:
        """Return the crossings that visitors may see: those whose facility they may see too."""
        return super().published().filter(public_condition("facility__")).select_related("facility")

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.select_related("facility__park", "hours_source", "documents_source", "paired_with__facility")


class Crossing(SourcedRecord):
    """One side of a crossing point on the boundary. It has its name and page as a facility."""

    stem = "crossing"

    facility = models.OneToOneField(
        "zone.Facility", models.PROTECT, related_name="crossing", verbose_name=_("facility")
    )
    paired_with = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("other side"),
        help_text=_("The port on the other bank of the river."),
    )
    hours = models.CharField(_("hours"), max_length=7, choices=Hours, default=Hours.UNKNOWN)
    opens = models.TimeField(_("opens"), null=True, blank=True, help_text=_("Hong Kong time."))
    closes = models.TimeField(_("closes"), null=True, blank=True, help_text=_("Hong Kong time."))
    hours_are_planned = models.BooleanField(
        _("the hours are planned"),
        default=False,
        help_text=_("The source announces the hours; they did not apply yet."),
    )
    hours_as_of = PartialDateField(_("hours as of"), null=True, blank=True)
    hours_source = models.ForeignKey(
        "zone.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="crossings_timed",
        verbose_name=_("source of the hours"),
    )
    documents = Translated(
        models.TextField(
            _("documents"), blank=True, default="", help_text=_("What one has to show there. Empty: unknown.")
        )
    )
    documents_as_of = PartialDateField(_("documents as of"), null=True, blank=True)
    documents_source = models.ForeignKey(
        "zone.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="crossings_explained",
        verbose_name=_("source of the documents"),
    )

    objects: ClassVar[CrossingQuerySet] = CrossingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(SourcedRecord.Meta):
        verbose_name = _("crossing")
        verbose_name_plural = _("crossings")
        ordering = ["slug"]
        constraints = [
            *SourcedRecord.Meta.constraints,
            known_choice("hours", Hours),
            models.CheckConstraint(
                condition=models.Q(hours=Hours.DAILY, opens__isnull=False, closes__isnull=False)
                | (~models.Q(hours=Hours.DAILY) & models.Q(opens__isnull=True, closes__isnull=True)),
                name="%(class)s_has_times_only_where_it_closes",
            ),
            models.CheckConstraint(
                condition=models.Q(paired_with__isnull=True) | ~models.Q(paired_with=models.F("id")),
                name="%(class)s_is_not_paired_with_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> Text:
        """Return the name of the facility that the crossing is; its slug in a draft without one."""
        try:
            return self.facility.name
        except ObjectDoesNotExist:
            return Text(self.slug, "en")

    def get_absolute_url(self) -> str:
        """Return the address of the facility's page."""
        return self.facility.get_absolute_url()

    @property
    def opening(self) -> Opening | None:
        """Return whether it is open at this moment, by the hours that are known; ``None`` where nobody can say.

        Hours that are only planned say nothing, nor do hours of a port that is not in use. From closing time on it is
        closed. Hours may go beyond midnight.
        """
        if self.hours_are_planned or self.facility.building_status != BuildingStatus.OPEN:
            return None
        if self.hours == Hours.ALWAYS:
            return Opening(is_open=True, until=None)
        if self.opens is None or self.closes is None:
            return None
        day = today(HONG_KONG_TIME)
        has_opened, has_closed = (
            has_come(datetime.datetime.combine(day, time, HONG_KONG_TIME)) for time in (self.opens, self.closes)
        )
        by_day = self.opens < self.closes
        is_open = has_opened and not has_closed if by_day else has_opened or not has_closed
        return Opening(is_open, self.closes if is_open else self.opens)

    def clean(self) -> None:
        """Raise ``ValidationError`` unless times are given exactly where the crossing opens and closes."""
        super().clean()
        if (self.hours == Hours.DAILY) != (self.opens is not None) or (self.opens is None) != (self.closes is None):
            raise ValidationError(
                {"hours": _("Give both times for “every day”, and no time otherwise.")}, code="times_and_hours"
            )


class Mode(models.TextChoices):
    """How one travels on a route."""

    BUS = "bus", _("bus")
    RAIL = "rail", _("railway")
    ACTIVE = "foot, cycle, electric cart", _("on foot, by bicycle or electric cart")


class Direction(models.TextChoices):
    """Which bank one leaves from."""

    FROM_SHENZHEN = "from-shenzhen", _("from Shenzhen")
    FROM_HONG_KONG = "from-hong-kong", _("from Hong Kong")


def _facilities_of_stops() -> models.Prefetch[str, Any, Any]:
    return models.Prefetch("stops__facility")


class RouteQuerySet(RecordQuerySet["Route"]):
    """What the pages read of routes."""

    def for_list(self) -> Self:
        """Fetch everything that the page about getting here shows, the routes in service first."""
        return (
            self.order_by(F("regular_start").asc(nulls_last=True), "slug")
            .select_related("facility", "frequency_source", "fare_source", "eligibility_source", "trip_source")
            .with_public("stops", "departures", "facts", "sources", "changes")
            .with_lookups(_facilities_of_stops)
        )


class Route(SourcedRecord):
    """A bus, a railway or a bridge between two or more places."""

    stem = "route"

    facility = models.ForeignKey("zone.Facility", models.PROTECT, related_name="routes", verbose_name=_("facility"))
    name = Translated(models.CharField(_("name"), max_length=150, blank=True, default=""), en={"blank": False})
    mode = models.CharField(_("mode"), max_length=26, choices=Mode)
    operator_name = Translated(models.CharField(_("operator"), max_length=200, blank=True, default=""))
    stops_lead = models.CharField(
        _("the stops lead"),
        max_length=14,
        choices=Direction,
        blank=True,
        default="",
        help_text=_("From which bank to the other. Empty: the route stays on one bank, or nobody says so."),
    )
    runs_both_ways = models.BooleanField(
        _("runs both ways"), null=True, blank=True, help_text=_("Whether it comes back by the same stops.")
    )
    trial_start = PartialDateField(_("trial since"), null=True, blank=True)
    regular_start = PartialDateField(_("regular service since"), null=True, blank=True)
    frequency = models.PositiveSmallIntegerField(_("frequency"), null=True, blank=True)
    frequency_unit = Translated(
        models.CharField(
            _("unit of the frequency"),
            max_length=100,
            blank=True,
            default="",
            help_text=_("What the number counts, such as “runs per working day in each direction”."),
        )
    )
    frequency_as_of = PartialDateField(_("frequency as of"), null=True, blank=True)
    frequency_source = models.ForeignKey(
        "zone.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="routes_timed",
        verbose_name=_("source of the frequency"),
    )
    fare = Translated(models.CharField(_("fare"), max_length=200, blank=True, default=""))
    fare_as_of = PartialDateField(_("fare as of"), null=True, blank=True)
    fare_source = models.ForeignKey(
        "zone.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="routes_priced",
        verbose_name=_("source of the fare"),
    )
    eligibility = Translated(
        models.CharField(
            _("who may ride"), max_length=200, blank=True, default="", help_text=_("Empty: unknown. Never a guess.")
        )
    )
    eligibility_as_of = PartialDateField(_("eligibility as of"), null=True, blank=True)
    eligibility_source = models.ForeignKey(
        "zone.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="routes_restricted",
        verbose_name=_("source of the eligibility"),
    )
    commute_before_min = models.PositiveSmallIntegerField(_("trip before, in minutes"), null=True, blank=True)
    commute_after_min = models.PositiveSmallIntegerField(_("trip with the route, in minutes"), null=True, blank=True)
    trip_as_of = PartialDateField(_("trip as of"), null=True, blank=True)
    trip_source = models.ForeignKey(
        "zone.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="routes_measured",
        verbose_name=_("source of the trip"),
    )
    trial_trip_min = models.PositiveSmallIntegerField(_("trip during the trial, in minutes"), null=True, blank=True)

    objects: ClassVar[RouteQuerySet] = RouteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(SourcedRecord.Meta):
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ["slug"]
        constraints = [
            *SourcedRecord.Meta.constraints,
            known_choice("mode", Mode),
            models.CheckConstraint(
                condition=models.Q(stops_lead__in=["", *Direction.values]), name="%(class)s_stops_lead_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_service(self) -> bool:
        """Whether it has begun to run by now, on trial or regularly, as far as a source says so."""
        return _has_come(self.trial_start) or self.is_regular

    @property
    def is_regular(self) -> bool:
        """Whether regular service has begun by now."""
        return _has_come(self.regular_start)

    def get_absolute_url(self) -> str:
        """Return the address of the route on the page about getting here."""
        return f"{reverse('getting_here')}#{self.slug}"


def _has_come(date: str | None) -> bool:
    return isinstance(date, PartialDate) and date.first_day() <= today(HONG_KONG_TIME)


class Stop(Owned):
    """A place where a route stops."""

    owners = ("route",)

    route = models.ForeignKey(Route, models.CASCADE, related_name="stops", verbose_name=_("route"))
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("1 is the first stop."))
    name = Translated(models.CharField(_("name"), max_length=150, blank=True, default=""), en={"blank": False})
    facility = models.ForeignKey(
        "zone.Facility", models.PROTECT, null=True, blank=True, related_name="stops", verbose_name=_("facility")
    )

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        ordering = ["position", "number"]
        constraints = owned_constraints("route")

    def __str__(self) -> str:
        return self.name


class RunsOn(models.TextChoices):
    """On which days a departure runs, for machines."""

    UNKNOWN = "unknown", _("unknown")
    DAILY = "daily", _("every day")
    MAINLAND = "mainland", _("working days of the mainland")
    BOTH = "both", _("working days of both the mainland and Hong Kong")


class DepartureQuerySet(ClaimQuerySet):
    """What the pages read of departures."""

    def published(self) -> Self:
        """Return the departures that visitors may see, one timetable after the other."""
        return super().published().order_by("direction", "is_trial", "-as_of", "source", "runs_on", "days_en", "time")


class Departure(Claim):
    """A time at which a route leaves; ``as_of`` is the day from which the source gives it."""

    owners = ("route",)

    route = models.ForeignKey(Route, models.CASCADE, related_name="departures", verbose_name=_("route"))
    direction = models.CharField(_("direction"), max_length=14, choices=Direction)
    time = models.TimeField(_("time"), help_text=_("Hong Kong time."))
    is_trial = models.BooleanField(
        _("time of the trial"), default=False, help_text=_("The time belongs to a trial and may not apply any more.")
    )
    runs_on = models.CharField(
        _("runs on"),
        max_length=8,
        choices=RunsOn,
        default=RunsOn.UNKNOWN,
        help_text=_("The same as the days in words, for the exports. “Unknown” where no choice fits."),
    )
    days = Translated(
        models.CharField(
            _("days"), max_length=150, blank=True, default="", help_text=_("On which days, such as “working days”.")
        )
    )

    objects: ClassVar[DepartureQuerySet] = DepartureQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Claim.Meta):
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        ordering = ["direction", "time"]
        constraints = [
            *owned_constraints("route"),
            known_choice("direction", Direction),
            known_choice("runs_on", RunsOn),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.time:%H:%M}" if self.time else self.get_direction_display()

    @property
    def timetable(self) -> tuple[object, ...]:
        """Return what the departures of one timetable share: they can be shown with one heading and one source."""
        return (self.direction, self.is_trial, self.as_of, self.source_id, self.runs_on, text_of(self, "days"))
