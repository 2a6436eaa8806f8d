"""What the migrations make of what is there already."""

from __future__ import annotations

import importlib
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.sql import emit_pre_migrate_signal
from django.db import connection

from zone.content import RECORDS, dump, with_rows
from zone.history import content_of
from zone.models import NewsItem, Organisation, Version
from zone.search.question import read
from zone.search.tables import Depth, TsVector, key_of, keys_of_rows, table_of
from zone.snapshots import take_all

pytestmark = pytest.mark.django_db

to_snapshots = importlib.import_module("zone.migrations.0004_versions_as_snapshots").to_snapshots
add_blocks = importlib.import_module("zone.migrations.0015_blocks").add_blocks
add_characters = importlib.import_module("zone.migrations.0016_characters").add_characters
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="Only PostgreSQL has it.")


def migrated(record: Any, objects: list[Any]) -> Version:
    """Return the version of ``record`` that was recorded as ``objects`` in the form of the fixtures, once migrated."""
    Version.objects.all().delete()
    kind = ContentType.objects.get_for_model(record)
    Version.objects.create(content_type=kind, object_id=record.pk, content=objects)
    to_snapshots(apps, SimpleNamespace(connection=connection))
    return Version.objects.get()


def test_every_version_of_the_form_of_the_fixtures_becomes_a_snapshot(content: None) -> None:
    for model in RECORDS:
        records: Any = model._default_manager.order_by("pk")[:3]
        for record in records:
            alone: Any = model._default_manager.filter(pk=record.pk)
            [expected] = take_all(alone).values()
            version = migrated(record, json.loads(dump(with_rows(alone))))
            assert content_of(version) == expected
            assert (version.state, bool(version.name)) == ("published", True)


def test_a_relation_to_what_is_gone_is_left_out(content: None) -> None:
    organisation: Any = Organisation.objects.filter(facts__isnull=False, sources__isnull=False).first()
    objects = json.loads(dump(with_rows(Organisation.objects.filter(pk=organisation.pk))))
    objects[0]["fields"]["sources"].append(["gone"])
    objects[1]["fields"]["source"] = ["gone"]
    rows = migrated(organisation, objects).content["rows"]

    assert rows["facts"][str(objects[1]["fields"]["number"])]["source"] is None
    assert Version.objects.get().content["fields"]["sources"] == sorted(
        organisation.sources.values_list("pk", flat=True)
    )


def test_a_snapshot_stays_as_it_is(content: None) -> None:
    organisation: Any = Organisation.objects.first()
    kept = {"fields": {"name_en": "Old"}, "rows": {}}

    assert migrated(organisation, kept).content == kept  # type: ignore[arg-type]


@on_postgresql
def test_rows_of_the_search_get_the_blocks_that_new_ones_have() -> None:
    keys = [key_of(NewsItem, pk) for pk in (1, 5_000, 20_000, 300_000, 5_000_000)]
    rows = [TsVector().row(key, [["photonics"], [], [], []]) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM zone_search")
        cursor.executemany(TsVector.insert, rows)
        cursor.execute("SELECT rowid, terms::text FROM zone_search ORDER BY rowid")
        expected = cursor.fetchall()
        blocks = "array(SELECT lexeme FROM unnest(terms) WHERE lexeme ~ '^#[a-e]')"
        cursor.execute(f"UPDATE zone_search SET terms = ts_delete(terms, {blocks})")  # noqa: S608
        add_blocks(apps, SimpleNamespace(connection=connection, execute=cursor.execute))
        cursor.execute("SELECT rowid, terms::text FROM zone_search ORDER BY rowid")
        assert cursor.fetchall() == expected


@pytest.mark.django_db
def test_rows_of_the_search_get_the_characters_that_new_ones_have() -> None:
    texts, table = ["photonics 1.5 河套 2026年", "深圳河", "一𠮷々〇"], table_of(connection)
    rows = [table.row(key_of(NewsItem, pk), [[text], [], [], ["河岸"]]) for pk, text in enumerate(texts)]
    further = re.compile(r" ?'?(?:[ns]\|)?#(?:z2|[^a-z0-9])(?:':[\d,]+)?")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM zone_search")
        cursor.executemany(table.insert, [(key, further.sub("", terms)) for key, terms in rows])
        assert table.outdated(cursor) == [key for key, _terms in rows]
        add_characters(apps, SimpleNamespace(connection=connection, execute=cursor.execute))
        cursor.execute("SELECT rowid, terms FROM zone_search ORDER BY rowid")
        assert [(key, words(terms)) for key, terms in cursor] == [(key, words(terms)) for key, terms in rows]
        assert table.outdated(cursor) == []
    assert keys_of_rows(read("河"), Depth.NAMES, 9) == [rows[1][0], rows[0][0]]


def words(terms: str) -> set[str]:
    return {re.sub(r"^'(.*)'(:[\d,]+)?$", r"\1", term) for term in terms.split()}


@on_postgresql
def test_no_statement_of_a_migration_is_cancelled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 60000")
        emit_pre_migrate_signal(verbosity=0, interactive=False, db="default")
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
