"""Whole pages for anonymous readers, in front of Django.

A page is kept as it goes over the wire, in each encoding that somebody takes, with its headers. It is shown while the
content has the generation that it was made of, and until the moment at which time itself changes what pages say. A page
of an earlier generation is shown again if it would be made of the same. There is nothing to purge: see
:mod:`zone.generations`, :mod:`zone.freshness` and :mod:`zone.traces`. Several processes can share what they make.
"""

from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

import brotli

MOST_BYTES: Final = 48 * 1024 * 1024
"""How much memory the pages of one process take at most, with what they were made of."""
TRIED_AGAIN: Final = datetime.timedelta(seconds=1)
"""For how long pages are kept that were made while something was due: it may not have been possible to write it, as
while somebody else is writing."""
NOTHING_IS_DUE: Final = "zone.nothing_is_due"
"""What the environment of a request has where the edition says that nothing has to be written before it."""
FOR_EVERYBODY: Final = "zone.for_everybody"
"""What the environment of a request has whose page is made to be kept here."""
LONGEST_WAIT: Final = 1.0
"""Seconds for which a request waits while another one makes the same page."""
SHARED_FOR: Final = 3600
"""Seconds for which a shared cache keeps a page: those of old generations go by themselves."""
PARAMETERS: Final = frozenset(
    {
        "after",
        "before",
        "facility",
        "field",
        "from",
        "initial",
        "kind",
        "language",
        "noun",
        "organisation",
        "page",
        "park",
        "presence",
        "role",
        "scope",
        "sort",
        "source",
        "status",
        "to",
        "type",
        "year",
    }
)
"""What pages look at in an address besides words (``q``), which are never kept: what is asked is as good as endless."""
LONGEST_QUERY: Final = 2000
"""Characters of what may stand in an address after the question mark; no page leads to more."""
_SESSION: Final = "sessionid="
"""What the cookie of somebody who has logged in is called; with HTTPS ``__Host-`` stands before it."""
_PREFIXES: Final = ("/en/", "/zh-hans/", "/zh-hant/", "/sitemap.xml", "/robots.txt", "/gtfs.zip")
_BROTLI_QUALITY: Final = 5
_BROTLI_WINDOW: Final = 16
"""Bits. Pages are seldom longer than 64 KiB: a window of that size is cheaper to clear, for as few bytes."""
_GZIP_LEVEL: Final = 6
"""Its highest, 9, takes three times as long and makes a page 1.5 % smaller."""
_SMALLEST_TO_COMPRESS: Final = 500
_COMPRESSORS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "br": lambda body: brotli.compress(body, quality=_BROTLI_QUALITY, lgwin=_BROTLI_WINDOW),
    "gzip": lambda body: gzip.compress(body, _GZIP_LEVEL, mtime=0),
}
"""By the name of an encoding, what makes a body of it; what makes it shortest comes first."""
_OURS: Final = ("etag", "vary", "cache-control", "content-length", "content-encoding", "x-request-id")
"""Headers that a page gets from here, or has none: it answers more than the request that it was made for."""

logger = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
Environment = dict[str, Any]
Key = tuple[str, str, str, str]
"""Of a page: scheme, host, path and query."""


class Application(Protocol):
    """What WSGI calls."""

    def __call__(self, environ: Environment, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""


class Shared(Protocol):
    """A cache that several processes or machines share, such as Django's."""

    def get(self, key: str) -> Any:
        """Return what is kept under ``key``, or ``None``."""

    def set(self, key: str, value: Any, timeout: float) -> None:
        """Keep ``value``, which consists of what JSON knows, for ``timeout`` seconds."""


@dataclass(frozen=True)
class Variant:
    """A page in one encoding, ready to be sent."""

    body: bytes
    headers: Headers
    not_modified: Headers
    etag: str


class Page:
    """A page as it is, and compressed for readers who take that, once one has come: that takes a tenth of making it."""

    def __init__(self, bodies: dict[str, bytes], headers: Headers) -> None:
        """Keep its ``bodies``, by encoding, at least as it is, and the ``headers`` that the application gave it."""
        self.headers = headers
        self._digest = hashlib.sha256(bodies[""]).hexdigest()[:32]
        self._variants = {encoding: self._variant(body, encoding) for encoding, body in bodies.items()}
        self._plain = self._variants[""]

    @property
    def size(self) -> int:
        """Return about how many bytes its bodies have: text that is compressed takes a quarter of what it took."""
        return len(self._plain.body) * 3 // 2

    def variant(self, encoding: str) -> Variant:
        """Return it in ``encoding``, or as it is where that is not longer."""
        variant = self._variants.get(encoding)
        if variant is None:
            body = self._plain.body
            encoded = _COMPRESSORS[encoding](body) if len(body) >= _SMALLEST_TO_COMPRESS else body
            is_shorter = len(encoded) < len(body)
            variant = self._variants[encoding] = self._variant(encoded, encoding) if is_shorter else self._plain
        return variant

    def bodies(self) -> dict[str, bytes]:
        """Return it in every encoding that makes it shorter, and as it is."""
        variants = {encoding: self.variant(encoding) for encoding in _COMPRESSORS}
        shorter = {encoding: one.body for encoding, one in variants.items() if one is not self._plain}
        return {**shorter, "": self._plain.body}

    def _variant(self, body: bytes, encoding: str) -> Variant:
        etag = f'"{self._digest}{encoding and "-"}{encoding}"'
        ours = [
            ("ETag", etag),
            # A copy elsewhere is shown only after it has been asked for here: an edit is seen by the next request.
            ("Cache-Control", "public, no-cache"),
            ("Vary", "Accept-Encoding, Cookie"),
        ]
        theirs = [(name, value) for name, value in self.headers if name.lower() not in _OURS]
        sent = [("Content-Length", str(len(body))), *([("Content-Encoding", encoding)] if encoding else [])]
        return Variant(body, theirs + ours + sent, ours, etag)


@dataclass(frozen=True)
class Edition:
    """What pages say: one generation of the content, until time makes something else of it."""

    generation: int
    until: datetime.datetime
    nothing_is_due: bool = True
    """Whether time has left nothing to be written, such as a scheduled draft."""

    def is_over(self) -> bool:
        """Whether time has made something else of it."""
        return self.until <= datetime.datetime.now(datetime.UTC)

    def is_of(self, generation: int | None) -> bool:
        """Whether it is what pages say now that the content has ``generation``; ``None`` is one that nobody knows."""
        return self.generation == generation and not self.is_over()


class Files(Protocol):
    """Pages as files, which a server in front serves."""

    def keep(self, edition: Edition, key: Key, page: Page) -> None:
        """Write ``page``, unless only this application can serve it."""

    def watch(self, edition: Callable[[], Edition | None]) -> None:
        """Let the files follow what ``edition`` returns, for as long as this process lives."""


class Trace(Protocol):
    """What a page was made of."""

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes."""

    def holds(self) -> bool:
        """Return whether the page would be made of the same now."""


@dataclass(frozen=True)
class _Kept:
    """A page, the edition that it is known to belong to, and what it was made of, if this process has made it."""

    page: Page
    edition: Edition
    trace: Trace | None

    @property
    def size(self) -> int:
        return self.page.size + (self.trace.size if self.trace is not None else 0)

    def still_holds(self) -> bool:
        """Whether the page says what the content does, although that is of another generation."""
        return self.trace is not None and not self.edition.is_over() and self.trace.holds()


class PageCache:
    """A WSGI application that answers what it knows, and asks ``application`` for the rest.

    ``generation`` returns the number of the content, or ``None`` where nobody knows it; ``next_change`` returns when
    pages change by themselves: a time that has passed where something is due. Both may be asked at any time, from any
    thread. ``traced`` yields the trace of what is made in its ``with`` block. In ``shared``, what others of the same
    ``release`` have made is found; ``files`` get what is kept. What cannot be answered at once is answered within
    ``patience``, which is told when the request came: all steps together, the asking for the generation too.
    """

    def __init__(
        self,
        application: Application,
        generation: Callable[[], int | None],
        next_change: Callable[[], datetime.datetime],
        traced: Callable[[], AbstractContextManager[Trace]],
        shared: Shared | None = None,
        release: str = "",
        files: Files | None = None,
        patience: Callable[[float], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._application = application
        self._generation = generation
        self._next_change = next_change
        self._traced = traced
        self._shared = shared
        self._release = release
        self._files = files
        self._patience = patience
        self._edition: Edition | None = None
        self._pages: OrderedDict[Key, _Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._changing = threading.Lock()
        self._made: dict[Key, threading.Event] = {}

    def __call__(self, environ: Environment, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        key = _key(environ)
        if key is None:
            return self._application(environ, start_response)
        came = time.monotonic()
        generation = self._generation()
        kept, edition = self._pages.get(key), self._edition
        if kept is not None and kept.edition is edition and edition.is_of(generation):
            return _send(kept.page, environ, start_response)
        with self._patience(came):
            return self._answer_late(key, generation, environ, start_response)

    def watch(self) -> None:
        """Let the files, if there are any, be right for as long as this process lives; each worker calls it once."""
        if self._files is not None:
            self._files.watch(self._edition_of_now)

    def _edition_of_now(self) -> Edition | None:
        return self._edition_of(self._generation())

    def _edition_of(self, generation: int | None) -> Edition | None:
        if generation is None:
            return None
        edition = self._edition
        return edition if edition is not None and edition.is_of(generation) else self._new_edition(generation)

    def _new_edition(self, generation: int) -> Edition | None:
        """Begin an edition, one for all requests that see that the old one does not hold any more."""
        with self._changing:
            if self._edition is None or not self._edition.is_of(generation):
                try:
                    self._edition = self._begun(generation)
                except Exception:
                    logger.exception("Nobody knows until when pages may be kept.")
                    return self._outlived(generation)
            return self._edition

    def _begun(self, generation: int) -> Edition:
        """Return an edition that begins now."""
        now, until = datetime.datetime.now(datetime.UTC), self._next_change()
        is_due = until <= now
        return Edition(generation, now + TRIED_AGAIN if is_due else until, not is_due)

    def _outlived(self, generation: int) -> Edition | None:
        """Return the edition that only time has ended, for readers to whom nobody can tell anything newer.

        Pages of another generation may show what has been withdrawn since.
        """
        edition = self._edition
        return edition if edition is not None and edition.generation == generation else None

    def _answer_late(
        self, key: Key, generation: int | None, environ: Environment, start_response: Any
    ) -> Iterable[bytes]:
        """Answer what cannot be answered at once."""
        edition = self._edition_of(generation)
        if edition is None:
            return self._application(environ, start_response)
        kept = self._pages.get(key)
        if kept is None or kept.edition is not edition:
            return self._answer_new(key, edition, environ, start_response)
        return _send(kept.page, environ, start_response)

    def _answer_new(self, key: Key, edition: Edition, environ: Environment, start_response: Any) -> Iterable[bytes]:
        with self._lock:
            made = self._made.get(key)
            is_mine = made is None
            if made is None:
                made = self._made[key] = threading.Event()
        if not is_mine:
            made.wait(LONGEST_WAIT)
            if (kept := self._pages.get(key)) and kept.edition is edition:
                return _send(kept.page, environ, start_response)
            return self._application(environ, start_response)
        try:
            return self._answer_first(key, edition, environ, start_response)
        finally:
            with self._lock:
                del self._made[key]
            made.set()

    def _answer_first(self, key: Key, edition: Edition, environ: Environment, start_response: Any) -> Iterable[bytes]:
        """Answer with the page of an earlier generation, with one that somebody else has made, or with a new one."""
        kept = self._pages.get(key)
        if kept is not None and edition.nothing_is_due and kept.still_holds():
            return self._keep_and_send(key, _Kept(kept.page, edition, kept.trace), environ, start_response)
        if self._shared is not None and (written := self._shared.get(self._shared_name(key, edition))):
            return self._keep_and_send(key, _Kept(_read(written), edition, None), environ, start_response)
        return self._make(key, edition, environ, start_response)

    def _make(self, key: Key, edition: Edition, environ: Environment, start_response: Any) -> Iterable[bytes]:
        started: list[Any] = []

        def hold(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
            started[:] = [status, headers, exc_info]
            return lambda _data: None

        asked = {**environ, "REQUEST_METHOD": "GET", FOR_EVERYBODY: True}
        asked |= {NOTHING_IS_DUE: True} if edition.nothing_is_due else {}
        asked.pop("HTTP_COOKIE", None)  # A page for everybody is made for somebody of whom nothing is known.
        trace: Trace | None
        with self._traced() as trace:
            response: Any = self._application(asked, hold)
        status, headers, exc_info = started
        if not _may_be_kept(status, headers, response):
            start_response(status, headers, *([exc_info] if exc_info else []))
            if environ["REQUEST_METHOD"] != "HEAD":
                return response  # type: ignore[no-any-return]
            response.close()
            return ()
        try:
            body = b"".join(response)
        finally:
            response.close()
        page = Page({"": body}, _for_everybody(headers))
        if self._generation() != edition.generation:  # It may be made of both: until when it holds, nobody knows.
            trace = None
        if self._shared is not None:
            self._shared.set(self._shared_name(key, edition), _written(page), SHARED_FOR)
        return self._keep_and_send(key, _Kept(page, edition, trace), environ, start_response)

    def _keep_and_send(self, key: Key, kept: _Kept, environ: Environment, start_response: Any) -> Iterable[bytes]:
        with self._lock:
            if old := self._pages.pop(key, None):
                self._size -= old.size
            self._pages[key] = kept
            self._size += kept.size
            while self._size > MOST_BYTES:
                self._size -= self._pages.popitem(last=False)[1].size
        if self._files is not None:
            self._files.keep(kept.edition, key, kept.page)
        return _send(kept.page, environ, start_response)

    def _shared_name(self, key: Key, edition: Edition) -> str:
        """Return what nobody else's page is called: an address may hold anything but what separates JSON's texts."""
        said = json.dumps([self._release, edition.generation, edition.until.isoformat(), *key])
        return f"page-{hashlib.sha256(said.encode()).hexdigest()}"


def _key(environ: Environment) -> Key | None:
    """Return what a page depends on, or ``None`` for a request that gets a page of its own."""
    path = environ.get("PATH_INFO", "")
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not path.startswith(_PREFIXES):
        return None
    cookies = environ.get("HTTP_COOKIE")
    if (cookies and _SESSION in cookies) or "HTTP_AUTHORIZATION" in environ:
        return None
    if "HTTP_IF_MODIFIED_SINCE" in environ and "HTTP_IF_NONE_MATCH" not in environ:
        return None
    query = environ.get("QUERY_STRING", "")
    if len(query) > LONGEST_QUERY:
        return None
    if query:
        asked = parse_qsl(query, keep_blank_values=True)
        if any(name == "q" and value for name, value in asked):
            return None
        query = urlencode(sorted((pair for pair in asked if pair[0] in PARAMETERS), key=lambda pair: pair[0]))
        environ["QUERY_STRING"] = query
    host = environ.get("HTTP_HOST", "")
    return (_scheme(environ), host, path, query)


def _scheme(environ: Environment) -> str:
    """Return what Django tells the scheme by: the last word. What else a reader writes makes no further pages."""
    forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip()
    return f"{environ.get('wsgi.url_scheme', '')} {forwarded and ('https' if forwarded == 'https' else 'http')}"


def _may_be_kept(status: str, headers: Headers, response: Any) -> bool:
    if not status.startswith("200") or getattr(response, "streaming", True):
        return False
    said = {name.lower(): value for name, value in headers}
    is_private = any(word in said.get("cache-control", "") for word in ("private", "no-store"))
    return not (is_private or "set-cookie" in said or "nonce-" in said.get("content-security-policy", ""))


def _for_everybody(headers: Headers) -> Headers:
    """Return ``headers`` without the language of whoever asked first, where the address does not say it."""
    varies = any(name.lower() == "vary" and "accept-language" in value.lower() for name, value in headers)
    return [(name, value) for name, value in headers if not (varies and name.lower() == "content-language")]


def _written(page: Page) -> Any:
    """Return ``page`` as JSON can write it."""
    bodies = {encoding: base64.b64encode(body).decode() for encoding, body in page.bodies().items()}
    return {"headers": page.headers, "bodies": bodies}


def _read(written: Any) -> Page:
    bodies = {encoding: base64.b64decode(body) for encoding, body in written["bodies"].items()}
    return Page(bodies, [(name, value) for name, value in written["headers"]])


def _send(page: Page, environ: Environment, start_response: Any) -> Iterable[bytes]:
    variant = page.variant(_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
    wanted = environ.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and (variant.etag in wanted or wanted.strip() == "*"):
        start_response("304 Not Modified", variant.not_modified)
        return ()
    start_response("200 OK", variant.headers)
    return () if environ["REQUEST_METHOD"] == "HEAD" else (variant.body,)


def _encoding(accepted: str) -> str:
    """Return the encoding that makes pages shortest of those that a reader takes."""
    if not accepted:
        return ""
    refused = ";q=0" in accepted.replace(" ", "")
    for encoding in _COMPRESSORS:
        if encoding in accepted and not (refused and _is_refused(encoding, accepted)):
            return encoding
    return ""


def _is_refused(encoding: str, accepted: str) -> bool:
    for part in accepted.replace(" ", "").split(","):
        name, _semicolon, quality = part.partition(";q=")
        if name == encoding:
            return bool(quality) and not quality.strip("0.")
    return True
