"""Our pages as the cache of pages has them made, which knows that nothing is due."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hetao.wsgi import django
from zone.page_cache import NOTHING_IS_DUE
from zone.views.answers import PAGES


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as Django does behind the cache."""
    return django({**environ, NOTHING_IS_DUE: True}, start_response)


def forgetful(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as a process does that has made no page of a record yet."""
    PAGES.clear()
    return application(environ, start_response)
