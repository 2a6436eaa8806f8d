"""Keeping files in a bucket with the interface of Amazon's S3: pictures that several machines share, and backups.

Readers fetch pictures from the bucket, or from what stands in front of it, under an address that never changes: making
an address asks nobody. Whatever goes wrong with a bucket is an ``OSError``, as it is on a disk.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

mimetypes.add_type("image/avif", ".avif")  # Python 3.11 does not know it yet.


class Bucket(S3Storage):
    """A bucket, or what begins with ``location`` in it."""

    def _open(self, name: str, mode: str = "rb") -> Any:
        with answering():
            return super()._open(name, mode)

    def _save(self, name: str, content: Any) -> str:
        with answering():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with answering():
            super().delete(name)

    def exists(self, name: str) -> bool:
        """Return whether there is a file called ``name``."""
        with answering():
            return bool(super().exists(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Return the folders and the files in a folder; there are none in one that is not there."""
        with answering():
            folders, files = super().listdir(name)
            return folders, files

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        with answering():
            return int(super().size(name))

    def get_modified_time(self, name: str) -> Any:
        """Return when a file was written."""
        with answering():
            return super().get_modified_time(name)


class PictureBucket(Bucket):
    """A bucket of files that never change, each under a name of its own."""

    def __init__(self, *, public_url: str, **options: Any) -> None:
        """Take the address under which readers find the files, and options of ``storages.backends.s3.S3Storage``."""
        address = urlsplit(public_url)
        super().__init__(
            custom_domain=f"{address.netloc}{address.path}".rstrip("/"),
            url_protocol=f"{address.scheme}:",
            querystring_auth=False,
            file_overwrite=False,
            object_parameters={"CacheControl": "public, max-age=31536000, immutable"},
            # An editor waits for an answer, and with her a thread of the server.
            client_config=Config(
                connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
            ),
            **options,
        )


@contextmanager
def answering() -> Iterator[None]:
    """Let what a bucket answers with, or that it gives no answer, be an ``OSError``."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise OSError(f"The bucket: {error}") from error
