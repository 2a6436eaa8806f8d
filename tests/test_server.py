from __future__ import annotations

import runpy
import socket
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.errors import LimitRequestLine
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def conf() -> dict[str, Any]:
    return runpy.run_path(str(settings.BASE_DIR / "hetao" / "gunicorn.conf.py"))


def config(conf: dict[str, Any]) -> Config:
    """Return what gunicorn makes of ``conf``."""
    config = Config()
    for name in config.settings.keys() & conf.keys():
        config.set(name, conf[name])
    return config


def parse(conf: dict[str, Any], length: int, method: bytes = b"GET") -> Request:
    """Return what gunicorn, set as in ``conf``, makes of a search for ``length`` characters."""
    request = method + b" /en/search/?q=" + b"x" * length + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return Request(config(conf), IterUnreader([request]), ("127.0.0.1", 1))


def test_long_search_reaches_the_site(conf: dict[str, Any]) -> None:
    assert len(parse(conf, 90_000).query) == len("q=") + 90_000


def test_endless_search_is_refused(conf: dict[str, Any]) -> None:
    with pytest.raises(LimitRequestLine):
        parse(conf, 100_001)


def test_server_says_where_the_site_is(conf: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    conf["when_ready"](None)
    assert capsys.readouterr().out == (
        "The site is ready; stop it with Ctrl+C:\n"
        "  http://127.0.0.1:8000/en/\n"
        "  http://127.0.0.1:8000/zh-hans/\n"
        "  http://127.0.0.1:8000/zh-hant/\n"
        "  http://127.0.0.1:8000/admin/ (newsroom)\n"
    )


class Wire(socket.socket):
    """A socket that remembers in how many pieces it has been given something."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.pieces.append(bytes(data))

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        file.seek(offset)
        self.pieces.append(file.read(count))
        return len(self.pieces[-1])


def sent(conf: dict[str, Any], *body: bytes, method: bytes = b"GET", status: str = "200 OK", length: int = 0) -> Any:
    """Return the pieces in which an answer goes over the wire, each without the head that it may begin with."""
    wire = Wire()
    # By the name by which gunicorn's worker finds it.
    response = wsgi.Response(parse(conf, 1, method), wire, config(conf))
    response.start_response(status, [("Content-Length", str(length))] if length else [])
    for part in body:
        response.write(part)
    response.close()
    head, blank, first = wire.pieces[0].partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}\r\n".encode())
    assert blank
    return [first, *wire.pieces[1:]]


def test_head_goes_out_with_the_body_lest_a_reader_gets_it_alone(conf: dict[str, Any]) -> None:
    assert sent(conf, b"page", length=4) == [b"page"]
    assert sent(conf, b"long ", b"page", length=9) == [b"long ", b"page"]
    assert sent(conf, b"some", b"thing") == [b"4\r\nsome\r\n", b"5\r\nthing\r\n", b"0\r\n\r\n"]


def test_head_goes_out_where_there_is_no_body(conf: dict[str, Any]) -> None:
    assert sent(conf, status="304 Not Modified") == [b""]
    assert sent(conf, b"page", method=b"HEAD", length=4) == [b""]
    assert sent(conf, length=4) == [b""]


def test_head_goes_out_before_a_file(conf: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    wire = Wire()
    response = wsgi.Response(parse(conf, 1), wire, config(conf))
    response.start_response("200 OK", [("Content-Length", "7")])
    with (tmp_path / "file").open("rb") as file:
        response.write_file(wsgi.FileWrapper(file))
        response.close()
    assert [wire.pieces[0][-4:], *wire.pieces[1:]] == [b"\r\n\r\n", b"content"]
