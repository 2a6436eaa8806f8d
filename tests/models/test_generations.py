"""Every change of what pages show counts, whoever makes it; nothing else does."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.db import OperationalError, connection

from tests import factories
from zone import generations, workflow
from zone.freshness import is_due, next_change
from zone.generations import QUIET, Reader, public_tables
from zone.history import Occasion
from zone.models import Draft, FruitlessSearch, Generation, OpenForm, Organisation, Report, SearchEntry
from zone.search.index import rebuild
from zone.snapshots import take
from zone.workflow import current_version

pytestmark = pytest.mark.django_db

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
LONG_AGO = 1_700_000_000_000  # Milliseconds of November 2023; the clock of a database does not stand still for a test.
NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=HONG_KONG)


def number() -> int:
    return int(Generation.objects.get().number)


def counts(change: Any) -> bool:
    before = number()
    change()
    return number() > before


def test_whatever_changes_content_counts() -> None:
    record = factories.OrganisationFactory()
    park = factories.ParkFactory()
    organisations = Organisation.objects.filter(pk=record.pk)
    for change in (
        lambda: organisations.update(name_en="x"),
        lambda: record.save(),
        lambda: record.parks.add(park),
        lambda: record.parks.remove(park),
        lambda: factories.FactFactory(organisation=record),
        lambda: connection.cursor().execute("UPDATE zone_organisation SET name_en = 'by hand'"),
        lambda: organisations.delete(),
    ):
        assert counts(change)


def test_triggers_that_could_not_all_be_made_are_those_that_were_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(database: Any) -> Iterator[str]:
        yield (
            "DROP TRIGGER zone_park_insert_counts"
            if connection.vendor == "sqlite"
            else "DROP FUNCTION zone_count CASCADE"
        )
        raise OperationalError

    with monkeypatch.context() as changed:
        changed.setattr(generations, "_statements", break_off)
        with pytest.raises(OperationalError):
            generations.watch(apps.get_app_config("zone"), "default")
    assert counts(factories.ParkFactory)


def test_what_no_page_shows_does_not_count() -> None:
    assert not counts(lambda: FruitlessSearch.objects.create(words="x", day=NOON.date()))
    assert not counts(lambda: Report.objects.create(language="en", message="x"))
    assert not counts(lambda: Report.objects.all().delete())


def test_a_draft_counts_when_its_time_is_set_changed_or_taken_away() -> None:
    record = factories.OrganisationFactory()
    version = current_version(record)
    mine = Draft.objects.filter(object_id=record.pk)

    def begin(**values: Any) -> None:
        Draft.objects.create(record=record, version=version, base=version, **values)

    tomorrow = NOON + datetime.timedelta(days=1)
    assert not counts(begin)
    assert not counts(lambda: mine.update(problem="x"))
    assert counts(lambda: mine.update(state="scheduled", publish_at=NOON))
    assert not counts(lambda: mine.update(publish_at=NOON, problem="y"))
    assert counts(lambda: mine.update(publish_at=tomorrow))
    assert counts(lambda: mine.update(state="draft", publish_at=None))
    assert not counts(mine.delete)
    assert counts(lambda: begin(state="scheduled", publish_at=NOON))
    assert counts(mine.delete)


def test_every_table_but_those_named_is_watched() -> None:
    watched = set(public_tables())
    quiet = {apps.get_model("zone", name)._meta.db_table for name in QUIET}
    tables = {table for table in connection.introspection.table_names() if table.startswith("zone_")}
    search = {table for table in tables if table.startswith("zone_search") and table not in watched}
    assert tables - watched - search == quiet
    assert {Draft._meta.db_table, "zone_searchentry", "zone_organisation_parks"} <= watched
    assert OpenForm._meta.db_table not in watched


def test_restored_backup_counts_on_from_the_clock() -> None:
    first = factories.ParkFactory()
    Generation.objects.update(number=3)
    first.save()
    assert number() > LONG_AGO
    ahead = 10**15
    Generation.objects.update(number=ahead)
    first.save()
    assert number() > ahead


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


def test_reader_knows_the_number(reader: Reader) -> None:
    first = reader.read()
    factories.ParkFactory()
    assert first is not None
    if connection.vendor == "sqlite":  # On PostgreSQL another connection sees it once the transaction has ended.
        assert reader.read() == number() > first


def test_reader_who_gets_no_answer_tells_the_last_one_and_asks_again_later(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = reader.read()
    asked = []

    def fail() -> int:
        asked.append(1)
        raise OperationalError

    with time_machine.travel(NOON, tick=False):
        monkeypatch.setattr(reader, "_read", fail)
        assert [reader.read(), reader.read()] == [known, known]
        assert len(asked) == 1


# When pages change by themselves


def at(time: str, day: int = 26) -> datetime.datetime:
    return datetime.datetime.combine(datetime.date(2026, 11, day), datetime.time.fromisoformat(time), HONG_KONG)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def test_pages_change_at_midnight_in_hong_kong_at_the_latest() -> None:
    assert next_change() == at("00:00", 27)


@pytest.mark.parametrize("name", ["publish_at", "expire_at"])
def test_pages_change_when_something_appears_or_expires(name: str) -> None:
    factories.NewsItemFactory(**{name: at("15:00")})
    factories.FacilityFactory(**{name: at("16:00")})
    factories.ParkFactory(**{name: at("11:00")})
    assert next_change() == at("15:00")


def test_pages_change_when_a_notice_begins_or_ends_and_when_a_draft_takes_effect() -> None:
    factories.NewsItemFactory(kind="notice", holds_from=at("14:00"), holds_until=at("18:00"))
    assert next_change() == at("14:00")
    park = factories.ParkFactory()
    workflow.keep(park, take(park), Occasion())
    Draft.objects.update(state="scheduled", publish_at=at("13:00"))
    assert next_change() == at("13:00")


def test_pages_change_at_once_while_something_is_due() -> None:
    park = factories.ParkFactory()
    workflow.keep(park, take(park), Occasion())
    rebuild()
    drafts, entries = Draft.objects.all(), SearchEntry.objects.all()
    assert (is_due(), next_change()) == (False, at("00:00", 27))
    drafts.update(state="scheduled", publish_at=at("11:00"))
    assert (is_due(), next_change()) == (True, at("11:00"))
    drafts.update(state="draft", publish_at=None)
    entries.update(right_until=at("10:00"))
    assert (is_due(), next_change()) == (True, at("10:00"))


def test_pages_change_when_a_port_opens_or_closes() -> None:
    factories.CrossingFactory(opens=datetime.time(6, 30), closes=datetime.time(22, 30))
    factories.CrossingFactory(hours="always", opens=None, closes=None)
    assert next_change() == at("22:30")
    with time_machine.travel(at("05:00", 27), tick=False):
        assert next_change() == at("06:30", 27)
