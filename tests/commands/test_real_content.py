"""The real content: complete, loaded in any order, twice without a trace, and written back byte for byte."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.models import prefetch_related_objects

from tests.conftest import FIXTURES
from zone.content import RECORDS, dump_lines
from zone.models import (
    Crossing,
    Facility,
    Generation,
    KeyFigure,
    NewsItem,
    Observation,
    Organisation,
    Park,
    Route,
    Version,
)
from zone.models.reading import public_relation
from zone.search.index import disagreements, rebuild

COUNTED: tuple[Any, ...] = (*RECORDS, Observation)
FOLDER = Path(settings.BASE_DIR, "fixtures")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]


def state() -> dict[str, Any]:
    """Return all rows of the zone as they stand in the database, but for how often something was written."""
    models = [model for model in apps.get_app_config("zone").get_models() if model is not Generation]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


def test_all_of_it_is_there() -> None:
    counts = {model.__name__: model.objects.count() for model in COUNTED}
    assert counts == {
        "Park": 2,
        "Field": 22,
        "Source": 137,
        "Facility": 39,
        "Organisation": 59,
        "NewsItem": 57,
        "KeyFigure": 36,
        "Crossing": 6,
        "Route": 4,
        "HolidayCalendar": 0,
        "Observation": 82,
    }


def test_dump_writes_exactly_the_files_that_are_there(tmp_path: Path) -> None:
    call_command("dump_content", folder=tmp_path, stdout=io.StringIO())
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.json")} == {
        path.name: path.read_bytes() for path in FOLDER.glob("*.json")
    }


def test_second_load_in_another_order_changes_nothing() -> None:
    before = state()
    shuffled = random.Random(2).sample(FIXTURES, len(FIXTURES))  # noqa: S311
    call_command("loaddata", *shuffled, verbosity=0)
    call_command("settle", stdout=io.StringIO())
    assert state() == before


def test_every_record_has_a_first_version_to_go_back_to() -> None:
    assert Version.objects.count() == 362
    assert set(Version.objects.values_list("action", flat=True)) == {"loaded"}
    version = Version.objects.get(content__fields__slug="xtalpi", content_type__model="organisation")
    assert {kind: len(rows) for kind, rows in version.content["rows"].items()} == {
        "changes": 0,
        "facts": 7,
        "people": 2,
    }


def test_every_fact_has_a_source_and_every_record_rests_on_one() -> None:
    unsourced = [
        f"{model.__name__} {record.slug}"
        for model in (Park, Facility, Organisation, NewsItem, KeyFigure, Route, Crossing)
        for record in model.objects.filter(sources=None)
    ]
    assert unsourced == []


def test_partners_that_signed_are_not_in_the_zone() -> None:
    partners = Organisation.objects.filter(role="partner")
    assert set(partners.values_list("presence", "presence_as_of")) == {("signed", "2024-04-18")}


def test_translations_wait_for_a_person() -> None:
    assert set(Organisation.objects.values_list("zh_hans_check", "zh_hant_check")) == {("unchecked", "unchecked")}


def lines() -> str:
    stream = io.StringIO()
    dump_lines(stream)
    return stream.getvalue()


def test_it_goes_out_as_lines_and_comes_in_again_the_same(tmp_path: Path) -> None:
    before, dumped = state(), lines()
    path = tmp_path / "all.jsonl"
    path.write_text(dumped, "utf-8")
    call_command("import_content", str(path), verbosity=0, stdout=io.StringIO())
    assert state() == before

    with transaction.atomic():
        for model in reversed(list(apps.get_app_config("zone").get_models(include_auto_created=True))):
            if model is not Generation:
                model._default_manager.all()._raw_delete("default")  # type: ignore[attr-defined]
        rebuild()
        assert lines() == ""
        call_command("import_content", str(path), verbosity=0, stdout=io.StringIO())
        assert lines() == dumped
        assert {model: len(rows) for model, rows in state().items()} == {
            model: len(rows) for model, rows in before.items()
        }
        assert set(Version.objects.values_list("action", flat=True)) == {"loaded"}
        assert disagreements() == []
        transaction.set_rollback(True)


@pytest.mark.parametrize("model", RECORDS)
def test_one_record_has_what_django_fetches_for_many(model: Any) -> None:
    relations = model.objects.published().for_detail()._relations
    for one in model.objects.published()[:20]:
        [record] = model.objects.published().for_detail().filter(pk=one.pk)
        prefetch_related_objects([one], *(public_relation(model, name) for name in relations))
        assert {name: list(getattr(record, name).all()) for name in relations} == {
            name: list(getattr(one, name).all()) for name in relations
        }
