"""An application with the holes that the tools look for, to show that they would find them. Nobody is to serve it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

PAGES = ("shown", "asked", "read", "left")


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Do with the parameter ``q`` what the address says: show it, ask a database, read a file or lead there."""
    [word] = parse_qs(environ["QUERY_STRING"], keep_blank_values=True).get("q", ["1"])
    do = {f"/{name}": globals()[f"_{name}"] for name in PAGES}.get(environ["PATH_INFO"], _links)
    status, headers, body = "200 OK", [("Content-Type", "text/html; charset=utf-8")], ""
    try:
        body = do(word)
    except (OSError, sqlite3.Error, ValueError) as error:
        status, body = "500 Internal Server Error", f"{type(error).__module__}.{type(error).__name__}: {error}"
    if do is _left:
        status, headers = "302 Found", [("Location", body)]
    start_response(status, headers)
    return [f"<!DOCTYPE html><html><title>Holes</title><body>{body}</body></html>".encode()]


def _links(word: str) -> str:
    forms = "<form method=post action=/sent><input name=a><input type=submit></form>"
    return forms + " ".join(f'<a href="/{name}?q=1">{name}</a>' for name in PAGES)


def _shown(word: str) -> str:
    return f"You said {word}"


def _asked(word: str) -> str:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE names (id INTEGER, name TEXT)")
        database.execute("INSERT INTO names VALUES (1, 'egret'), (2, 'heron')")
        return str(database.execute(f"SELECT name FROM names WHERE id = {word}").fetchall())  # noqa: S608


def _read(word: str) -> str:
    return Path("/", word).read_text("utf-8")


def _left(word: str) -> str:
    return word.replace("\r", "").replace("\n", "")
