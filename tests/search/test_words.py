"""What texts and questions are folded to."""

from __future__ import annotations

import pytest

from zone.search.question import Question, read, read_beginning, read_loosely
from zone.search.words import pieces, spelt, terms

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("河套創新", ["河套", "套创", "创新", "新"]),
        ("河", ["河"]),
        ("ＧＢＡ Café", ["gba", "cafe"]),
        ("cafe\u0301", ["cafe"]),
        ("衞生 著名", ["卫生", "生", "着名", "名"]),
        ("72,000 m² and 3.89 km²", ["72000", "m2", "and", "3.89", "km2"]),
        ("1,2 and 1,234,567.5", ["1", "2", "and", "1234567.5"]),
        ("The institute's companies", ["the", "institute", "company"]),
        (
            "buses bus gases gas boxes box databases database",
            ["bus", "bus", "gas", "gas", "box", "box", *["databas"] * 2],
        ),
        ("5G技術", ["5g", "技术", "术"]),
        ("Shenzhen–Hong Kong", ["shenzhen", "hong", "kong"]),
        ("x\ud800\0y", ["x", "y"]),
        ("", []),
        ("!?…", []),
    ],
)
def test_a_text_becomes_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_a_piece_knows_its_place_in_the_text() -> None:
    text = "ﬁne Café 河套"

    assert [text[piece.start : piece.end] for piece in pieces(text)] == ["ﬁne", "Café", "河套"]


def test_a_name_is_spelt_the_same_however_it_is_written() -> None:
    assert {spelt(name) for name in ("HKUST-SHCIR", "hkust shcir", "ＨＫＵＳＴ–shcir")} == {"hkust shcir"}


def wanted(question: Question) -> tuple[list[str], list[str]]:
    return [one.text for one in question.wanted], [one.text for one in question.unwanted]


@pytest.mark.parametrize(
    ("typed", "has", "has_not"),
    [
        ("quantum institutes", ["quantum", "institutes"], []),
        ("who is in the quantum centre", ["quantum", "centre"], []),
        ("who is the", ["who", "is", "the"], []),
        ("port -huanggang", ["port"], ["huanggang"]),
        ('"science park" -"hong kong"', ["“science park”"], ["“hong kong”"]),
        ("「深港 科技」河套", ["“深港 科技”", "河套"], []),
        ("one-zone", ["one", "zone"], []),
        ("-", [], []),
        ("-a", [], ["a"]),
        ('"', [], []),
        ("port port PORT", ["PORT"], []),
    ],
)
def test_what_was_typed_is_understood(typed: str, has: list[str], has_not: list[str]) -> None:
    assert wanted(read(typed)) == (has, has_not)


def test_more_than_a_dozen_words_are_left_out() -> None:
    assert len(read(" ".join(f"w{number}" for number in range(50))).wanted) == 12


def test_a_loose_question_takes_beginnings_and_single_characters() -> None:
    question = read_loosely("河套的量子 bio")

    assert wanted(question) == (["河", "套", "量", "子", "bio"], [])
    assert [one.phrases[0].terms for one in question.wanted] == [("#河",), ("#套",), ("#量",), ("#子",), ("bio",)]
    assert [one.phrases[0].is_open for one in question.wanted] == [False] * 4 + [True]


def test_only_the_last_word_of_somebody_who_is_typing_may_go_on() -> None:
    assert [one.phrases[0].is_open for one in read_beginning("hong kon").wanted] == [False, True]
    assert [one.phrases[0].is_open for one in read_beginning("hong kong ").wanted] == [False, False]


def test_what_is_called_otherwise_elsewhere_is_asked_for_too() -> None:
    [one] = read("軟體工程").wanted

    assert [phrase.words for phrase in one.phrases] == [("软体工程",), ("软件工程",)]
