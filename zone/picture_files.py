"""The files of pictures that nothing needs any more.

A file that a picture was uploaded as is needed while any version of a record names it, so that every version can be
restored. Renditions are needed by records and their drafts as they are now: those of a new focal point or file are made
beside the old ones, and those of a version are made again when it is restored. Nothing is deleted while pages change:
a transaction that is taken back, or a page that was read a moment ago, would miss what it names.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage, default_storage
from django.db import DEFAULT_DB_ALIAS

from zone.content import RECORDS
from zone.history import content_of
from zone.models import Draft, Version
from zone.models.picture import PictureField
from zone.models.record import Record
from zone.snapshots import materialise


def unused_files(before: datetime.datetime) -> list[str]:
    """Return the names of the files, written before a moment, that nothing needs."""
    folders = {"__processed__", *(str(model._meta.model_name) for model, _field in _picture_fields())}
    files = {name for folder in folders for name in files_in(default_storage, folder)}
    return sorted(name for name in files - needed_files() if default_storage.get_modified_time(name) < before)


def needed_files(using: str = DEFAULT_DB_ALIAS) -> set[str]:
    """Return the names of the files that records, drafts and versions need, as the database ``using`` has them."""
    return {name for model, field in _picture_fields() for name in _needed(model, field, using)}


def _picture_fields() -> Iterator[tuple[type[Record], str]]:
    for model in RECORDS:
        yield from ((model, field.name) for field in model._meta.concrete_fields if isinstance(field, PictureField))


def _needed(model: type[Record], field: str, using: str) -> Iterator[str]:
    """Yield the files that records of ``model``, their drafts and their versions need for ``field``."""
    drafts = Draft.objects.using(using).filter(content_type__model=model._meta.model_name).select_related("version")
    shown: list[Any] = [materialise(model, draft.object_id, content_of(draft.version)) for draft in drafts]
    shown += model._default_manager.using(using).exclude(**{field: ""})
    for record in shown:
        picture = getattr(record, field)
        yield from (picture.name, *picture.rendition_names())
    versions = Version.objects.using(using).filter(content_type__model=model._meta.model_name)
    for content in ("content", "sent"):
        yield from filter(None, versions.values_list(f"{content}__fields__{field}", flat=True).distinct().order_by())


def files_in(storage: Storage, folder: str = "") -> Iterator[str]:
    """Yield the names of all files in ``folder`` of ``storage``, and in the folders in it."""
    inside = f"{folder}/" if folder else ""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # On a disk; a bucket knows no folders, and none is missing there.
        return
    yield from (f"{inside}{name}" for name in files)
    for inner in folders:
        yield from files_in(storage, f"{inside}{inner}")
