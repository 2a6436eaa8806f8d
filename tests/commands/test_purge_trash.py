"""Deleting for good: what was in the trash long enough, wholly or not at all."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import timezone

from tests import factories
from zone import workflow
from zone.content import RECORDS
from zone.history import Occasion, content_of, live_version, versions_of
from zone.models import Draft, Fact, Field, NewsItem, Organisation, PreviewLink, Source, Version
from zone.models.claim import Owned
from zone.models.version import Action

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

Trash = Callable[..., Any]


@pytest.fixture
def trash(django_user_model: Any) -> Trash:
    """Return a function that moves a record to the trash a number of days ago."""
    root = django_user_model.objects.create_superuser("root")

    def trash(record: Any, days: float = 31) -> Any:
        with time_machine.travel(timezone.now() - datetime.timedelta(days=days), tick=False):
            return workflow.trash(record, Occasion(by=root))

    return trash


def purge(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command("purge_trash", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_what_was_there_long_enough_is_deleted_and_the_rest_stays(trash: Trash) -> None:
    trash(factories.FieldFactory(name_en="Old"), days=31)
    new = trash(factories.FieldFactory(name_en="New"), days=29)
    live = factories.FieldFactory(updated_at=timezone.now() - datetime.timedelta(days=99))

    assert purge() == ["deleted: field “Old”", "1 deleted, 0 kept."]
    assert list(Field.objects.order_by("pk")) == [new, live]
    assert purge() == ["0 deleted, 0 kept."]


def test_the_setting_says_how_long_and_the_option_says_otherwise(trash: Trash, settings: Any) -> None:
    settings.TRASH_DAYS = 3
    trash(factories.FieldFactory(name_en="A"), days=4)
    trash(factories.FieldFactory(name_en="B"), days=2)

    assert purge() == ["deleted: field “A”", "1 deleted, 0 kept."]
    assert purge("--days", "0") == ["deleted: field “B”", "1 deleted, 0 kept."]


@pytest.mark.parametrize("days", ["-1", "99999999999"])
def test_impossible_days_are_refused(days: str) -> None:
    with pytest.raises(CommandError, match="--days: from 0 to 36500"):
        purge("--days", days)


def test_a_dry_run_says_what_would_be_deleted_and_deletes_nothing(trash: Trash) -> None:
    source: Any = factories.SourceFactory()
    organisation = trash(factories.OrganisationFactory(name_en="Acme", presence_source=source))
    trash(source)

    said = purge("--dry-run")

    assert said == [
        "would delete: organisation “Acme”",
        f"would delete: source “{source}”",
        "2 would be deleted, 0 kept.",
    ]
    assert (Organisation.objects.count(), versions_of(organisation).count()) == (1, 2)


def test_a_record_goes_with_its_rows_versions_drafts_and_links(trash: Trash) -> None:
    fact: Any = factories.FactFactory()
    record = fact.organisation
    workflow.keep(record, content_of(live_version(record)), Occasion())
    PreviewLink.objects.create(record=record, expires_at=timezone.now())
    other: Any = factories.FieldFactory()
    PreviewLink.objects.create(record=other, expires_at=timezone.now())
    live_version(other)
    trash(record)

    purge()

    counts = [model._default_manager.count() for model in (Organisation, Fact, Draft, Version, PreviewLink)]
    assert counts == [0, 0, 0, 1, 1]


def test_a_version_that_nobody_made_counts_too(trash: Trash) -> None:
    field = trash(factories.FieldFactory(name_en="Optics"), days=40)
    Version.objects.update(by=None)

    assert purge() == ["deleted: field “Optics”", "1 deleted, 0 kept."]
    assert not Field.objects.filter(pk=field.pk).exists()


def test_what_came_into_the_trash_another_way_counts_from_its_last_change() -> None:
    now = timezone.now()
    factories.FieldFactory(name_en="Old", status="trashed", updated_at=now - datetime.timedelta(days=31))
    factories.FieldFactory(name_en="New", status="trashed", updated_at=now - datetime.timedelta(days=29))

    assert purge() == ["deleted: field “Old”", "1 deleted, 0 kept."]


def test_what_was_restored_and_thrown_away_again_counts_anew(trash: Trash, django_user_model: Any) -> None:
    field = trash(factories.FieldFactory(), days=60)
    workflow.recover(field, Occasion(by=django_user_model.objects.get()))
    assert purge() == ["0 deleted, 0 kept."]
    trash(field, days=5)

    assert purge() == ["0 deleted, 0 kept."]


def test_what_others_depend_on_is_kept_and_they_are_named(trash: Trash) -> None:
    source: Any = factories.SourceFactory(publisher_original="Gazette", title_original="A port")
    factories.FactFactory(organisation__name_en="Acme", source=source)
    factories.OrganisationFactory(name_en="Bolt", presence_source=source)
    trash(source)
    trash(factories.FieldFactory(name_en="Optics"))

    assert purge() == [
        "deleted: field “Optics”",
        "kept: source “Gazette: A port”, on which depend: organisation “Acme”, organisation “Bolt”",
        "1 deleted, 1 kept.",
    ]
    assert (Source.objects.filter(pk=source.pk).count(), versions_of(source).count()) == (1, 2)


def test_what_goes_together_goes_in_the_right_order(trash: Trash) -> None:
    parent: Any = factories.OrganisationFactory(name_en="A parent")
    for name in ("B", "C"):
        parent = factories.OrganisationFactory(name_en=name, parent=parent)
    for record in Organisation.objects.all():
        trash(record)

    assert purge() == [
        "deleted: organisation “C”",
        "deleted: organisation “B”",
        "deleted: organisation “A parent”",
        "3 deleted, 0 kept.",
    ]


def test_a_record_that_loses_a_relation_has_it_in_its_history(trash: Trash) -> None:
    field: Any = factories.FieldFactory()
    news: Any = factories.NewsItemFactory(fields=[field])
    live_version(news)
    trash(field)

    purge()

    newest: Any = versions_of(news).first()
    assert (newest.action, newest.changed, NewsItem.objects.get().fields.count()) == (Action.FOUND, ["fields"], 0)


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_refers_to_what_is_gone_is_published_without_it(trash: Trash, django_user_model: Any) -> None:
    root = django_user_model.objects.get()
    gone, kept = factories.FieldFactory.create_batch(2)
    news: Any = factories.NewsItemFactory()
    content = content_of(live_version(news))
    content["fields"]["fields"] = [gone.pk, kept.pk]
    workflow.keep(news, content, Occasion(by=root))
    trash(gone)
    purge()

    workflow.publish(news, Occasion(by=root))

    assert list(news.fields.all()) == [kept]


def test_a_record_that_cannot_be_deleted_is_left_whole(trash: Trash, monkeypatch: Any) -> None:
    record = trash(factories.FactFactory().organisation)

    def fail(*arguments: Any, **options: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("zone.trash.forget", fail)
    with pytest.raises(RuntimeError):
        purge()

    assert (Organisation.objects.count(), Fact.objects.count(), versions_of(record).count()) == (1, 1, 2)


def test_every_relation_between_records_is_protected() -> None:
    """Deleting for good rests on this: nothing of another record may go along."""
    unprotected = [
        str(relation.field)
        for model in RECORDS
        for relation in model._meta.related_objects
        if not (issubclass(relation.related_model, Owned) and relation.field.name in relation.related_model.owners)
        and not relation.many_to_many
        and relation.on_delete is not models.PROTECT
    ]
    assert unprotected == []
