"""Take in a large set of content from a file with one object of a fixture in each line."""

from __future__ import annotations

import functools
import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zone.bulk import garbage_left
from zone.importing import MOST_PROBLEMS, ImportRefusedError, OverwritingError, import_lines
from zone.progress import progress, say

LONGEST_LINE: Final = 1_000_000
"""Bytes that a line may have: a file that gzip has compressed may hold one that is larger than the memory."""
SHOWN: Final = 20
"""How many problems are shown."""
_SAID_EVERY: Final = 10_000
"""After how many lines it is said how many there were."""


class Command(BaseCommand):
    """Import all of a file, or nothing of it."""

    help = "Take in a large set of content: JSON lines, each an object of a fixture. All of it is taken, or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and the switch that replaces what was changed in the newsroom."""
        parser.add_argument("file", help="content.jsonl, content.jsonl.gz, or - for the standard input")
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="Replace what was changed in the newsroom since the last load. The history keeps it.",
        )

    def handle(self, *args: Any, file: str, overwrite: bool, **options: Any) -> None:
        """Import, or say what is wrong in which line and leave the database as it was."""
        report = _say_now_and_then if options["verbosity"] else None
        try:
            with opened(file) as lines, progress("Importing"), garbage_left():
                recorded = import_lines(lines, overwrite=overwrite, report=report)
        except (OSError, EOFError, zlib.error) as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        except ImportRefusedError as error:
            raise CommandError(f"Nothing was imported.\n{_shown(error.problems)}") from error
        except OverwritingError as error:
            raise CommandError(
                "Nothing was imported. These records were changed in the newsroom since they were last loaded; "
                f"--overwrite replaces them:\n{_shown(error.names)}"
            ) from error
        self.stdout.write(f"{recorded:,} new versions recorded.")


@contextmanager
def opened(file: str) -> Iterator[Iterator[bytes]]:
    """Open a file, one that gzip has compressed, or the standard input for ``-``; yield its lines."""
    if file == "-":
        yield _lines(sys.stdin.buffer)
        return
    with gzip.open(file) if file.endswith(".gz") else open(file, "rb") as found:  # noqa: PTH123 - Both alike.
        yield _lines(found)  # type: ignore[arg-type]


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(iter(functools.partial(file.readline, LONGEST_LINE + 1), b""), 1):
        if len(line) > LONGEST_LINE:
            raise ImportRefusedError([f"line {number}: it has more than {LONGEST_LINE:,} bytes"])
        yield line


def _say_now_and_then(count: int) -> None:
    if count % _SAID_EVERY == 0:
        say(f" {count:,}")


def _shown(problems: list[str]) -> str:
    left = len(problems) - SHOWN
    at_least = "at least " if len(problems) >= MOST_PROBLEMS else ""
    return "\n".join([*problems[:SHOWN], *([f"and {at_least}{left:,} more"] if left > 0 else [])])
