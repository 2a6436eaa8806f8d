"""What somebody has typed: words, "phrases" and -exclusions."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from zone.search.words import SAME_WORDS, Piece, anywhere, pieces, terms_of

LONGEST_QUERY: Final = 200
"""The number of characters that a question may have."""

_MOST: Final = 12
"""More words than these are left out."""
_MOST_READINGS: Final = 4
_PARTS: Final = re.compile(r'(?<!\S)(-?)[“”„"「『]([^“”„"」』]*)[“”„"」』]|(\S+)')
_SMALL: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can do does for from has have how i in is it many much of on or our that the their "
        "there these they this to was we what when where which who whom whose will with you your",
    )
)
"""English words that say nothing of what is looked for."""
_LITTLE: Final = re.compile("[的与和及在是了吗呢有]|哪些|什么|多少|怎么|如何")
"""The same in Chinese, folded."""


@dataclass(frozen=True)
class Phrase:
    """Terms that stand one after another, the last of which may be only the beginning of one."""

    words: tuple[str, ...]
    """The words and runs of Chinese characters, folded."""
    terms: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Wanted:
    """Something that has to be there, or must not be: as it was typed, and the phrases of which one will do."""

    text: str
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True)
class Question:
    """What is looked for."""

    wanted: tuple[Wanted, ...] = ()
    unwanted: tuple[Wanted, ...] = ()
    is_loose: bool = False
    """Whether words may be only begun, and Chinese characters stand apart."""


def read(typed: str) -> Question:
    """Return what the words that somebody has ``typed`` ask for."""
    return _read(typed, is_loose=False)


def read_loosely(typed: str) -> Question:
    """Return what finds more: words that begin so, and the same Chinese characters in other places."""
    return _read(typed, is_loose=True)


def read_beginning(typed: str) -> Question:
    """Return the question of somebody who is still typing: the last word may go on."""
    question = _read(typed, is_loose=False)
    if not question.wanted or typed[-1:].isspace():
        return question
    *before, last = question.wanted
    phrases = tuple(replace(phrase, is_open=True) for phrase in last.phrases)
    return Question((*before, Wanted(last.text, phrases)), question.unwanted)


def _read(typed: str, *, is_loose: bool) -> Question:
    found: dict[str, list[Wanted]] = {"": [], "-": []}
    text = unicodedata.normalize("NFKC", typed[:LONGEST_QUERY])
    for minus, quoted, word in _PARTS.findall(text):
        if not word:
            found[minus] += _of_phrase(quoted)
        elif word.startswith("-"):
            found["-"] += _of_word(word[1:], is_loose=False)
        else:
            found[""] += _of_word(word, is_loose)
    telling = [one for one in found[""] if one.text.casefold() not in _SMALL]
    return Question(_few(telling or found[""]), _few(found["-"]), is_loose)


def _few(found: list[Wanted]) -> tuple[Wanted, ...]:
    return tuple({one.phrases: one for one in found}.values())[:_MOST]


def _of_word(word: str, is_loose: bool) -> list[Wanted]:
    return [wanted for piece in pieces(word) for wanted in _of_piece(piece, word[piece.start : piece.end], is_loose)]


def _of_piece(piece: Piece, text: str, is_loose: bool) -> list[Wanted]:
    if not piece.is_han:
        return [Wanted(text, (Phrase((piece.text,), (piece.text,), is_open=is_loose and len(piece.text) > 1),))]
    if is_loose:
        return [Wanted(one, (Phrase((one,), (anywhere(one),)),)) for one in _LITTLE.sub("", piece.text) or text]
    return [Wanted(text, tuple(_phrase([replace(piece, text=one)]) for one in _readings(piece.text)))]


def _of_phrase(text: str) -> list[Wanted]:
    found = list(pieces(text))
    return [Wanted(f"“{text.strip()}”", (_phrase(found),))] if found else []


def _phrase(found: list[Piece]) -> Phrase:
    """Return the phrase of pieces in a row. After their last character a text may go on."""
    words = tuple(piece.text for piece in found)
    if len(found) == 1 and found[0].is_han and len(words[0]) == 1:
        return Phrase(words, (anywhere(words[0]),))
    terms = tuple(term for piece in found for term in terms_of(piece))
    if not found[-1].is_han:
        return Phrase(words, terms)
    return Phrase(words, terms, is_open=True) if len(words[-1]) == 1 else Phrase(words, terms[:-1])


def _readings(text: str) -> list[str]:
    """Return ``text`` and what it is elsewhere called."""
    others = [
        text.replace(word, other)
        for group in SAME_WORDS
        for word in group
        if word in text
        for other in group
        if other != word
    ]
    return list(dict.fromkeys([text, *others]))[:_MOST_READINGS]
