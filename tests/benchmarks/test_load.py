"""The default set-up at work: readers who come whether or not it is ready for them, and editors who never stop."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.benchmarks.client import Answers, Client, Question, question
from tests.benchmarks.machine import machine_seconds, megabytes, processor_seconds
from tests.benchmarks.serving import write
from tests.sites import Server, get, manage, served

pytestmark = pytest.mark.benchmark

RATE: Final = 100
VISITS: Final = 5
"""How often each page was asked for before: each worker has made nearly all of them, as one that runs for a day has."""
WARM_UP: Final = 20
SECONDS: Final = 60
MOST_MILLISECONDS: Final = 250
MOST_GROWTH: Final = 1.1
MOST_IDLE: Final = 150
PASSWORD: Final = "only for those who measure"
EDITORS: Final = {"first": ("hsitpl", "_continue"), "second": ("gba-ncti-international-hq", "_publish")}
"""Each of them with the organisation that they work at, and the button that they press: one keeps a draft, which
visitors do not see, the other publishes each change."""
ACCOUNTS: Final = f"""
from django.contrib.auth.models import User
from zone.models import Organisation
for name, slug in {[(name, slug) for name, (slug, _button) in EDITORS.items()]}:
    User.objects.create_superuser(name, password="{PASSWORD}")
    print(Organisation.objects.get(slug=slug).pk)
"""


@pytest.fixture(scope="module")
def forms(site: dict[str, str]) -> dict[str, str]:
    """Give each editor an account; return the paths of their forms."""
    keys = manage(site, "shell", "-v0", "-c", ACCOUNTS).split()
    return {name: f"/admin/zone/organisation/{key}/change/" for name, key in zip(EDITORS, keys, strict=True)}


@contextmanager
def editor(server: Server, name: str, path: str) -> Iterator[dict[str, Any]]:
    """Let somebody save all the time; afterwards what is yielded says how often and what was refused."""
    done: dict[str, Any] = {}
    command = (sys.executable, "-m", "tests.benchmarks.editor", server.address, name, PASSWORD, path, EDITORS[name][1])
    with subprocess.Popen(  # noqa: S603
        command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # Is logged in.
        yield done
        said, _nothing = process.communicate()
        done.update(json.loads(said))


def every_page(server: Server) -> list[str]:
    """Return the path of each page that the sitemap names, in all languages."""
    files = locations(f"{server.address}/sitemap.xml")
    return [path for file in files for path in locations(f"{server.address}{file}")]


def locations(address: str) -> list[str]:
    """Return the paths that the sitemap at ``address`` names."""
    return [urlsplit(named).path for named in re.findall("<loc>(.*?)</loc>", get(address))]


def readers(paths: list[str]) -> Iterator[Question]:
    """Yield what readers ask for, without an end."""
    chance = random.Random(1)  # noqa: S311
    while True:
        yield question(chance.choice(paths))


def visit(server: Server, paths: list[str]) -> None:
    """Ask for each page several times, each time on a connection of its own, so that any worker may get it."""
    with ThreadPoolExecutor(4) as visitors:
        list(visitors.map(lambda path: get(f"{server.address}{path}", "127.0.0.1"), paths * VISITS))


def read(server: Server, questions: Iterator[Question], seconds: int) -> Answers:
    """Let readers come for ``seconds``."""
    with Client(server.port) as client:
        client.ask_at(RATE, islice(questions, RATE * seconds))
    return client.answers


def test_readers_wait_for_nobody_while_two_editors_save(
    site: dict[str, str], forms: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(served(site))
        paths = every_page(server)
        visit(server, paths)
        questions = readers(paths)
        with ExitStack() as newsroom:
            saves = {name: newsroom.enter_context(editor(server, name, path)) for name, path in forms.items()}
            read(server, questions, WARM_UP)
            before, worked, all_worked = megabytes(server.pid), processor_seconds(server.pid), machine_seconds()
            answers = read(server, questions, SECONDS)
            worked, all_worked = processor_seconds(server.pid) - worked, machine_seconds() - all_worked
            after = megabytes(server.pid)
    figures = {
        "requests": len(answers.seconds),
        "errors": answers.errors,
        "repeated": answers.repeated,
        **{f"p{percent} ms": answers.milliseconds(percent) for percent in (50, 90, 99)},
        "worst ms": max(answers.seconds) * 1000,
        "saves": saves,
        "PSS before, MB": before["Pss"],
        "PSS after, MB": after["Pss"],
        "processor of the server, s": worked,
        "of all else, s": all_worked - worked,
    }
    write("load", figures)
    with capsys.disabled():
        sys.stdout.write(f"\n{RATE} requests a second for {SECONDS} s while two editors save\n")
        sys.stdout.write("".join(f"  {name}: {figure}\n" for name, figure in figures.items()))
    assert answers.errors == []
    assert {name: done["refused"] for name, done in saves.items() if done["refused"]} == {}
    assert min(done["saved"] for done in saves.values()) > 0
    assert answers.milliseconds(99) <= MOST_MILLISECONDS
    assert after["Pss"] <= MOST_GROWTH * before["Pss"]


def test_server_that_has_nothing_to_do_takes_little_memory(
    site: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with served(site) as server:
        begun = megabytes(server.pid)
        for _ in range(20):  # Both workers answer some.
            get(f"{server.address}/en/")
        idle = megabytes(server.pid)
    write("memory", {"begun": begun, "idle": idle})
    with capsys.disabled():
        for when, sizes in (("after the start", begun), ("after the first pages", idle)):
            sys.stdout.write(f"\n{when}: RSS {sizes['Rss']:.0f} MB, PSS {sizes['Pss']:.0f} MB, at most {MOST_IDLE}")
        sys.stdout.write("\n")
    assert idle["Pss"] <= MOST_IDLE
