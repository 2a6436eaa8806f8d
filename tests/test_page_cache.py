"""The cache of whole pages: what it keeps, for whom, and for how long. The application behind it is a stand-in here."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from unittest import mock

import brotli
import pytest
import time_machine
from django.test import RequestFactory

from zone import page_cache
from zone.filters import nouns
from zone.filters.finder import Finder
from zone.page_cache import NOTHING_IS_DUE, PARAMETERS, SHARED_FOR, Files, PageCache, Shared

pytestmark = pytest.mark.any_database

BODY = b"<p>" + b"Hetao " * 200 + b"</p>"
NOW = datetime.datetime(2026, 11, 26, 3, 0, tzinfo=datetime.UTC)


class Answer:
    """What Django answers, as far as WSGI sees it."""

    def __init__(self, body: bytes = BODY, status: str = "200 OK", streaming: bool = False, **headers: str) -> None:
        self.body, self.status, self.streaming = body, status, streaming
        self.headers = [(name.replace("_", "-"), value) for name, value in headers.items()]

    def __iter__(self) -> Iterator[bytes]:
        yield self.body

    def close(self) -> None:
        pass


class Trace:
    """What a page was made of, as far as the cache sees it."""

    size = 1

    def __init__(self, site: Site) -> None:
        self.site = site

    def holds(self) -> bool:
        self.site.verified += 1
        return self.site.holds


class Site:
    """An application that counts how often it is asked, behind a cache; ``number`` is the generation of its content.

    It ``holds`` while pages would be made of the same.
    """

    def __init__(self, shared: Shared | None = None, release: str = "", files: Files | None = None) -> None:
        self.asked: list[str] = []
        self.cookies: list[str | None] = []
        self.told: list[bool] = []
        self.holds, self.verified = False, 0
        self.number: int | None = 1
        self.until = NOW + datetime.timedelta(hours=1)
        self.response: Callable[[], Answer] = Answer
        generation, next_change = lambda: self.number, lambda: self.until
        self.cache = PageCache(self.application, generation, next_change, self.traced, shared, release, files)

    @contextmanager
    def traced(self) -> Iterator[Trace]:
        yield Trace(self)

    def application(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked.append(environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""))
        self.told.append(NOTHING_IS_DUE in environ)
        self.cookies.append(environ.get("HTTP_COOKIE"))
        response = self.response()
        start_response(response.status, response.headers)
        return response

    def get(self, address: str = "/en/", method: str = "GET", **headers: str) -> tuple[str, dict[str, str], bytes]:
        environ = RequestFactory(headers=headers).generic(method, address).environ
        started: list[Any] = []
        body = b"".join(self.cache(environ, lambda status, headers, *_: started.extend([status, dict(headers)])))
        return started[0], started[1], body


@pytest.fixture
def site() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield Site()


def test_page_is_made_once_and_sent_in_the_encoding_that_the_reader_takes(site: Site) -> None:
    for accepted, decode in (("", bytes), ("gzip", gzip.decompress), ("gzip, deflate, br", brotli.decompress)):
        status, headers, body = site.get(accept_encoding=accepted)
        assert (status, decode(body)) == ("200 OK", BODY)
        assert headers["Content-Length"] == str(len(body))
        assert headers.get("Content-Encoding", "") in accepted.rsplit(", ", maxsplit=1)[-1]
        assert (headers["Cache-Control"], headers["Vary"]) == ("public, no-cache", "Accept-Encoding, Cookie")
    assert site.asked == ["/en/"]


def test_page_is_compressed_once_and_only_as_somebody_takes_it(site: Site) -> None:
    with mock.patch("gzip.compress", side_effect=gzip.compress) as zipping, mock.patch("brotli.compress") as unwanted:
        for accepted in ("gzip", "", "gzip", "gzip, br;q=0"):
            site.get(accept_encoding=accepted)
    assert (zipping.call_count, unwanted.call_count) == (1, 0)


def test_what_compressing_would_not_make_shorter_is_sent_as_it_is(site: Site) -> None:
    site.response = lambda: Answer(gzip.compress(os.urandom(2000)))
    assert [site.get(accept_encoding=accepted)[1].get("Content-Encoding") for accepted in ("br", "gzip")] == [None] * 2


def test_page_whose_address_names_no_language_does_not_say_that_of_who_asked_first(site: Site) -> None:
    site.response = lambda: Answer(Content_Language="zh-hant", Vary="Accept-Encoding, Accept-Language")
    assert "Content-Language" not in site.get("/robots.txt")[1]
    site.response = lambda: Answer(Content_Language="zh-hant", Vary="Accept-Encoding")
    assert site.get("/zh-hant/")[1]["Content-Language"] == "zh-hant"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br;q=0, gzip", "gzip"),
        ("br; q=0, gzip;q=0.0", None),
        ("identity", None),
        ("br;q=0.5", "br"),
        ("gzip;q=0, br", "br"),
        ("br;q=0x, gzip", "br"),
        ("br;q=0.00;x, gzip;q=0", "br"),
    ],
)
def test_refused_encodings_are_not_sent(site: Site, accepted: str, encoding: str | None) -> None:
    assert site.get(accept_encoding=accepted)[1].get("Content-Encoding") == encoding


def test_reader_who_has_the_page_gets_304_with_the_headers_that_belong_to_it(site: Site) -> None:
    etag = site.get(accept_encoding="br")[1]["ETag"]
    status, headers, body = site.get(accept_encoding="br", if_none_match=f'"other", W/{etag}')
    assert (status, body) == ("304 Not Modified", b"")
    assert headers == {"ETag": etag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding, Cookie"}
    assert site.get(accept_encoding="gzip", if_none_match=etag)[0] == "200 OK"
    assert site.get(if_none_match="*")[0] == "304 Not Modified"


def test_head_has_the_headers_of_get_and_no_body(site: Site) -> None:
    head, get = site.get(method="HEAD"), site.get()
    assert (head[:2], head[2]) == (get[:2], b"")
    assert site.asked == ["/en/"]


def test_page_for_everybody_does_not_name_the_request_that_it_was_made_for(site: Site) -> None:
    site.response = lambda: Answer(X_Request_ID="0123456789abcdef", Content_Language="en")
    for method in ("HEAD", "GET"):
        headers = site.get(method=method)[1]
        assert ("X-Request-ID" in headers, headers["Content-Language"]) == (False, "en")


def test_every_change_is_seen_by_the_next_request(site: Site) -> None:
    site.get()
    site.number = 2
    site.response = lambda: Answer(b"new")
    assert site.get()[2] == b"new"
    assert len(site.asked) == 2


def test_time_alone_makes_a_page_old(site: Site) -> None:
    site.get()
    with time_machine.travel(site.until - datetime.timedelta(microseconds=1), tick=False):
        site.get()
    assert len(site.asked) == 1
    with time_machine.travel(site.until, tick=False):
        site.until += datetime.timedelta(hours=1)
        site.get()
    assert len(site.asked) == 2


def test_head_of_what_is_not_kept_has_no_body_either(site: Site) -> None:
    site.response = lambda: Answer(status="404 Not Found", Content_Length="1211")
    assert site.get(method="HEAD") == ("404 Not Found", {"Content-Length": "1211"}, b"")


def test_application_answers_where_nobody_knows_until_when_a_page_holds(site: Site) -> None:
    def fail() -> datetime.datetime:
        raise RuntimeError

    site.cache = PageCache(site.application, lambda: 1, fail, site.traced)
    assert [site.get()[2] for _ in range(2)] == [BODY] * 2
    assert len(site.asked) == 2


def test_page_that_time_has_made_old_is_shown_while_nobody_can_tell_what_follows(site: Site) -> None:
    site.get()
    with time_machine.travel(site.until, tick=False):
        site.cache._next_change = mock.Mock(side_effect=[OSError, OSError, NOW + datetime.timedelta(hours=2)])
        assert site.get()[2] == BODY
        site.number = 2  # What was known of another generation may have been withdrawn.
        site.response = lambda: Answer(b"503", "503 Service Unavailable")
        assert site.get()[2] == b"503"
        site.response = lambda: Answer(b"new")
        assert site.get()[2] == b"new"
    assert len(site.asked) == 3


def test_application_is_told_that_nothing_is_due_while_nothing_is(site: Site) -> None:
    site.get()
    site.number, site.until = 2, NOW
    site.get()
    assert site.told == [True, False]


def test_what_is_due_is_written_before_a_page_of_earlier_is_shown_again(site: Site) -> None:
    site.get()
    site.holds, site.number, site.until = True, 2, NOW - datetime.timedelta(days=1)
    site.response = lambda: Answer(b"written")
    assert site.get()[2] == b"written"


def test_page_made_while_something_is_due_is_kept_for_a_second(site: Site) -> None:
    site.until = NOW - datetime.timedelta(days=1)
    for seconds, times in ((0, 1), (0.9, 1), (1, 2)):
        with time_machine.travel(NOW + datetime.timedelta(seconds=seconds), tick=False):
            site.get()
        assert len(site.asked) == times


def test_page_is_not_kept_beyond_a_change_that_is_near(site: Site) -> None:
    site.until = NOW + datetime.timedelta(seconds=0.2)
    site.get()
    with time_machine.travel(site.until, tick=False):
        site.until = NOW + datetime.timedelta(hours=1)
        site.get()
    assert len(site.asked) == 2


def test_nothing_is_kept_while_nobody_knows_the_generation(site: Site) -> None:
    site.number = None
    assert [site.get()[0] for _ in range(2)] == ["200 OK"] * 2
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("address", "method", "headers"),
    [
        ("/en/", "POST", {}),
        ("/en/", "GET", {"cookie": "sessionid=x"}),
        ("/en/", "GET", {"cookie": "a=b; __Host-sessionid=x"}),
        ("/en/", "GET", {"authorization": "Basic x"}),
        ("/en/feeds/news/", "GET", {"if_modified_since": "Thu, 26 Nov 2026 02:52:17 GMT"}),
        ("/en/organisations/?q=laser", "GET", {}),
        (f"/en/organisations/?field={'x' * 2000}", "GET", {}),
        ("/admin/", "GET", {}),
        ("/healthz", "GET", {}),
        ("/", "GET", {}),
    ],
)
def test_what_belongs_to_one_request_is_not_kept(
    site: Site, address: str, method: str, headers: dict[str, str]
) -> None:
    for _ in range(2):
        site.get(address, method, **headers)
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status="404 Not Found"),
        Answer(b"", "302 Found", Location="/en/"),
        Answer(Cache_Control="no-store"),
        Answer(Cache_Control="private"),
        Answer(Content_Security_Policy="script-src 'nonce-abc'"),
        Answer(Set_Cookie="a=b"),
        Answer(streaming=True),
    ],
)
def test_answer_that_is_not_for_everybody_is_passed_on_and_not_kept(site: Site, answer: Answer) -> None:
    site.response = lambda: answer
    for _ in range(2):
        assert site.get() == (answer.status, dict(answer.headers), answer.body)
    assert len(site.asked) == 2


def test_page_for_everybody_is_made_for_nobody_in_particular(site: Site) -> None:
    """Django forgives a space in the cookie of a session; what it shows to an editor must not be kept."""
    for number, cookies in enumerate(("sessionid =x", "csrftoken=y")):
        site.get(f"/en/news/?page={number}", cookie=cookies)
    assert site.cookies == [None, None]


def test_parameters_that_no_page_knows_make_no_further_pages(site: Site) -> None:
    for query in ("", "?utm_source=x", "?park=a&fbclid=1", "?fbclid=2&park=a", "?park=b&field=c", "?field=c&park=b"):
        site.get(f"/en/organisations/{query}")
    assert site.asked == [
        "/en/organisations/",
        "/en/organisations/?park=a",
        "/en/organisations/?field=c&park=b",
    ]


def test_every_filter_of_a_list_is_known(site: Site) -> None:
    finders = [value for value in vars(nouns).values() if isinstance(value, type) and issubclass(value, Finder)]
    names = {name for finder in finders for name in finder.base_filters}
    assert len(finders) == 6
    assert names - {"q"} <= PARAMETERS


def test_hosts_and_schemes_have_pages_of_their_own(site: Site) -> None:
    for headers in ({"host": "a.example"}, {"host": "b.example"}, {"x_forwarded_proto": "https"}):
        site.get(**headers)
        site.get(**headers)
    assert len(site.asked) == 3


def test_made_up_schemes_make_no_further_pages(site: Site) -> None:
    for scheme in ("http", "ftp", "httpsx", "x, https"):
        site.get(x_forwarded_proto=scheme)
    assert len(site.asked) == 1


def test_memory_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.get("/en/a/")
    monkeypatch.setattr(page_cache, "MOST_BYTES", 2 * site.cache._size)
    for name in "bca":
        site.get(f"/en/{name}/")
    assert site.cache._size <= 2 * len(BODY) * 3
    assert site.asked == ["/en/a/", "/en/b/", "/en/c/", "/en/a/"]


def test_page_that_is_made_again_and_again_takes_its_room_once(site: Site) -> None:
    site.get()
    size = site.cache._size
    for site.number in range(2, 5):
        site.get()
    assert (len(site.asked), site.cache._size) == (4, size)


# Pages of an earlier generation


def test_page_that_would_be_made_of_the_same_is_shown_in_the_next_generation(site: Site) -> None:
    first = site.get()
    site.number, site.holds = 2, True
    assert [site.get() for _ in range(3)] == [first] * 3
    assert (site.asked, site.verified) == (["/en/"], 1)
    site.number, site.holds = 3, False
    site.response = lambda: Answer(b"new")
    assert [site.get()[2] for _ in range(3)] == [b"new"] * 3
    assert (site.asked, site.verified) == (["/en/", "/en/"], 2)


def test_page_holds_through_generations_in_which_nobody_asks_for_it(site: Site) -> None:
    site.get()
    site.holds = True
    for site.number in (2, 3):
        site.get("/en/other/")
    site.get()
    assert site.asked == ["/en/", "/en/other/"]


def test_what_time_has_ended_is_made_anew_whatever_it_was_made_of(site: Site) -> None:
    site.get()
    site.number, site.holds = 2, True
    with time_machine.travel(site.until, tick=False):
        site.until += datetime.timedelta(hours=1)
        site.get()
    assert (len(site.asked), site.verified) == (2, 0)


def test_page_that_was_made_during_a_change_is_shown_to_nobody_else(site: Site) -> None:
    def change() -> Answer:
        site.number = 2
        return Answer()

    site.response, site.holds = change, True
    site.get()
    site.response = lambda: Answer(b"new")
    assert site.get()[2] == b"new"
    assert site.verified == 0


def test_one_request_makes_a_page_and_the_others_wait_for_it(site: Site) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Answer:
        begun.set()
        go_on.wait(5)
        return Answer()

    site.response = slow
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(site.get()[2])) for _ in range(4)]
    threads[0].start()
    begun.wait(5)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert answers == [BODY] * 4
    assert site.asked == ["/en/"]


def test_requests_that_see_a_change_together_make_one_page(site: Site) -> None:
    together, reader = threading.Barrier(4), threading.local()

    def read() -> int:
        if not hasattr(reader, "has_read"):
            reader.has_read = True
            together.wait(5)  # All of them have read the generation before one can begin its edition.
        return 1

    def slow() -> datetime.datetime:
        time.sleep(0.05)
        return site.until

    site.cache = PageCache(site.application, read, slow, site.traced)
    with ThreadPoolExecutor(4) as readers:
        answers = list(readers.map(lambda _: site.get()[2], range(4)))
    assert answers == [BODY] * 4
    assert site.asked == ["/en/"]


def test_all_steps_of_a_late_answer_share_one_patience(site: Site) -> None:
    steps: list[str] = []
    began: list[float] = []
    read: list[float] = []

    @contextmanager
    def patience(since: float) -> Iterator[None]:
        began.append(since)
        steps.append("begin")
        yield
        steps.append("end")

    def until() -> datetime.datetime:
        steps.append("edition")
        return site.until

    def respond() -> Answer:
        steps.append("page")
        return Answer(BODY)

    def generation() -> int | None:
        read.append(time.monotonic())
        return site.number

    site.response = respond
    site.cache = PageCache(site.application, generation, until, site.traced, patience=patience)
    assert [site.get()[2] for _time in range(2)] == [BODY] * 2
    assert steps == ["begin", "edition", "page", "end"]
    assert began[0] <= read[0]


def test_page_of_an_unknown_generation_has_the_same_patience(site: Site) -> None:
    began: list[float] = []
    asked: list[float] = []

    def patience(since: float) -> AbstractContextManager[None]:
        began.append(since)
        return nullcontext()

    def generation() -> None:
        asked.append(time.monotonic())

    site.cache = PageCache(site.application, generation, lambda: site.until, site.traced, patience=patience)
    assert site.get()[2] == BODY
    assert (len(began), began[0] <= asked[0]) == (1, True)


def test_nobody_waits_longer_than_a_second(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "LONGEST_WAIT", 0.01)
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Answer:
        if not begun.is_set():
            begun.set()
            go_on.wait(5)
        return Answer()

    site.response = slow
    first = threading.Thread(target=site.get)
    first.start()
    begun.wait(5)
    assert site.get()[2] == BODY
    go_on.set()
    first.join(5)
    assert len(site.asked) == 2


def test_page_that_fails_leaves_nobody_waiting(site: Site) -> None:
    def fail() -> Answer:
        raise RuntimeError

    site.response = fail
    with pytest.raises(RuntimeError):
        site.get()
    site.response = Answer
    assert site.get()[2] == BODY


# What several processes share


class Memory(dict[str, str]):
    """A cache that takes what JSON can write, and says how long it was to keep it."""

    def get(self, key: str) -> Any:  # type: ignore[override]
        return json.loads(self[key]) if key in self else None

    def set(self, key: str, value: Any, timeout: float) -> None:
        assert timeout == SHARED_FOR
        self[key] = json.dumps(value)


@pytest.fixture
def memory(site: Site) -> Memory:
    """Return a shared cache in which a site of release 1 has put its home page."""
    memory = Memory()
    Site(memory, "1").get()
    return memory


@pytest.mark.parametrize("accepted", ["", "gzip", "br"])
def test_page_that_another_process_has_made_is_sent_as_if_it_were_made_here(memory: Memory, accepted: str) -> None:
    here, there = Site(), Site(memory, "1")
    assert there.get(accept_encoding=accepted) == here.get(accept_encoding=accepted)
    assert (here.asked, there.asked) == (["/en/"], [])
    memory.clear()
    assert there.get(accept_encoding=accepted)[0] == "200 OK"
    assert there.asked == []


def test_release_generation_time_host_and_scheme_share_no_page_with_another(memory: Memory) -> None:
    assert len(memory) == 1
    for change in (
        {"release": "2"},
        {"number": 2},
        {"until": NOW + datetime.timedelta(hours=2)},
        {"host": "other.example"},
        {"x_forwarded_proto": "https"},
    ):
        site = Site(memory, str(change.pop("release", "1")))
        for name in change.keys() & {"number", "until"}:
            setattr(site, name, change.pop(name))
        site.get(**{name: str(value) for name, value in change.items()})
        assert site.asked == ["/en/"]
    assert len(memory) == 6


def test_address_cannot_pass_for_another(memory: Memory) -> None:
    one, other = Site(memory, "1"), Site(memory, "1")
    one.get("/en/news/%0Apage=2")
    other.get("/en/news/?page=2%0A")
    other.get("/en/news/%0A?page=2")
    assert len(other.asked) == 2


def test_what_is_not_for_everybody_is_not_shared() -> None:
    memory = Memory()
    for answer in (Answer(status="400 Bad Request"), Answer(Set_Cookie="a=b"), Answer(Cache_Control="private")):
        site = Site(memory)
        site.response = lambda answer=answer: answer  # type: ignore[misc]
        site.get()
        site.get(cookie="sessionid=x")
    assert memory == {}
