"""What lists and the search cost with a million news items, beside the same pages with fewer, in one run.

To load a million takes half an hour, so the databases are made once and kept: ``SCALE`` is a pattern of their
addresses, in which ``{}`` stands for the number of news. The README says how to make them. Without it there is nothing
to measure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Final

import pytest

SIZES: Final = (1_000, 100_000, 1_000_000)
LISTS: Final = (
    *("/en/news/", "/en/news/?field=load-field-3", "/en/news/?park=load-park-1&kind=release&from=2020"),
    *("/zh-hans/news/?sort=oldest&kind=notice", "/en/news/?organisation=load-organisation-0", "/en/sources/"),
)
BY_KEY: Final = (
    *("/en/news/?after=HALF", "/en/news/?before=HALF", "/zh-hant/news/?sort=oldest&after=HALF"),
    "/en/news/?field=load-field-3&park=load-park-1&after=HALF",
)
SEARCHES: Final = (
    # In a tenth of the titles, in half of the texts, in all slugs, in none, and begun.
    *(f"/en/search/?q={word}" for word in ("photonics", "visit", "load", "zzzzzz", "photoni")),
    *(f"/zh-hans/search/?q={word}" for word in ("光子", "实验室", "工作", "河")),
    *("/en/news/?q=photonics", "/en/news/?q=visit&sort=newest", "/en/search/suggestions/?q=pho"),
)
GATES: Final = ((LISTS, 1_000, 1.5), (BY_KEY, 1_000, 1.6), (SEARCHES, 100_000, 2.0))
"""Pages, the size that they are compared with, and how many times as long they may take with a million."""

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif("SCALE" not in os.environ, reason="SCALE names no databases to measure."),
]


def measured(size: int) -> dict[str, float]:
    """Return the seconds of each page, in a process of its own on the database of ``size``."""
    database = os.environ["SCALE"].format(size)
    environment = os.environ | {"TEST_DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "tests.benchmarks.pages", *LISTS, *BY_KEY, *SEARCHES]
    answer = subprocess.run(command, env=environment, capture_output=True, check=True)  # noqa: S603
    times: dict[str, float] = json.loads(answer.stdout)
    return times


def test_pages_take_as_long_with_a_million(capsys: pytest.CaptureFixture[str]) -> None:
    times = {size: measured(size) for size in SIZES}
    many, slow = times[SIZES[-1]], {}
    for pages, size, most in GATES:
        for page in pages:
            ratio = many[page] / times[size][page]
            if ratio > most:
                slow[page] = ratio
            with capsys.disabled():
                figures = " ".join(f"{times[one][page] * 1000:6.1f}" for one in SIZES)
                sys.stdout.write(f"{figures} ms  {ratio:5.2f} of {most} times that of {size:7,}  {page}\n")
    assert slow == {}
