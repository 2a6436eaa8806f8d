"""Which scripts browsers run: on public pages those with a hash that is told, in the newsroom those with a nonce.

A public page is kept and shown to many, so that it can have no nonce. Its templates say with ``{% integrity %}`` what
each script has to be, and the policy allows these scripts and no other. A page of the newsroom is made for one request:
each script that a template of it writes gets the nonce of the request, and nothing that stands in a record does.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any, Final

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template import Engine, Origin
from django.template.loaders import cached

_NAMED: Final = re.compile(r"""\{% integrity ["'](.+?)["'] %\}""")
_NEWSROOM: Final = "admin/"
"""What the names of templates begin with that only the newsroom shows, Django's and ours."""


def integrity(name: str) -> str:
    """Return what the static file ``name`` has to be, as the attribute ``integrity`` and a policy say it.

    It is the file that browsers get: what was collected, or while developing, what was written. Where there is none,
    the text is empty.
    """
    try:
        try:
            served = _collected(name)
        except FileNotFoundError:
            served = _written(name)
        return _hash(served, served.stat().st_mtime_ns)
    except OSError:  # Without the script the page still works.
        return ""


@functools.cache
def _collected(name: str) -> Path:
    """Return what ``name`` was collected as. Raises ``FileNotFoundError``, which is not kept: it may be collected."""
    file = Path(staticfiles_storage.path(staticfiles_storage.url(name).removeprefix(settings.STATIC_URL)))
    file.stat()
    return file


@functools.cache
def _written(name: str) -> Path:
    return Path(finders.find(name) or name)


@functools.lru_cache
def _hash(path: Path, written_at: int) -> str:  # A file that is being written has to be read again.
    return f"sha256-{base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()}"


def allowed() -> list[str]:
    """Return the sources of ``script-src`` on public pages: whatever their templates ask the integrity of."""
    return sorted(f"'{found}'" for name in _names() if (found := integrity(name)))


@functools.cache
def _names() -> frozenset[str]:
    pages = (page for folder in Engine.get_default().dirs for page in Path(folder).rglob("*.html"))
    return frozenset(name for page in pages for name in _NAMED.findall(page.read_text("utf-8")))


class Policy(CSPMiddleware):
    """Tells the policy of the settings; a page without a nonce may run the scripts of public pages instead."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False) -> Any:
        """Return what the policy is put together from."""
        parts = super().get_policy_parts(request, response, report_only)
        if parts.nonce is None:
            parts.replace = {"script-src": allowed()}
        return parts


class Loader(cached.Loader):
    """Finds templates as Django does, and writes the nonce into each script of those of the newsroom.

    That is done before they are filled in: a script that came into a page with what somebody has typed has none.
    """

    def get_contents(self, origin: Origin) -> str:
        """Return the source of a template."""
        source = super().get_contents(origin)
        is_newsrooms = str(origin.template_name).startswith(_NEWSROOM)
        return re.sub(r"<script\b", '<script nonce="{{ request.csp_nonce }}"', source) if is_newsrooms else source
