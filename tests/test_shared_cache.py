"""The cache that machines share: what goes through it, and that nobody waits for a Redis that is down or hangs."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.sites import free_port
from zone import shared_cache
from zone.shared_cache import SharedCache

pytestmark = pytest.mark.any_database

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="Redis is not installed.")


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(shared_cache, "_REST", 0.5)
    yield free_port()
    SharedCache.asked_again_at = 0.0


@pytest.fixture
def cache(port: int) -> SharedCache:
    return SharedCache(f"redis://127.0.0.1:{port}/0", {})


def seconds(cache: SharedCache) -> float:
    """Return how long one reading takes, which must find nothing."""
    begun = time.monotonic()
    assert cache.get("name") is None
    return time.monotonic() - begun


def test_cache_that_is_down_is_an_empty_one(cache: SharedCache) -> None:
    cache.set("name", 1)
    assert (cache.get("name", "nothing"), cache.add("name", 1)) == ("nothing", False)


@needs_redis
def test_values_come_back_and_expire(cache: SharedCache, port: int, tmp_path: Path) -> None:
    with servers.redis(port, tmp_path):
        for value in (True, 7, "河套", ["etag", 1], {"a": None}):
            cache.set("name", value)
            assert cache.get("name") == value
        assert (cache.add("name", 1), cache.add("other", 1)) == (False, True)
        client: Any = cache._cache.get_client()
        cache.set("name", 1, timeout=60)
        assert 0 < client.ttl(cache.make_key("name")) <= 60


@needs_redis
def test_what_is_no_json_is_not_read(cache: SharedCache, port: int, tmp_path: Path) -> None:
    with servers.redis(port, tmp_path):
        client: Any = cache._cache.get_client()
        client.set(cache.make_key("name"), b"\x80\x05K\x01.")
        assert cache.get("name") is None
        assert SharedCache.asked_again_at == 0.0


@needs_redis
def test_redis_that_was_down_is_used_again_by_itself(cache: SharedCache, port: int, tmp_path: Path) -> None:
    for _ in range(2):
        cache.get("name")
        with servers.redis(port, tmp_path):
            cache.set("name", 1)
            assert cache.get("name") is None
            time.sleep(0.6)
            cache.set("name", 1)
            assert cache.get("name") == 1


@needs_redis
def test_redis_that_hangs_is_waited_for_once_in_a_while(cache: SharedCache, port: int, tmp_path: Path) -> None:
    with servers.redis(port, tmp_path) as server:
        cache.set("name", 1)
        server.send_signal(signal.SIGSTOP)
        first, *others = (seconds(cache) for _ in range(20))
        assert 0.2 <= first < 0.4
        assert max(others) < 0.05
        time.sleep(0.5)
        assert 0.2 <= seconds(cache) < 0.4
        server.send_signal(signal.SIGCONT)
        time.sleep(0.6)
        cache.set("name", 2)
        assert cache.get("name") == 2
