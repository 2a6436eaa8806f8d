"""What differs between two texts, marked so that people can read it: in any language, and in rich text as well."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from html.parser import HTMLParser
from itertools import groupby
from typing import Final

_HAN: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_LEVELS: Final = (
    re.compile(r"[^\n]*\n+|[^\n]+"),  # Lines.
    re.compile(r"[^,.;:!?，。、；：！？\n]*[,.;:!?，。、；：！？\n]+\s*|[^,.;:!?，。、；：！？\n]+"),  # Clauses.
    re.compile(rf"(?:(?![{_HAN}])\w)+[ ]?|.", re.DOTALL),  # Words, and Chinese characters.
)
"""In what texts are compared, from coarse to fine: what differs at one level is compared at the next."""

_WORDS: Final = len(_LEVELS) - 1

_MOST_STEPS: Final = 200_000
"""About 30 ms of ``difflib``. Two texts that would take longer have nothing in common worth showing."""

_FEWEST_LETTERS: Final = 3
"""Fewer letters in common between two changes are there by chance."""

_ALIKE: Final = 0.75
"""Of two spellings of one word more than this part is the same; what other words share they share by chance."""


class Kind(StrEnum):
    """What became of a part of a text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Part:
    """A part of two texts that were compared."""

    kind: Kind
    text: str


def differences(before: str, after: str) -> list[Part]:
    """Return ``after`` and ``before`` as parts: what both have, and between it what was removed and what was added.

    Joined, the parts that are the same or removed are ``before``; those that are the same or added are ``after``.
    """
    return _tidy(_joined(_compare(before, after, 0)))


def whole(before: str, after: str) -> list[Part]:
    """Return ``before`` and ``after`` as parts where nothing within them is worth comparing."""
    if before == after:
        return _joined(iter([Part(Kind.SAME, before)]))
    return _joined(iter([Part(Kind.REMOVED, before), Part(Kind.ADDED, after)]))


def _compare(before: str, after: str, level: int) -> Iterator[Part]:
    if not before or not after:
        yield from whole(before, after)
        return
    old, new = _LEVELS[level].findall(before), _LEVELS[level].findall(after)
    start, end = _common(old, new)
    yield Part(Kind.SAME, "".join(old[:start]))
    yield from _compare_middle(old[start : len(old) - end], new[start : len(new) - end], level)
    yield Part(Kind.SAME, "".join(old[len(old) - end :]))


def _common(
    old: Sequence[str], new: Sequence[str], are_alike: Callable[[str, str], bool] = operator.eq
) -> tuple[int, int]:
    """Return how many tokens, or letters, both have at the start, and how many at the end."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if not are_alike(old[i], new[i])), most)
    end = next((i for i in range(most - start) if not are_alike(old[-1 - i], new[-1 - i])), most - start)
    return start, end


def _compare_middle(old: list[str], new: list[str], level: int) -> Iterator[Part]:
    if _steps(old, new) > _MOST_STEPS:
        yield from whole("".join(old), "".join(new))
        return
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        removed, added = "".join(old[start:end]), "".join(new[new_start:new_end])
        if tag == "equal":
            yield Part(Kind.SAME, removed)
        elif level == _WORDS:
            yield from _compare_words(old[start:end], new[new_start:new_end])
        else:
            yield from _compare(removed, added, level + 1)


def _compare_words(old: list[str], new: list[str]) -> Iterator[Part]:
    """Compare a few words with a few others: those that one begins or ends with may be the others, spelt anew."""
    start, end = _common(old, new, _are_spellings)
    for before, after in zip(old[:start], new[:start], strict=True):
        yield from _compare_spellings(before, after)
    removed, added = "".join(old[start : len(old) - end]), "".join(new[start : len(new) - end])
    space = " " if removed.endswith(" ") and added.endswith(" ") else ""
    yield from whole(removed.removesuffix(space), added.removesuffix(space))
    yield Part(Kind.SAME, space)
    for before, after in zip(old[len(old) - end :], new[len(new) - end :], strict=True):
        yield from _compare_spellings(before, after)


def _are_spellings(before: str, after: str) -> bool:
    """Return whether two words are one, maybe in two spellings. Two numbers never are."""
    before, after = before.rstrip(" "), after.rstrip(" ")
    start, end = _common(before, after)
    is_number = re.search(r"\d", before + after) is not None
    return before == after or (not is_number and start + end > _ALIKE * max(len(before), len(after)))


def _compare_spellings(before: str, after: str) -> Iterator[Part]:
    old, new = before.rstrip(" "), after.rstrip(" ")
    start, end = _common(old, new)
    yield Part(Kind.SAME, old[:start])
    yield from whole(old[start : len(old) - end], new[start : len(new) - end])
    yield Part(Kind.SAME, old[len(old) - end :])
    yield from whole(before[len(old) :], after[len(new) :])


def _steps(old: list[str], new: list[str]) -> int:
    """Return how many steps ``difflib`` takes at most: a pass over equal pairs for each block that it finds."""
    numbers = Counter(new)
    return sum(numbers[token] for token in old) * min(len(old), len(new))


def _joined(parts: Iterator[Part]) -> list[Part]:
    """Return ``parts`` with one part removed and one added, in this order, between two that are the same."""
    found: list[Part] = []
    for same, group in groupby((part for part in parts if part.text), lambda part: part.kind == Kind.SAME):
        members = list(group)
        kinds = (Kind.SAME,) if same else (Kind.REMOVED, Kind.ADDED)
        joined = (Part(kind, "".join(part.text for part in members if part.kind == kind)) for kind in kinds)
        found.extend(part for part in joined if part.text)
    return found


def _tidy(parts: list[Part]) -> list[Part]:
    """Return ``parts`` without what is the same by chance: a space or a short word between two longer changes."""
    tidied: list[Part] = []
    for number, part in enumerate(parts):
        around = (parts[max(0, number - 2) : number], parts[number + 1 : number + 3])
        if part.kind == Kind.SAME and all(_is_tiny(part.text, changes) for changes in around):
            tidied += (Part(Kind.REMOVED, part.text), Part(Kind.ADDED, part.text))
        else:
            tidied.append(part)
    return _joined(iter(tidied))


def _is_tiny(text: str, changes: list[Part]) -> bool:
    """Return whether ``text`` is shorter than the ``changes`` on one side of it, and too short to hold on to."""
    longest = max((len(part.text) for part in changes if part.kind != Kind.SAME), default=0)
    few = 1 if re.search(f"[{_HAN}]", text) else _FEWEST_LETTERS
    return len(text.strip()) <= few and len(text) <= longest


# Rich text


class _Reader(HTMLParser):
    """Reads rich text, and writes down what it looks like in the signs that people use in plain text."""

    BLOCKS: Final = {"p": "", "h2": "## ", "h3": "### ", "blockquote": "> ", "ul": "", "ol": "", "li": "• "}
    DEEPEST: Final = 20
    """Blocks in each other by which a line is indented: all of thousands would make more than memory holds."""
    MARKS: Final = {"strong": "**", "b": "**", "em": "*", "i": "*", "sub": "~", "sup": "^"}

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.line = ""
        self.starts: list[str] = []
        """What the line begins with, for each block that is open."""
        self.numbers: list[int | None] = []
        """The number of the last item, for each list that is open; of one without numbers none."""
        self.address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.address = dict(attrs).get("href") or ""
        elif tag == "br":
            self.end_line()
        elif tag in self.BLOCKS:
            self.end_line()
            self.starts.append(self.item() if tag == "li" else self.BLOCKS[tag])
            if tag in ("ul", "ol"):
                self.numbers.append(0 if tag == "ol" else None)
        self.line += self.MARKS.get(tag, "")

    def handle_endtag(self, tag: str) -> None:
        self.line += self.MARKS.get(tag, "")
        if tag == "a" and self.address:
            self.line += f" [{self.address}]"
            self.address = ""
        elif tag in self.BLOCKS:
            self.end_line()
            del self.starts[-1:]
            if tag in ("ul", "ol"):
                del self.numbers[-1:]

    def handle_data(self, data: str) -> None:
        self.line += re.sub(r"\s+", " ", data)

    def item(self) -> str:
        """Return what an item of the innermost list begins with."""
        number = self.numbers[-1] if self.numbers else None
        if number is None:
            return self.BLOCKS["li"]
        self.numbers[-1] = number + 1
        return f"{number + 1}. "

    def end_line(self) -> None:
        """End the line, if anything stands in it. What follows in the same item is indented."""
        if text := self.line.strip():
            starts = self.starts[-self.DEEPEST :]
            self.lines.append("".join(starts) + text)
            quote = self.BLOCKS["blockquote"]
            self.starts[-self.DEEPEST :] = [start if start == quote else " " * len(start) for start in starts]
        self.line = ""


_PLAIN_PARAGRAPHS: Final = re.compile(r"(?:<p>[^<>&]*</p>)*")


def text_of_html(html: str) -> str:
    """Return rich text as text: a line for each paragraph and item, with signs for what it looks like."""
    if _PLAIN_PARAGRAPHS.fullmatch(html):  # Most texts: a parser takes ten times as long.
        lines = (" ".join(line.split()) for line in html.replace("<p>", "").split("</p>"))
        return "\n".join(filter(None, lines))
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_line()
    return "\n".join(reader.lines)
