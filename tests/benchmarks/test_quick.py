"""What pages cost the processor: a run for CI, without a server, in less than a minute.

The processor time of the same work differs by a tenth from run to run, and by more where the machine has other work.
Therefore the limits are a third above what was measured last: they find a fault, and not a slow day. What pages are to
cost in the end, ``test_served.py`` asks. D is quicker here than there, without the server's own work.
"""

from __future__ import annotations

import json
import sys

import pytest

from tests.benchmarks.serving import write
from tests.programs import python

pytestmark = pytest.mark.benchmark

MOST_QUERIES = {"cached": 0, "304": 0, "list": 5, "detail": 6, "new det.": 6}
MOST_TIMES = {
    ("list", "R"): 0.48,
    ("first", "list"): 0.16,
    ("anew", "list"): 2.2,
    ("1st det.", "D"): 11.0,
    ("detail", "D"): 9.0,
    ("new det.", "D"): 65.0,
    ("cached", "D"): 0.07,
    ("304", "D"): 0.07,
}
"""How many times the processor time of the second the first may take."""


def test_pages_cost_what_they_may(site: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    done = python("-m", "tests.benchmarks.in_process", environment=site)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    write("quick", {"pages": measured})
    times = {(ours, other): measured[ours]["least"] / measured[other]["least"] for ours, other in MOST_TIMES}
    with capsys.disabled():
        sys.stdout.write(f"\n{done.stderr}\n")
        for (ours, other), ratio in times.items():
            sys.stdout.write(f"{ours + ' / ' + other:15} {ratio:7.3f} times, at most {MOST_TIMES[ours, other]}\n")
    assert {name: most for name, most in MOST_QUERIES.items() if measured[name]["queries"] > most} == {}
    assert {pair: ratio for pair, ratio in times.items() if ratio > MOST_TIMES[pair]} == {}
