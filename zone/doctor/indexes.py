"""The keys and indexes that models and migrations declare: where a dump was restored in part, they can be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.core import checks
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor

from zone.doctor.database import unapplied

_OF_MIGRATIONS: Final = {
    "zone_search_pkey": "ALTER TABLE zone_search ADD PRIMARY KEY (rowid)",
    "zone_search_by_terms": "CREATE INDEX zone_search_by_terms ON zone_search USING gin (terms) "
    "WITH (fastupdate = off)",
}
"""What no model declares, on PostgreSQL."""


def indexes() -> Iterator[checks.CheckMessage]:
    """Look at whether every table has its keys, references and indexes; a migration to come may be to make some."""
    if unapplied(MigrationExecutor(connection)):
        return
    missing = list(_missing())
    yield from missing
    if not missing:
        yield checks.Info("Every table has its keys, references and indexes.")


def _missing() -> Iterator[checks.CheckMessage]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table not in tables:
                yield checks.Error(f"There is no table {table}.", hint="Restore the last backup.")
            else:
                yield from _missing_of(model, connection.introspection.get_constraints(cursor, table))
        if connection.vendor == "postgresql":
            there = connection.introspection.get_constraints(cursor, "zone_search")
            for name in sorted(_OF_MIGRATIONS.keys() - there.keys()):
                yield _lacks(checks.Error, "zone_search", name, _OF_MIGRATIONS[name])


def _missing_of(model: type[models.Model], there: dict[str, Any]) -> Iterator[checks.CheckMessage]:
    """Yield what ``model`` declares and is not ``there``, by its name or, where Django has made it up, by columns."""
    options, editor = model._meta, connection.schema_editor()
    columns_of = {field.name: field.column for field in options.local_fields}
    keys = {tuple(found["columns"]) for found in there.values() if found["unique"] or found["primary_key"]}
    indexes = keys | {tuple(found["columns"]) for found in there.values() if found["index"]}
    references = {tuple(found["columns"]) for found in there.values() if found["foreign_key"]}
    for one in _declared(model):
        is_key = isinstance(one, models.UniqueConstraint)
        columns = tuple(columns_of[name.removeprefix("-")] for name in one.fields)
        if one.name not in there and columns not in (keys if is_key else indexes):
            kind = checks.Error if is_key else checks.Warning
            yield _lacks(kind, options.db_table, one.name, one.create_sql(model, editor))
    for field in options.local_fields:
        if isinstance(field, models.ForeignKey) and (field.column,) not in references:
            yield _lacks(checks.Error, options.db_table, f"reference by {field.column}", _reference(field))


def _declared(model: type[models.Model]) -> Iterator[models.Index | models.UniqueConstraint]:
    options = model._meta
    yield from options.indexes
    yield from (rule for rule in options.constraints if isinstance(rule, models.UniqueConstraint))
    for names in [[field.name] for field in options.local_fields if field.unique] + list(options.unique_together):
        yield models.UniqueConstraint(fields=names, name=f"{options.db_table}_{'_'.join(names)}_key")
    for field in options.local_fields:
        if getattr(field, "db_index", False) and not field.unique:
            yield models.Index(fields=[field.name], name=f"{options.db_table}_{field.column}_idx")


def _lacks(kind: type[checks.Error | checks.Warning], table: str, what: str, statement: object) -> checks.CheckMessage:
    return kind(f"{table} has no {what}.", hint=f"manage.py dbshell, and there: {statement};")


def _reference(field: models.ForeignKey[Any, Any]) -> str:
    to = field.target_field
    return (
        f"ALTER TABLE {field.model._meta.db_table} ADD FOREIGN KEY ({field.column}) "
        f"REFERENCES {to.model._meta.db_table} ({to.column}) DEFERRABLE INITIALLY DEFERRED"
    )
