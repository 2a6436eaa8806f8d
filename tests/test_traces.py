"""What pages were made of: a trace holds exactly as long as the page would be the same."""

from __future__ import annotations

import datetime
import random
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.views.test_leaks import Zone, public_addresses
from zone.content import RECORDS
from zone.models import ChangeNote, Fact, Field, NewsItem, Observation, Organisation, Park, Person, Specification, Stop
from zone.search.index import rebuild
from zone.traces import Memory, Trace, remembered, traced
from zone.translation import translated_columns
from zone.views.answers import PAGES

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 26, 3, 0, tzinfo=datetime.UTC)


def asked(question: Any) -> Trace:
    with traced() as trace:
        question()
    return trace


def public_names() -> list[str]:
    return list(Organisation.objects.published().values_list("name_en", flat=True))


def test_trace_holds_until_something_that_was_asked_for_changes() -> None:
    organisation, park = factories.OrganisationFactory(name_en="One"), factories.ParkFactory()
    trace = asked(public_names)
    assert trace.holds()
    Park.objects.filter(pk=park.pk).update(name_en="Another park")
    assert trace.holds()
    Organisation.objects.filter(pk=organisation.pk).update(name_en="Two")
    assert not trace.holds()
    Organisation.objects.filter(pk=organisation.pk).update(name_en="One")
    assert trace.holds()


def test_what_most_is_asked_about_is_asked_first() -> None:
    organisation = factories.OrganisationFactory(name_en="One")
    trace = asked(lambda: [Park.objects.count(), public_names(), Field.objects.count()])
    Organisation.objects.filter(pk=organisation.pk).update(name_en="Two")
    with CaptureQueriesContext(connection) as asking:
        assert not trace.holds()
    assert ["zone_organisation" in query["sql"] for query in asking] == [True]


def test_trace_ends_with_a_row_that_comes_or_goes() -> None:
    trace = asked(public_names)
    organisation = factories.OrganisationFactory()
    assert not trace.holds()
    trace = asked(public_names)
    organisation.delete()
    assert not trace.holds()


def test_what_is_remembered_is_asked_each_time_and_made_of_new_answers_only() -> None:
    organisation = factories.OrganisationFactory(name_en="One")
    names = remembered(public_names)
    first = names()
    with CaptureQueriesContext(connection) as asking:
        assert names() is first == ["One"]
    Organisation.objects.filter(pk=organisation.pk).update(name_en="Two")
    assert (names(), len(asking)) == (["Two"], 1)


def test_what_is_remembered_is_remembered_by_its_arguments() -> None:
    factories.ParkFactory(slug="a"), factories.FieldFactory(slug="b")
    slugs = remembered(lambda model: [one.slug for one in model.objects.published()])
    assert [slugs(model) for model in (Park, Field, Park, Field)] == [["a"], ["b"]] * 2


def test_trace_has_what_was_asked_for_what_is_remembered() -> None:
    organisation = factories.OrganisationFactory(name_en="One")
    names = remembered(public_names)
    traces = [asked(names), asked(names)]
    assert [trace.holds() for trace in traces] == [True, True]
    Organisation.objects.filter(pk=organisation.pk).update(name_en="Two")
    assert [trace.holds() for trace in traces] == [False, False]


@pytest.mark.parametrize(
    ("most", "kept", "asked_for", "made"), [(2, "abc", "abacaba", "abcb"), (1, "a", "abba", "abb"), (2, "", "aa", "aa")]
)
def test_what_was_recalled_last_is_known_and_nothing_is_remembered_of_nothing(
    most: int, kept: str, asked_for: str, made: str
) -> None:
    memory, names = Memory(most), list[str]()

    def make(name: str) -> str | None:
        names.append(name)
        return name if name in kept else None

    for name in asked_for:
        assert memory.recall(name, partial(make, name)) == (name if name in kept else None)
    assert "".join(names) == made


@pytest.mark.parametrize("time", ["publish_at", "expire_at"])
def test_trace_ends_with_the_moment_that_a_record_was_asked_about(time: str) -> None:
    record = factories.OrganisationFactory(**{time: NOW})
    with time_machine.travel(NOW - datetime.timedelta(hours=2), tick=False) as clock:
        trace = asked(lambda: record.is_public)
        clock.shift(3600)
        assert trace.holds()
        clock.shift(3600)
        assert not trace.holds()
        clock.shift(-1)
        assert trace.holds()


@pytest.mark.parametrize("later", [False, True])
def test_present_moment_is_that_of_the_second_asking(later: bool) -> None:
    with time_machine.travel(NOW, tick=True):
        trace = asked(public_names)
    factories.OrganisationFactory(publish_at=NOW + datetime.timedelta(hours=1))
    with time_machine.travel(NOW + datetime.timedelta(hours=1 if later else 0, seconds=10), tick=True):
        assert trace.holds() is not later


def test_other_times_stay_what_they_were() -> None:
    factories.NewsItemFactory(updated_at=NOW)
    trace = asked(lambda: list(NewsItem.objects.filter(updated_at=NOW)))
    assert trace.holds()


def test_what_is_asked_with_one_cursor_is_kept_apart() -> None:
    def ask() -> None:
        with connection.cursor() as cursor:
            for number in (1, 2):
                cursor.execute("SELECT %s UNION ALL SELECT %s ORDER BY 1", [number, number + 1])
                assert cursor.fetchone() == (number,)
                assert list(cursor) == [(number + 1,)]

    assert asked(ask).holds()


def test_answer_that_was_not_read_to_its_end_is_never_the_same() -> None:
    factories.OrganisationFactory.create_batch(2)

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT slug FROM zone_organisation")
            cursor.fetchone()

    assert not asked(ask).holds()


@pytest.mark.parametrize("many", [False, True])
def test_page_that_changed_something_is_made_each_time(many: bool) -> None:
    statement = "UPDATE zone_park SET name_en = %s"

    def change() -> None:
        with connection.cursor() as cursor:
            if many:
                cursor.executemany(statement, [["x"], ["y"]])
            else:
                cursor.execute(statement, ["x"])

    assert not asked(change).holds()


def test_page_that_asked_for_nothing_holds() -> None:
    assert asked(lambda: None).holds()


def test_nothing_holds_that_was_made_while_the_clock_was_put_back() -> None:
    factories.OrganisationFactory(expire_at=NOW + datetime.timedelta(hours=1))
    with time_machine.travel(NOW, tick=False) as clock:
        with traced() as trace:
            clock.shift(-60)
            public_names()
        clock.shift(7200)
        assert not trace.holds()


def test_page_that_could_not_be_made_has_no_trace() -> None:
    traces: list[Trace] = []

    def fail() -> None:
        with traced() as trace:
            traces.append(trace)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [trace.holds() for trace in traces] == [False]


def test_nothing_holds_where_the_database_does_not_answer() -> None:
    trace = asked(public_names)
    with transaction.atomic():
        connection.cursor().execute("ALTER TABLE zone_organisation RENAME TO away")
        with transaction.atomic():
            assert not trace.holds()
            transaction.set_rollback(True)
        transaction.set_rollback(True)


def edits() -> list[tuple[Any, str]]:
    """Return the models of which visitors see something, each with every column that holds English text."""
    models: list[type[Model]] = [*RECORDS, Fact, Observation, Person, Specification, Stop, ChangeNote]
    return [(model, name) for model in models for name in translated_columns(model) if name.endswith("_en")]


def test_no_page_whose_trace_holds_would_be_another_one(client: Client) -> None:
    zone = Zone("heron")
    zone.tie_to(Zone("kestrel"))
    rebuild()
    addresses = [address for address in public_addresses(zone) if address.startswith("/en/") and "q=" not in address]
    traces, pages = {}, {}
    for address in addresses:
        with traced() as traces[address]:
            pages[address] = client.get(address).content
    chance, held, ended = random.Random(1), 0, 0  # noqa: S311
    for model, column in edits():
        edited = transaction.savepoint()
        assert model._default_manager.update(**{column: "Osprey"}) > 0
        for address in chance.sample(addresses, 4):
            if traces[address].holds():
                held += 1
                PAGES.clear()  # What is remembered is no page that is made anew.
                assert client.get(address).content == pages[address], (model, address)
            else:
                ended += 1
        transaction.savepoint_rollback(edited)
    assert min(held, ended) > 20
