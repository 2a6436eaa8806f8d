"""No public page reads the whole of a table that may be large: the plan of every query of every page says so.

A plan does not need a large table. SQLite plans by what indexes there are; PostgreSQL is told that the tables have a
million rows, and goes through one only where no index helps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client

from tests import factories
from tests.views.test_leaks import Zone, public_addresses
from zone.freshness import next_change
from zone.history import last_versions, versions_of
from zone.models import (
    Crossing,
    Departure,
    Draft,
    Field,
    Generation,
    Holiday,
    HolidayCalendar,
    KeyFigure,
    NewsItem,
    Observation,
    Park,
    Redirect,
    Route,
    Stop,
)
from zone.search import listing
from zone.search.index import rebuild
from zone.statistics import take_statistics

pytestmark = pytest.mark.django_db

SMALL = {
    *(Crossing, Departure, Draft, Field, Generation, Holiday, HolidayCalendar, KeyFigure, Observation, Park),
    *(Redirect, Route, Stop),
    *(model._meta.get_field("sources").remote_field.through for model in (Crossing, HolidayCalendar, KeyFigure, Route)),
    Park._meta.get_field("sources").remote_field.through,
}
"""What there are at most some hundred of, or what only grows with these."""
LARGE = {
    model._meta.db_table
    for model in apps.get_app_config("zone").get_models(include_auto_created=True)
    if model not in SMALL
}
COMMON = {"status", "noun", "kind", "content_type_id", "presence", "building_status", "scope"}
"""Columns of which one value may be that of nearly all rows."""


@dataclass(frozen=True)
class Step:
    """How a plan reads one table."""

    table: str
    columns: frozenset[str]
    """The columns by which an index finds the rows."""

    @property
    def reads_nearly_all(self) -> bool:
        return self.table in LARGE and self.columns <= COMMON


def queries_of(client: Client, addresses: Iterable[str]) -> dict[str, tuple[str, Any]]:
    """Return the queries behind ``addresses`` with their parameters, those that differ only in these once."""
    found: dict[str, tuple[str, Any]] = {}

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( \n").startswith(("SELECT", "WITH")):
            found.setdefault(re.sub(r"(%s, )+%s", "%s", sql), (sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        next_change()
        for address in addresses:
            client.get(address, follow=True)
    return found


def too_much(sql: str, params: Any) -> list[str]:
    """Return what is wrong with the plan of a query."""
    return list((_in_sqlite if connection.vendor == "sqlite" else _in_postgresql)(sql, params))


def _in_sqlite(sql: str, params: Any) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        lines = [line for *_numbers, line in cursor.fetchall()]
    names = dict(re.findall(r'"(zone_\w+)" (\w\d+)', sql))
    tables: dict[str, str] = {alias: table for table, alias in names.items()}
    ends_soon = " LIMIT " in sql and not any("TEMP B-TREE FOR" in line and "RIGHT PART" not in line for line in lines)
    for line in lines:
        if match := re.match(r"(SCAN|SEARCH) (\w+)(?: .*?\((.*)\))?$", line):
            columns = frozenset(re.findall(r"(\w+)[=<>]", match[3] or ""))
            step = Step(tables.get(match[2]) or match[2], columns)
            walks = match[1] == "SEARCH" or "INDEX" in line
            is_one_end = re.match(r'SELECT MAX\("\w+"."id"\)', sql) is not None  # Of the keys themselves.
            if step.reads_nearly_all and not (walks and ends_soon) and not is_one_end:
                yield line


def _in_postgresql(sql: str, params: Any) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [plan] = cursor.fetchone()
    [top] = plan if isinstance(plan, list) else json.loads(plan)
    yield from _of_node(top["Plan"], ends_soon=False)


def _of_node(node: dict[str, Any], *, ends_soon: bool) -> Iterator[str]:
    kind = node["Node Type"]
    ends_soon = kind == "Limit" or (ends_soon and kind not in ("Sort", "Aggregate", "Hash", "Materialize"))
    if "Relation Name" in node or "Index Name" in node:
        columns = frozenset(re.findall(r"(\w+)\)?(?:::\w+)? (?:=|<|>|<=|>=|@@) ", node.get("Index Cond", "")))
        step = Step(node.get("Relation Name", ""), columns)
        walks = kind != "Seq Scan"
        if step.reads_nearly_all and kind != "Bitmap Heap Scan" and not (walks and ends_soon):
            yield f"{kind} {step.table} {node.get('Index Cond', '')}"
    for child in node.get("Plans", ()):
        yield from _of_node(child, ends_soon=ends_soon)


@pytest.fixture
def large_tables(addresses: list[str]) -> None:
    """Have the database believe that there is very much in its large tables, and little in the others."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            statement = (
                "UPDATE pg_class SET reltuples = 1000000, relpages = greatest(relpages, 1) WHERE relname = ANY(%s)"
            )
            cursor.execute("ANALYZE")
            cursor.execute(statement, [sorted(LARGE)])
            cursor.execute("SET LOCAL enable_seqscan = off")
            return
        cursor.execute("ANALYZE")
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name LIKE 'zone_%%'")
        for index, table, sql in cursor.fetchall():
            cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [index])
            rows = 1000 if " WHERE " in (sql or "") else 1_000_000 if table in LARGE else 100
            numbers = [rows]
            for (column,) in cursor.fetchall():
                numbers.append(numbers[-1] // 2 if column in COMMON else -(-numbers[-1] // 1000))
            cursor.execute("INSERT INTO sqlite_stat1 VALUES (%s, %s, %s)", [table, index, " ".join(map(str, numbers))])
        cursor.execute("ANALYZE sqlite_schema")


@pytest.fixture
def addresses(db: None) -> list[str]:
    """Return every public address, of records that are related in every way, and lists in every order and by key."""
    zone, _other = Zone("heron"), Zone("egret")
    # PostgreSQL takes what these have in common for what a million have in common.
    factories.NewsItemFactory.create_batch(30)
    factories.FactFactory.create_batch(30)
    rebuild()
    places = ("?after=0~1~1871~b", "?before=0~9~1871~b", "?sort=oldest&after=0~1~1871~b", "?sort=name&after=0~1~b")
    lists = [f"/en/{name}/{place}" for name in ("organisations", "news", "sources") for place in places]
    lists += [f"/en/news/?{noun}=heron-{noun}" for noun in ("organisation", "facility", "source")]
    others = ["/sitemaps/news.xml", "/en/search/?q=heron", "/en/news/?q=heron"]
    # The page about style, which is the team's, asks for statuses of which there is no facility here.
    pages = [one for one in public_addresses(zone) if "/zh-" not in one and "/style/" not in one]
    return [*pages, *lists, *others]


def wrong_plans(client: Client, addresses: list[str]) -> dict[str, list[str]]:
    asked = queries_of(client, addresses)
    return {sql: wrong for sql, params in asked.values() if (wrong := too_much(sql, params))}


def test_no_page_reads_all_of_a_large_table(client: Client, addresses: list[str], large_tables: None) -> None:
    assert wrong_plans(client, addresses) == {}


def test_no_list_that_is_walked_through_sorts_it(
    client: Client, addresses: list[str], large_tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_FEW", 0)
    lists = [address for address in addresses if "?" in address or address.count("/") == 3]
    assert wrong_plans(client, lists) == {}


@pytest.mark.parametrize(
    ("index", "address", "table"),
    [
        ("news_by_date", "/en/", "zone_newsitem"),
        ("newsitem_expires", "/en/about/", "zone_newsitem"),
        ("search_entry_by_date", "/en/news/", "zone_searchentry"),
        ("search_entry_by_english_name", "/en/organisations/", "zone_searchentry"),
        ("organisation_by_change", "/en/feeds/organisations/", "zone_organisation"),
    ],
)
def test_index_that_is_missing_is_seen(
    client: Client,
    addresses: list[str],
    large_tables: None,
    monkeypatch: pytest.MonkeyPatch,
    index: str,
    address: str,
    table: str,
) -> None:
    monkeypatch.setattr(listing, "_FEW", 0)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    said = " ".join(line for wrong in wrong_plans(client, [address]).values() for line in wrong)
    assert [one for one in sorted(LARGE) if re.search(rf"\b{one}\b", said)] == [table]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Another database keeps words in a table of its own.")
def test_index_of_words_finds_what_it_deletes_whatever_was_counted_when_it_was_empty() -> None:
    with connection.cursor() as cursor:
        take_statistics()
        counted = cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1 ORDER BY tbl").fetchall()
        [plan] = cursor.execute("EXPLAIN QUERY PLAN DELETE FROM zone_search_data WHERE id >= 1 AND id <= 2").fetchall()
        cursor.execute("INSERT INTO sqlite_stat1 VALUES ('zone_search_data', NULL, '1000')")  # An earlier release did.
        take_statistics()
        assert cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1 ORDER BY tbl").fetchall() == counted
    assert plan[3].startswith("SEARCH zone_search_data")
    assert ("zone_generation",) in counted


@pytest.mark.any_database
@pytest.mark.parametrize("keys", [[1, 2, 3], [1, 5, 9]], ids=["that follow each other", "others"])
def test_versions_of_records_are_not_looked_for_among_all_of_their_kind(keys: list[int]) -> None:
    """SQLite, as it plans before it has counted anything: a load into an empty database is such a case."""
    kind = ContentType.objects.get_for_model(NewsItem)
    for versions in (versions_of(factories.NewsItemFactory()), last_versions(kind, keys)):
        assert list(_in_sqlite(*versions.query.sql_with_params())) == []
