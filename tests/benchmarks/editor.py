"""Somebody at work in the newsroom: ``python -m tests.benchmarks.editor ADDRESS NAME PASSWORD PATH BUTTON``.

Logs in and says so in a line. Opens the form at PATH, changes a word and presses BUTTON, again and again until the
standard input ends. Then prints how often that went well, and what did not.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import urllib.request
from collections.abc import Mapping
from email.message import Message
from http import HTTPStatus
from http.cookiejar import CookieJar
from typing import IO
from urllib.parse import urlencode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from tests.admin.forms import answers


class Page:
    """What came back."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status, self.content = status, content


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Looks at the answer to what was sent, and not at the page that it leads to."""

    def http_error_302(self, req: object, fp: IO[bytes], code: int, msg: str, headers: Message) -> IO[bytes]:
        """Return the answer as it is."""
        return fp


class Editor:
    """A browser in which somebody is logged in."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), NoRedirects)

    def get(self, path: str) -> Page:
        """Return the page at ``path``."""
        return self._ask(path, None)

    def post(self, path: str, form: Mapping[str, object]) -> Page:
        """Send a form."""
        return self._ask(path, urlencode(form, doseq=True).encode())

    def _ask(self, path: str, data: bytes | None) -> Page:
        with self.opener.open(self.address + path, data, timeout=30) as answer:
            return Page(answer.status, answer.read())


def log_in(editor: Editor, name: str, password: str) -> None:
    """Log in as a person does."""
    form = answers(editor.get("/admin/login/")) | {"username": name, "password": password}
    if editor.post("/admin/login/", form).status != HTTPStatus.FOUND:
        sys.exit(f"{name} cannot log in.")


def main(address: str, name: str, password: str, path: str, button: str) -> None:
    """Work until somebody says that it is enough."""
    editor = Editor(address)
    log_in(editor, name, password)
    print(f"{name} is logged in.", flush=True)  # noqa: T201
    told = threading.Thread(target=sys.stdin.read, daemon=True)
    told.start()
    saved, refused = 0, []
    while told.is_alive():
        try:
            form = answers(editor.get(path)) | {"short_name": f"{name} {saved}", button: "yes"}
            page = editor.post(path, form)
        except OSError as error:
            refused.append(repr(error))
            continue
        if page.status == HTTPStatus.FOUND:
            saved += 1
        else:
            refused.append(f"{page.status}")
    print(json.dumps({"saved": saved, "refused": refused}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
