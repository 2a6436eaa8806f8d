"""W: a WSGI function and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.benchmarks.references.made import made_page

MADE = made_page()
HEADERS = list(MADE.headers.items())


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Return the bytes of a page that was made before."""
    start_response("200 OK", HEADERS)
    return (MADE.body,)
