"""The server while it is flooded, reloaded, stopped and killed. Needs nginx; slow clients need slowhttptest."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests import servers, sites
from tests.benchmarks.addresses import LIST
from tests.drills.fronts import NGINX, Front, answers
from tests.drills.watching import LONGEST, timed
from tests.security.test_headers import EVERYWHERE, told
from tests.test_machines import ask, statuses

pytestmark = [pytest.mark.drill, NGINX]


@contextmanager
def alone(front: Front, application: int | None = None) -> Iterator[str]:
    """Run nginx with the static files of ``front`` and without an application, or another one; yield its address."""
    folder, port = front.folder / "alone", sites.free_port()
    folder.mkdir(exist_ok=True)
    (folder / "static").unlink(missing_ok=True)
    (folder / "static").symlink_to(front.folder / "static")
    with servers.nginx(port, [application or sites.free_port()], folder / "now", folder):
        yield f"http://127.0.0.1:{port}"


# Searches and forms


def test_nobody_floods_the_search_and_the_forms(front: Front) -> None:
    """An office of fifty people who search and write all at once is let through."""
    with ThreadPoolExecutor(16) as readers:
        office = Counter(readers.map(lambda n: ask(f"{front.address}/en/search/?q=x{n}").status, range(100)))
        time.sleep(6)
        flood = Counter(readers.map(lambda n: ask(f"{front.address}/en/search/suggestions/?q={n}").status, range(600)))
        sent = [ask(f"{front.address}/zh-hans/report/", {"message": ""}) for _ in range(120)]
    forms = [answer.status for answer in sent]
    print(f"\n| searches | {dict(office)} | {dict(flood)} | forms | {dict(Counter(forms))} |")  # noqa: T201
    assert office == {200: 100}
    assert flood[429] > 100
    assert set(forms[:60]) == {422}
    assert forms.count(429) > 20
    assert all(is_ours(answer, "zh-Hans") for answer in sent if answer.status == 429)
    assert ask(f"{front.address}/en/").status == 200


def test_nobody_has_every_page_made_anew(front: Front) -> None:
    """No page is kept for whoever says that they have logged in. An editor who reads some is let through."""
    time.sleep(6)  # Others have searched.
    said: Any = [
        {"Cookie": "sessionid=none"},
        {"Cookie": "a=b; __Host-sessionid=none"},
        {"Authorization": "Basic bm9uZQ=="},
    ]
    some = Counter(ask(f"{front.address}/en/figures/", **said[number % 3]).status for number in range(60))
    with ThreadPoolExecutor(16) as readers:
        flood = Counter(
            readers.map(lambda n: ask(f"{front.address}/zh-hant/figures/", **said[n % 3]).status, range(600))
        )
    print(f"\n| pages with a session | {dict(some)} | {dict(flood)} |")  # noqa: T201
    assert some == {200: 60}
    assert (set(flood), flood[429] > 100) == ({200, 429}, True)
    assert Counter(ask(f"{front.address}/en/figures/").status for _ in range(200)) == {200: 200}


def test_nobody_floods_the_sitemaps(front: Front) -> None:
    """The files of 20,000 records, one after the other, are let through to whoever has asked for none before."""
    asked = [ask(f"{front.address}/sitemaps/pages.xml?p={number}") for number in range(40)]
    found = [answer.status for answer in asked]
    print(f"\n| sitemaps | {dict(Counter(found))} |")  # noqa: T201
    assert set(found[:21]) == {200, 404}
    assert found.count(429) > 10
    assert ask(f"{front.address}/sitemap.xml").status == 200
    time.sleep(5)  # Half a minute for fifteen: two more are let through now, this one and that of a later test.
    assert ask(f"{front.address}/sitemaps/pages.xml?p=41").status in (200, 404)


# What nginx answers itself

LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "admin": "en"}
"""What an address begins with, and the language in which it is answered."""


def is_ours(answer: Any, language: str) -> bool:
    """Return whether nginx has shown a page of ours, with what browsers are told everywhere."""
    page = answer.body.decode()
    retry_after = None if answer.status in (400, 405, 413, 414, 431, 501, 505) else "5"
    said = {name.lower(): text for name, text in answer.headers.items()}
    expected = {name: text for name, text in EVERYWHERE.items() if name != "strict-transport-security"}
    return (
        f'<html lang="{language}">' in page
        and "<h1>" in page
        and told(said) == expected
        and answer.headers["Retry-After"] == retry_after
        and answer.headers["Cache-Control"] == "no-store"
    )


@pytest.mark.parametrize(("place", "language"), LANGUAGES.items())
def test_nginx_refuses_in_the_language_of_the_address(front: Front, place: str, language: str) -> None:
    address = f"{front.address}/{place}/"
    answers = {
        "file": ask(f"{address}x/", {"file": "x" * 21 * 1024**2}),
        "header": ask(address, x_long="x" * 200_000),
        "escape": ask(f"{address}%zz"),
        "address": ask(f"{address}{'x' * 200_000}"),
    }
    assert {name: answer.status for name, answer in answers.items()} == {
        "file": 413,
        "header": 400,
        "escape": 400,
        "address": 414,
    }
    assert is_ours(answers["file"], language)
    assert is_ours(answers["header"], language)
    assert is_ours(answers["escape"], "en")  # nginx reads no further than to the mistake.
    assert is_ours(answers["address"], "en")


def test_nginx_says_in_our_words_what_else_it_does_not_do(front: Front) -> None:
    page = ask(f"{front.address}/en/").body.decode()
    [style, *_] = re.findall(r'href="(/static/[^"]+\.css)', page)
    answers = {
        405: ask(f"{front.address}{style}", {"x": "1"}),
        501: ask(f"{front.address}/en/", transfer_encoding="unknown"),
    }
    assert {status: answer.status for status, answer in answers.items()} == {status: status for status in answers}
    assert [status for status, answer in answers.items() if not is_ours(answer, "en")] == []
    refused = [ask(f"{front.address}/zh-hant/", method=method) for method in ("A", "AB", "A" * 21)]
    assert [(answer.status, is_ours(answer, "zh-Hant")) for answer in refused] == [(400, True)] * 3
    assert ask(f"{front.address}/en/", method="TRACE").status == 405


@pytest.mark.parametrize("target", ["/zh-hans/search/?q=河套", "/zh-hans/河套/", "/zh-hans/\xff/"])
def test_nginx_refuses_an_address_that_is_not_encoded_in_our_words(front: Front, target: str) -> None:
    """As a program sends it that leaves to others what browsers do. The server refuses it in words of its own."""
    path = target.encode("latin-1" if "\xff" in target else "utf-8")
    with socket.create_connection(("127.0.0.1", front.port), timeout=5) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path)
        answer: Any = HTTPResponse(connection)
        answer.begin()
        answer.body = answer.read()
    assert (answer.status, is_ours(answer, "zh-Hans")) == (400, True)


def test_header_that_nginx_takes_the_application_takes_too(front: Front) -> None:
    assert ask(f"{front.address}/en/search/?q=x", x_long="x" * 90_000).status == 200


@pytest.mark.parametrize(
    ("place", "language"),
    [("zh-hans/", "zh-Hans"), ("zh-hant/news/", "zh-Hant"), ("", "en"), ("admin/", "en"), ("sitemaps/news.xml", "en")],
)
def test_more_headers_than_the_server_takes_are_refused_with_a_page_of_ours(
    front: Front, place: str, language: str
) -> None:
    many: dict[str, Any] = {f"x_{number}": "" for number in range(150)}
    answer = ask(f"{front.address}/{place}", **many)
    assert (answer.status, is_ours(answer, language)) == (431, True)


@pytest.mark.parametrize(("place", "language"), LANGUAGES.items())
def test_nginx_says_that_nobody_answers(front: Front, place: str, language: str) -> None:
    """No server at all: the page comes from nginx, and so does its style."""
    with alone(front) as address:
        answer = ask(f"{address}/{place}/x/")
        assert answer.status == 503
        assert is_ours(answer, language)
        files = re.findall(r'(?:href|src)="(/static/[^"#]+)', answer.body.decode())
        found = {file: ask(f"{address}{file}") for file in files}
    assert {file.rpartition(".")[2]: answer.headers["Content-Type"] for file, answer in found.items()} == {
        "css": "text/css",
        "png": "image/png",
        "svg": "image/svg+xml",
        "woff2": "font/woff2",
    }
    assert {answer.status for answer in found.values()} == {200}


@pytest.mark.parametrize("place", ["zh-hans/", "en/report/", "en/news/"])
def test_nobody_waits_long_for_a_socket_behind_which_nothing_runs(front: Front, place: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    with listening, alone(front, listening.getsockname()[1]) as address:
        answer, seconds = timed(f"{address}/{place}")
    print(f"\n| nothing behind the socket | {place} | {answer.status} | {seconds:.1f} s |")  # noqa: T201
    assert (answer.status, seconds < LONGEST) == (503, True)
    assert is_ours(answer, LANGUAGES.get(place.rstrip("/"), "en"))


def test_server_that_hangs_keeps_nobody_waiting(front: Front) -> None:
    processes = [front.restarts[-1], *workers(front)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        answer, seconds = timed(f"{front.address}/zh-hant/")
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
    assert (answer.status, seconds < LONGEST, is_ours(answer, "zh-Hant")) == (503, True, True)
    assert ask(f"{front.address}/zh-hant/").status == 200


def test_what_the_application_says_goes_through(front: Front) -> None:
    answer = ask(f"{front.address}/media/nosuch.png")
    assert (answer.status, "X-Request-ID" in answer.headers) == (404, True)
    answer = ask(f"{front.address}/static/nosuch.0123456789ab.css")
    assert (answer.status, "X-Request-ID" in answer.headers) == (404, True)
    assert ask(f"{front.address}/front/en/413.html").status == 404
    answer = ask(f"{front.address}/en/", host="other.example")
    assert (answer.status, "X-Request-ID" in answer.headers) == (400, True)


# Slow clients


@pytest.mark.skipif(shutil.which("slowhttptest") is None, reason="slowhttptest is not installed.")
@pytest.mark.parametrize("what", ["-H", "-B"], ids=["headers", "bodies"])
def test_readers_are_answered_while_slow_clients_are_held(front: Front, what: str) -> None:
    path = "/en/" if what == "-H" else "/en/report/"
    command = ("slowhttptest", what, "-c", "200", "-r", "100", "-i", "5", "-l", "20", "-p", "3", "-u")
    with ExitStack() as stack:

        def flood() -> subprocess.Popen[bytes]:
            begun = subprocess.Popen([*command, front.address + path], stdout=subprocess.DEVNULL)  # noqa: S603
            stack.callback(begun.terminate)
            return stack.enter_context(begun)

        flooding, took, held = flood(), [], []
        for _ in range(12):
            time.sleep(2)
            if flooding.poll() is not None:  # All have been thrown out.
                flooding = flood()
                time.sleep(3)
            held.append(connections(front.port))
            begun = time.monotonic()
            assert ask(f"{front.address}/en/organisations/?year={time.monotonic_ns()}").status == 200
            took.append(time.monotonic() - begun)
    print(f"\n| 200 slow {what} | slowest of 12 probes {max(took):.2f} s | connections held {held} |")  # noqa: T201
    assert max(took) < 1
    assert max(held) >= 190


def connections(port: int) -> int:
    """Return how many connections to ``port`` are open."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(local.endswith(f":{port:04X}") and state == "01" for _number, local, _remote, state, *_rest in lines)


# Reloading, stopping, killing


def workers(front: Front) -> list[int]:
    master = front.restarts[-1]
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def test_reload_loses_no_request(front: Front) -> None:
    before = workers(front)
    found = statuses(f"{front.address}{LIST}", 8, lambda: os.kill(front.restarts[-1], signal.SIGHUP))
    print(f"\n| HUP | {dict(found)} |")  # noqa: T201
    assert set(found) == {200}
    assert not set(before) & set(workers(front))


def test_worker_that_is_killed_is_not_noticed(front: Front) -> None:
    found = statuses(f"{front.address}{LIST}", 6, lambda: os.kill(workers(front)[0], signal.SIGKILL))
    print(f"\n| worker killed | {dict(found)} |")  # noqa: T201
    assert set(found) == {200}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_server_that_ends_is_brought_back(front: Front, number: signal.Signals) -> None:
    """What was being answered is finished (TERM) or asked again (KILL); what comes meanwhile waits on the socket.

    Where the machine takes longer to start it than a reader waits, each of the four readers is told once to come again.
    """
    orphans, count = workers(front), len(front.restarts)
    found = statuses(f"{front.address}{LIST}", 8, lambda: os.kill(front.restarts[-1], number))
    print(f"\n| {number.name} to the master | {dict(found)} |")  # noqa: T201
    assert set(found) <= {200, 503}
    assert found[503] <= 4 < found[200]
    assert len(front.restarts) == count + 1
    servers.wait_until(lambda: answers(front))
    assert not [pid for pid in orphans if Path(f"/proc/{pid}").exists()]
