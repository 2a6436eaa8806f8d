"""Pictures in a bucket: kept, shown, restored and tidied up there; an outage is said where it matters."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import time_machine
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from moto import mock_aws

from tests import factories
from tests.admin.forms import address, answers, errors, publish, save, soup
from tests.conftest import LateReader, Reader
from tests.pictures import DESCRIBED, photo
from tests.programs import python
from tests.test_settings import RIGHT
from zone import workflow
from zone.history import Occasion, content_of, draft_of, live_version, versions_of
from zone.models import NewsItem

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PUBLIC = "https://media.example.org/hetao"
BUCKET = {
    "BACKEND": "zone.media_storage.PictureBucket",
    "OPTIONS": {
        "bucket_name": "pictures",
        "public_url": PUBLIC,
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
    },
}
NOT_ANSWERING = "The place where pictures are kept does not answer. Try again in a while."


@pytest.fixture(autouse=True)
def bucket() -> Iterator[Any]:
    """Keep files in a bucket, and return how the provider sees it."""
    with mock_aws(), override_settings(STORAGES={**settings.STORAGES, "default": BUCKET}):
        client = boto3.client("s3", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
        client.create_bucket(Bucket="pictures")
        yield client


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what lets the bucket answer no more."""

    def fail(*arguments: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.example.org")

    return lambda: monkeypatch.setattr(BaseClient, "_make_api_call", fail)


def names(bucket: Any) -> set[str]:
    return {found["Key"] for found in bucket.list_objects_v2(Bucket="pictures").get("Contents", [])}


def previewed(client: Client, item: Any) -> Any:
    form = answers(client.get(address(item, "change")))
    return client.post(reverse("admin:zone_newsitem_preview", args=[item.pk, "en"]), form)


@pytest.fixture
def item() -> Any:
    """Return a public news item with a picture."""
    item: Any = factories.NewsItemFactory(picture=photo((60, 40)), **DESCRIBED)
    live_version(item)
    return item


def test_upload_and_renditions_are_kept_with_their_types_and_never_change(bucket: Any, publisher: Client) -> None:
    item: Any = factories.NewsItemFactory(status="draft")
    publish(publisher, item, picture=photo((60, 40)), **DESCRIBED)
    item = NewsItem.objects.get()
    assert (item.status, names(bucket)) == ("published", {item.picture.name, *item.picture.rendition_names()})
    heads = {name: bucket.head_object(Bucket="pictures", Key=name) for name in names(bucket)}
    assert {head["CacheControl"] for head in heads.values()} == {"public, max-age=31536000, immutable"}
    assert {name: head["ContentType"] for name, head in heads.items()} == {
        name: f"image/{name.rpartition('.')[2]}" for name in heads
    }


def test_page_names_public_addresses_and_asks_the_bucket_nothing(item: Any, down: Any) -> None:
    down()
    reader: Reader = LateReader()
    for path in (f"/en/news/{item.slug}/", "/en/news/", "/en/", "/en/feeds/news/", "/en/news/print/"):
        assert (path, reader.get(path).status_code) == (path, 200)
    page = reader.get(f"/en/news/{item.slug}/").page  # type: ignore[attr-defined]
    figure = page.select_one("figure.picture")
    addresses = [figure.img["src"], *(part["srcset"].split(" ")[0] for part in figure.select("source"))]
    addresses.append(page.select_one("meta[property='og:image']")["content"])
    assert [one.startswith(f"{PUBLIC}/__processed__/") and "?" not in one for one in addresses] == [True] * 4


def test_equal_names_do_not_replace_each_other() -> None:
    first, second = (default_storage.save("a/b.png", photo(form="PNG")) for _ in range(2))
    assert (first, first != second, default_storage.exists(second)) == ("a/b.png", True, True)


def test_draft_is_previewed_and_an_old_version_restored_with_its_renditions(item: Any, editor: Client) -> None:
    before = item.picture.name
    save(editor, item, picture=photo((40, 60)))
    preview = soup(previewed(editor, item))
    after = content_of(draft_of(item).version)["fields"]["picture"]  # type: ignore[union-attr]
    assert after != before
    assert after.partition("/")[2].partition(".")[0] in preview.select_one("figure.picture img")["src"]  # type: ignore[index, operator]
    for name in item.picture.rendition_names():
        default_storage.delete(name)
    occasion = Occasion(by=User.objects.create_superuser("root"))
    workflow.discard(item, occasion)
    workflow.restore(versions_of(item).order_by("pk")[0], occasion)
    workflow.publish(item, occasion)
    assert [name for name in item.picture.rendition_names() if not default_storage.exists(name)] == []


def test_files_that_nothing_needs_are_deleted(item: Any, bucket: Any) -> None:
    default_storage.save("newsitem/old.png", photo(form="PNG"))
    default_storage.save("__processed__/abc/def/old-1.webp", photo(form="PNG"))
    needed = {item.picture.name, *item.picture.rendition_names()}
    out = io.StringIO()
    call_command("purge_pictures", stdout=out)
    assert out.getvalue() == "0 deleted.\n"
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2), tick=False):
        call_command("purge_pictures", stdout=out)
    assert names(bucket) == needed


def test_missing_renditions_are_made_again(item: Any) -> None:
    wanted = list(item.picture.rendition_names())
    for name in wanted:
        default_storage.delete(name)
    call_command("process_imagefields", "--all", "--no-parallel", stdout=io.StringIO(), stderr=io.StringIO())
    assert [name for name in wanted if not default_storage.exists(name)] == []


# While the bucket does not answer


def test_upload_is_refused_at_its_field_and_nothing_else_is_lost(editor: Client, down: Any) -> None:
    item: Any = factories.NewsItemFactory(status="draft")
    down()
    response = save(editor, item, picture=photo((60, 40)), summary_en="Written at length.")
    assert (response.status_code, errors(response)) == (200, {"picture": NOT_ANSWERING})
    assert soup(response).select_one("[name=summary_en]").text.strip() == "Written at length."  # type: ignore[union-attr]


def test_texts_are_saved_and_previewed(item: Any, editor: Client, down: Any) -> None:
    type(item).objects.update(status="draft")
    down()
    assert editor.get(address(item, "change")).status_code == 200
    assert errors(save(editor, item, summary_en="Other.")) == {}
    assert type(item).objects.values_list("summary_en").get() == ("Other.",)
    assert previewed(editor, item).status_code == 200


def test_publishing_waits_until_the_picture_can_be_looked_for(item: Any, publisher: Client, down: Any) -> None:
    type(item).objects.update(status="draft")
    down()
    response = publish(publisher, item)
    assert errors(publisher.get(response["Location"])) == {"picture": NOT_ANSWERING}


def test_tidying_up_says_in_a_line_that_it_cannot(down: Any) -> None:
    down()
    with pytest.raises(CommandError, match=r"^The files cannot be looked at: The bucket: Could not"):
        call_command("purge_pictures")


# The settings


def test_library_is_loaded_only_where_a_bucket_is_named() -> None:
    show = "import sys, django; django.setup(); from django.core.files.storage import default_storage as files;"
    show += (
        "from zone.models import NewsItem; NewsItem(picture='a.png', picture_width=3, picture_height=2).picture.whole;"
    )
    show += "print(files.url('a.png'), 'boto3' in sys.modules)"
    environment = RIGHT | {"DJANGO_SETTINGS_MODULE": "hetao.settings"}
    assert python("-c", show, environment=environment).stdout == "/media/a.png False\n"
    named = {"S3_BUCKET": "pictures", "S3_PUBLIC_URL": f"{PUBLIC}/", "S3_ENDPOINT": "https://minio.example.org:9000"}
    assert python("-c", show, environment=environment | named).stdout == f"{PUBLIC}/a.png True\n"
