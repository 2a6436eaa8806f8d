"""In which order names stand, and under which letter or number of strokes."""

from __future__ import annotations

import pytest

from zone.search.collation import english_key, initials, pinyin_key, strokes_key

pytestmark = pytest.mark.any_database


def test_english_names_stand_by_the_alphabet_whatever_their_capitals_and_accents() -> None:
    assert sorted(["beta", "Émile", "ASTRI", "Zone", "alpha"], key=english_key) == [
        *("alpha", "ASTRI", "beta", "Émile", "Zone")
    ]


def test_simplified_names_stand_by_pinyin_then_by_tone_with_the_letters_among_them() -> None:
    names = ["深圳", "河套", "Huawei", "香港", "合作", "福田", "生物"]
    assert sorted(names, key=pinyin_key) == ["福田", "河套", "合作", "Huawei", "深圳", "生物", "香港"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("重庆", "chong2 qing4"),
        ("重量", "zhong4 liang4"),
        ("廈門", "xia4 men2"),
        ("厦门", "xia4 men2"),
        ("鲲云", "kun1 yun2"),
    ],
)
def test_pinyin_is_that_of_the_word_in_either_script(name: str, key: str) -> None:
    assert pinyin_key(name) == key


def test_traditional_names_stand_by_strokes_then_by_radical_and_letters_after_all() -> None:
    names = ["香港", "ASTRI", "深圳", "北京", "元化", "3D 打印", "鯤雲", "世界", "一"]
    assert sorted(names, key=strokes_key) == ["一", "元化", "世界", "北京", "香港", "深圳", "鯤雲", "3D 打印", "ASTRI"]


BY_STROKES = "一人大中世伎我亞香倞國港園福廣學優醫關寶鐵歡體靈廳灤纜鸚"
"""A character of each number of strokes from 1 to 28; the sixth and the tenth are from the second plane of Big5."""


def test_strokes_are_counted() -> None:
    strokes = [int(initials("", "", character)["zh-hant"]) for character in BY_STROKES]
    assert strokes == list(range(1, 29))


def test_what_begins_with_no_letter_or_known_character_stands_apart() -> None:
    assert initials("3D Printing", "3D打印", "3D打印") == {"en": "0", "zh-hans": "0", "zh-hant": "0"}
    assert initials("", "", "") == {"en": "0", "zh-hans": "0", "zh-hant": "0"}
    assert initials("Émile", "ＡＢＣ", "ASTRI") == {"en": "e", "zh-hans": "a", "zh-hant": "latin"}
    assert initials("Я", "Я", "Я") == {"en": "0", "zh-hans": "0", "zh-hant": "0"}


@pytest.mark.parametrize(
    ("name", "strokes"), [("衞生署", "15"), ("裏", "13"), ("着", "12"), ("国家", "11"), ("峯", "10")]
)
def test_what_big5_lacks_stands_where_its_other_form_does(name: str, strokes: str) -> None:
    assert initials("", "", name)["zh-hant"] == strokes
