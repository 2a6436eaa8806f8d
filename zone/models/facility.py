"""What is there to be used: buildings, laboratories, platforms, ports."""

from __future__ import annotations

import logging
import re
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from zone.models.claim import Claim, owned_constraints
from zone.models.figure import Unit, format_amount
from zone.models.organisation import Named
from zone.models.picture import Illustrated
from zone.models.reading import RecordQuerySet
from zone.models.record import known_choice
from zone.models.rich_text import RichTextField
from zone.partial_dates import PartialDateField
from zone.translation import LANGUAGES, Translated, column

logger = logging.getLogger(__name__)

_DIGITS: Final = re.compile(r"\d+")


class FacilityKind(models.TextChoices):
    """What a facility is."""

    BUILDING = "building", _("building")
    LABORATORY = "laboratory", _("laboratory")
    SHARED_EQUIPMENT = "shared-equipment", _("shared equipment or platform")
    DATA_CENTRE = "data-centre", _("data centre")
    VENUE = "venue", _("venue")
    RESIDENCE = "residence", _("residence")
    PORT = "port", _("boundary crossing point")
    TRANSPORT = "transport", _("transport link")


class BuildingStatus(models.TextChoices):
    """How far a facility has been built. Only an open one can be used."""

    PLANNED = "planned", _("planned")
    UNDER_CONSTRUCTION = "under-construction", _("under construction")
    COMPLETED = "completed", _("completed, opening not confirmed")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class Usability(models.TextChoices):
    """Whether a reader can use a facility, as far as its sources say."""

    NOT_YET = "not-yet", _("not yet")
    CLOSED = "closed", _("closed")
    ON_TERMS = "on-terms", _("on terms")
    UNKNOWN = "unknown", _("unknown")


class FacilityQuerySet(RecordQuerySet["Facility"]):
    """What the pages read of facilities."""

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        names = (column("name", language) for language in LANGUAGES)
        park = (f"park__{name}" for name in ("slug", "status", "publish_at", "expire_at", *names))
        return self.for_rows("kind", "building_status", "opened", *park).select_related("park")

    def for_detail(self) -> Self:
        """Fetch what the page of one facility shows."""
        crossing = ("crossing__hours_source", "crossing__documents_source")
        return self.select_related("park", "located_in", "operator", *crossing).with_public(
            "organisations",
            "occupants",
            "contents",
            "facts",
            "specifications",
            "sources",
            "routes",
            "figures",
            "changes",
        )


class Facility(Illustrated, Named):
    """A building, a laboratory, shared equipment, a port or a transport link."""

    stem = "facility"
    mentioned_with = ("building_status", "opened", "floor")
    names_may_be_missing = ("name",)

    name = Translated(
        models.CharField(
            _("name"),
            max_length=200,
            blank=True,
            default="",
            help_text=_("The official name. Leave it empty where no official form has been seen; never invent one."),
        ),
        en={"blank": False},
    )
    kind = models.CharField(_("kind"), max_length=16, choices=FacilityKind)
    park = models.ForeignKey("zone.Park", models.PROTECT, related_name="facilities", verbose_name=_("park"))
    located_in = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="contents", verbose_name=_("located in")
    )
    floor = models.CharField(
        _("floor"),
        max_length=10,
        blank=True,
        default="",
        help_text=_("On which floor of that building, as the source counts: 44, B1, M. Empty: unknown."),
    )
    operator = models.ForeignKey(
        "zone.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="facilities_run",
        verbose_name=_("operator"),
        help_text=_("Who runs it, where the organisation is on this site."),
    )
    operator_name = Translated(
        models.CharField(
            _("other operator"),
            max_length=200,
            blank=True,
            default="",
            help_text=_("Who runs it, where the organisation is not on this site."),
        )
    )
    organisations = models.ManyToManyField(
        "zone.Organisation",
        verbose_name=_("organisations"),
        blank=True,
        related_name="facilities",
        help_text=_("Organisations that the sources connect with the facility."),
    )
    building_status = models.CharField(_("building status"), max_length=18, choices=BuildingStatus)
    opened = PartialDateField(
        _("opened"), null=True, blank=True, help_text=_("2021, 2021-06 or 2021-06-13. Empty: unknown.")
    )
    floor_area_m2 = models.PositiveIntegerField(_("floor area in m²"), null=True, blank=True)
    floor_area_note = Translated(
        models.CharField(
            _("note on the floor area"),
            max_length=200,
            blank=True,
            default="",
            help_text=_("What the figure counts, or why it is uncertain."),
        )
    )
    address = Translated(models.CharField(_("address"), max_length=300, blank=True, default=""))
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("Degrees north, WGS 84."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=8,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("Degrees east, WGS 84."),
    )
    coordinate_basis = models.TextField(
        _("basis of the coordinates"),
        blank=True,
        default="",
        help_text=_("Where the coordinates come from. For editors; visitors read that they are approximate."),
    )
    access = Translated(
        models.CharField(
            _("who may use it"), max_length=300, blank=True, default="", help_text=_("Empty: unknown. Never a guess.")
        )
    )
    booking = Translated(
        models.CharField(
            _("how to book"), max_length=300, blank=True, default="", help_text=_("Empty: unknown. Never a guess.")
        )
    )
    summary = Translated(
        models.CharField(
            _("summary"), max_length=160, blank=True, default="", help_text=_("One sentence, at most 160 characters.")
        )
    )
    body = Translated(RichTextField(_("text"), blank=True, default=""))

    objects: ClassVar[FacilityQuerySet] = FacilityQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Illustrated.Meta):
        verbose_name = _("facility")
        verbose_name_plural = _("facilities")
        ordering = [Lower("name_en")]
        indexes = [
            *Illustrated.Meta.indexes,
            models.Index(fields=["status", "-updated_at", "slug"], name="facility_by_change"),
            models.Index("status", Lower("name_en"), name="facility_by_name"),
            models.Index("status", F("opened").desc(), Lower("name_en"), name="facility_by_opening"),
            models.Index("status", "kind", Lower("name_en"), name="facility_by_kind"),
            models.Index("status", "building_status", Lower("name_en"), name="facility_by_building_status"),
        ]
        constraints = [
            *Illustrated.Meta.constraints,
            *Named.Meta.constraints,
            known_choice("kind", FacilityKind),
            known_choice("building_status", BuildingStatus),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__isnull=False, longitude__isnull=False),
                name="%(class)s_has_both_coordinates_or_none",
            ),
            models.CheckConstraint(
                condition=models.Q(located_in__isnull=True) | ~models.Q(located_in=models.F("id")),
                name="%(class)s_is_not_located_in_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ``ValidationError`` for half a position, a floor of no building, and a facility in itself."""
        super().clean()
        for missing, given in (("latitude", "longitude"), ("longitude", "latitude")):
            if getattr(self, missing) is None and getattr(self, given) is not None:
                raise ValidationError({missing: _("Give both coordinates or none.")}, code="half_a_position")
        if self.floor and self.located_in_id is None:
            raise ValidationError({"floor": _("Say of which building.")}, code="floor_of_nothing")
        if self.pk and self.located_in_id == self.pk:
            raise ValidationError({"located_in": _("A facility cannot be located in itself.")}, code="in_itself")

    @property
    def usability(self) -> Usability | None:
        """Return whether it can be used: by its building status first, then by what is said of its users.

        ``None`` for ports and lines, which everybody passes through or nobody does.
        """
        if self.kind in (FacilityKind.PORT, FacilityKind.TRANSPORT):
            return None
        if self.building_status == BuildingStatus.CLOSED:
            return Usability.CLOSED
        if self.building_status != BuildingStatus.OPEN:
            return Usability.NOT_YET
        return Usability.ON_TERMS if self.access else Usability.UNKNOWN

    @property
    def inside(self) -> list[tuple[str, list[Any]]]:
        """Return the facilities and organisations in it, floor by floor from the lowest up.

        Those of which the floor is unknown come last. ``contents`` and ``occupants`` have been fetched before.
        """
        floors: dict[str, list[Any]] = {}
        for part in (*self.contents.all(), *self.occupants.all()):
            floors.setdefault(part.floor, []).append(part)
        return sorted(floors.items(), key=lambda entry: (entry[0] == "", _height(entry[0]), entry[0]))

    @property
    def connected(self) -> list[Any]:
        """Return the organisations that have to do with it and are not known to be inside."""
        return [one for one in self.organisations.all() if one not in self.occupants.all()]

    @property
    def floor_area(self) -> str:
        """Return the floor area with its unit in the active language, or nothing where it is unknown."""
        area: Any = self.floor_area_m2
        if not area:
            return ""
        if not isinstance(area, int) or area < 0:  # SQLite keeps whatever somebody's SQL puts into a column.
            logger.error("The floor area of facility %s is none, and is taken for unknown.", self.slug)
            return ""
        return format_amount(Decimal(area), Unit.SQUARE_METRE)


def _height(floor: str) -> int:
    """Return how high ``floor`` lies: 44 for "44" and "44/F", -2 for "B2", 0 for what has no number."""
    digits = _DIGITS.search(floor)
    height = int(digits[0]) if digits else 0
    return -height if floor.startswith("B") else height


class Specification(Claim):
    """A measured or stated property of a facility."""

    owners = ("facility",)

    facility = models.ForeignKey(Facility, models.CASCADE, related_name="specifications", verbose_name=_("facility"))
    name = Translated(models.CharField(_("property"), max_length=100, blank=True, default=""), en={"blank": False})
    value = models.CharField(_("value"), max_length=100)
    unit = models.CharField(
        _("unit"), max_length=30, blank=True, default="", help_text=_("SI symbol, such as m² or kV.")
    )

    class Meta(Claim.Meta):
        verbose_name = _("specification")
        verbose_name_plural = _("specifications")
        constraints = owned_constraints("facility")

    def __str__(self) -> str:
        return f"{self.name}: {self.value} {self.unit}".rstrip()
