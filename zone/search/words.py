"""The analyser: what a text is indexed by, and what a question asks for, are the same terms.

A text is folded character by character, so that a place in the folded text is a place in the text: compatibility
forms (NFKC) and capitals, accents, and Traditional characters to Simplified ones. A run of Chinese characters becomes
its pairs, 河套区 → 河套 套区 区, of which a phrase is a sequence, and each of them by itself, #河 #套 #区. Other words
become themselves without their English plural; numbers lose the commas between their thousands.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import opencc

LONGEST_TERM: Final = 60
"""Letters of a word beyond these are left out: databases limit what they index as one word."""

_HAN: Final = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECES: Final = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<number>\d+(?:[.,]\d+)+)|(?P<word>[^\W_{_HAN}]+(?:['’][^\W_{_HAN}]+)*)"
)
_NOT_HAN: Final = re.compile(f"[^{_HAN}]+")
_THOUSANDS: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_TO_SIMPLIFIED: Final = opencc.OpenCC("t2s")
_FURTHER_VARIANTS: Final = dict(zip("衞著爲僞綉癥", "卫着为伪绣症", strict=True))
"""Forms that Hong Kong writes and OpenCC's table of Traditional characters leaves as they are."""

SAME_WORDS: Final = (
    ("软件", "软体"),
    ("硬件", "硬体"),
    ("信息", "资讯"),
    ("网络", "网路"),
    ("互联网", "网际网路"),
    ("人工智能", "人工智慧"),
    ("芯片", "晶片"),
    ("集成电路", "积体电路"),
    ("激光", "镭射", "雷射"),
    ("服务器", "伺服器"),
    ("程序", "程式"),
    ("纳米", "奈米"),
    ("初创", "新创"),
    ("机器人", "机械人"),
    ("公交", "巴士", "公车"),
    ("出租车", "的士", "计程车"),
    ("数码", "数字", "数位"),
    ("质量", "品质", "质素"),
    ("香港科技大学", "港科大"),
    ("香港中文大学", "港中大"),
    ("香港城市大学", "港城大"),
    ("香港理工大学", "港理工"),
    ("粤港澳大湾区", "大湾区"),
)
"""What the mainland, Hong Kong and Taiwan call by different words, and what is called by a short name; folded."""


@dataclass(frozen=True)
class Piece:
    """A word, a number or a run of Chinese characters, folded, and where it stands in the text."""

    text: str
    start: int
    end: int
    is_han: bool


def pieces(text: str) -> Iterator[Piece]:
    """Yield the words of ``text``, folded, in their order."""
    folded, places = _folded(text)
    for match in _PIECES.finditer(folded):
        start, end = places[match.start()], places[match.end() - 1] + 1
        for word in _words(match):
            yield Piece(word, start, end, is_han=match.lastgroup == "han")


def terms(text: str) -> list[str]:
    """Return the terms that ``text`` is indexed by, in their order."""
    found: list[str] = []
    for run, number, word in _PIECES.findall(fold(text)):
        found += (_term(word),) if word else _pairs(run) if run else _numbers(number)
    return found


def terms_of(piece: Piece) -> list[str]:
    """Return the terms of one piece: of Chinese characters each with the one after it, and the last alone."""
    return _pairs(piece.text) if piece.is_han else [piece.text]


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run))]


def characters(terms: Iterable[str]) -> list[str]:
    """Return a further term for each Chinese character that ``terms`` have: it is but the beginning of its pairs."""
    return list(map(anywhere, sorted(set(_NOT_HAN.sub("", "".join(terms))))))


def anywhere(character: str) -> str:
    """Return the term of all texts that have a Chinese ``character``, whatever comes after it."""
    return f"#{character}"


def spelt(text: str) -> str:
    """Return the words of ``text``, folded, with spaces between: of two spellings of a name the same."""
    found = _PIECES.findall(fold(text))
    return " ".join(_term(word) if word else run or " ".join(_numbers(number)) for run, number, word in found)


def fold(text: str) -> str:
    """Return ``text`` without capitals, accents, full-width forms and Traditional characters."""
    return text.translate(_FOLDS)


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and for each of its characters the place of the character that it comes from."""
    if text.isascii() and text.isprintable():  # As most of English: the same at a tenth of the time.
        return text.lower(), range(len(text))
    places = [place for place, character in enumerate(text) for _one in _FOLDS[ord(character)]]
    return fold(text), places


class _Folds(dict[int, str]):
    """What each character becomes, found out when it is met for the first time."""

    def __missing__(self, code: int) -> str:
        if len(self) == 20_000:  # More characters than texts consist of: somebody sends all there are.
            self.clear()
        self[code] = folded = _fold_character(chr(code))
        return folded


_FOLDS: Final = _Folds()


def _fold_character(character: str) -> str:
    compatible = unicodedata.normalize("NFKC", character).casefold()
    bare = "".join(one for one in unicodedata.normalize("NFD", compatible) if unicodedata.category(one) != "Mn")
    # A lone surrogate is no character, and OpenCC takes none.
    if not bare.isprintable():
        return " "
    return _FURTHER_VARIANTS.get(bare) or _TO_SIMPLIFIED.convert(bare)


def _words(match: re.Match[str]) -> list[str]:
    """Return the words that a match stands for: several where numbers are listed with commas."""
    if match.lastgroup == "han":
        return [match[0]]
    return [_term(match[0])] if match.lastgroup == "word" else _numbers(match[0])


def _numbers(text: str) -> list[str]:
    return [text.replace(",", "")] if _THOUSANDS.fullmatch(text) else text.split(",")


@functools.lru_cache(maxsize=20_000)
def _term(word: str) -> str:
    return _stem(word)[:LONGEST_TERM]


def _stem(word: str) -> str:
    """Return an English word without its possessive or plural: Harman's "S" stemmer, and buses and bus are one."""
    word = word.replace("’", "'").removesuffix("'s").replace("'", "")
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith("s") and not word.endswith(("us", "ss", "is")):
        word = word[:-1]
    return word[:-1] if word.endswith(("se", "xe", "ze", "che", "she")) else word
