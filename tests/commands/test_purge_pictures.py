"""Files of pictures that nothing needs are deleted; what a record, a draft or a version needs stays."""

from __future__ import annotations

import datetime
import io
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from tests.factories import NewsItemFactory
from tests.pictures import DESCRIBED, photo
from zone import workflow
from zone.history import Occasion, content_of, live_version, versions_of
from zone.snapshots import take

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def purge(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command("purge_pictures", *arguments, stdout=out)
    return out.getvalue().splitlines()


def all_files(folder: str = "") -> set[str]:
    folders, files = default_storage.listdir(folder)
    inner = {name for one in folders for name in all_files(f"{folder}{one}/")}
    return inner | {f"{folder}{name}" for name in files}


@pytest.fixture
def changed() -> Any:
    """Return a news item that has had another picture, and has another focal point than it had."""
    for name in all_files():
        default_storage.delete(name)
    item: Any = NewsItemFactory(picture=photo((90, 30)), **DESCRIBED)
    live_version(item)
    item.picture = photo((30, 90))
    item.save()
    item = type(item).objects.get()
    live_version(item)
    item.picture_ppoi = "0.5x0"
    item.save()
    live_version(item)
    return item


def test_purge_leaves_what_records_and_versions_need(changed: Any) -> None:
    originals = {content_of(version)["fields"]["picture"] for version in versions_of(changed)}
    needed = {*originals, *changed.picture.rendition_names()}
    assert (len(originals), all_files() > needed) == (2, True)
    assert purge() == ["0 deleted."]  # All of it is new.
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2)):
        said = purge("--dry-run")
        assert (len(said) > 1, all_files() > needed) == (True, True)
        purge()
    assert all_files() == needed


def test_an_old_version_is_restored_after_a_purge(changed: Any) -> None:
    first = content_of(versions_of(changed).last())["fields"]  # type: ignore[arg-type]
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2)):
        purge()
    chief = User.objects.create(username="chief", is_superuser=True)
    workflow.restore(versions_of(changed).last(), Occasion(by=chief))  # type: ignore[arg-type]
    workflow.publish(changed, Occasion(by=chief))
    changed = type(changed).objects.get()
    assert (changed.picture.name, changed.picture_width, changed.picture_height) == (first["picture"], 90, 30)
    assert [name for name in changed.picture.rendition_names() if not default_storage.exists(name)] == []


def test_purge_leaves_what_a_draft_needs() -> None:
    item: Any = NewsItemFactory(**DESCRIBED)
    upload: Any = NewsItemFactory.build(picture=photo((90, 30)))
    upload._meta.get_field("picture").pre_save(upload, add=True)
    content = take(item)
    content["fields"] |= {"picture": upload.picture.name, "picture_width": 90, "picture_height": 30}
    workflow.keep(item, content, Occasion())
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2)):
        purge()
    assert all_files() >= {upload.picture.name, *upload.picture.rendition_names()}
