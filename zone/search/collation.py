"""The order of names: by the alphabet in English, by pinyin in Simplified and by strokes in Traditional Chinese.

Mainland directories stand in the order of pinyin. Hong Kong's stand by strokes: its readers may not know how Mandarin
spells a name, and they do know how it is written. The strokes are those of Big5 (1984), whose two planes are in the
order of strokes and radicals, so that the codec of the standard library is the table; pinyin comes from pypinyin, which
knows words as well as characters: 重庆 is chóng qìng. Names that are not Chinese stand among the letters.
"""

from __future__ import annotations

import bisect
import functools
import unicodedata
from collections.abc import Iterator
from typing import Final

import opencc

from zone.search.words import fold

OTHER: Final = "0"
"""The initial of what begins with no letter and no character that is known."""

_BY_STROKES: Final = (
    *(0xA440, 0xA442, 0xA454, 0xA4A1, 0xA4FE, 0xA5E0, 0xA6EA, 0xA8C3, 0xAB45, 0xADBC, 0xB0AE, 0xB3C3, 0xB6C3, 0xB9AC),
    *(0xBBF5, 0xBEA7, 0xC075, 0xC24F, 0xC35F, 0xC455, 0xC4D7, 0xC56B, 0xC5C8, 0xC5F1, 0xC655, 0xC665, 0xC66C, 0xC676),
)
"""The first of the frequent characters of Big5 that has 1, 2, 3 … strokes."""
_BY_STROKES_RARE: Final = (
    *(0xC940, 0xC940, 0xC945, 0xC94D, 0xC963, 0xC9AB, 0xCA5A, 0xCBB1, 0xCDDD, 0xD0C8, 0xD44B, 0xD851, 0xDCB1, 0xE0F0),
    *(0xE4E6, 0xE8F4, 0xECB9, 0xEFB7, 0xF1EB, 0xF3FD, 0xF5C0, 0xF6D6, 0xF7D0, 0xF8A5, 0xF8EE, 0xF96B, 0xF9A2, 0xF9BA),
)
"""The same of the rare ones."""


_CHARACTERS: Final = ((0xA440, 0xC67E), (0xC940, 0xF9D5))
"""The two planes; before, between and after them stand signs and other alphabets."""
_FROM_HONG_KONG: Final = opencc.OpenCC("hk2t")
_TO_TAIWAN: Final = opencc.OpenCC("t2tw")
LETTERS: Final = "latin"
"""The initial of names in letters among names by strokes."""


def english_key(name: str) -> str:
    """Return what sorts ``name`` by the alphabet, whatever its capitals and accents."""
    return fold(name)


@functools.lru_cache(maxsize=100)
def pinyin_key(name: str) -> str:
    """Return what sorts ``name`` by pinyin, and of two that are spelt alike by their tones."""
    from pypinyin.seg.simpleseg import seg  # It takes 50 MB, which only a process that writes names has to have.

    return " ".join(syllable for word in seg(fold(name)) for syllable in _syllables(word))


@functools.lru_cache(maxsize=20_000)
def _syllables(word: str) -> tuple[str, ...]:
    """Return how a word is spelt: names consist of the same ones again and again."""
    from pypinyin import Style, lazy_pinyin

    return tuple(one.strip() for one in lazy_pinyin([word], style=Style.TONE3, neutral_tone_with_five=True))


def strokes_key(name: str) -> str:
    """Return what sorts ``name`` by the strokes of its characters, and names in letters after all of them."""
    return "".join(_by_strokes(character) for character in _characters(name))


def initials(name_en: str, name_zh_hans: str, name_zh_hant: str) -> dict[str, str]:
    """Return under what a name stands in each language: ``a``, ``x``, and the number of strokes ``05``."""
    first = _characters(name_zh_hant)[:1]
    strokes = _strokes(first) if first else 0
    return {
        "en": _letter(english_key(name_en)),
        "zh-hans": _letter(pinyin_key(name_zh_hans)),
        "zh-hant": f"{strokes:02}" if strokes else LETTERS if "a" <= fold(first)[:1] <= "z" else OTHER,
    }


def _letter(key: str) -> str:
    return key[:1] if "a" <= key[:1] <= "z" else OTHER


def _characters(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


@functools.lru_cache(maxsize=10_000)
def _by_strokes(character: str) -> str:
    strokes = _strokes(character)
    return f"{strokes:02}{_place(character):04x}" if strokes else f"z{character}"


def _strokes(character: str) -> int:
    """Return the number of strokes of ``character``; 0 of what is no character, or none that Big5 has."""
    place = _place(character)
    return bisect.bisect_right(_BY_STROKES_RARE if place >= _BY_STROKES_RARE[0] else _BY_STROKES, place)


def _place(character: str) -> int:
    """Return the place of a character in Big5; what it lacks stands where the form does that Taiwan writes, else 0."""
    for form in _forms(character):
        place = int.from_bytes(form.encode("big5", "ignore"))
        if any(first <= place <= last for first, last in _CHARACTERS):
            return place
    return 0


def _forms(character: str) -> Iterator[str]:
    yield character
    yield _TO_TAIWAN.convert(_FROM_HONG_KONG.convert(character))
    yield _to_traditional().convert(character)


@functools.cache
def _to_traditional() -> opencc.OpenCC:
    """Return what takes 42 MB, for it knows phrases too: only a process that writes a rare name has to have it."""
    return opencc.OpenCC("s2tw")
