"""Nothing that is not public reaches a visitor: one walk through every public path."""

from __future__ import annotations

import datetime
import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from tests import factories
from zone import workflow
from zone.content import RECORDS
from zone.history import Occasion
from zone.models import Crossing, HolidayCalendar, PreviewLink, Route
from zone.models.picture import Illustrated
from zone.previews import address_of, token_of
from zone.search.index import rebuild
from zone.sitemaps import KEYS_A_FILE
from zone.snapshots import take
from zone.translation import LANGUAGES, translated_columns

WALKED = LANGUAGES if connection.vendor == "sqlite" else ("en",)
"""What the database is asked is the same in every language."""
SECRET = "kingfisher"
TOMORROW = datetime.timedelta(days=1)
HIDDEN: dict[str, Callable[[], dict[str, Any]]] = {
    "draft": lambda: {"status": "draft"},
    "review": lambda: {"status": "review"},
    "future": lambda: {"publish_at": timezone.now() + TOMORROW},
    "expired": lambda: {"expire_at": timezone.now() - TOMORROW},
    "withdrawn": lambda: {"status": "withdrawn", "withdrawal_reason_en": "It was wrong."},
    "trashed": lambda: {"status": "trashed"},
}
ALIKE = ("review", "withdrawn", "trashed")
"""States that a database is asked about by the same statement as about drafts."""
CALENDARS = ("hong-kong", "mainland", "notices", "departures")
YEARS = itertools.count(2030)
LISTS = ("organisations", "facilities", "news", "figures", "fields", "parks", "sources")
FEEDS = ("feeds/news", "feeds/organisations", "feeds/facilities", "feeds/changes")
PAGES = (
    "",
    *(f"{name}/" for name in (*LISTS, *FEEDS)),
    *("getting-here/", "timeline/", "search/", "search/suggestions/", "news/print/", "site.webmanifest", "style/"),
    *(STATEMENTS := ("about/", "accessibility/", "privacy/", "content-policy/", "report/", "report/thanks/")),
    *(f"getting-here/{name}.ics" for name in CALENDARS),
)
FILES = ("observations.csv", "chart-1.svg")
"""What can be kept of a figure."""
QUIET = {"/robots.txt", "/.well-known/security.txt", "/sitemap.xml", "/healthz", "/readyz"} | {
    f"/{language}/{page}"
    for language in WALKED
    for page in (*STATEMENTS, "search/", "search/suggestions/", "site.webmanifest")
}
"""The pages that show no record."""
PARAMETERS = (
    *(f"?q={SECRET}", f"?field={SECRET}-field", f"?park={SECRET}-park"),
    *(f"?{noun}={SECRET}-{noun}" for noun in ("organisation", "facility", "source")),
    *("?from=1871&to=1871", "?year=1871", "?sort=arrived"),
)

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
            return factory(**texts | values)

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
            latitude="22.522",
            longitude="114.072",
        )
        self.organisation.premises = self.facility
        self.organisation.save()
        self.news = secret(
            factories.NewsItemFactory,
            date="1871",
            kind="notice",
            holds_from=datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC),
            holds_until=datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC),
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
        self.crossing = secret(
            factories.CrossingFactory, facility=self.facility, hours_source=self.source, documents_source=self.source
        )
        cited = dict.fromkeys(("frequency_source", "fare_source", "eligibility_source", "trip_source"), self.source)
        self.route = secret(
            factories.RouteFactory,
            facility=self.facility,
            stops_lead="from-shenzhen",
            regular_start="1871",
            commute_after_min=35,
            sources=[self.source],
            **cited,
        )
        year = next(YEARS)
        self.calendars = [
            secret(
                factories.HolidayCalendarFactory,
                region=region,
                year=year,
                slug=f"{word}-{region}",
                sources=[self.source],
            )
            for region in ("hong-kong", "mainland")
        ]
        for calendar in self.calendars:
            secret(factories.HolidayFactory, calendar=calendar)
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
            *self.calendars,
        ]
        for owner in ("organisation", "facility", "route"):
            secret(factories.FactFactory, **{"organisation": None, owner: getattr(self, owner)}, **rows)
        secret(factories.PersonFactory, organisation=self.organisation, **rows)
        secret(factories.SpecificationFactory, facility=self.facility, **rows)
        for _ in range(2):  # One is not drawn.
            secret(factories.ObservationFactory, figure=self.figure, **rows)
        for _ in range(2):  # One leads nowhere.
            secret(factories.StopFactory, route=self.route, facility=self.facility)
        secret(factories.DepartureFactory, route=self.route, runs_on="daily", **rows)
        secret(factories.ChangeNoteFactory, organisation=self.organisation)

    def illustrate(self, name: str) -> None:
        """Give the records pictures in files called ``name``, which no page opens."""
        for record in self.records:
            if isinstance(record, Illustrated):
                fields = {"picture": f"{record.stem}/{name}.jpeg", "picture_width": 3, "picture_height": 2}
                type(record)._default_manager.filter(pk=record.pk).update(**fields)

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
        self.crossing.documents_source = other.source
        self.crossing.save()
        self.route.frequency, self.route.frequency_source, self.route.facility = 3, other.source, other.facility
        self.route.fare_source = self.route.eligibility_source = self.route.trip_source = other.source
        self.route.save()
        for calendar in self.calendars:
            calendar.sources.add(other.source)
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
    files = [
        f"/sitemaps/{record.stem}.xml?p={-(-record.pk // KEYS_A_FILE)}".removesuffix("?p=1")
        for zone in zones
        for record in zone.records
        if record.stem in LISTS_OF
    ]
    addresses = ["/", *files, "/robots.txt", "/.well-known/security.txt", "/sitemap.xml", "/gtfs.zip"]
    addresses += ["/healthz", "/readyz"]
    # What a list leaves out does not depend on the language.
    addresses += [
        f"/zh-hant/{page}/{query}"
        for page in (*LISTS, *FEEDS, "news/print", "search", "search/suggestions")
        for query in PARAMETERS
    ]
    addresses.append(f"/en/search/?q={SECRET[:-1]}x")  # What was meant?
    for language in WALKED:
        addresses += [f"/{language}/{page}" for page in PAGES]
        for zone in zones:
            for record in zone.records:
                if not isinstance(record, (Crossing, Route, HolidayCalendar)):
                    addresses.append(f"/{language}/{LISTS_OF[record.stem]}/{record.slug}/")
            addresses.append(f"/{language}/facilities/{zone.facility.slug}/sheet/")
            addresses.append(f"/{language}/facilities/compare/?facility={zone.facility.slug}")
            addresses += [f"/{language}/figures/{zone.figure.slug}/{file}" for file in FILES]
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


def said(address: str, body: str) -> str:
    """Return the page at ``address`` without what the reader has asked for: words, and the address itself."""
    body = re.sub(rf'(value="|[?&]\w+=|[“「]|<b>){SECRET}[-\w]*', "", body)
    path = address.partition("?")[0]
    body = body.replace(f'name="page" value="{path}"', "")
    page = re.escape(path.lstrip("/").partition("/")[2])
    return re.sub(rf'href="/({"|".join(LANGUAGES)})/{page}"', "", body)


def text_of(response: Any) -> str:
    """Return what an answer says: the files of an archive, and the lines of a calendar in one piece."""
    if response.headers["Content-Type"] != "application/zip":
        return response.content.decode().replace("\r\n ", "")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


def leaks(client: Client, addresses: list[str]) -> dict[str, list[str]]:
    """Return the lines that say the secret, by address."""
    rebuild()
    found = {}
    for address in addresses:
        body = text_of(client.get(address, follow=True))
        if lines := [line.strip() for line in said(address, body).splitlines() if SECRET in line]:
            found[address] = lines
    return found


def answers(client: Client, addresses: list[str]) -> set[int]:
    return {client.get(address).status_code for address in addresses}


def details(zone: Zone) -> list[str]:
    return [address for address in public_addresses(zone) if f"/{zone.source.slug.split('-')[0]}-" in address]


@pytest.mark.parametrize(
    "state", [pytest.param(one, marks=[pytest.mark.any_database] if one in ALIKE else []) for one in HIDDEN]
)
def test_nothing_hidden_reaches_a_visitor(client: Client, state: str) -> None:
    hidden, shown = Zone(SECRET, **HIDDEN[state]()), Zone("heron")
    shown.tie_to(hidden)
    hidden.illustrate(SECRET)
    assert leaks(client, public_addresses(shown, hidden)) == {}
    assert answers(client, details(hidden)) == {410 if state in ("expired", "withdrawn") else 404}


def drafts(zone: Zone, word: str, **fields: Any) -> None:
    """Write ``word`` into drafts of all records of ``zone``, in the place of its own word."""
    own = zone.source.slug.split("-")[0]
    for record in zone.records:
        content = json.loads(json.dumps(take(record)).replace(own, word))
        content["fields"] |= fields
        workflow.keep(record, content, occasion())


def occasion() -> Occasion:
    chief, _ = User.objects.get_or_create(username="chief", defaults={"is_superuser": True, "is_staff": True})
    return Occasion(by=chief, comment=f"{SECRET} has to be looked at once more.")


@pytest.mark.any_database
def test_nothing_of_a_draft_reaches_a_visitor(client: Client) -> None:
    written, proposed, scheduled, discarded, returned = (
        *(Zone(word) for word in ("heron", "egret", "stork", "crane")),
        Zone(f"{SECRET}-returned", status="review"),
    )
    drafts(written, SECRET)
    drafts(proposed, f"{SECRET}-proposed")
    drafts(scheduled, f"{SECRET}-scheduled", publish_at=(timezone.now() + TOMORROW).isoformat())
    drafts(discarded, f"{SECRET}-discarded")
    for step, zone in (
        (workflow.submit, proposed),
        (workflow.publish, scheduled),
        (workflow.discard, discarded),
        (workflow.send_back, returned),
    ):
        for record in zone.records:
            step(record, occasion())
    assert leaks(client, public_addresses(written, proposed, scheduled, discarded, returned)) == {}
    for zone in (written, proposed, scheduled, discarded):
        guessed = [re.sub(r"/(heron|egret|stork|crane)-", f"/{SECRET}-", address) for address in details(zone)]
        assert (answers(client, details(zone)), answers(client, guessed)) == ({200}, {404})
    assert answers(client, details(returned)) == {404}


def test_what_is_scheduled_is_found_by_the_same_walk_after_its_time(client: Client) -> None:
    """Shows that the walk would see a leak of a draft."""
    zone = Zone("heron")
    drafts(zone, SECRET, publish_at=(timezone.now() + TOMORROW).isoformat())
    for record in zone.records:
        workflow.publish(record, occasion())
    before = details(zone)
    with time_machine.travel(timezone.now() + 2 * TOMORROW):
        client.get("/en/about/")
        for record in zone.records:
            record.refresh_from_db()
        found = leaks(client, public_addresses(zone))
        assert answers(client, before) == {301}
    walked = {address for address in public_addresses(zone) if "?" not in address}
    assert walked - set(found) == QUIET


@pytest.mark.any_database
def test_nobody_guesses_a_preview(client: Client) -> None:
    live, hidden, trashed = Zone("heron"), Zone(SECRET, status="draft"), Zone(f"{SECRET}-trashed", status="trashed")
    drafts(live, f"{SECRET}-draft")
    now = timezone.now()
    tokens = ["", "x", "1", "1:", "0:0"]
    for record in (*live.records, *hidden.records, *trashed.records):
        link, expired, revoked = (
            PreviewLink.objects.create(**{"record": record, "expires_at": now + TOMORROW, **values})
            for values in ({}, {"expires_at": now}, {"revoked_at": now})
        )
        forged = [Signer(salt=salt).sign(str(link.pk)) for salt in ("another", "django.core.signing.Signer")]
        tokens += [*forged, str(link.pk), f"{link.pk}:{token_of(expired).split(':')[1]}"]
        tokens += [token_of(expired), token_of(revoked)]
        if record in trashed.records:
            tokens.append(token_of(link))
    addresses = [f"/{language}/preview/{token}/".replace("//", "/") for language in LANGUAGES for token in tokens]
    assert leaks(client, addresses) == {}
    assert answers(client, addresses) == {404, 410}


@pytest.mark.any_database
def test_preview_is_where_its_link_leads_and_nowhere_else(client: Client) -> None:
    """Shows that the walk would see what a guessed preview shows."""
    hidden = Zone(SECRET, status="draft")
    # The crossing has the page of its facility, which is hidden too.
    records = [record for record in hidden.records if record != hidden.crossing]
    links = [PreviewLink.objects.create(record=one, expires_at=timezone.now() + TOMORROW) for one in records]
    addresses = [address_of(link, "en") for link in links]
    assert set(leaks(client, addresses)) == set(addresses)
    assert leaks(client, public_addresses(hidden)) == {}


def test_what_is_public_is_found_by_the_same_walk(client: Client) -> None:
    """Shows that the walk would see a leak: the same records, published, are on the pages that it reads."""
    hidden, shown = Zone(SECRET), Zone("heron")
    shown.tie_to(hidden)
    addresses = {address for address in public_addresses(shown, hidden) if "?" not in address}
    numbers_only = {f"/{language}/figures/{shown.figure.slug}/chart-1.svg" for language in WALKED}
    assert addresses - set(leaks(client, sorted(addresses))) == QUIET | numbers_only


@pytest.mark.any_database
def test_pictures_are_found_by_the_same_walk(client: Client) -> None:
    """Shows that the walk would see the picture of something hidden: by the name of its file."""
    zone = Zone("heron")
    zone.illustrate(SECRET)
    found = {address.removeprefix("/en/") for address in leaks(client, public_addresses(zone)) if "/en/" in address}
    records = (zone.organisation, zone.facility, zone.news, zone.park)
    pages = {f"{LISTS_OF[record.stem]}/" for record in records}
    pages |= {f"{LISTS_OF[record.stem]}/{record.slug}/" for record in records}
    assert found == {"", "news/print/", "getting-here/", "style/", *pages}


def test_every_public_address_is_part_of_the_walk() -> None:
    """A new page has to be added to the walk above."""
    names = {str(name) for name in get_resolver("zone.urls").reverse_dict if isinstance(name, str)}
    walked = {f"{stem}_{page}" for stem in LISTS_OF for page in ("list", "detail")}
    walked |= {f"{stem}_feed" for stem in ("news", "organisation", "facility", "change")}
    walked |= {"figure_observations", "figure_chart", "calendar"}
    others = {"home", "getting_here", "timeline", "search", "search_suggestions", "about", "news_print", "manifest"}
    walked |= {"facility_compare", "facility_sheet"}
    others |= {"accessibility", "privacy", "content_policy", "report", "report_thanks", "style"}
    assert names == walked | others | {"preview"}
