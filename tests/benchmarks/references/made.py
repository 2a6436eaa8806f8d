"""The page whose bytes W and D return: the site has made it, and the benchmark has put it into a file."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Final, NamedTuple

VARIABLE: Final = "MADE_PAGE"
"""The environment variable that names the file."""


class Made(NamedTuple):
    """The body of a page, compressed by gzip, and what has to be said with it."""

    body: bytes
    headers: dict[str, str]


@functools.cache
def made_page() -> Made:
    """Return the page."""
    body = Path(os.environ[VARIABLE]).read_bytes()
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip", "Content-Length": str(len(body))}
    return Made(body, headers)
