"""Requests that a proxy and a server might read in different ways, so that one would be hidden in another.

Each holds a second request, for the news, where a reader who takes the wrong of two lengths goes on. It may be answered
only where the first one ends before it for everybody: see RFC 9112, section 11.2.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

import pytest

from tests.drills.fronts import NGINX, Front
from tests.test_machines import ask

pytestmark = [pytest.mark.drill, NGINX]

HIDDEN = b"GET /en/news/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
AFTER_CHUNKS = b"0\r\n\r\n" + HIDDEN


def post(headers: bytes, rest: bytes = AFTER_CHUNKS, version: bytes = b"1.1") -> bytes:
    """Return a request with ``headers`` for the form that everybody may send, and what follows."""
    return b"POST /en/report/ HTTP/%s\r\nHost: localhost\r\n%s\r\n\r\n%s" % (version, headers, rest)


def get(more: bytes = b"", target: bytes = b"/en/") -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (target, more)


REFUSED = {
    "a length and chunks": post(b"Content-Length: 6\r\nTransfer-Encoding: chunked"),
    "chunks and a length": post(b"Transfer-Encoding: chunked\r\nContent-Length: 4"),
    "two lengths": post(b"Content-Length: 0\r\nContent-Length: 50", HIDDEN),
    "a list of lengths": post(b"Content-Length: 0, 50", HIDDEN),
    "a length with a sign": post(b"Content-Length: +0", HIDDEN),
    "a negative length": post(b"Content-Length: -1", HIDDEN),
    "a space before the colon": post(b"Transfer-Encoding : chunked"),
    "an unknown encoding": post(b"Transfer-Encoding: xchunked"),
    "two encodings": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    "a list of encodings": post(b"Transfer-Encoding: gzip, chunked"),
    "a tabulator in the encoding": post(b"Transfer-Encoding: \x0bchunked"),
    "an encoding on the next line": post(b"Transfer-Encoding:\r\n chunked"),
    "chunks in HTTP/1.0": post(CHUNKED, version=b"1.0"),
    "a chunk with a sign": post(CHUNKED, b"+3\r\nx=1\r\n" + AFTER_CHUNKS),
    "a hexadecimal chunk": post(CHUNKED, b"0x3\r\nx=1\r\n" + AFTER_CHUNKS),
    "an endless chunk": post(CHUNKED, b"ffffffffffffffff1\r\n" + AFTER_CHUNKS),
    "a header on the next line": get(b"X-Folded: a\r\n b\r\n") + HIDDEN,
    "a zero byte in a header": get(b"X-Zero: a\0b\r\n") + HIDDEN,
    "a zero byte in the address": get(target=b"/en/\0") + HIDDEN,
    "a line that ends too early": get(b"X-One: a\rX-Two: b\r\n") + HIDDEN,
    "two hosts": get(b"Host: other.example\r\n") + HIDDEN,
    "no host": b"GET /en/ HTTP/1.1\r\n\r\n" + HIDDEN,
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
}
"""What nginx answers with an error, and then ends the connection."""
ANSWERED = {
    "one after another": (get() + HIDDEN, ["200", "200"]),
    "a body with GET": (get(b"Content-Length: %d\r\n" % len(HIDDEN)) + HIDDEN, ["200"]),
    "a length that is called otherwise": (post(b"Content_Length: 50", HIDDEN), ["422", "200"]),
    "an extension of a chunk": (
        post(b"Transfer-Encoding: chunked", b"3;a=b\r\nx=1\r\n" + AFTER_CHUNKS),
        ["422", "200"],
    ),
    "a header after the chunks": (
        post(b"Transfer-Encoding: chunked", b"0\r\nHost: x\r\n\r\n" + HIDDEN),
        ["422", "200"],
    ),
    "another protocol that is offered": (get(b"Connection: Upgrade\r\nUpgrade: h2c\r\n") + HIDDEN, ["200", "200"]),
    "the host in the address": (get(target=b"http://localhost/en/") + HIDDEN, ["200", "200"]),
    "another host in the address": (get(target=b"http://other.example/en/") + HIDDEN, ["400", "200"]),
}
"""What is a right request, and what both are answered with."""


@dataclass
class Answered:
    """What came back over one connection."""

    statuses: list[str]
    is_closed: bool


def send(front: Front, request: bytes) -> Answered:
    """Send ``request`` as it is and return what comes back until nothing more does."""
    found, is_closed = b"", False
    with socket.create_connection(("127.0.0.1", front.port), timeout=1.5) as connection:
        connection.sendall(request)
        try:
            while part := connection.recv(65_536):
                found += part
            is_closed = True
        except TimeoutError:
            pass
    return Answered(
        [status.decode() for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", found, re.MULTILINE)], is_closed
    )


def others_see_their_page(front: Front) -> bool:
    pages = [ask(f"{front.address}/{language}/") for language in ("zh-hans", "zh-hant") * 2]
    return [page.headers["Content-Language"] for page in pages] == ["zh-hans", "zh-hant"] * 2


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_request_that_has_two_meanings_has_none(front: Front, request_: bytes) -> None:
    answered = send(front, request_)
    assert (len(answered.statuses), answered.is_closed) == (1, True)
    assert answered.statuses[0] in ("400", "501")
    assert others_see_their_page(front)


@pytest.mark.parametrize(("request_", "statuses"), ANSWERED.values(), ids=ANSWERED)
def test_request_ends_where_the_next_one_begins(front: Front, request_: bytes, statuses: list[str]) -> None:
    assert send(front, request_).statuses == statuses
    assert others_see_their_page(front)
