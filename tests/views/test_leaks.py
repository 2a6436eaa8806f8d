"""Nothing that is not public reaches a visitor: one walk through every public path."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver
from django.utils import timezone

from tests import factories
from tests.conftest import Reader
from zone.content import RECORDS
from zone.models import Crossing, Route
from zone.translation import LANGUAGES, translated_columns

SECRET = "kingfisher"
TOMORROW = datetime.timedelta(days=1)
HIDDEN: dict[str, Callable[[], dict[str, Any]]] = {
    "draft": lambda: {"status": "draft"},
    "review": lambda: {"status": "review"},
    "future": lambda: {"publish_at": timezone.now() + TOMORROW},
    "expired": lambda: {"expire_at": timezone.now() - TOMORROW},
}
LISTS = ("organisations", "facilities", "news", "figures", "fields", "parks", "sources")
PAGES = ("", *(f"{name}/" for name in LISTS), "getting-here/", "search/", "about/", "feeds/news/", "site.webmanifest")
PARAMETERS = (f"?q={SECRET}", f"?field={SECRET}-field", f"?park={SECRET}-park", "?year=1871", "?sort=arrived")

pytestmark = pytest.mark.django_db


class Zone:
    """One record of each noun, with its rows and in relation to every other."""

    def __init__(self, word: str, **state: Any) -> None:
        def secret(factory: Any, **values: Any) -> Any:
            model = factory._meta.model
            texts = {column: f"{word} {column}" for column in translated_columns(model)}
            if model in RECORDS:
                texts["slug"] = f"{word}-{model.stem}"
                values = {**state, **values}
            return factory(**texts, **values)

        self.secret = secret
        self.source = secret(
            factories.SourceFactory, title_original=f"{word} title", publisher_original=f"{word} press"
        )
        rows = {"source": self.source, "as_of": "1871"}
        self.park = secret(factories.ParkFactory, sources=[self.source])
        self.field = secret(factories.FieldFactory)
        self.organisation = secret(
            factories.OrganisationFactory,
            parks=[self.park],
            fields=[self.field],
            sources=[self.source],
            presence_source=self.source,
            arrived="1871",
        )
        self.facility = secret(
            factories.FacilityFactory,
            park=self.park,
            operator=self.organisation,
            organisations=[self.organisation],
            sources=[self.source],
            opened="1871",
        )
        self.organisation.premises = self.facility
        self.organisation.save()
        self.news = secret(
            factories.NewsItemFactory,
            date="1871",
            organisations=[self.organisation],
            facilities=[self.facility],
            fields=[self.field],
            sources=[self.source],
        )
        self.figure = secret(
            factories.KeyFigureFactory,
            organisation=self.organisation,
            facility=self.facility,
            headline_position=1,
            sources=[self.source],
        )
        self.crossing = secret(factories.CrossingFactory, facility=self.facility, hours_source=self.source)
        self.route = secret(factories.RouteFactory, facility=self.facility, frequency_source=self.source)
        self.records = [
            self.source,
            self.park,
            self.field,
            self.organisation,
            self.facility,
            self.news,
            self.figure,
            self.crossing,
            self.route,
        ]
        for owner in ("organisation", "facility", "route"):
            secret(factories.FactFactory, **{"organisation": None, owner: getattr(self, owner)}, **rows)
        secret(factories.PersonFactory, organisation=self.organisation, **rows)
        secret(factories.SpecificationFactory, facility=self.facility, **rows)
        secret(factories.ObservationFactory, figure=self.figure, **rows)
        secret(factories.StopFactory, route=self.route, facility=self.facility)
        secret(factories.DepartureFactory, route=self.route, **rows)
        secret(factories.ChangeNoteFactory, organisation=self.organisation)

    def tie_to(self, other: Zone) -> None:
        """Relate the records to those of ``other`` in every way that there is."""
        for record in (self.park, self.organisation, self.facility, self.news, self.figure, self.route):
            record.sources.add(other.source)
        self.organisation.parks.add(other.park)
        self.organisation.fields.add(other.field)
        self.organisation.parent = other.organisation
        self.organisation.premises = other.facility
        self.organisation.presence_source = other.source
        self.organisation.save()
        self.facility.operator, self.facility.located_in = other.organisation, other.facility
        self.facility.park = other.park
        self.facility.organisations.add(other.organisation)
        self.facility.save()
        self.news.organisations.add(other.organisation)
        self.news.facilities.add(other.facility)
        self.news.fields.add(other.field)
        self.figure.organisation, self.figure.facility = other.organisation, other.facility
        self.figure.save()
        self.park.operator, self.park.area = other.organisation, other.figure
        self.park.save()
        self.crossing.paired_with, self.crossing.hours_source = other.crossing, other.source
        self.crossing.save()
        self.route.frequency, self.route.frequency_source, self.route.facility = 3, other.source, other.facility
        self.route.save()
        self.secret(factories.StopFactory, route=self.route, facility=other.facility)
        for owner in ("organisation", "facility", "route"):
            other.secret(
                factories.FactFactory, **{"organisation": None, owner: getattr(self, owner)}, source=other.source
            )
            other.secret(
                factories.FactFactory, **{"organisation": None, owner: getattr(other, owner)}, source=self.source
            )
        for record in (other.park, other.organisation, other.facility, other.news, other.figure, other.route):
            record.sources.add(self.source)
        other.secret(factories.ObservationFactory, figure=other.figure, source=self.source)
        other.secret(factories.ObservationFactory, figure=self.figure, source=other.source)
        other.secret(factories.PersonFactory, organisation=self.organisation, source=other.source)


def public_addresses(*zones: Zone) -> list[str]:
    """Return every public address: pages, lists with every parameter, and the details of all records."""
    addresses = ["/", "/robots.txt", "/sitemap.xml", "/healthz", "/readyz"]
    for language in LANGUAGES:
        addresses += [f"/{language}/{page}{query}" for page in PAGES for query in ("", *PARAMETERS)]
        for zone in zones:
            for record in zone.records:
                if not isinstance(record, (Crossing, Route)):
                    addresses.append(f"/{language}/{LISTS_OF[record.stem]}/{record.slug}/")
    return addresses


LISTS_OF = {
    "organisation": "organisations",
    "facility": "facilities",
    "news": "news",
    "figure": "figures",
    "field": "fields",
    "park": "parks",
    "source": "sources",
}


@pytest.mark.parametrize("state", HIDDEN)
def test_nothing_hidden_reaches_a_visitor(reader: Reader, state: str) -> None:
    hidden, shown = Zone(SECRET, **HIDDEN[state]()), Zone("heron")
    shown.tie_to(hidden)
    for address in public_addresses(shown):
        body = reader.get(address, follow=True).content.decode()
        said = re.sub(rf'(value="|[?&]\w+=|[“「]){SECRET}[-\w]*', "", body)
        assert (address, [line.strip() for line in said.splitlines() if SECRET in line]) == (address, [])
    for address in public_addresses(hidden)[5:]:
        if SECRET in address and "?" not in address:
            assert (address, reader.get(address).status_code) == (address, 404)


def test_what_is_public_is_found_by_the_same_walk(reader: Reader) -> None:
    """Shows that the walk would see a leak: the same records, published, are on the pages that it reads."""
    hidden, shown = Zone(SECRET), Zone("heron")
    shown.tie_to(hidden)
    seen = {
        address
        for address in public_addresses(shown, hidden)
        if SECRET in re.sub(rf"[?&]\w+={SECRET}[-\w]*", "", reader.get(address).content.decode())
    }
    quiet = {"/", "/robots.txt", "/healthz", "/readyz"}
    quiet |= {f"/{language}/{page}" for language in LANGUAGES for page in ("about/", "search/", "site.webmanifest")}
    quiet |= {address for address in public_addresses() if "?" in address}
    assert {address for address in public_addresses(shown, hidden) if address not in seen} - quiet == set()


def test_every_public_address_is_part_of_the_walk() -> None:
    """A new page has to be added to the walk above."""
    names = {str(name) for name in get_resolver("zone.urls").reverse_dict if isinstance(name, str)}
    walked = {f"{stem}_{page}" for stem in LISTS_OF for page in ("list", "detail")}
    assert names == walked | {"home", "getting_here", "search", "about", "news_feed", "manifest"}
