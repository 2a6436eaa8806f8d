"""Keeping the files of pictures in a bucket with the interface of Amazon's S3, for several machines that share them.

Readers fetch them from the bucket, or from what stands in front of it, under an address that never changes: making an
address asks nobody. Whatever goes wrong with the bucket is an ``OSError``, as it is on a disk.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

Result = TypeVar("Result")

mimetypes.add_type("image/avif", ".avif")  # Python 3.11 does not know it yet.


class PictureBucket(S3Storage):
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

    def _open(self, name: str, mode: str = "rb") -> Any:
        return _asked(super()._open, name, mode)

    def _save(self, name: str, content: Any) -> str:
        return _asked(super()._save, name, content)

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        _asked(super().delete, name)

    def exists(self, name: str) -> bool:
        """Return whether there is a file called ``name``."""
        return _asked(super().exists, name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Return the folders and the files in a folder; there are none in one that is not there."""
        return _asked(super().listdir, name)

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return _asked(super().size, name)

    def get_modified_time(self, name: str) -> Any:
        """Return when a file was written."""
        return _asked(super().get_modified_time, name)


def _asked(question: Callable[..., Result], *arguments: Any) -> Result:
    """Return the answer of the bucket. Raises ``OSError`` where it gives none."""
    try:
        return question(*arguments)
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise OSError(f"The bucket of the pictures: {error}") from error
