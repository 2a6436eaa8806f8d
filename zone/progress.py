"""Saying what is done while it is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Print ``text`` as it is, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def progress(text: str, interval: float = 1.0) -> Iterator[None]:
    """Print ``text``, a dot for every ``interval`` seconds that the work takes, and how long it took."""
    start = time.monotonic()
    done = threading.Event()

    def dots() -> None:
        while not done.wait(interval):
            say(".")

    say(f"{text} ..")
    ticker = threading.Thread(target=dots, daemon=True)
    ticker.start()
    end = "\n"
    try:
        yield
        end = f" {time.monotonic() - start:.1f} s\n"
    finally:
        done.set()
        ticker.join()
        say(end)
