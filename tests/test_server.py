from __future__ import annotations

import runpy
from typing import Any

import pytest
from django.conf import settings
from gunicorn.config import Config
from gunicorn.http.errors import LimitRequestLine
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def conf() -> dict[str, Any]:
    return runpy.run_path(str(settings.BASE_DIR / "hetao" / "gunicorn.conf.py"))


def parse(conf: dict[str, Any], length: int) -> Request:
    """Return what gunicorn, set as in ``conf``, makes of a search for ``length`` characters."""
    config = Config()
    for name in config.settings.keys() & conf.keys():
        config.set(name, conf[name])
    request = b"GET /en/search/?q=" + b"x" * length + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return Request(config, IterUnreader([request]), ("127.0.0.1", 1))


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
