"""The finder of each noun."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zone.filters.facets import ApartFacet, Facet, InitialFacet, RecordFacet
from zone.filters.finder import Finder
from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park, Source
from zone.models.facility import BuildingStatus, FacilityKind
from zone.models.figure import Scope
from zone.models.news import NewsKind
from zone.models.organisation import OrganisationKind, OrganisationQuerySet, Presence, Role
from zone.models.source import SourceLanguage

NAME: Final = pgettext_lazy("order", "name")
NEWEST: Final = _("newest first")
OLDEST: Final = _("oldest first")


class OrganisationFinder(Finder):
    """Who is here, or has signed to come."""

    dates = _("Arrived")
    orders = {"name": (NAME, ("name",)), "arrived": (_("newest arrival"), ("-date", "name_en"))}

    initial = InitialFacet(_("A to Z"))
    park = RecordFacet(_("Park"), Park, shown_as="public_parks")
    field = RecordFacet(_("Field"), Field, shown_as="public_fields", several=True)
    presence = Facet(_("Presence"), Presence)
    kind = Facet(_("Kind"), OrganisationKind)
    role = Facet(_("Role"), Role)
    source = ApartFacet(_("Source"), Source)

    class Meta(Finder.Meta):
        model = Organisation

    @classmethod
    def records(cls) -> OrganisationQuerySet:
        """Return what is read of organisations: which parks and fields they have, the facets say."""
        return Organisation.objects.published().for_row()


class FacilityFinder(Finder):
    """What there is to be used."""

    dates = _("Completed or opened")
    orders = {"name": (NAME, ("name",)), "opened": (NEWEST, ("-date", "name_en"))}

    park = RecordFacet(_("Park"), Park)
    status = Facet(_("Status"), BuildingStatus)
    kind = Facet(_("Kind"), FacilityKind)
    field = RecordFacet(_("Field"), Field, several=True)
    source = ApartFacet(_("Source"), Source)

    class Meta(Finder.Meta):
        model = Facility


class NewsFinder(Finder):
    """What happened."""

    dates = _("Year")
    orders = {"newest": (NEWEST, ("-date", "name_en")), "oldest": (OLDEST, ("date", "-name_en"))}

    park = RecordFacet(_("Park"), Park)
    kind = Facet(_("Kind"), NewsKind)
    field = RecordFacet(_("Field"), Field, several=True)
    organisation = ApartFacet(_("Organisation"), Organisation)
    facility = ApartFacet(_("Facility"), Facility)
    source = ApartFacet(_("Source"), Source)

    class Meta(Finder.Meta):
        model = NewsItem


class FigureFinder(Finder):
    """What has been counted."""

    orders = {"name": (NAME, ("name",))}

    scope = Facet(_("Scope"), Scope)

    class Meta(Finder.Meta):
        model = KeyFigure


class SourceFinder(Finder):
    """What the facts rest on."""

    dates = _("Published")
    orders = {"newest": (NEWEST, ("-date", "name_en")), "oldest": (OLDEST, ("date", "-name_en"))}

    language = Facet(_("Language"), SourceLanguage)

    class Meta(Finder.Meta):
        model = Source
