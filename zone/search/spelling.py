"""What somebody may have meant who has mistyped an English name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final

from zone.models import SearchEntry
from zone.search.finding import find
from zone.search.question import read_beginning
from zone.search.tables import Depth, keys_of_rows

_SIMILAR: Final = 0.75
_LOOKED_AT: Final = 500


def meant(words: str) -> str:
    """Return what somebody may have meant who found nothing: words of public names that look alike; else nothing."""
    text = words
    for word in re.findall(r"[A-Za-z]{4,}", words):
        if near := _nearest(word.casefold()):
            text = re.sub(rf"\b{word}\b", near, text)
    return text if text != words and find(text).hits else ""


def _nearest(word: str) -> str:
    known = set(_names_that_begin(word[:2]))
    if word in known:
        return ""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=_SIMILAR)), "")


def _names_that_begin(letters: str) -> Iterator[str]:
    beginning = read_beginning(letters)
    if not beginning.wanted:
        return
    entries = SearchEntry.objects.published().filter(pk__in=keys_of_rows(beginning, Depth.NAMES, _LOOKED_AT))
    for titles in entries.values_list("titles", flat=True):
        yield from (word for title in titles for word in title.split() if word.startswith(letters))
