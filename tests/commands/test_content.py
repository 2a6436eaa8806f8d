"""Fixtures are loaded all or nothing, and what is loaded is put right and remembered."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import User
from django.core import serializers
from django.core.management import CommandError, call_command

from tests import factories
from tests.pictures import DESCRIBED
from zone import workflow
from zone.content import FIXTURES, dump_fixture
from zone.history import Occasion
from zone.models import (
    Crossing,
    Facility,
    Field,
    HolidayCalendar,
    KeyFigure,
    NewsItem,
    Organisation,
    Park,
    Redirect,
    Route,
    Source,
    Version,
)
from zone.settling import settle
from zone.snapshots import take
from zone.translation import TranslationState

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def state() -> dict[str, Any]:
    """Return all rows of the zone as they stand in the database."""
    models = apps.get_app_config("zone").get_models()
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


def write(tmp_path: Path, objects: Any, name: str = "organisations") -> str:
    path = tmp_path / f"{name}.json"
    path.write_text(objects if isinstance(objects, str) else json.dumps(objects), "utf-8")
    return str(path)


def organisation(**fields: Any) -> dict[str, Any]:
    known = {"slug": "acme", "name_en": "Acme", "kind": "company", "role": "tenant", "presence": "operating"}
    return {"model": "zone.organisation", "fields": {**known, **fields}}


def fact(**fields: Any) -> dict[str, Any]:
    known = {"number": 1, "organisation": ["acme"], "source": ["report"], "text_en": "It is."}
    return {"model": "zone.fact", "fields": {**known, **fields}}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([organisation(kind="firm")], ["zone.organisation acme", "organisation_kind_is_known"]),
        ([organisation(slug="Big Name")], ["zone.organisation Big Name", "organisation_slug_is_well_formed"]),
        ([organisation(premises=["nosuch"])], ["zone.organisation acme", "nosuch"]),
        ([organisation(parks=[["nosuch"]])], ["zone.organisation acme", "nosuch"]),
        ([organisation(), fact(source=["nosuch"])], ["zone.fact organisation acme number 1", "source", "nosuch"]),
        ([organisation(), fact(organisation=["nosuch"])], ["zone.fact organisation nosuch number 1"]),
        ([organisation(), fact(as_of="2024-13")], ["zone.fact organisation acme 1: as_of", "2024-13"]),
        ([organisation(website="javascript:alert(1)")], ["zone.organisation acme: website"]),
        ([organisation(name_en="")], ["zone.organisation acme: name_en"]),
        ([organisation(summary_en="x" * 161)], ["zone.organisation acme", "160"]),
        ([organisation(status="live")], ["zone.organisation acme", "organisation_status_is_known"]),
        ([organisation(colour="red")], ["zone.organisation acme", "colour"]),
        ([{"model": "zone.nosuch", "fields": {}}], ["zone.nosuch"]),
        ([organisation(), organisation()], ["zone.organisation acme", "twice"]),
        ([organisation(name_en=["x", "y"])], ["zone.organisation acme", "name_en"]),
        ([organisation(name_en=None)], ["zone.organisation acme", "name_en"]),
        ([organisation(parks=[None])], ["zone.organisation acme", "parks"]),
        ([organisation(parks=["north"])], ["zone.organisation acme"]),
        ([organisation(name_en="a\x01b")], ["zone.organisation acme: name_en"]),
        ([organisation(publish_at="0001-01-01T00:00:00+08:00")], ["zone.organisation acme"]),
        ([organisation(updated_at="9999-12-31T23:59:59Z")], ["zone.organisation acme: updated_at"]),
        ([{"model": "zone.redirect", "fields": {"old_path": "/a/", "new_path": "//evil.example/"}}], ["/a/: new_path"]),
        ("[" * 100_000, ["organisations.json", "cut"]),
        (["nonsense"], ["nonsense"]),
        ({"model": "zone.organisation"}, ["list of objects"]),
        (json.dumps([organisation()])[:-30], ["organisations.json", "cut"]),
    ],
)
def test_broken_fixture_changes_nothing_and_says_which_record(tmp_path: Path, wrong: Any, said: list[str]) -> None:
    factories.SourceFactory(slug="report")
    good = write(tmp_path, [{"model": "zone.field", "fields": {"slug": "good", "name_en": "Good"}}], "fields")
    before = state()
    with pytest.raises(CommandError) as refused:
        call_command("loaddata", good, write(tmp_path, wrong), verbosity=0)
    assert [words for words in said if words not in str(refused.value)] == []
    assert str(refused.value).startswith("Nothing was loaded.")
    assert state() == before


def test_load_sanitises_and_records(tmp_path: Path) -> None:
    harmful = "<p>Hello<script>alert(1)</script></p>"
    call_command("loaddata", write(tmp_path, [organisation(body_en=harmful)]), verbosity=0)
    loaded: Any = Organisation.objects.get(slug="acme")
    assert loaded.body_en == "<p>Hello</p>"
    assert loaded.zh_hans_of == loaded.original_fingerprint()
    assert [(version.action, version.content["fields"]["body_en"]) for version in Version.objects.all()] == [
        ("loaded", "<p>Hello</p>")
    ]


def test_picture_is_loaded_and_dumped_whatever_became_of_its_file(tmp_path: Path) -> None:
    picture = {"picture": "organisation/lost.jpeg", "picture_width": 6, "picture_height": 4, "picture_ppoi": "0.2x0.3"}
    factories.SourceFactory(slug="report")
    illustrated = organisation(**picture, **DESCRIBED, status="published", sources=[["report"]])
    call_command("loaddata", write(tmp_path, [illustrated]), verbosity=0)
    (dumped,) = json.loads(dump_fixture("organisations"))
    names = [*picture, *DESCRIBED]
    assert {name: dumped["fields"][name] for name in names} == {**picture, **DESCRIBED}


@pytest.mark.parametrize("missing", ["picture_alternative_en", "picture_credit", "picture_licence"])
def test_published_picture_that_is_not_described_is_not_loaded(tmp_path: Path, missing: str) -> None:
    picture = {"picture": "organisation/a.jpeg", "picture_width": 6, "picture_height": 4, **DESCRIBED, missing: ""}
    with pytest.raises(CommandError, match=f"zone.organisation acme: {missing}: Say "):
        call_command("loaddata", write(tmp_path, [organisation(**picture, status="published")]), verbosity=0)
    call_command("loaddata", write(tmp_path, [organisation(**picture, status="draft")]), verbosity=0)


def test_load_over_an_edit_keeps_the_edit_as_a_version(tmp_path: Path) -> None:
    for name in ("First", "Second", "Second"):
        call_command(
            "loaddata",
            write(
                tmp_path,
                [organisation(name_en=name, created_at="2026-01-01T00:00:00Z", updated_at="2026-01-01T00:00:00Z")],
            ),
            verbosity=0,
        )
    versions = Version.objects.order_by("id")
    assert [version.content["fields"]["name_en"] for version in versions] == ["First", "Second"]


def test_primary_keys_are_accepted_too(tmp_path: Path) -> None:
    park = factories.ParkFactory()
    call_command("loaddata", write(tmp_path, [{"pk": 77, **organisation(parks=[park.pk])}]), verbosity=0)
    loaded = Organisation.objects.get(pk=77)
    assert (loaded.slug, list(loaded.parks.all())) == ("acme", [park])


def test_settle_names_what_is_wrong_and_changes_nothing() -> None:
    right, wrong = factories.OrganisationFactory(body_en="<p>a<script>b</script></p>"), factories.FieldFactory()
    Field.objects.filter(pk=wrong.pk).update(name_en="")
    with pytest.raises(CommandError, match=f"zone.field {wrong.slug}: name_en"):
        call_command("settle")
    right.refresh_from_db()
    assert (right.body_en, Version.objects.count()) == ("<p>a<script>b</script></p>", 0)


def test_dump_holds_rows_and_relations_of_every_noun() -> None:
    factories.FactFactory()
    factories.ObservationFactory()
    factories.StopFactory()
    Redirect.objects.create(old_path="/a/", new_path="/b/")
    dumped = "".join(dump_fixture(name) for name in FIXTURES)
    models = {one["model"] for name in FIXTURES for one in json.loads(dump_fixture(name))}
    assert '"pk"' not in dumped
    assert models >= {"zone.fact", "zone.observation", "zone.stop", "zone.redirect", "zone.park"}
    for one in serializers.deserialize("json", dump_fixture("organisations")):
        assert one.object.pk is not None


def test_dump_removes_the_file_of_what_is_no_more(tmp_path: Path) -> None:
    redirect = Redirect.objects.create(old_path="/a/", new_path="/b/")
    for expected in (True, False):
        call_command("dump_content", folder=tmp_path, stdout=io.StringIO())
        assert (tmp_path / "redirects.json").exists() is expected
        Redirect.objects.filter(pk=redirect.pk).delete()


def test_every_noun_stands_in_one_fixture() -> None:
    nouns = [model for group in FIXTURES.values() for model in group]
    assert sorted(model.__name__ for model in nouns) == sorted(
        model.__name__
        for model in (
            *(Park, Field, Source, Facility, Organisation, NewsItem, KeyFigure, Crossing, Route),
            *(HolidayCalendar, Redirect),
        )
    )


def test_holidays_are_dumped_and_loaded_by_name(tmp_path: Path) -> None:
    calendar = factories.HolidayCalendarFactory(year=2026)
    for day in (1, 4):
        factories.HolidayFactory(calendar=calendar, date=datetime.date(2026, 1, day), is_worked=day == 4)
    settle()
    dumped = dump_fixture("holidays")
    calendar.delete()
    path = tmp_path / "holidays.json"
    path.write_text(dumped)
    for _ in range(2):
        call_command("loaddata", path, verbosity=0)
        assert dump_fixture("holidays") == dumped
    assert [json.loads(dumped)[number]["fields"]["calendar"] for number in (1, 2)] == [[calendar.slug]] * 2
    path.write_text(dumped.replace("2026-01-04", "2027-01-04"))
    with pytest.raises(CommandError, match=f"holiday calendar {calendar.slug} 2: date: This is not a day of the year"):
        call_command("loaddata", path, verbosity=0)


def test_date_of_a_note_is_dumped_on_its_own_day_too() -> None:
    note: Any = factories.ChangeNoteFactory(date=datetime.date(2026, 11, 2))
    with time_machine.travel("2026-11-02T04:00:00Z"):
        dumped = json.loads(dump_fixture("organisations"))
    assert [one["fields"]["date"] for one in dumped if one["model"] == "zone.changenote"] == [note.date.isoformat()]


def test_load_of_rows_alone_records_their_record(tmp_path: Path) -> None:
    call_command("loaddata", write(tmp_path, [organisation()]), verbosity=0)
    factories.SourceFactory(slug="report")
    call_command("loaddata", write(tmp_path, [fact()], "facts"), verbosity=0)
    assert [len(version.content["rows"]["facts"]) for version in Version.objects.order_by("id")] == [0, 1]


def test_settling_keeps_what_a_translation_was_made_from() -> None:
    record: Any = factories.FieldFactory()
    record.mark_translated("zh-hans")
    record.name_en = "Other"
    record.save()
    call_command("settle", stdout=io.StringIO())
    record.refresh_from_db()
    assert record.translation_state("zh-hans") == TranslationState.OUTDATED


def test_load_does_not_replace_what_a_person_has_written_unless_it_is_told_to(tmp_path: Path) -> None:
    optics = {"model": "zone.field", "fields": {"slug": "optics", "name_en": "Loaded", "status": "published"}}
    path = write(tmp_path, [optics], "fields")
    call_command("loaddata", path, verbosity=0)
    record: Any = Field.objects.get()
    content = take(record)
    content["fields"]["name_en"] = "Written"
    person = Occasion(by=User.objects.create_superuser("root"))
    workflow.keep(record, content, person)
    workflow.publish(record, person)

    with pytest.raises(CommandError, match="--overwrite replaces them:\nWritten"):
        call_command("loaddata", path, verbosity=0)
    assert Field.objects.values_list("name_en").get() == ("Written",)
    call_command("loaddata", path, overwrite=True, verbosity=0)

    assert Field.objects.values_list("name_en").get() == ("Loaded",)
    assert [version.name for version in Version.objects.order_by("id") if not version.of_draft] == [
        *("Loaded", "Written", "Loaded")
    ]


@pytest.mark.parametrize("status", ["withdrawn", "trashed"])
def test_load_brings_nothing_back_that_was_taken_away(tmp_path: Path, status: str) -> None:
    path = write(tmp_path, [organisation(status="published")])
    call_command("loaddata", path, verbosity=0)
    Organisation.objects.update(status=status)

    call_command("loaddata", path, verbosity=0)

    assert Organisation.objects.values_list("status").get() == (status,)
