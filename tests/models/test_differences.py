"""Marking what differs between two texts."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.differences import Kind, Part, differences, text_of_html, whole

pytestmark = pytest.mark.any_database

TEXTS = st.text(st.sampled_from("abc de,.。，的在園区\n😀")) | st.text()
SIGNS = {Kind.SAME: "{}", Kind.REMOVED: "[-{}]", Kind.ADDED: "[+{}]"}


def shown(before: str, after: str) -> str:
    """Return what differs in one line: what was removed as ``[-…]``, what was added as ``[+…]``."""
    return "".join(SIGNS[part.kind].format(part.text) for part in differences(before, after))


def side(parts: list[Part], *kinds: Kind) -> str:
    return "".join(part.text for part in parts if part.kind in kinds)


@given(TEXTS, TEXTS)
def test_the_parts_make_up_both_texts(before: str, after: str) -> None:
    for parts in (differences(before, after), whole(before, after)):
        assert side(parts, Kind.SAME, Kind.REMOVED) == before
        assert side(parts, Kind.SAME, Kind.ADDED) == after


@given(TEXTS, TEXTS)
def test_no_part_is_empty_and_no_kind_follows_upon_itself(before: str, after: str) -> None:
    parts = differences(before, after)

    assert [part for part in parts if not part.text] == []
    assert [1 for one, next_one in pairwise(parts) if one.kind == next_one.kind] == []


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert differences(text, text) == ([Part(Kind.SAME, text)] if text else [])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("制造仪器的公司，编号三号。", "制造精密仪器的公司，编号三号。", "制造[+精密]仪器的公司，编号三号。"),
        ("在深圳設立的研究院。", "於深圳設立的研究所。", "[-在][+於]深圳設立的研究[-院][+所]。"),
        ("", "x", "[+x]"),
        ("x", "", "[-x]"),
        ("Hong Kong", "Hong Kongs", "Hong Kong[+s]"),
        ("an organisation", "an organization", "an organi[-s][+z]ation"),
        ("the organisation here", "the organisations here", "the organisation[+s] here"),
        ("Acme", "Acme Ltd", "Acme[+ Ltd]"),
        ("an old data centre", "an old data centre park", "an old data centre[+ park]"),
        ("It has 15,000 m²", "It has 16,000 m²", "It has [-15][+16],000 m²"),
        ("First. Second. Third.", "First. Third.", "First. [-Second. ]Third."),
    ],
)
def test_small_changes_are_marked_by_character(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("building", "bench", "[-building][+bench]"),
        ("the red big house", "the blue small house", "the [-red big][+blue small] house"),
        (
            "The quick brown fox jumps over the lazy dog",
            "Completely other words stand here now today",
            "[-The quick brown fox jumps over the lazy dog][+Completely other words stand here now today]",
        ),
        ("the station of the zone", "the nation of the zone", "the [-station][+nation] of the zone"),
        ("It was founded in 2024", "It was founded in 2025", "It was founded in [-2024][+2025]"),
        (
            "an international laboratory",
            "an operational library",
            "an [-international laboratory][+operational library]",
        ),
        ("a cooperation of banks", "an incorporated set of banks", "[-a cooperation][+an incorporated set] of banks"),
        ("香港的实验室", "香港的办公室", "香港的[-实验][+办公]室"),
        ("位于深圳园区的平台", "位于香港园区的中心", "位于[-深圳][+香港]园区的[-平台][+中心]"),
        ("量子計算及人工智能", "量子通訊及生物科技", "量子[-計算及人工智能][+通訊及生物科技]"),
        ("由 HKSTP 營運的設施", "由 HKUST 營運的設施", "由 [-HKSTP][+HKUST] 營運的設施"),
    ],
)
def test_words_are_not_shredded(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == expected


def test_one_changed_character_of_a_long_chinese_text_is_found() -> None:
    paragraph = "".join(chr(0x4E00 + number % 997) + ("。" if number % 30 == 29 else "") for number in range(3000))
    text = "\n".join([paragraph] * 6)

    parts = differences(text, text[:9000] + "變" + text[9001:])

    assert [(part.kind, part.text) for part in parts if part.kind != Kind.SAME] == [
        (Kind.REMOVED, text[9000]),
        (Kind.ADDED, "變"),
    ]


WORDS = [f"{first}{second}" for first in ("ab", "con", "de", "ex", "in", "per") for second in ("tain", "port", "ceive")]


@pytest.mark.parametrize("alphabet", [[f"{word} " for word in WORDS], [chr(0x4E00 + number) for number in range(900)]])
def test_two_different_long_texts_are_compared_at_once(alphabet: list[str]) -> None:
    chance = random.Random(1)  # noqa: S311
    before, after = ("".join(chance.choices(alphabet, k=20_000))[:20_000] for _ in range(2))
    times = []
    for _ in range(3):
        start = time.process_time()
        differences(before, after)
        times.append(time.process_time() - start)

    assert min(times) < 0.05


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One</p><p>Two<br>lines</p>", "One\nTwo\nlines"),
        ("<h2>Title</h2><h3>Part</h3>", "## Title\n### Part"),
        ("<ul><li><p>one</p><ul><li><p>in it</p></li></ul></li></ul>", "• one\n  • in it"),
        ("<ol><li><p>2024</p><p>more</p></li><li>b</li></ol>", "1. 2024\n   more\n2. b"),
        ("<blockquote><p>said</p><p>again</p></blockquote>", "> said\n> again"),
        ('<p>See <a href="https://x.example/?a=1&amp;b">here</a>.</p>', "See here [https://x.example/?a=1&b]."),
        (
            "<p><strong>b</strong> <em>i</em> H<sub>2</sub>O m<sup>2</sup> &lt;b&gt;</p>",
            "**b** *i* H~2~O m^2^ <b>",
        ),
        ("</ul></p>tail <a>x</a>", "tail x"),
    ],
)
def test_rich_text_is_written_as_text(html: str, text: str) -> None:
    assert text_of_html(html) == text


@given(st.text())
def test_any_text_can_be_read_as_rich_text(html: str) -> None:
    assert isinstance(text_of_html(html), str)


def test_lists_in_each_other_by_the_thousand_make_no_longer_lines_than_a_few() -> None:
    lines = text_of_html("<ul><li>x" * 1000 + "</li></ul>" * 1000).splitlines()
    assert (len(lines), lines[0], lines[2], max(map(len, lines))) == (1000, "• x", "    • x", 21)
