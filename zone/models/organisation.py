"""Who is in the zone, or has signed to come."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from zone.models.claim import Claim, owned_constraints
from zone.models.picture import Illustrated, PictureField
from zone.models.reading import RecordQuerySet
from zone.models.record import known_choice
from zone.models.rich_text import RichTextField
from zone.partial_dates import PartialDateField
from zone.translation import Translated


class OrganisationKind(models.TextChoices):
    """The kinds of the Research Organization Registry (ROR, schema 2.1)."""

    COMPANY = "company", _("company")
    EDUCATION = "education", _("education")
    FACILITY = "facility", _("research facility")
    FUNDER = "funder", _("funder")
    GOVERNMENT = "government", _("government")
    HEALTHCARE = "healthcare", _("healthcare")
    NONPROFIT = "nonprofit", _("non-profit")
    ARCHIVE = "archive", _("archive")
    OTHER = "other", _("other")


class Role(models.TextChoices):
    """What an organisation is to the zone."""

    TENANT = "tenant", _("tenant")
    SETTLED = "settled", _("settled")
    OPERATOR = "operator", _("park operator")
    AUTHORITY = "authority", _("authority")
    PARTNER = "partner", _("partner")


class Presence(models.TextChoices):
    """How far an organisation has come. Only one that operates is in the zone."""

    ANNOUNCED = "announced", _("announced, not in the zone yet")
    SIGNED = "signed", _("signed a memorandum, not in the zone")
    OPERATING = "operating", _("in the zone")
    LEFT = "left", _("has left the zone")


class NameBasis(models.TextChoices):
    """Where an English name comes from."""

    SOURCE = "source", _("from a source")
    COMMON_USAGE = "common-usage", _("common usage")
    DESCRIPTIVE = "descriptive-translation", _("our own descriptive translation, not official")


class ScriptConversion(models.TextChoices):
    """Which form of a Chinese name was made from the other by converting the script."""

    NONE = "", _("none: both forms were seen")
    SIMPLIFIED = "hans", _("the Simplified form was converted")
    TRADITIONAL = "hant", _("the Traditional form was converted")


class Named(models.Model):
    """A record whose name may be official, usual or our own."""

    english_name_basis = models.CharField(
        _("basis of the English name"),
        max_length=23,
        choices=NameBasis,
        default=NameBasis.SOURCE,
        help_text=_("Where the English name comes from."),
    )
    script_conversion = models.CharField(
        _("converted script"),
        max_length=4,
        choices=ScriptConversion,
        default=ScriptConversion.NONE,
        blank=True,
        help_text=_("Whether one of the Chinese names was made from the other and has not been seen anywhere."),
    )

    class Meta:
        abstract = True
        constraints = [
            known_choice("english_name_basis", NameBasis),
            known_choice("script_conversion", ScriptConversion),
        ]


class OrganisationQuerySet(RecordQuerySet["Organisation"]):
    """What the pages read of organisations."""

    def for_row(self) -> Self:
        """Read what a row of a list shows of the organisation itself."""
        return self.for_rows("kind", "presence", "presence_as_of", "arrived")

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.for_row().with_public_lists("parks", "fields")

    def for_detail(self) -> Self:
        """Fetch what the page of one organisation shows."""
        return self.select_related("parent", "premises", "presence_source").with_public(
            "parks",
            "fields",
            "facts",
            "people",
            "sources",
            "children",
            "facilities",
            "facilities_run",
            "figures",
            "changes",
        )


class Organisation(Illustrated, Named):
    """A company, institute, university or body of government."""

    stem = "organisation"
    mentioned_with = ("presence", "presence_as_of", "arrived", "floor")
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
    short_name = models.CharField(
        _("short name"), max_length=50, blank=True, default="", help_text=_("An abbreviation or brand, such as HKSTP.")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=OrganisationKind)
    role = models.CharField(_("role in the zone"), max_length=9, choices=Role)
    presence = models.CharField(
        _("presence"),
        max_length=9,
        choices=Presence,
        help_text=_("A signed memorandum is not a presence. Choose “in the zone” only where a source says so."),
    )
    presence_as_of = PartialDateField(
        _("presence as of"), null=True, blank=True, help_text=_("The date of the report that the presence rests on.")
    )
    presence_source = models.ForeignKey(
        "zone.Source",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="presences",
        verbose_name=_("source of the presence"),
    )
    parks = models.ManyToManyField("zone.Park", verbose_name=_("parks"), related_name="organisations")
    fields = models.ManyToManyField("zone.Field", verbose_name=_("fields"), blank=True, related_name="organisations")
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent in the zone"),
        help_text=_("The parent organisation, where it is on this site too."),
    )
    parent_name = Translated(
        models.CharField(
            _("other parent"),
            max_length=200,
            blank=True,
            default="",
            help_text=_("The parent organisation, where it is not on this site."),
        )
    )
    premises = models.ForeignKey(
        "zone.Facility",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="occupants",
        verbose_name=_("premises"),
        help_text=_("The building or laboratory in the zone where it works."),
    )
    floor = models.CharField(
        _("floor"),
        max_length=10,
        blank=True,
        default="",
        help_text=_("On which floor of the premises, as the source counts: 44, B1, M. Empty: unknown."),
    )
    founded = PartialDateField(_("founded"), null=True, blank=True)
    arrived = PartialDateField(
        _("arrived in the zone"), null=True, blank=True, help_text=_("2021, 2021-06 or 2021-06-13. Empty: unknown.")
    )
    website = models.URLField(_("website"), max_length=300, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    summary = Translated(
        models.CharField(
            _("summary"), max_length=160, blank=True, default="", help_text=_("One sentence, at most 160 characters.")
        )
    )
    body = Translated(RichTextField(_("text"), blank=True, default=""))
    logo = PictureField(
        _("logo"), help_text=_("A picture that the organisation lets others use, at least 400 pixels wide.")
    )

    objects: ClassVar[OrganisationQuerySet] = OrganisationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Illustrated.Meta):
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = [Lower("name_en")]
        indexes = [
            *Illustrated.Meta.indexes,
            models.Index(fields=["status", "-updated_at", "slug"], name="organisation_by_change"),
            models.Index("status", Lower("name_en"), name="organisation_by_name"),
            models.Index("status", F("arrived").desc(), Lower("name_en"), name="organisation_by_arrival"),
            models.Index("status", "kind", Lower("name_en"), name="organisation_by_kind"),
            models.Index("status", "presence", Lower("name_en"), name="organisation_by_presence"),
        ]
        constraints = [
            *Illustrated.Meta.constraints,
            *Named.Meta.constraints,
            known_choice("kind", OrganisationKind),
            known_choice("role", Role),
            known_choice("presence", Presence),
            models.CheckConstraint(
                condition=~models.Q(role=Role.PARTNER, presence=Presence.OPERATING),
                name="%(class)s_partner_is_not_in_the_zone",
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="%(class)s_is_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ``ValidationError`` for a partner in the zone, a floor of no building, and its own parent."""
        super().clean()
        if self.role == Role.PARTNER and self.is_in_the_zone:
            message = _("An organisation that is in the zone is more than a partner. Choose its role.")
            raise ValidationError({"role": message}, code="partner_in_the_zone")
        if self.floor and self.premises_id is None:
            raise ValidationError({"floor": _("Say of which building.")}, code="floor_of_nothing")
        if self.pk and self.parent_id == self.pk:
            raise ValidationError({"parent": _("An organisation cannot be its own parent.")}, code="own_parent")

    @property
    def is_in_the_zone(self) -> bool:
        """Whether the organisation works in the zone today, as far as the sources say."""
        return self.presence == Presence.OPERATING


class Person(Claim):
    """Somebody who held a role at an organisation on a date."""

    owners = ("organisation",)

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="people", verbose_name=_("organisation")
    )
    name = Translated(models.CharField(_("name"), max_length=100, blank=True, default=""), en={"blank": False})
    role = Translated(models.CharField(_("role"), max_length=150, blank=True, default=""), en={"blank": False})

    class Meta(Claim.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = owned_constraints("organisation")

    def __str__(self) -> str:
        return f"{self.name}, {self.role}"
