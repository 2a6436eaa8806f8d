"""The places where the site keeps files, and the room in them."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

LITTLE_ROOM: Final = 1024**3
"""Bytes below which a disk is filling up: the pages as files take a quarter of that, and an upload at most 15 MB."""
NO_ROOM: Final = 100 * 1024**2


def uploads() -> Iterator[checks.CheckMessage]:
    """Look at whether a picture can be kept, read and deleted, in the folder or in the bucket."""
    place = settings.S3_BUCKET or settings.MEDIA_ROOT
    probe = f"doctor-{uuid.uuid4().hex}.txt"
    try:
        name = default_storage.save(probe, ContentFile(probe.encode()))
        try:
            with default_storage.open(name) as file:
                is_same = file.read() == probe.encode()
        finally:
            default_storage.delete(name)
    except OSError as error:
        yield checks.Error(
            f"{place} cannot be used: {error}.", hint="Give the user of the site the right to read and write there."
        )
        return
    if is_same:
        yield checks.Info(f"{place} takes, gives and deletes files.")
    else:
        yield checks.Error(f"{place} gives back something else than it took.", hint="Look at what stands between.")


def static_files() -> Iterator[checks.CheckMessage]:
    """Look at whether every static file is collected, and as it is now."""
    collect = "manage.py collectstatic --noinput, then restart the site."
    manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
    if not manifest.exists():
        yield checks.Error(
            f"No static files are collected in {settings.STATIC_ROOT}: pages have no style.", hint=collect
        )
        return
    try:
        names: dict[str, str] = json.loads(manifest.read_text("utf-8"))["paths"]
    except (KeyError, ValueError):
        yield checks.Error(f"{manifest} cannot be read: pages have no style.", hint=collect)
        return
    collected_at = manifest.stat().st_mtime
    sources = {
        path: Path(storage.path(path)).stat().st_mtime
        for finder in get_finders()
        for path, storage in finder.list(StaticFilesConfig.ignore_patterns)
    }
    missing = [path for path in sources if path not in names or not Path(settings.STATIC_ROOT, names[path]).exists()]
    newer = [path for path, changed_at in sources.items() if changed_at > collected_at]
    if missing:
        yield checks.Error(f"{len(missing)} static files are not collected, such as {missing[0]}.", hint=collect)
    elif newer:
        yield checks.Warning(
            f"{len(newer)} static files are newer than those collected, such as {newer[0]}.", hint=collect
        )
    else:
        yield checks.Info(f"{len(sources)} static files are collected.")


def page_files() -> Iterator[checks.CheckMessage]:
    """Look at the folder of the pages that nginx serves."""
    if not settings.PAGE_FILES:
        return
    folder, now = Path(settings.PAGE_FILES), Path(settings.PAGE_LINK)
    for place in {folder, now.parent}:
        probe = place / f".doctor-{uuid.uuid4().hex}"
        try:
            probe.symlink_to("nowhere")
            probe.unlink()
        except OSError as error:
            yield checks.Error(f"{place} cannot be written: {error}.", hint="Let the user of the site write there.")
            return
    if now.is_symlink() and not now.exists():
        yield checks.Warning(f"{now} leads nowhere.", hint="Restart the site: it makes the link anew.")
    else:
        yield checks.Info(
            f"{folder} can be written; {'pages are served from it' if now.exists() else 'it has no pages now'}."
        )


def disk_space() -> Iterator[checks.CheckMessage]:
    """Look at the room on each disk that the site writes to."""
    database = connection.settings_dict["NAME"] if connection.vendor == "sqlite" else ""
    places = {Path(place) for place in (settings.MEDIA_ROOT, settings.PAGE_FILES) if place}
    if database and not connection.is_in_memory_db():  # type: ignore[attr-defined]
        places.add(Path(database).parent)
    disks = {place.stat().st_dev: place for place in sorted(places) if place.exists()}
    for place in disks.values():
        free = shutil.disk_usage(place).free
        said = f"{free // 1024**2:,} MB are free at {place}."
        if free < NO_ROOM:
            yield checks.Error(said, hint="Make room now: edits and uploads are about to fail.")
        elif free < LITTLE_ROOM:
            yield checks.Warning(said, hint="Make room.")
        else:
            yield checks.Info(said)
