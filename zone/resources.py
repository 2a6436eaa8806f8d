"""Content as rows of spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Final

from zone.models import KeyFigure
from zone.models.figure import Qualifier

_FORMULA: Final = tuple("=+-@\t\r\n\0＝＋－＠")
"""With these begins what a spreadsheet would compute; some read the wide forms of Chinese typing as the narrow ones."""

OBSERVATIONS: Final = (
    *("figure", "as_of", "qualifier", "value", "unit", "planned", "note"),
    *("publisher", "source", "source_address", "seen_on_a_copy"),
)
"""The columns of the claims about a figure."""


def observations_csv(figure: KeyFigure) -> str:
    """Return the claims about ``figure`` that were fetched with it, in the active language, the newest first.

    It begins with a byte order mark, by which spreadsheets know that it is Unicode. Unknown is empty.
    """
    file = io.StringIO()
    file.write("\ufeff")
    table = csv.writer(file, lineterminator="\r\n")
    table.writerow(OBSERVATIONS)
    for seen in figure.observations.all():
        source = seen.source
        texts = (seen.note, source.publisher, source.title, source.url)
        note, publisher, title, url = map(harmless, texts)
        table.writerow(
            (
                *(figure.slug, seen.as_of or "", Qualifier(seen.qualifier).name.lower(), f"{seen.value.normalize():f}"),
                *(seen.unit, "yes" if seen.is_projection else "no", note),
                *(publisher, title, url, "yes" if source.seen_on_a_copy else "no"),
            )
        )
    return file.getvalue()


def harmless(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula: with an apostrophe before it, if need be."""
    return f"'{text}" if text.startswith(_FORMULA) else str(text)
