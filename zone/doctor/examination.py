"""The checks in their order, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from django.core import checks

from zone.doctor import configuration, content, database, files, indexes, neighbours

Check = Callable[[], Iterable[checks.CheckMessage]]

ALONE: Final[tuple[Check, ...]] = (
    configuration.purpose,
    configuration.deployment,
    configuration.hosts,
    configuration.proxy,
    configuration.secrets,
    configuration.packages,
    files.uploads,
    files.static_files,
    files.page_files,
    files.disk_space,
    neighbours.cache,
    neighbours.mail,
)
WITH_DATABASE: Final[tuple[Check, ...]] = (
    database.encoding,
    database.durability,
    database.integrity,
    database.connections,
    database.transactions,
    database.migrations,
    indexes.indexes,
    database.triggers,
    database.clock,
    content.schedules,
    content.sessions,
    content.open_forms,
    content.search_index,
)
LONG: Final[frozenset[Check]] = frozenset({database.integrity, content.search_index})
"""Those that read everything: with a million records, for minutes."""


def examine(quick: bool = False) -> Iterator[tuple[str, checks.CheckMessage]]:
    """Yield what is looked at and what is found, check by check; ``quick`` leaves out :data:`LONG` ones."""
    answers = list(found(database.database))
    yield from ((_name(database.database), message) for message in answers)
    is_there = not any(message.is_serious() for message in answers)
    for check in ALONE + (WITH_DATABASE if is_there else ()):
        if not (quick and check in LONG):
            yield from ((_name(check), message) for message in found(check))
    if not is_there:
        names = ", ".join(map(_name, WITH_DATABASE))
        yield (
            "the rest",
            checks.Warning(f"Not looked at without the database: {names}.", hint="Mend the database first."),
        )


def found(check: Check) -> Iterator[checks.CheckMessage]:
    """Yield what ``check`` finds; that it cannot look is a finding as well."""
    try:
        yield from check()
    except Exception as error:
        yield checks.Error(f"It cannot be looked at: {type(error).__name__}: {error}", hint="Mend what it says.")


def _name(check: Check) -> str:
    return check.__name__.replace("_", " ")
