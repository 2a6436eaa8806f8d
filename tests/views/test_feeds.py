"""What feed readers subscribe to: valid Atom, with the filters of the lists, that is sent when it has changed."""

from __future__ import annotations

import datetime
import re
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.conftest import LateReader, Reader
from zone import workflow
from zone.feeds import LATEST
from zone.history import Occasion
from zone.models import Organisation
from zone.search.index import rebuild
from zone.translation import LANGUAGES

ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
ORIGIN = "http://testserver"
FEEDS = ("news", "organisations", "facilities", "changes")
DATE = "2026-11-20T08:00:00+00:00"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
NOW = datetime.datetime(2026, 11, 20, 8, 0, tzinfo=datetime.UTC)

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture
def reader(db: None) -> Reader:
    return LateReader()


def feed_at(reader: Reader, address: str, **headers: str) -> ET.Element:
    response = reader.get(address, headers=headers)
    assert response.status_code == 200
    return ET.fromstring(response.content)  # noqa: S314


def text(element: ET.Element, name: str) -> str | None:
    return element.findtext(f"{ATOM}{name}")


def titles(feed: ET.Element) -> list[str | None]:
    return [text(entry, "title") for entry in feed.findall(f"{ATOM}entry")]


def links(element: ET.Element) -> dict[str | None, str | None]:
    return {link.get("rel"): link.get("href") for link in element.findall(f"{ATOM}link")}


def hours_ago(hours: int) -> datetime.datetime:
    return NOW - datetime.timedelta(hours=hours)


def one_of_each() -> None:
    """Make one record, or note, for each feed, with what strains XML and dates."""
    organisation = factories.OrganisationFactory(
        name_en="R&D <Labs>", name_zh_hans="", name_zh_hant="", summary_en="A \x0b ‘bell’ \uffff & more."
    )
    factories.FacilityFactory(organisations=[organisation])
    factories.NewsItemFactory(date="1871", organisations=[organisation])
    factories.NewsItemFactory(date="0001-01-01", summary_en="", summary_zh_hans="", summary_zh_hant="")
    factories.ChangeNoteFactory(organisation=organisation)


def mistakes(feed: ET.Element) -> list[str]:
    """Return what the validator of the W3C, and RFC 4287, would say of ``feed``."""
    entries = feed.findall(f"{ATOM}entry")
    found = [mistake for element in (feed, *entries) for mistake in mistakes_of(element)]
    identifiers = [text(element, "id") for element in (feed, *entries)]
    if len(set(identifiers)) != len(identifiers):
        found.append(f"not unique: {identifiers}")
    if not feed.findtext(f"{ATOM}author/{ATOM}name"):
        found.append("no author")
    newest = max((str(text(entry, "updated")) for entry in entries), default=text(feed, "updated"))
    if text(feed, "updated") != newest:
        found.append(f"updated at {text(feed, 'updated')}, its newest entry at {newest}")
    return found


def mistakes_of(element: ET.Element) -> list[str]:
    """Return what would be said of a feed or an entry by itself."""
    texts = {name: [child.text for child in element.findall(f"{ATOM}{name}")] for name in ("id", "title", "updated")}
    found = [f"{name} is {found}" for name, found in texts.items() if len(found) != 1 or not (found[0] or "").strip()]
    expected = ["alternate", "self"] if element.tag == f"{ATOM}feed" else ["alternate"]
    if list(links(element)) != expected or len(element.findall(f"{ATOM}link")) != len(expected):
        found.append(f"links to {links(element)}")
    found += [f"{link} is relative" for link in links(element).values() if not str(link).startswith(ORIGIN)]
    times = [str(text(element, name) or DATE) for name in ("updated", "published")]
    return found + [f"{time} is no date of RFC 3339" for time in times if not RFC_3339.fullmatch(time)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FEEDS)
def test_feed_is_valid_atom_in_each_language(reader: Reader, name: str, language: str) -> None:
    one_of_each()
    response = reader.get(f"/{language}/feeds/{name}/")
    feed = ET.fromstring(response.content)  # noqa: S314
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert mistakes(feed) == []
    assert len(titles(feed)) == (2 if name == "news" else 1)
    assert feed.get(LANGUAGE) == {"en": "en", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}[language]


@pytest.mark.parametrize("name", FEEDS)
def test_empty_feed_is_valid_and_never_changes(reader: Reader, name: str) -> None:
    feed = feed_at(reader, f"/en/feeds/{name}/")
    assert (mistakes(feed), titles(feed), text(feed, "updated")) == ([], [], "2000-01-01T00:00:00+00:00")


def test_news_are_told_in_the_language_of_the_feed_newest_first(reader: Reader) -> None:
    items = [factories.NewsItemFactory(slug=f"item-{day}", date=f"2026-06-{day}") for day in (11, 13, 12)]
    feed = feed_at(reader, "/zh-hant/feeds/news/")
    assert links(feed) == {"alternate": f"{ORIGIN}/zh-hant/news/", "self": f"{ORIGIN}/zh-hant/feeds/news/"}
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "河套編輯部"
    assert titles(feed) == [items[i].title_zh_hant for i in (1, 2, 0)]
    first = feed.findall(f"{ATOM}entry")[0]
    assert text(first, "published") == "2026-06-13T00:00:00+08:00"
    assert links(first) == {"alternate": f"{ORIGIN}/zh-hant/news/item-13/"}
    assert text(first, "summary") == items[1].summary_zh_hant


def test_text_that_the_language_lacks_says_which_it_is_in(reader: Reader) -> None:
    factories.OrganisationFactory(name_en="Labs", name_zh_hans="", name_zh_hant="")
    entry = feed_at(reader, "/zh-hans/feeds/organisations/").findall(f"{ATOM}entry")[0]
    languages = {name: entry.find(f"{ATOM}{name}").get(LANGUAGE) for name in ("title", "summary")}  # type: ignore[union-attr]
    assert (text(entry, "title"), languages) == ("Labs", {"title": "en", "summary": "zh-Hans"})


@pytest.mark.parametrize(
    ("name", "factory"), [("organisations", factories.OrganisationFactory), ("facilities", factories.FacilityFactory)]
)
def test_what_changed_or_appeared_last_comes_first(reader: Reader, name: str, factory: Any) -> None:
    factory(name_en="Old", updated_at=hours_ago(3))
    factory(name_en="New", updated_at=hours_ago(1))
    factory(name_en="Later", updated_at=hours_ago(2), publish_at=NOW)
    with time_machine.travel(NOW):
        feed = feed_at(reader, f"/en/feeds/{name}/")
    assert titles(feed) == ["New", "Later", "Old"]
    assert [text(entry, "updated") for entry in feed.findall(f"{ATOM}entry")] == [
        "2026-11-20T07:00:00+00:00",
        "2026-11-20T08:00:00+00:00",
        "2026-11-20T05:00:00+00:00",
    ]
    assert text(feed, "updated") == "2026-11-20T08:00:00+00:00"


def test_feed_has_the_latest_only(reader: Reader) -> None:
    for hours in range(LATEST + 2):
        factories.FacilityFactory(name_en=f"Laboratory {hours}", updated_at=hours_ago(hours))
    assert titles(feed_at(reader, "/en/feeds/facilities/")) == [f"Laboratory {hours}" for hours in range(LATEST)]


def filtered() -> None:
    """Make what filters choose from: of each noun one that they find and one that they do not."""
    park = factories.ParkFactory(slug="north", name_en="North Park")
    quantum = factories.FieldFactory(slug="quantum", name_en="Quantum")
    found = factories.OrganisationFactory(name_en="Photon", parks=[park], fields=[quantum], kind="education")
    factories.OrganisationFactory(name_en="Elsewhere", fields=[quantum])
    factories.FacilityFactory(name_en="Beamline", park=park, organisations=[found])
    factories.FacilityFactory(name_en="Warehouse")
    factories.NewsItemFactory(title_en="Beam on", organisations=[found])
    factories.NewsItemFactory(title_en="Door shut")


@pytest.mark.parametrize(
    ("address", "title", "entries"),
    [
        (
            "organisations/?field=quantum&park=north",
            "Organisations of the Hetao zone: North Park, Quantum",
            ["Photon"],
        ),
        ("organisations/?kind=education", "Organisations of the Hetao zone: Education", ["Photon"]),
        ("organisations/?q=photon&sort=arrived", "Organisations of the Hetao zone: “photon”", ["Photon"]),
        ("facilities/?park=north", "Facilities of the Hetao zone: North Park", ["Beamline"]),
        ("facilities/?field=quantum", "Facilities of the Hetao zone: Quantum", ["Beamline"]),
        ("news/?park=north&field=quantum", "News of the Hetao zone: North Park, Quantum", ["Beam on"]),
        ("news/?sort=oldest&page=7&utm_source=x", "News of the Hetao zone", ["Beam on", "Door shut"]),
    ],
)
def test_feed_has_the_filters_of_its_address(reader: Reader, address: str, title: str, entries: list[str]) -> None:
    filtered()
    rebuild()
    feed = feed_at(reader, f"/en/feeds/{address}")
    assert (text(feed, "title"), sorted(map(str, titles(feed))), mistakes(feed)) == (title, entries, [])


def test_filters_stand_in_the_links_and_make_another_feed(reader: Reader) -> None:
    filtered()
    plain, narrowed = (feed_at(reader, f"/en/feeds/news/{query}") for query in ("", "?field=quantum&park=north&page=2"))
    assert links(narrowed) == {
        "alternate": f"{ORIGIN}/en/news/?park=north&field=quantum",
        "self": f"{ORIGIN}/en/feeds/news/?park=north&field=quantum",
    }
    assert text(plain, "id") != text(narrowed, "id")


@pytest.mark.parametrize(
    "query", ["?field=quantum&park=north", "?park=north&field=quantum&x=1", "?field=quantum&park=north&q="]
)
def test_feed_is_the_same_however_its_filters_are_written(reader: Reader, query: str) -> None:
    filtered()
    usual = reader.get("/en/feeds/organisations/?park=north&field=quantum")
    assert reader.get(f"/en/feeds/organisations/{query}").content == usual.content


@pytest.mark.parametrize("name", FEEDS)
def test_wrong_filters_are_ignored(reader: Reader, name: str) -> None:
    one_of_each()
    usual = reader.get(f"/en/feeds/{name}/")
    wrong = "?park=nosuch&field=%00&kind=x&year=20x4&q=a%00b&noun=nosuch&noun[]=1"
    assert reader.get(f"/en/feeds/{name}/{wrong}").content == usual.content


@given(
    name=st.sampled_from(FEEDS),
    query=st.lists(
        st.tuples(
            st.sampled_from(("q", "field", "park", "kind", "presence", "status", "year", "from", "to", "sort", "noun")),
            st.text(st.characters(), max_size=30),
        ),
        max_size=4,
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_feed_of_any_filter_is_well_formed(reader: Reader, name: str, query: list[tuple[str, str]]) -> None:
    parameters = "&".join(f"{key}={quote(value.encode('utf-8', 'surrogatepass'))}" for key, value in query)
    assert mistakes(feed_at(reader, f"/en/feeds/{name}/?{parameters}")) == []


def test_names_of_entries_are_the_same_on_every_host(reader: Reader, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "hetao.example"]
    one_of_each()
    for name in FEEDS:
        here, there = (feed_at(reader, f"/en/feeds/{name}/", host=host) for host in ("testserver", "hetao.example"))
        names = [[text(one, "id") for one in (feed, *feed.findall(f"{ATOM}entry"))] for feed in (here, there)]
        assert names[0] == names[1]


# Changes


def notes_on_everything() -> list[Any]:
    """Return a note on a record of each noun, the newest first."""
    owners = [
        ("organisation", factories.OrganisationFactory(name_en="Acme")),
        ("facility", factories.FacilityFactory(name_en="Beamline")),
        ("news_item", factories.NewsItemFactory(title_en="Beam on")),
        ("key_figure", factories.KeyFigureFactory(label_en="Staff")),
        ("route", factories.RouteFactory(name_en="Shuttle")),
    ]
    return [
        factories.ChangeNoteFactory(
            **{"organisation": None, owner: record}, kind="correction", date=datetime.date(2026, 11, 20 - day)
        )
        for day, (owner, record) in enumerate(owners)
    ]


def test_changes_of_every_noun_are_told_newest_first(reader: Reader) -> None:
    notes = notes_on_everything()
    feed = feed_at(reader, "/en/feeds/changes/")
    names = ["Acme", "Beamline", "Beam on", "Staff", "Shuttle"]
    assert (titles(feed), mistakes(feed)) == ([f"{name}: correction" for name in names], [])
    entries = feed.findall(f"{ATOM}entry")
    assert [text(entry, "summary") for entry in entries] == [note.text_en for note in notes]
    assert [links(entry)["alternate"] for entry in entries] == [
        f"{ORIGIN}{note.owner.get_absolute_url()}" for note in notes
    ]
    assert text(entries[0], "updated") == "2026-11-20T00:00:00+08:00"


@pytest.mark.parametrize(
    ("noun", "name"),
    [
        ("organisation", "Acme"),
        ("facility", "Beamline"),
        ("news", "Beam on"),
        ("figure", "Staff"),
        ("route", "Shuttle"),
    ],
)
def test_changes_of_one_noun_can_be_asked_for(reader: Reader, noun: str, name: str) -> None:
    notes_on_everything()
    feed = feed_at(reader, f"/en/feeds/changes/?noun={noun}")
    assert titles(feed) == [f"{name}: correction"]
    assert links(feed)["self"] == f"{ORIGIN}/en/feeds/changes/?noun={noun}"


def test_changes_of_what_is_hidden_are_not_told(reader: Reader) -> None:
    for state in ({"status": "draft"}, {"status": "withdrawn"}, {"expire_at": timezone.now()}):
        factories.ChangeNoteFactory(organisation=factories.OrganisationFactory(**state))
    assert titles(feed_at(reader, "/en/feeds/changes/")) == []


# Reading again


def status(reader: Reader, address: str, **headers: str) -> int:
    return reader.get(address, headers=headers).status_code


@pytest.mark.parametrize("name", FEEDS)
def test_feed_that_has_not_changed_is_not_sent_again(reader: Reader, name: str) -> None:
    one_of_each()
    address = f"/en/feeds/{name}/"
    first = reader.get(address)
    by_tag = reader.get(address, headers={"if-none-match": first.headers["ETag"]})
    by_date = reader.get(address, headers={"if-modified-since": first.headers["Last-Modified"]})
    assert [(answer.status_code, answer.content) for answer in (by_tag, by_date)] == [(304, b""), (304, b"")]
    assert by_tag.headers["ETag"] == first.headers["ETag"]
    assert status(reader, address, if_none_match='"other"') == 200


def withdraw(record: Any) -> None:
    chief = User.objects.create(username="chief", is_superuser=True, is_staff=True)
    workflow.withdraw(record, {"en": "It was wrong."}, Occasion(by=chief))


def leave_the_filter(record: Any) -> None:
    record.fields.clear()


def hide_quietly(record: Any) -> None:
    Organisation.objects.filter(pk=record.pk).update(status="draft")


def rename_the_field(record: Any) -> None:
    field = record.fields.get()
    field.name_en = "Quanta"
    field.save()


@pytest.mark.parametrize("change", [withdraw, leave_the_filter, hide_quietly, rename_the_field])
@pytest.mark.parametrize("which", ["newest", "oldest"])
def test_feed_that_something_left_is_sent_again(reader: Reader, change: Any, which: str) -> None:
    quantum = factories.FieldFactory(slug="quantum")
    records = {
        name: factories.OrganisationFactory(name_en=name, fields=[quantum], updated_at=hours_ago(hours))
        for hours, name in enumerate(("newest", "middle", "oldest"))
    }
    address = "/en/feeds/organisations/?field=quantum"
    before = reader.get(address).headers
    change(records[which])
    for header, name in (("if-none-match", "ETag"), ("if-modified-since", "Last-Modified")):
        assert (header, reader.get(address, headers={header: before[name]}).status_code) == (header, 200)


def test_feed_is_sent_again_when_something_expires(reader: Reader) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        factories.NewsItemFactory(expire_at=NOW + datetime.timedelta(hours=1))
        before = reader.get("/en/feeds/news/").headers["Last-Modified"]
        clock.shift(3600)
        assert status(reader, "/en/feeds/news/", **{"if-modified-since": before}) == 200


def test_head_says_the_same_of_a_feed_as_get(reader: Reader) -> None:
    one_of_each()
    read, asked = reader.get("/en/feeds/organisations/"), reader.head("/en/feeds/organisations/")
    for answer in (read, asked):
        del answer.headers["X-Request-ID"]
    assert (asked.status_code, asked.content, dict(asked.headers)) == (200, b"", dict(read.headers))
    again = reader.head("/en/feeds/organisations/", headers={"if-none-match": read.headers["ETag"]})
    assert again.status_code == 304


# Where pages name their feeds


def alternates(reader: Reader, address: str) -> list[Any]:
    page = BeautifulSoup(reader.get(address).content, "html.parser")
    return [link["href"] for link in page.select('head link[type="application/atom+xml"]')]


@pytest.mark.parametrize(
    ("address", "feeds"),
    [
        ("", ["/en/feeds/news/", "/en/feeds/changes/"]),
        ("organisations/", ["/en/feeds/organisations/"]),
        ("organisations/?park=north&kind=&sort=arrived&page=2", ["/en/feeds/organisations/?park=north"]),
        ("facilities/?field=a&field=b", ["/en/feeds/facilities/?field=a&field=b"]),
        ("news/?q=%E9%87%8F%E5%AD%90&year=2024", ["/en/feeds/news/?q=%E9%87%8F%E5%AD%90&year=2024"]),
        ("figures/", ["/en/feeds/news/", "/en/feeds/changes/"]),
    ],
)
def test_page_names_its_feed_with_its_filters(reader: Reader, address: str, feeds: list[str]) -> None:
    assert alternates(reader, f"/en/{address}") == feeds


def test_queries_of_a_feed_do_not_grow_with_its_entries(reader: Reader) -> None:
    def queries() -> dict[str, int]:
        counted = {}
        for name in (*(f"{name}/" for name in FEEDS), "organisations/?park=north&q=organisation"):
            with CaptureQueriesContext(connection) as captured:
                reader.get(f"/en/feeds/{name}")
            counted[name] = len(captured)
        return counted

    def add() -> None:
        organisation = factories.OrganisationFactory(parks=[park])
        factories.NewsItemFactory(organisations=[organisation])
        factories.FacilityFactory(organisations=[organisation])
        for owner in ({}, {"organisation": None, "route": factories.RouteFactory()}):
            factories.ChangeNoteFactory(**owner)

    park = factories.ParkFactory(slug="north")
    add()
    with_one = queries()
    for _ in range(4):
        add()
    assert queries() == with_one
