"""The index follows the content on every way that it changes."""

from __future__ import annotations

import datetime
from typing import Any
from unittest.mock import DEFAULT, patch

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.admin.forms import publish, save
from tests.admin.test_actions import choose
from zone import workflow
from zone.history import Occasion, content_of, live_version, record_versions
from zone.models import Organisation, Park, SearchEntry
from zone.search import index
from zone.search.finding import find
from zone.search.index import disagreements, rebuild, refresh
from zone.search.showing import results
from zone.search.tables import key_of, table_of

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def found(words: str) -> list[str]:
    """Return the slugs of what visitors find, whose request brings the index up to date first."""
    refresh()
    findings = find(words)
    return [result.record.slug for result in results(findings, findings.hits)]


def indexed(factory: Any, **values: Any) -> Any:
    """Return a record that has its entry, as every record has that did not come past all doors."""
    record = factory(**values)
    live_version(record)
    return record


@pytest.fixture
def chief() -> Occasion:
    return Occasion(by=User.objects.create_superuser("chief"))


@pytest.fixture
def desk(chief: Occasion) -> Client:
    client = Client()
    client.force_login(chief.by)
    return client


def test_a_form_is_followed(desk: Client) -> None:
    record = indexed(factories.OrganisationFactory, slug="acme", name_en="Kingfisher", status="draft")
    assert found("kingfisher") == []

    publish(desk, record, name_en="Heron")
    assert (found("kingfisher"), found("heron")) == ([], ["acme"])

    save(desk, record, name_en="Egret")
    assert (found("heron"), found("egret")) == (["acme"], [])


def test_an_action_for_many_is_followed(desk: Client) -> None:
    records = [indexed(factories.FieldFactory, slug=f"f-{n}", name_en="Kingfisher", status="draft") for n in range(2)]

    choose(desk, "publish", *records)

    assert sorted(found("kingfisher")) == ["f-0", "f-1"]


def test_withdrawal_trash_and_purge_are_followed(chief: Occasion) -> None:
    records = [indexed(factories.FieldFactory, slug=f"f-{n}", name_en="Kingfisher") for n in range(3)]

    workflow.withdraw(records[0], {"en": "Wrong."}, chief)
    workflow.trash(records[1], chief)
    assert found("kingfisher") == ["f-2"]

    with time_machine.travel(timezone.now() + 400 * DAY):
        call_command("purge_trash", verbosity=0)
    assert (SearchEntry.objects.count(), disagreements()) == (1, [])


def test_a_draft_of_a_live_record_is_found_when_its_time_has_come(chief: Occasion, client: Client) -> None:
    record = indexed(factories.OrganisationFactory, slug="acme", name_en="Kingfisher")
    content = content_of(live_version(record))
    moment = timezone.now() + DAY
    fields = {**content["fields"], "name_en": "Heron", "publish_at": moment.isoformat()}
    workflow.keep(record, {**content, "fields": fields}, chief)
    workflow.publish(record, chief)
    assert (found("kingfisher"), found("heron")) == (["acme"], [])

    with time_machine.travel(moment):
        client.get("/en/search/?q=heron")
        assert (found("kingfisher"), found("heron")) == ([], ["acme"])


def test_times_of_a_record_are_asked_when_searching() -> None:
    now = timezone.now()
    indexed(factories.FieldFactory, slug="soon", name_en="Kingfisher", publish_at=now + DAY, expire_at=now + 3 * DAY)

    assert found("kingfisher") == []
    with time_machine.travel(now + 2 * DAY):
        assert found("kingfisher") == ["soon"]
    with time_machine.travel(now + 4 * DAY):
        assert found("kingfisher") == []


@pytest.mark.any_database
def test_what_is_due_is_written_by_and_by_where_time_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_AT_ONCE", 2)
    factories.OrganisationFactory.create_batch(5, sources=[], expire_at=timezone.now() + DAY)
    rebuild()
    left = []
    with time_machine.travel(timezone.now() + 2 * DAY, tick=False):
        for _ in range(3):
            outcomes = [DEFAULT, OperationalError("No time is left.")]
            with patch.object(index, "_put", wraps=index._put, side_effect=outcomes):
                refresh()
            left.append(SearchEntry.objects.filter(right_until__lte=timezone.now()).count())
    assert left == [3, 1, 0]


def test_a_row_is_found_while_its_source_is_public(chief: Occasion) -> None:
    now = timezone.now()
    source: Any = factories.SourceFactory(publish_at=now + DAY, expire_at=now + 3 * DAY)
    record = factories.OrganisationFactory(slug="acme")
    factories.FactFactory(organisation=record, source=source, text_en="A kingfisher was seen.")
    rebuild()

    assert found("kingfisher") == []
    with time_machine.travel(now + 2 * DAY):
        assert found("kingfisher") == ["acme"]
        workflow.withdraw(source, {"en": "Wrong."}, chief)
        assert found("kingfisher") == []
    with time_machine.travel(now + 4 * DAY):
        assert (found("kingfisher"), disagreements()) == ([], [])


def test_changes_past_all_doors_are_found_by_settling() -> None:
    record: Any = factories.OrganisationFactory(slug="acme", name_en="Kingfisher")
    call_command("settle", verbosity=0)
    Organisation.objects.filter(pk=record.pk).update(name_en="Heron")
    assert disagreements() == ["organisation acme"]

    call_command("settle", verbosity=0)

    assert (found("heron"), disagreements()) == (["acme"], [])


def test_the_check_says_what_disagrees_and_rebuilding_mends_it(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (factories.FieldFactory(slug=f"f-{n}", name_en="Kingfisher") for n in range(2))
    record_versions(type(first).objects.all())  # type: ignore[attr-defined]
    type(first).objects.filter(pk=first.pk).update(name_en="Heron")  # type: ignore[attr-defined]
    type(first).objects.filter(pk=second.pk).delete()  # type: ignore[attr-defined]

    with pytest.raises(CommandError) as error:
        call_command("rebuild_search", "--check")
    call_command("rebuild_search")
    call_command("rebuild_search", "--check")

    assert str(error.value).splitlines() == [
        "The index disagrees with the content about:",
        "field f-0",
        f"field {second.pk}, which is gone",
    ]
    assert capsys.readouterr().out == "  1 …\n1 records can be found.\nThe index agrees with the content.\n"
    assert (found("heron"), found("kingfisher")) == (["f-0"], [])


def test_the_check_finds_what_an_earlier_release_has_written() -> None:
    park = factories.ParkFactory(sources=[], name_zh_hans="北園")
    rebuild()
    assert disagreements() == []
    key = key_of(Park, park.pk)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM zone_search WHERE rowid = %s", [key])
        cursor.execute(table_of(connection).insert, (key, "n|北園"))
    assert (disagreements(), found("北")) == ([f"park {park.pk}, as an earlier release wrote it"], [])
    rebuild()
    assert (disagreements(), found("北")) == ([], [park.slug])


@pytest.mark.parametrize("number", [1, 5])
def test_as_many_queries_for_five_as_for_one(number: int) -> None:
    for n in range(number):
        factories.FactFactory(organisation=factories.OrganisationFactory(slug=f"o-{n}", name_en="Kingfisher"))
    rebuild()

    assert len(found("kingfisher")) == number  # What is remembered of an earlier test is not what there is now.
    with CaptureQueriesContext(connection) as queries:
        assert len(found("kingfisher")) == number
    with CaptureQueriesContext(connection) as again:
        rebuild()

    only_postgresql = ("advisory", "max(rowid)")  # Is asked for a turn, and for the newest block of each depth.
    asked, made = (
        [one for one in some if not any(name in one["sql"] for name in only_postgresql)] for some in (queries, again)
    )
    assert (len(asked), len(made)) == (10, 43)
