"""The table of terms: the newest rows are found first, however many there are, on both databases."""

from __future__ import annotations

import pytest
from django.db import connection

from zone.models import NewsItem, Organisation
from zone.search.documents import NOUNS
from zone.search.question import Question, read, read_beginning, read_loosely
from zone.search.tables import Depth, Fts5, TsVector, key_of, keys_of_rows, table_of

KEYS = [*range(1, 40), *range(4_000, 5_000, 100), *range(16_300, 16_500, 10), 70_000, 300_000, *range(2**20, 2**20 + 9)]
"""Keys of news in blocks of all sizes, and on both sides of where blocks meet."""


@pytest.fixture
def rows(db: None) -> None:
    table = table_of(connection)
    texts = {pk: "photonics laser" if pk % 3 else "photonics" for pk in KEYS}
    with connection.cursor() as cursor:
        for pk, text in texts.items():
            cursor.execute(table.insert, table.row(key_of(NewsItem, pk), [[text], [], [], []]))
        cursor.execute(table.insert, table.row(key_of(Organisation, 7), [["photonics"], [], [], []]))


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("most", [1, 5, 60, 1000])
@pytest.mark.parametrize(("words", "wanted"), [("photonics", KEYS), ("laser", [pk for pk in KEYS if pk % 3])])
def test_the_newest_rows_are_found_first(words: str, wanted: list[int], most: int) -> None:
    found = keys_of_rows(read(words), Depth.NAMES, most, NOUNS.index(NewsItem))
    assert found == [key_of(NewsItem, pk) for pk in sorted(wanted, reverse=True)][:most]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (read("photonics -laser"), [pk for pk in KEYS if not pk % 3]),
        (read_loosely("photo las"), [pk for pk in KEYS if pk % 3]),
        (read("nothing"), []),
    ],
)
def test_what_is_excluded_or_only_begun_is_found_in_every_block(question: Question, wanted: list[int]) -> None:
    found = keys_of_rows(question, Depth.NAMES, 1000, NOUNS.index(NewsItem))
    assert sorted(found) == [key_of(NewsItem, pk) for pk in sorted(wanted)]


@pytest.mark.usefixtures("rows")
def test_a_noun_of_which_there_are_few_is_found_among_very_many_others() -> None:
    assert keys_of_rows(read("photonics"), Depth.NAMES, 5, NOUNS.index(Organisation)) == [key_of(Organisation, 7)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("question", "depth", "wanted"),
    [
        (read("河"), Depth.NAMES, [3, 2, 1]),
        (read("河"), Depth.EVERYTHING, [4, 3, 2, 1]),
        (read_beginning("河"), Depth.NAMES, [3, 2, 1]),
        (read("岸"), Depth.EVERYTHING, [4]),
        (read("岸"), Depth.SUMMARY, []),
        (read("深圳 -套"), Depth.NAMES, [2]),
        (read_loosely("河深"), Depth.NAMES, [3, 2]),
        (read('"crosses 河"'), Depth.NAMES, [3]),
        (read("海"), Depth.EVERYTHING, []),
    ],
)
def test_a_single_character_is_found_wherever_it_stands(question: Question, depth: Depth, wanted: list[int]) -> None:
    table = table_of(connection)
    texts = {1: ("河套", ""), 2: ("深圳河", ""), 3: ("crosses 河套 (深圳)", ""), 4: ("光子", "河岸")}
    with connection.cursor() as cursor:
        for pk, (name, body) in texts.items():
            cursor.execute(table.insert, table.row(key_of(NewsItem, pk), [[name], [], [], [body]]))
    assert keys_of_rows(question, depth, 10) == [key_of(NewsItem, pk) for pk in wanted]


def test_a_character_is_asked_for_and_not_all_that_begins_so() -> None:
    questions = [read("河"), read("河套"), read('"a 河"'), read_loosely("河")]
    assert [TsVector().expression(question, Depth.NAMES, None) for question in questions] == [
        *("(('n|#河'))", "(('n|河套'))", "(('n|a' <-> 'n|河':*))", "(('n|#河'))"),
    ]
    assert [Fts5().expression(question, Depth.NAMES, None) for question in questions] == [
        *('("n|#河")', '("n|河套")', '("n|a n|河"*)', '("n|#河")'),
    ]


@pytest.mark.django_db
def test_nothing_is_found_in_an_empty_table() -> None:
    assert keys_of_rows(read("photonics"), Depth.NAMES, 5) == []


@pytest.mark.parametrize("end", [1, 4095, 4096, 4097, 20_000, 2**18, 2**18 + 1, 1_000_000, 5_000_000])
@pytest.mark.parametrize("blocks", [1, 2, 5, 64, 300, 10_000])
def test_blocks_have_each_record_once_and_are_few(end: int, blocks: int) -> None:
    bits = {begun: size for size, begun in TsVector._BLOCKS.items()}
    start = at = max(end - blocks * 4096, 0) // 4096 * 4096
    met = list(TsVector().blocks(start, end))
    for block in met:
        number, size = int(block[2:]), 1 << bits[block[1]]
        assert at == number * size
        at += size
    assert at - 4096 < end <= at
    assert len(met) <= 24 + end // 2**20
