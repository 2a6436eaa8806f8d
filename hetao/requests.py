"""How requests are read: as UTF-8, whatever they say of themselves."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """A request whose charset nobody chooses.

    In another one than UTF-8, Django would find another address in it than the one under which the page is kept for
    everybody, or none, and Python would remember each name of a charset that there is not.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        self.content_params.pop("charset", None)
