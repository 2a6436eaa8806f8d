"""What the served pages cost, beside the references, in one run: ratios of processor time.

Every server runs from the beginning to the end, on cores of its own where there are two. In each round every page is
asked for during a few seconds, in one order and the next time in the other. Ratios are taken within a round.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

import pytest

from tests.benchmarks.addresses import BYTES_OF_THE_REFERENCE, DETAIL, LIST, LIST_OF_THE_REFERENCE, LISTED
from tests.benchmarks.client import Answer, Answers, Client, Question, ask, question
from tests.benchmarks.machine import CLIENTS, SERVERS, machine_seconds, megabytes, pinned_to, processor_seconds
from tests.benchmarks.references.made import VARIABLE
from tests.benchmarks.serving import nginx, write
from tests.servers import shell
from tests.sites import Server, served

pytestmark = pytest.mark.benchmark

ROUNDS: Final = 6
SECONDS: Final = 2.0
WARM_UP: Final = 1.0
CHANGE: Final = """
import sys
from django.utils import timezone
from zone.models import Organisation
for line in sys.stdin:
    Organisation.objects.filter(slug=line.strip()).update(updated_at=timezone.now())
    print(flush=True)
"""
"""Changes, for each line, the organisation that it names."""
ELSEWHERE: Final = "youweixin"
"""An organisation that stands on neither of the pages."""


@dataclass(frozen=True)
class Lane:
    """A page, and how it is asked for."""

    name: str
    server: Server
    asked: Question
    connections: int = 8
    changed: str = ""
    """The organisation that changes before each question, if one does."""


@dataclass(frozen=True)
class Run:
    """What came of asking for a page during a round."""

    requests: int
    """How many were answered as they should be."""
    errors: list[str]
    repeated: int
    seconds: float
    processor: float
    """Seconds that the processes of the server worked."""
    others: float
    """Seconds that all else on the machine worked, the client included."""
    p50: float
    p90: float
    p99: float

    @property
    def cost(self) -> float:
        """Return the processor time of a request, in milliseconds."""
        return self.processor / self.requests * 1000

    @property
    def rate(self) -> float:
        """Return how many requests were answered in a second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Claim:
    """What is demanded of a ratio in each round."""

    what: str
    ratio: Callable[[dict[str, Run]], float]
    gate: float
    goal: float
    is_limit: bool
    """Whether the ratio may be at most, and not at least, so much."""

    def holds(self, ratio: float) -> bool:
        """Whether ``ratio`` passes the gate."""
        return ratio <= self.gate if self.is_limit else ratio >= self.gate


def more_requests(ours: str, other: str) -> Callable[[dict[str, Run]], float]:
    """Return how many times as many requests ``ours`` answers in a second of the processor as ``other``."""
    return lambda runs: runs[other].cost / runs[ours].cost


def share_of(ours: str, other: str) -> Callable[[dict[str, Run]], float]:
    """Return what part of the processor time of ``other`` ``ours`` takes."""
    return lambda runs: runs[ours].cost / runs[other].cost


CLAIMS: Final = (
    Claim("anonymous cached page / D, requests a processor second", more_requests("cached", "D"), 1.8, 2.3, False),
    Claim("the same / W", more_requests("cached", "W"), 0.80, 0.95, False),
    Claim("304 / D, requests a processor second", more_requests("304", "D"), 1.6, 2.2, False),
    Claim("uncached list of 20, processor time against R", share_of("list", "R"), 0.40, 0.20, True),
    Claim("uncached detail / D, requests a processor second", more_requests("detail", "D"), 0.10, 0.20, False),
    Claim("first hit after a change / uncached page", share_of("first", "alone"), 1.10, 1.05, True),
    Claim("p99 at 8 connections, cached / D", lambda runs: runs["cached"].p99 / runs["D"].p99, 0.6, 0.4, True),
)


@contextmanager
def lanes_of(site: Mapping[str, str], folder: Path) -> Iterator[list[Lane]]:
    """Start every server and yield what is asked of them; all that returns the page returns the same bytes."""
    with ExitStack() as stack:
        stack.enter_context(pinned_to(SERVERS))
        ours = stack.enter_context(served(site))
        uncached = stack.enter_context(served(site, application="tests.benchmarks.references.uncached:application"))
        forgetful = stack.enter_context(served(site, application="tests.benchmarks.references.uncached:forgetful"))
        page = ask(ours.port, question(LIST))
        put_down(page, folder)
        others = {**site, VARIABLE: str(folder / "page.html.gz")}
        django = {**others, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.references.settings"}
        bare = stack.enter_context(served(others, application="tests.benchmarks.references.bare:application"))
        references = stack.enter_context(served(django, application="django.core.wsgi:get_wsgi_application()"))
        same = [
            Lane("W", bare, question(LIST, length=page.length)),
            Lane("D", references, question(BYTES_OF_THE_REFERENCE, length=page.length)),
            Lane("cached", ours, question(LIST, length=page.length)),
        ]
        if shutil.which("nginx"):
            server = stack.enter_context(nginx(folder))
            same.append(Lane("N", server, question("/page.html", length=page.length)))
        for lane in same:
            assert_same(ask(lane.server.port, lane.asked), page, lane.name)
        etag = page.head.partition(b'\r\netag: "')[2].partition(b'"')[0].decode()
        yield [
            *same,
            Lane("304", ours, question(LIST, status=304, length=0, **{"If-None-Match": f'"{etag}"'})),
            Lane("R", references, question(LIST_OF_THE_REFERENCE)),
            Lane("list", uncached, question(LIST)),
            Lane("detail", uncached, question(DETAIL)),
            Lane("new det.", forgetful, question(DETAIL)),
            Lane("alone", uncached, question(LIST), connections=1, changed=ELSEWHERE),
            Lane("first", ours, question(LIST), connections=1, changed=ELSEWHERE),
            Lane("1st det.", ours, question(DETAIL), connections=1, changed=ELSEWHERE),
            Lane("anew", ours, question(LIST), connections=1, changed=LISTED),
        ]


def put_down(page: Answer, folder: Path) -> None:
    """Put a page that came compressed into files, as it came and as it is."""
    (folder / "page.html.gz").write_bytes(page.body)
    (folder / "page.html").write_bytes(gzip.decompress(page.body))


def assert_same(answer: Answer, page: Answer, name: str) -> None:
    """Stop where a reference returns something else than the page: an error is quick."""
    assert (name, answer.status, answer.body) == (name, 200, page.body)
    assert b"\r\ncontent-encoding: gzip" in answer.head, name


def ask_for(lane: Lane, seconds: float, change: Callable[[str], object]) -> Answers:
    """Ask for a page during ``seconds``."""

    def before() -> None:
        if lane.changed:
            change(lane.changed)

    with Client(lane.server.port) as client:
        client.ask_for(seconds, lane.asked, lane.connections, before)
    return client.answers


def run(lane: Lane, seconds: float, change: Callable[[str], object]) -> Run:
    """Ask for a page during ``seconds`` and see what that costs."""
    worked, all_worked, start = processor_seconds(lane.server.pid), machine_seconds(), time.perf_counter()
    answers = ask_for(lane, seconds, change)
    taken = time.perf_counter() - start
    processor = processor_seconds(lane.server.pid) - worked
    return Run(
        requests=len(answers.seconds),
        errors=answers.errors,
        repeated=answers.repeated,
        seconds=taken,
        processor=processor,
        others=machine_seconds() - all_worked - processor,
        p50=answers.milliseconds(50),
        p90=answers.milliseconds(90),
        p99=answers.milliseconds(99),
    )


def measure(site: Mapping[str, str], folder: Path) -> tuple[list[dict[str, Run]], dict[str, dict[str, float]]]:
    """Return the runs of each round, and the memory of each server after them."""
    rounds: list[dict[str, Run]] = []
    with lanes_of(site, folder) as lanes, pinned_to(CLIENTS), shell(site, CHANGE) as change:
        for lane in lanes:
            ask_for(lane, WARM_UP, change)
        for number in range(ROUNDS):
            order = lanes if number % 2 == 0 else lanes[::-1]
            rounds.append({lane.name: run(lane, SECONDS, change) for lane in order})
        return rounds, {lane.name: megabytes(lane.server.pid) for lane in lanes}


def lines(rounds: list[dict[str, Run]], memory: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield the figures as a table: medians of all rounds, and the spread of the processor time."""
    cores = f"servers on core {SERVERS}, client on {CLIENTS}"
    yield f"{len(rounds)} rounds of {SECONDS} s; {cores}; load {os.getloadavg()[0]:.1f}"
    columns = ("ms/request", "from", "to", "requests/s", "p50 ms", "p90 ms", "p99 ms", "errors", "repeated", "others")
    yield f"{'':8}" + "".join(f"{name:>11}" for name in columns)
    for name in rounds[0]:
        runs = [runs[name] for runs in rounds]
        costs = sorted(run.cost for run in runs)
        middle = [median(getattr(run, figure) for run in runs) for figure in ("rate", "p50", "p90", "p99")]
        figures = [median(costs), costs[0], costs[-1], *middle]
        others = sum(run.others for run in runs) / sum(run.seconds for run in runs)
        counts = f"{sum(len(run.errors) for run in runs):11}{sum(run.repeated for run in runs):11}{others:10.0%}"
        yield f"{name:8}" + "".join(f"{figure:11.3f}" for figure in figures) + counts
    for name, sizes in memory.items():
        yield f"{name:8} RSS {sizes['Rss']:.0f} MB, PSS {sizes['Pss']:.0f} MB"


def judged(rounds: list[dict[str, Run]]) -> Iterator[tuple[str, float, bool]]:
    """Yield each claim with its ratios, the median of them, and whether that passes the gate."""
    for claim in CLAIMS:
        ratios = [claim.ratio(runs) for runs in rounds]
        middle, sign = median(ratios), "at most" if claim.is_limit else "at least"
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        line = f"{claim.what:55} {middle:6.3f}  gate {sign} {claim.gate}, goal {claim.goal}  ({each})"
        yield line, middle, claim.holds(middle)


def test_served_pages_cost_what_the_readme_claims(
    site: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds, memory = measure(site, tmp_path)
    claims = list(judged(rounds))
    write("served", {"rounds": [{name: asdict(run) for name, run in runs.items()} for runs in rounds], "MB": memory})
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join([*lines(rounds, memory), "", *(line for line, _ratio, _holds in claims), ""]))
    assert {name: run.errors for runs in rounds for name, run in runs.items() if run.errors} == {}
    assert [line for line, _ratio, holds in claims if not holds] == []
