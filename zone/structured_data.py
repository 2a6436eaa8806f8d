"""The content in the vocabulary of schema.org, for search engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from zone.models import Facility, NewsItem, Organisation, Park
from zone.models.facility import FacilityKind
from zone.models.organisation import OrganisationKind
from zone.models.picture import Illustrated
from zone.publishing import Publishable
from zone.translation import HTML_LANGUAGES, active_language, texts_of

Data = dict[str, Any]

_CONTEXT: Final = "https://schema.org"
_ORGANISATION_TYPES: Final = {
    OrganisationKind.COMPANY: "Corporation",
    OrganisationKind.EDUCATION: "EducationalOrganization",
    OrganisationKind.FACILITY: "ResearchOrganization",
    OrganisationKind.FUNDER: "FundingAgency",
    OrganisationKind.GOVERNMENT: "GovernmentOrganization",
    OrganisationKind.HEALTHCARE: "MedicalOrganization",
    OrganisationKind.NONPROFIT: "NGO",
    OrganisationKind.ARCHIVE: "ArchiveOrganization",
    OrganisationKind.OTHER: "Organization",
}
_FACILITY_TYPES: Final = {FacilityKind.RESIDENCE: "Residence", FacilityKind.VENUE: "EventVenue"}


def describe(request: HttpRequest, record: Publishable) -> Data | None:
    """Return what schema.org has to say about ``record``, or ``None`` for a noun that it does not know."""
    describe_noun = _DESCRIBED.get(type(record))
    return {"@context": _CONTEXT, **_known(describe_noun(request, record))} if describe_noun else None


def describe_site(request: HttpRequest) -> Data:
    """Return the description of the site with its search, for the home page."""
    search = request.build_absolute_uri(reverse("search"))
    return {
        "@context": _CONTEXT,
        "@type": "WebSite",
        "name": _("Hetao Shenzhen-Hong Kong Science and Technology Innovation Cooperation Zone"),
        "alternateName": ["Hetao", "河套深港科技创新合作区", "河套深港科技創新合作區"],
        "url": request.build_absolute_uri(reverse("home")),
        "inLanguage": list(HTML_LANGUAGES.values()),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{search}?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        },
    }


def _organisation(request: HttpRequest, record: Organisation) -> Data:
    parent = record.parent.name if record.parent and record.parent.is_public else record.parent_name
    return {
        "@type": _ORGANISATION_TYPES[OrganisationKind(record.kind)],
        **_named(request, record),
        "alternateName": [*_other_names(record), *([record.short_name] if record.short_name else [])],
        "foundingDate": record.founded,
        "sameAs": record.website,
        "email": record.email,
        "image": _picture(request, record),
        "logo": request.build_absolute_uri(logo.address) if (logo := record.logo.whole) else None,
        "parentOrganization": {"@type": "Organization", "name": parent} if parent else None,
        "knowsAbout": [field.name for field in record.fields.all()],
        "location": [_park(request, park) for park in record.parks.all()] if record.is_in_the_zone else [],
    }


def _facility(request: HttpRequest, record: Facility) -> Data:
    located = record.latitude is not None and record.longitude is not None
    return {
        "@type": _FACILITY_TYPES.get(FacilityKind(record.kind), "Place"),
        **_named(request, record),
        "alternateName": _other_names(record),
        "address": record.address,
        "image": _picture(request, record),
        "containedInPlace": _park(request, record.park) if record.park.is_public else None,
        "geo": {"@type": "GeoCoordinates", "latitude": float(record.latitude), "longitude": float(record.longitude)}  # type: ignore[arg-type]
        if located
        else None,
    }


def _news(request: HttpRequest, record: NewsItem) -> Data:
    publisher = {
        "@type": "Organization",
        "name": _("Hetao newsroom"),
        "url": request.build_absolute_uri(reverse("home")),
    }
    return {
        "@type": "NewsArticle",
        "headline": record.title,
        "description": record.summary,
        "inLanguage": HTML_LANGUAGES[record.title.language],
        "datePublished": record.date,
        "dateModified": record.updated_at.isoformat(timespec="seconds"),
        "mainEntityOfPage": request.build_absolute_uri(record.get_absolute_url()),
        "image": _picture(request, record),
        "author": publisher,
        "publisher": publisher,
        "citation": [source.title for source in record.sources.all()],
        "about": [{"@type": "Organization", "name": organisation.name} for organisation in record.organisations.all()],
    }


def _park(request: HttpRequest, park: Park) -> Data:
    return {"@type": "Place", "name": park.name, "url": request.build_absolute_uri(park.get_absolute_url())}


def _picture(request: HttpRequest, record: Illustrated) -> Data | None:
    """Return the picture with whose it is and on which terms it is shown."""
    shown = record.picture.share
    if shown is None:
        return None
    return _known(
        {
            "@type": "ImageObject",
            "url": request.build_absolute_uri(shown.address),
            "caption": record.picture_caption or record.picture_alternative,
            "creditText": record.picture_credit,
            "license": record.licence.address,
        }
    )


def _named(request: HttpRequest, record: Organisation | Facility) -> Data:
    return {
        "name": record.name,
        "description": record.summary,
        "url": request.build_absolute_uri(record.get_absolute_url()),
    }


def _other_names(record: Organisation | Facility) -> list[str]:
    return [text for text in texts_of(record, "name") if text != record.name and text.language != active_language()]


def _known(data: Data) -> Data:
    """Leave out what is unknown."""
    return {name: value for name, value in data.items() if value not in (None, "", [])}


_DESCRIBED: Final[dict[type[Publishable], Callable[..., Data]]] = {
    Organisation: _organisation,
    Facility: _facility,
    NewsItem: _news,
}
