"""A record in which somebody's SQL has put rubbish costs nobody a list, nor its own page more than its own."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from tests import factories
from tests.conftest import Reader
from tests.views.test_schedule import NOW, heading, scheduled
from zone import workflow
from zone.freshness import next_change
from zone.history import Occasion, draft_of
from zone.models import Draft, SearchEntry
from zone.search.index import rebuild
from zone.snapshots import take

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_database,  # PostgreSQL takes no text for a number.
]


def put(record: Any, column: str, rubbish: str | bytes) -> None:
    """Write what no form would take into ``column`` of ``record``."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(f"UPDATE {record._meta.db_table} SET {column} = %s WHERE id = %s", [rubbish, record.pk])  # noqa: S608
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize(
    ("factory", "column", "plural"),
    [
        (factories.SourceFactory, "published", "sources"),
        (factories.FacilityFactory, "floor_area_m2", "facilities"),
        (factories.FacilityFactory, "building_status", "facilities"),
        (factories.OrganisationFactory, "arrived", "organisations"),
        (factories.NewsItemFactory, "date", "news"),
        (factories.KeyFigureFactory, "updated_at", "figures"),
    ],
)
def test_lists_come_whatever_stands_in_a_record(reader: Reader, factory: Any, column: str, plural: str) -> None:
    broken, _whole = factory(slug="broken"), factory(slug="whole")
    rebuild()
    put(broken, column, "rubbish")
    rebuild()
    reader.raise_request_exception = False
    lists = ("/en/", f"/zh-hant/{plural}/", f"/en/{plural}/?from=2020", "/en/timeline/", "/en/search/?q=broken")
    for address in (*lists, f"/en/{plural}/whole/", "/en/feeds/news/?to=2030"):
        assert reader.get(address).status_code == 200, address
    assert f"/{plural}/whole/" in reader.get(f"/en/{plural}/").content.decode()
    assert reader.get(f"/en/{plural}/broken/").status_code == 200


@pytest.mark.parametrize("rubbish", [b"\xff\0", "1e999"])
def test_pages_that_mention_a_record_come_whatever_stands_in_it(reader: Reader, rubbish: str | bytes) -> None:
    park, field = factories.ParkFactory(), factories.FieldFactory()
    factories.OrganisationFactory(slug="whole", parks=[park], fields=[field])
    rebuild()
    put(park, "name_en", rubbish)
    answer = reader.get("/en/organisations/whole/")
    assert (answer.status_code, f"/en/fields/{field.slug}/" in answer.content.decode()) == (200, True)


@pytest.mark.parametrize("rubbish", ["rubbish", "1e999", "-5", "12.5"])
@pytest.mark.parametrize("address", ["/en/facilities/broken/", "/en/facilities/compare/?facility=broken"])
def test_floor_area_that_is_none_is_unknown_and_the_log_says_of_which_facility(
    reader: Reader, caplog: pytest.LogCaptureFixture, rubbish: str, address: str
) -> None:
    broken: Any = factories.FacilityFactory(slug="broken", floor_area_m2=None)
    unknown: Any = reader.get(address)
    put(broken, "floor_area_m2", rubbish)
    caplog.set_level("ERROR", "zone.models.facility")
    response: Any = reader.get(address)
    assert unknown.page.select("main") != []
    assert response.page.select("main") == unknown.page.select("main")
    assert caplog.messages == ["The floor area of facility broken is none, and is taken for unknown."]


@pytest.mark.parametrize(
    ("factory", "column", "rubbish"),
    [
        (factories.CrossingFactory, "opens", "25:61"),
        (factories.NewsItemFactory, "updated_at", "rubbish"),
        (factories.NewsItemFactory, "holds_until", "2026-13-45 10:00"),
        (factories.ObservationFactory, "value", "rubbish"),
        (factories.ObservationFactory, "unit", "rubbish"),
        (factories.ObservationFactory, "qualifier", "rubbish"),
        (factories.ObservationFactory, "as_of", "13/13/13"),
    ],
)
def test_what_is_no_number_and_no_time_is_unknown(reader: Reader, factory: Any, column: str, rubbish: str) -> None:
    figure = factories.KeyFigureFactory(headline_position=1)
    broken = factory(figure=figure) if factory is factories.ObservationFactory else factory()
    rebuild()
    put(broken, column, rubbish)
    reader.raise_request_exception = False
    lists = ("", *(f"{name}/" for name in ("facilities", "figures", "getting-here", "news", "parks", "timeline")))
    asked = [*(f"/en/{name}" for name in lists), "/en/feeds/news/", "/en/feeds/facilities/"]
    assert {address: reader.get(address).status_code for address in asked} == dict.fromkeys(asked, 200)


def test_calendar_comes_whatever_stands_in_its_date(reader: Reader) -> None:
    calendar = factories.HolidayCalendarFactory(
        region="hong-kong", sources=[factories.SourceFactory(publisher_original="Gazette")]
    )
    factories.HolidayFactory(calendar=calendar)
    put(calendar, "as_of", "rubbish")
    response = reader.get("/en/getting-here/hong-kong.ics")
    assert [line for line in response.content.decode().splitlines() if line.startswith("DESCRIPTION:")] == [
        "DESCRIPTION:Gazette"
    ]


@pytest.mark.parametrize("rubbish", ["", "0", "1798675200", "1/2/2027", " 2100-01-01", "2026 December"])
def test_a_draft_whose_time_is_none_stays_a_draft_and_says_why(reader: Reader, rubbish: str) -> None:
    record = scheduled(factories.OrganisationFactory(slug="acme", name_en="Old Name"), name_en="New Name")
    scheduled(factories.OrganisationFactory(slug="beam"), name_en="Whole")
    put(draft_of(record), "publish_at", rubbish)
    with time_machine.travel(NOW, tick=False):
        assert heading(reader, "/en/organisations/acme/") == "Old Name"
        assert heading(reader, "/en/organisations/beam/") == "Whole"
    draft: Any = draft_of(record)
    assert (draft.state, draft.publish_at, draft.problem) == (
        *("draft", None),
        "The time at which the draft was to go live cannot be read. Publish it again.",
    )
    assert draft.version.content["fields"]["name_en"] == "New Name"


@pytest.mark.parametrize("rubbish", ["", "{soon} rubbish"])
@pytest.mark.parametrize(
    ("factory", "column"),
    [
        (factories.NewsItemFactory, "publish_at"),
        (factories.OrganisationFactory, "expire_at"),
        (factories.NewsItemFactory, "holds_until"),
        (Draft, "publish_at"),
        (SearchEntry, "right_until"),
    ],
)
def test_pages_are_kept_until_the_next_moment_whatever_stands_in_a_column_of_times(
    reader: Reader, factory: Any, column: str, rubbish: str
) -> None:
    now = timezone.now().replace(hour=8, minute=0, second=0, microsecond=0)  # Four in the afternoon in Hong Kong.
    next_moment = now + datetime.timedelta(hours=1)
    factories.FacilityFactory(expire_at=next_moment)
    record: Any = factories.FieldFactory() if factory in (Draft, SearchEntry) else factory()
    workflow.keep(record, take(record), Occasion())
    rebuild()
    broken = {Draft: draft_of(record), SearchEntry: SearchEntry.objects.first()}.get(factory, record)
    put(broken, column, rubbish.format(soon=f"{now + datetime.timedelta(minutes=1):%Y-%m-%d %H:%M:%S}"))
    with time_machine.travel(now, tick=False):
        assert [reader.get(f"/en/{name}").status_code for name in ("", "news/", "search/?q=x", "feeds/news/")] == [
            200
        ] * 4
        assert next_change() == next_moment
