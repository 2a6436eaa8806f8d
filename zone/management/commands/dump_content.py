"""Write the content of the database to the fixtures."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from zone.content import FIXTURES, dump_fixture, dump_lines

EMPTY: Final = "[]\n"
"""The dump of no record, for which there is no file: ``loaddata`` complains about an empty one."""


class Command(BaseCommand):
    """Write one file for each kind of record; equal content gives equal bytes."""

    help = "Write the content of the database to fixtures/, one file for each kind of record."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another folder than ``fixtures/``, or one file for all."""
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "fixtures")
        parser.add_argument(
            "--lines", type=Path, metavar="FILE", help="write all to one file, an object a line, for import_content"
        )

    def handle(self, *args: Any, folder: Path, lines: Path | None, **options: Any) -> None:
        """Dump to one file or to many."""
        if lines is None:
            self._dump(folder)
        else:
            with lines.open("w", encoding="utf-8", newline="\n") as stream:
                dump_lines(stream)

    def _dump(self, folder: Path) -> None:
        """Dump everything first, so that an error leaves the files as they were."""
        texts = {name: dump_fixture(name) for name in FIXTURES}
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / f"{name}.json"
            before = path.read_text("utf-8") if path.exists() else EMPTY
            if text == before:
                continue
            if text == EMPTY:
                path.unlink()
            else:
                path.write_text(text, "utf-8", newline="\n")
            self.stdout.write(f"{path.name}: {'removed' if text == EMPTY else 'written'}")
