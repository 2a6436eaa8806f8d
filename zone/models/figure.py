"""Figures with memory: every dated claim about a number is kept, and contradictions are shown."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zone.models.claim import Claim, ClaimQuerySet, owned_constraints
from zone.models.reading import RecordQuerySet
from zone.models.record import SourcedRecord, known_choice
from zone.translation import Translated, active_language


class Scope(models.TextChoices):
    """What a figure counts in."""

    ZONE = "zone", _("the whole zone")
    SHENZHEN = "shenzhen", _("Shenzhen Park")
    HONG_KONG = "hong-kong", _("Hong Kong Park")
    ORGANISATION = "organisation", _("one organisation or facility")


class Qualifier(models.TextChoices):
    """How a source qualifies a value. The qualifier is always shown with the value."""

    EXACT = "=", _("exactly")
    MORE_THAN = ">", _("more than")
    AT_LEAST = ">=", _("at least")
    ABOUT = "~", _("about")
    NEARLY = "<~", _("nearly")
    UP_TO = "<=", _("up to")


QUALIFIED: Final = {
    Qualifier.EXACT: "%(amount)s",
    Qualifier.MORE_THAN: pgettext_lazy("amount", "more than %(amount)s"),
    Qualifier.AT_LEAST: pgettext_lazy("amount", "at least %(amount)s"),
    Qualifier.ABOUT: pgettext_lazy("amount", "about %(amount)s"),
    Qualifier.NEARLY: pgettext_lazy("amount", "nearly %(amount)s"),
    Qualifier.UP_TO: pgettext_lazy("amount", "up to %(amount)s"),
}


class Unit(models.TextChoices):
    """What is counted or measured."""

    SQUARE_METRE = "m2", _("square metres")
    SQUARE_KILOMETRE = "km2", _("square kilometres")
    HECTARE = "ha", _("hectares")
    MINUTE = "min", _("minutes")
    PERCENT = "percent", _("per cent")
    BILLION_HKD = "billion HKD", _("billion Hong Kong dollars")
    BILLION_CNY = "billion CNY", _("billion yuan")
    PEOPLE = "people", _("people")
    ORGANISATIONS = "organisations", _("organisations")
    COMPANIES = "companies", _("companies")
    INSTITUTES = "institutes", _("institutes")
    CENTRES = "centres", _("centres")
    PLATFORMS = "platforms", _("platforms")
    PROJECTS = "projects", _("projects")
    APPLICATIONS = "applications", _("applications")
    VEHICLES = "vehicles", _("vehicles")
    PASSENGER_TRIPS = "passenger trips per day", _("passenger trips a day")
    VEHICLE_TRIPS = "vehicle trips per day", _("vehicle trips a day")


AMOUNTS: Final = {
    Unit.SQUARE_METRE: pgettext_lazy("amount", "%(number)s m²"),
    Unit.SQUARE_KILOMETRE: pgettext_lazy("amount", "%(number)s km²"),
    Unit.HECTARE: pgettext_lazy("amount", "%(number)s ha"),
    Unit.MINUTE: pgettext_lazy("amount", "%(number)s min"),
    Unit.PERCENT: pgettext_lazy("amount", "%(number)s%%"),
    Unit.BILLION_HKD: pgettext_lazy("amount", "HK$%(number)s billion"),
    Unit.BILLION_CNY: pgettext_lazy("amount", "CNY %(number)s billion"),
    Unit.PEOPLE: pgettext_lazy("amount", "%(number)s people"),
    Unit.ORGANISATIONS: pgettext_lazy("amount", "%(number)s organisations"),
    Unit.COMPANIES: pgettext_lazy("amount", "%(number)s companies"),
    Unit.INSTITUTES: pgettext_lazy("amount", "%(number)s institutes"),
    Unit.CENTRES: pgettext_lazy("amount", "%(number)s centres"),
    Unit.PLATFORMS: pgettext_lazy("amount", "%(number)s platforms"),
    Unit.PROJECTS: pgettext_lazy("amount", "%(number)s projects"),
    Unit.APPLICATIONS: pgettext_lazy("amount", "%(number)s applications"),
    Unit.VEHICLES: pgettext_lazy("amount", "%(number)s vehicles"),
    Unit.PASSENGER_TRIPS: pgettext_lazy("amount", "%(number)s passenger trips a day"),
    Unit.VEHICLE_TRIPS: pgettext_lazy("amount", "%(number)s vehicle trips a day"),
}

SIGNS: Final = {
    Qualifier.EXACT: "",
    Qualifier.MORE_THAN: ">",
    Qualifier.AT_LEAST: "≥",
    Qualifier.ABOUT: "~",
    Qualifier.NEARLY: "<",
    Qualifier.UP_TO: "≤",
}

_BILLIONS: Final = (Unit.BILLION_HKD, Unit.BILLION_CNY)
_HUNDRED_MILLION_IN_A_BILLION: Final = 10


def format_number(value: Decimal | int, language: str | None = None) -> str:
    """Return ``value`` as the press of each script writes it.

    English and Traditional Chinese group by three; Simplified Chinese does not group. From 100,000 on Chinese counts
    in 万/萬 where that needs at most two decimals.
    """
    language = language or active_language()
    number = Decimal(value)
    myriad = number / 10_000
    if language != "en" and number >= 100_000 and myriad == round(myriad, 2):
        return f"{myriad.normalize():f}" + ("万" if language == "zh-hans" else "萬")
    return f"{number.normalize():f}" if language == "zh-hans" else f"{number.normalize():,f}"


def format_amount(value: Decimal | None, unit: str, qualifier: str = Qualifier.EXACT) -> str:
    """Return a value with its unit and qualifier in the active language: "more than 15,000 people".

    The one of a broken record is not known.
    """
    if value is None or unit not in AMOUNTS or qualifier not in QUALIFIED:
        return gettext("not known")
    amount = str(AMOUNTS[Unit(unit)]) % {"number": format_number(_as_counted(value, unit))}
    return str(QUALIFIED[Qualifier(qualifier)]) % {"amount": amount}


def format_mark(value: Decimal, unit: str, qualifier: str) -> str:
    """Return a value for a drawing that names the unit elsewhere, its qualifier as a sign: ">15,000"."""
    return SIGNS[Qualifier(qualifier)] + format_number(_as_counted(value, unit))


def _as_counted(value: Decimal, unit: str) -> Decimal:
    """Return ``value`` in what the active language counts ``unit`` in: Chinese has no word for a billion."""
    in_chinese = unit in _BILLIONS and active_language() != "en"
    return value * _HUNDRED_MILLION_IN_A_BILLION if in_chinese else value


class KeyFigureQuerySet(RecordQuerySet["KeyFigure"]):
    """What the pages read of figures."""

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.without_texts().with_public("observations")

    def for_detail(self) -> Self:
        """Fetch what the page of one figure shows."""
        return self.select_related("organisation", "facility").with_public("observations", "sources", "changes")

    def headlines(self) -> Self:
        """Return the figures of the home page in their order."""
        return self.filter(headline_position__isnull=False).order_by("headline_position", "label_en")


class KeyFigure(SourcedRecord):
    """Something that is counted or measured again and again."""

    stem = "figure"
    mentioned_with = ()
    title_field = "label"

    label = Translated(models.CharField(_("label"), max_length=100, blank=True, default=""), en={"blank": False})
    definition = Translated(
        models.TextField(
            _("definition"), blank=True, default="", help_text=_("What is counted, and what must not be compared.")
        )
    )
    scope = models.CharField(_("scope"), max_length=12, choices=Scope)
    organisation = models.ForeignKey(
        "zone.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="figures",
        verbose_name=_("organisation"),
        help_text=_("The organisation that the figure is about, if it is about one."),
    )
    facility = models.ForeignKey(
        "zone.Facility",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="figures",
        verbose_name=_("facility"),
        help_text=_("The facility that the figure is about, if it is about one."),
    )
    forms_one_series = models.BooleanField(
        _("forms one series"),
        default=False,
        help_text=_("The observations count the same thing, so that a line through them tells the truth."),
    )
    headline_position = models.PositiveSmallIntegerField(
        _("place on the home page"), null=True, blank=True, help_text=_("1 comes first. Empty: not on the home page.")
    )

    objects: ClassVar[KeyFigureQuerySet] = KeyFigureQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(SourcedRecord.Meta):
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        ordering = [Lower("label_en")]
        indexes = [
            *SourcedRecord.Meta.indexes,
            models.Index("status", Lower("label_en"), name="figure_by_label"),
            models.Index("status", "scope", Lower("label_en"), name="figure_by_scope"),
            models.Index(fields=["status", "headline_position"], name="figure_on_the_home_page"),
        ]
        constraints = [*SourcedRecord.Meta.constraints, known_choice("scope", Scope)]

    def __str__(self) -> str:
        return self.label

    @property
    def headline(self) -> Observation | None:
        """Return the observation that best says how it is today, of those that were fetched with the figure."""
        return next(iter(self.observations.all()), None)

    @property
    def is_contested(self) -> bool:
        """Whether the observations that were fetched with the figure cannot be read as one series of counts."""
        values = {(seen.qualifier, seen.value, seen.unit) for seen in self.observations.all() if not seen.is_projection}
        return not self.forms_one_series and len(values) > 1


class ObservationQuerySet(ClaimQuerySet):
    """What the pages read of observations."""

    def published(self) -> Self:
        """Return the observations that visitors may see, newest first, but any count before any plan."""
        return super().published().order_by("is_projection", F("as_of").desc(nulls_last=True), "number")


class Observation(Claim):
    """What one source says a figure was on one date. It is never overwritten."""

    owners = ("figure",)

    figure = models.ForeignKey(KeyFigure, models.CASCADE, related_name="observations", verbose_name=_("figure"))
    qualifier = models.CharField(_("qualifier"), max_length=2, choices=Qualifier, default=Qualifier.EXACT)
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=23, choices=Unit)
    is_projection = models.BooleanField(
        _("plan or expectation"),
        default=False,
        help_text=_("The source gives a plan, a request or an expectation, not a count."),
    )
    note = Translated(models.CharField(_("note"), max_length=200, blank=True, default=""))

    objects: ClassVar[ObservationQuerySet] = ObservationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Claim.Meta):
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        constraints = [
            *owned_constraints("figure"),
            known_choice("qualifier", Qualifier),
            known_choice("unit", Unit),
        ]

    def __str__(self) -> str:
        try:
            return self.amount
        except (ValueError, TypeError, KeyError):  # A draft holds what is not finished.
            return str(self.value or "")

    @property
    def amount(self) -> str:
        """Return the value with its qualifier and unit in the active language."""
        return format_amount(self.value, self.unit, self.qualifier)
