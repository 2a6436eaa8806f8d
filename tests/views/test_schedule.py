"""A scheduled draft takes effect with the first request after its moment, exactly once."""

from __future__ import annotations

import datetime
import errno
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.conftest import Reader
from zone import middleware, snapshots, workflow
from zone.freshness import next_change
from zone.history import Occasion, draft_of, versions_of
from zone.models import Draft, Organisation, Version
from zone.models.version import Action
from zone.snapshots import take

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def chief() -> User:
    return User.objects.get_or_create(username="chief", defaults={"is_superuser": True, "is_staff": True})[0]


def scheduled(record: Any, **fields: Any) -> Any:
    """Give ``record`` a draft that shall go live at ``NOW``."""
    with time_machine.travel(NOW - 10 * MINUTE, tick=False):
        content = take(record)
        content["fields"] |= {"publish_at": NOW.isoformat(), **fields}
        workflow.keep(record, content, Occasion(by=chief()))
        return workflow.publish(record, Occasion(by=chief()))


def heading(reader: Reader, address: str) -> str:
    return str(reader.get(address).page.h1.get_text(strip=True))  # type: ignore[attr-defined]


def actions(record: Any) -> list[str]:
    return [version.action for version in versions_of(record)]


@pytest.mark.parametrize(
    ("moment", "shown"), [(NOW - MINUTE, "Old Name"), (NOW, "New Name"), (NOW + 1000 * MINUTE, "New Name")]
)
def test_first_request_after_the_moment_sees_the_draft(reader: Reader, moment: datetime.datetime, shown: str) -> None:
    scheduled(factories.OrganisationFactory(slug="acme", name_en="Old Name"), name_en="New Name")
    with time_machine.travel(moment, tick=False):
        assert heading(reader, "/en/organisations/acme/") == shown
        assert Draft.objects.count() == (shown == "Old Name")


def test_address_that_changes_with_the_draft_leads_on_from_its_moment(reader: Reader) -> None:
    scheduled(factories.OrganisationFactory(slug="old"), slug="new")
    with time_machine.travel(NOW - MINUTE, tick=False):
        assert reader.get("/en/organisations/new/").status_code == 404
    with time_machine.travel(NOW, tick=False):
        response = reader.get("/en/organisations/old/")
    assert (response.status_code, response.headers["Location"]) == (301, "/en/organisations/new/")


def test_draft_takes_effect_only_once(reader: Reader) -> None:
    record = scheduled(factories.OrganisationFactory(), name_en="New Name")
    with time_machine.travel(NOW, tick=False):
        workflow.publish_due()
        workflow.publish_due()
        reader.get("/en/")
    assert actions(record) == [Action.PUBLISHED, Action.SCHEDULED, Action.CHANGED, Action.FOUND]
    assert versions_of(record)[0].by == chief()


@pytest.mark.django_db(transaction=True)
def test_two_processes_publish_a_draft_once() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("The database in memory is not shared by two connections that both write.")
    records = [scheduled(factories.OrganisationFactory(), name_en=f"New {number}") for number in range(3)]
    start = threading.Barrier(4)
    errors: list[Exception] = []

    def process() -> None:
        try:
            start.wait()
            workflow.publish_due()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    with time_machine.travel(NOW, tick=False):
        processes = [threading.Thread(target=process) for _ in range(4)]
        for one in processes:
            one.start()
        for one in processes:
            one.join()
    assert errors == []
    assert [actions(record).count(Action.PUBLISHED) for record in records] == [1, 1, 1]
    assert (Draft.objects.count(), Organisation.objects.filter(name_en__startswith="New ").count()) == (0, 3)


def test_draft_that_has_become_invalid_stays_a_draft_and_says_why(reader: Reader) -> None:
    record = scheduled(factories.OrganisationFactory(slug="acme", name_en="Old Name"), slug="beam", name_en="New Name")
    factories.OrganisationFactory(slug="beam")
    with time_machine.travel(NOW, tick=False):
        assert heading(reader, "/zh-hant/organisations/acme/") == record.name_zh_hant
        assert heading(reader, "/en/organisations/acme/") == "Old Name"
    draft = draft_of(record)
    assert draft is not None
    assert (draft.state, draft.publish_at) == ("draft", None)
    assert draft.problem == "It cannot be published yet.\nslug: Organisation with this Slug already exists."
    assert draft.version.content["fields"]["name_en"] == "New Name"


def test_one_invalid_draft_does_not_hold_up_the_others(reader: Reader) -> None:
    scheduled(factories.OrganisationFactory(slug="acme"), slug="beam")
    factories.OrganisationFactory(slug="beam")
    scheduled(factories.OrganisationFactory(slug="core"), name_en="New Name")
    with time_machine.travel(NOW, tick=False):
        assert heading(reader, "/en/organisations/core/") == "New Name"


def failing_for(slug: str, error: Exception) -> Any:
    """Let nothing be written of the record that has ``slug``, for a reason that nobody has foreseen."""

    def written(model: Any, key: Any, content: Any, *rest: Any) -> Any:
        if content["fields"]["slug"] == slug:
            raise error
        return snapshots.write(model, key, content, *rest)

    return mock.patch.object(workflow, "write", side_effect=written)


def test_draft_that_fails_for_a_reason_nobody_foresaw_does_not_hold_up_the_others(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    record = scheduled(factories.OrganisationFactory(slug="acme", name_en="Old Name"), name_en="New Name")
    scheduled(factories.OrganisationFactory(slug="core"), name_en="New Name")
    with failing_for("acme", TypeError("'<' not supported")), time_machine.travel(NOW, tick=False):
        assert heading(reader, "/en/organisations/core/") == "New Name"
        assert heading(reader, "/en/organisations/acme/") == "Old Name"
        assert next_change() > NOW
    draft = draft_of(record)
    assert draft is not None
    assert (draft.state, draft.publish_at) == ("draft", None)
    assert draft.problem.startswith("Something went wrong on our side.")
    assert draft.version.content["fields"]["name_en"] == "New Name"
    lines = [line for line in caplog.records if not hasattr(line, "seconds")]  # A busy machine is slow besides.
    assert [(line.levelname, bool(line.exc_info)) for line in lines] == [("ERROR", True)]


@pytest.mark.parametrize("error", [OperationalError("database is locked"), OSError(errno.ENOSPC, "No space left")])
def test_draft_waits_while_a_part_of_the_site_fails(reader: Reader, error: Exception) -> None:
    scheduled(factories.OrganisationFactory(slug="acme", name_en="Old Name"), name_en="New Name")
    with time_machine.travel(NOW, tick=False):
        with failing_for("acme", error):
            assert heading(reader, "/en/organisations/acme/") == "Old Name"
            assert Draft.objects.get().publish_at == NOW
        assert heading(reader, "/en/organisations/acme/") == "New Name"


def test_search_that_cannot_be_brought_up_to_date_holds_up_no_draft(reader: Reader) -> None:
    scheduled(factories.OrganisationFactory(slug="acme", name_en="Old Name"), name_en="New Name")
    broken = mock.patch.object(middleware, "refresh", side_effect=TypeError)
    with broken, time_machine.travel(NOW, tick=False):
        assert heading(reader, "/en/organisations/acme/") == "New Name"


def take_away(record: Any) -> None:
    workflow.trash(record, Occasion(by=chief()))


def withdraw(record: Any) -> None:
    workflow.withdraw(record, {"en": "It was wrong."}, Occasion(by=chief()))


@pytest.mark.parametrize(("take_down", "status"), [(take_away, 404), (withdraw, 410)])
def test_record_that_was_taken_down_meanwhile_does_not_come_back(
    reader: Reader, take_down: Callable[[Any], None], status: int
) -> None:
    record = scheduled(factories.OrganisationFactory(slug="acme"), name_en="New Name")
    take_down(record)
    with time_machine.travel(NOW, tick=False):
        assert reader.get("/en/organisations/acme/").status_code == status
    draft = draft_of(record)
    assert draft is not None
    assert (draft.state, draft.publish_at, draft.problem) == (
        "draft",
        None,
        "Its time was taken back when the record was withdrawn or moved to the trash.",
    )


def test_record_that_was_deleted_meanwhile_takes_its_draft_along(reader: Reader) -> None:
    scheduled(factories.OrganisationFactory(slug="acme")).delete()
    with time_machine.travel(NOW, tick=False):
        assert (reader.get("/en/organisations/acme/").status_code, Draft.objects.count()) == (404, 0)


def test_draft_without_its_record_does_not_hold_up_the_others(reader: Reader) -> None:
    lost = scheduled(factories.OrganisationFactory())
    scheduled(factories.OrganisationFactory(slug="core"), name_en="New Name")
    Draft.objects.filter(object_id=lost.pk).update(object_id=999_999)
    with time_machine.travel(NOW, tick=False):
        assert heading(reader, "/en/organisations/core/") == "New Name"
    assert list(Draft.objects.values_list("state", flat=True)) == ["draft"]


def test_contradicting_change_of_the_live_record_is_reported(reader: Reader) -> None:
    record = scheduled(factories.OrganisationFactory(slug="acme"), name_en="New Name")
    Organisation.objects.filter(pk=record.pk).update(name_en="Other Name")
    with time_machine.travel(NOW, tick=False):
        assert heading(reader, "/en/organisations/acme/") == "Other Name"
    draft = draft_of(record)
    assert draft is not None
    assert draft.problem.startswith("The published version has been changed since.")


def test_database_that_is_busy_is_asked_again_with_the_next_request(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled(factories.OrganisationFactory(slug="acme", name_en="Old Name"), name_en="New Name")

    def busy(*args: Any) -> None:
        raise OperationalError("database is locked")

    with time_machine.travel(NOW, tick=False):
        with monkeypatch.context() as patch:
            patch.setattr(workflow, "write", busy)
            assert heading(reader, "/en/organisations/acme/") == "Old Name"
        assert heading(reader, "/en/organisations/acme/") == "New Name"


def test_reason_is_written_for_the_desk_whatever_the_visitor_reads(reader: Reader) -> None:
    record = scheduled(factories.OrganisationFactory(), slug="beam")
    factories.OrganisationFactory(slug="beam")
    with time_machine.travel(NOW, tick=False):
        reader.get("/zh-hans/about/")
    draft = draft_of(record)
    assert draft is not None
    assert draft.problem == "It cannot be published yet.\nslug: Organisation with this Slug already exists."


def test_page_costs_one_query_more_and_the_monitor_none(reader: Reader) -> None:
    for address, number in (("/en/about/", 1), ("/healthz", 0)):
        with CaptureQueriesContext(connection) as captured:
            assert reader.get(address).status_code == 200
        assert (address, len(captured)) == (address, number)


@pytest.mark.parametrize("error", [DatabaseError, RuntimeError])
def test_site_goes_on_where_drafts_cannot_be_read(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail() -> bool:
        raise error

    monkeypatch.setattr(middleware, "is_due", fail)
    assert reader.get("/en/about/").status_code == 200


def test_schedule_of_a_draft_is_not_a_version_of_the_record(reader: Reader) -> None:
    record = scheduled(factories.OrganisationFactory(), name_en="New Name")
    with time_machine.travel(NOW - MINUTE, tick=False):
        reader.get("/en/")
        assert timezone.now() < NOW
    assert Version.objects.filter(action=Action.PUBLISHED).count() == 0
    record.refresh_from_db()
    assert record.name_en != "New Name"
