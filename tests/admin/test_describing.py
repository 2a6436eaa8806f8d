"""Saying in words what was changed."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests import factories
from zone.admin.describing import (
    Line,
    describe_all,
    describe_changes,
    describe_conflicts,
    labels_in_short,
    moment_in_words,
    problems_in_words,
)
from zone.differences import Kind, Part
from zone.labels import label_of
from zone.merging import Conflict
from zone.models import Crossing, KeyFigure, Organisation, Route, Source
from zone.models.record import Record

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def said(lines: list[Line]) -> list[str]:
    """Return lines as text: what was removed as ``[-…]``, what was added as ``[+…]``, each after its label."""
    signs = {Kind.SAME: "{}", Kind.REMOVED: "[-{}]", Kind.ADDED: "[+{}]"}
    texts = ["".join(signs[part.kind].format(part.text) for part in line.parts) for line in lines]
    return [f"{line.label}: {text}" if line.label else text for line, text in zip(lines, texts, strict=True)]


def described(model: type[Record], key: str, before: Any, after: Any) -> tuple[list[str], list[str]]:
    [difference] = describe_changes(model, [(key, before, after)])
    return said(difference.before), said(difference.after)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("name_en", "Name · English"),
        ("body_zh_hant", "Text · 繁體中文"),
        ("sources", "Sources"),
        ("status", "Status"),
        ("withdrawal_reason_en", "Reason · English"),
        ("zh_hans_check", "State of the translations · Simplified Chinese"),
        ("facts.3.text_zh_hans", "Fact 3 · Statement · 简体中文"),
        ("facts.3.source", "Fact 3 · Source"),
        ("facts.3", "Fact 3"),
        ("gone_since", "gone_since"),
        ("facts.3.gone_since", "Fact 3 · gone_since"),
        ("nosuch.3.text", "nosuch.3.text"),
    ],
)
def test_a_key_is_called_what_the_form_calls_it(key: str, label: str) -> None:
    assert label_of(Organisation, key) == label


def test_only_the_first_fields_are_named_in_short() -> None:
    keys = ["name_en", "zh_hans_of", "facts.1", "sources", "kind", "role"]

    assert labels_in_short(Organisation, keys) == "Name · English, Fact 1, Sources, 2 more"
    assert labels_in_short(Organisation, keys[:4]) == "Name · English, Fact 1, Sources"


def test_problems_are_said_by_field() -> None:
    problems = {"facts.1.source": ["Required.", "Choose one."], "slug": ["Taken."]}

    assert problems_in_words(Organisation, problems) == ["Fact 1 · Source: Required. Choose one.", "Slug: Taken."]


@pytest.mark.parametrize(
    ("model", "key", "before", "after", "expected"),
    [
        (Organisation, "name_en", "Acme", "Acme Ltd", (["Acme"], ["Acme[+ Ltd]"])),
        (Organisation, "name_zh_hans", "河套公司", "河套机构", (["河套[-公司]"], ["河套[+机构]"])),
        (Organisation, "email", "", "a@b.example", ([], ["[+a@b.example]"])),
        (Organisation, "kind", "company", "funder", (["[-company]"], ["[+funder]"])),
        (Organisation, "kind", "company", "nosuch", (["[-company]"], ["[+nosuch]"])),
        (Organisation, "status", "published", "withdrawn", (["[-published]"], ["[+withdrawn]"])),
        (
            Organisation,
            "script_conversion",
            "",
            "hans",
            (["[-none: both forms were seen]"], ["[+the Simplified form was converted]"]),
        ),
        (Organisation, "founded", "2024", "2024-06-03", (["[-2024]"], ["[+3 June 2024]"])),
        (Organisation, "founded", None, "soon", ([], ["[+soon]"])),
        (Organisation, "checked_on", None, "2026-11-22", ([], ["[+22 November 2026]"])),
        (
            Organisation,
            "publish_at",
            "2026-11-22T18:30:00+00:00",
            None,
            (["[-23 November 2026, 02:30]"], []),
        ),
        (Organisation, "publish_at", "soon", "2026-11-22T18:30:00", (["[-soon]"], ["[+22 November 2026, 18:30]"])),
        (Organisation, "logo", "", "organisation/ab/12.png", ([], ["[+12.png]"])),
        (
            Organisation,
            "body_en",
            "<p>One two</p>",
            '<p>One <a href="https://x.example/">two</a></p><p>Three</p>',
            (["One two"], ["One two[+ [https://x.example/]\nThree]"]),
        ),
        (Source, "seen_on_a_copy", False, True, (["[-no]"], ["[+yes]"])),
        (Crossing, "opens", "06:30:00", "later", (["[-06:30]"], ["[+later]"])),
        (KeyFigure, "observations.1.value", "15000", "15000.5", (["[-15000]"], ["[+15000.5]"])),
        (Organisation, "gone_since", "a", 3, (["[-a]"], ["[+3]"])),
    ],
)
def test_a_value_is_said_in_words(
    model: type[Record], key: str, before: Any, after: Any, expected: tuple[list[str], list[str]]
) -> None:
    assert described(model, key, before, after) == expected


def test_dates_and_choices_are_said_in_the_language_of_the_editor() -> None:
    with translation.override("zh-hans"):
        before, after = described(Organisation, "checked_on", None, "2026-11-22")

    assert (before, after) == ([], ["[+2026年11月22日]"])


def test_a_moment_has_no_western_comma_in_chinese() -> None:
    at = datetime.datetime(2026, 11, 26, 1, tzinfo=datetime.UTC)
    with translation.override("zh-hans"):
        assert moment_in_words(at) == "2026年11月26日09:00"


def test_relations_are_said_by_name_as_it_is_now() -> None:
    parks: list[Any] = [factories.ParkFactory(name_en=name) for name in ("Zeta", "Alpha", "Gone")]
    first, second, third = (park.pk for park in parks)
    parks[0].name_en = "Renamed"
    parks[0].save()
    parks[1].status = "trashed"
    parks[1].save()
    parks[2].delete()

    assert described(Organisation, "parks", [first, third], [first, second]) == (
        [f"[-(deleted, no. {third})]", "Renamed"],
        ["Renamed", "[+Alpha (in the trash)]"],
    )
    assert described(Organisation, "parent", None, 4711) == ([], ["[+(deleted, no. 4711)]"])


def test_a_related_name_in_another_language_says_so() -> None:
    park = factories.ParkFactory(name_en="", name_zh_hans="", name_zh_hant="香港園區")

    [difference] = describe_changes(Organisation, [("parks", [], [park.pk])])

    assert [(line.language, said([line])) for line in difference.after] == [("zh-Hant", ["[+香港園區]"])]


def test_an_added_row_is_said_by_its_fields() -> None:
    source = factories.SourceFactory(publisher_original="Gazette", title_original="Report")
    row = {
        "as_of": "2025-06",
        "source": source.pk,
        "text_en": "Ten benches.",
        "text_zh_hans": "十个",
        "text_zh_hant": "",
    }
    fields = [
        "As of: [+June 2025]",
        "Source: [+Gazette: Report]",
        "Statement · English: [+Ten benches.]",
        "Statement · 简体中文: [+十个]",
    ]

    [difference] = describe_changes(Organisation, [("facts.3", None, row)])

    assert (difference.label, said(difference.before), said(difference.after)) == ("Fact 3", [], fields)
    assert [line.language for line in difference.after] == ["", "", "en", "zh-Hans"]


def test_a_deleted_row_is_said_by_its_fields() -> None:
    before, after = described(Organisation, "facts.3", {"text_en": "Ten benches."}, None)

    assert (before, after) == (["Statement · English: [-Ten benches.]"], ["(deleted)"])


def test_what_nobody_sees_is_left_out() -> None:
    changes = [("zh_hans_of", "", "abc"), ("logo_width", None, 3), ("people.1.zh_hans_of", "", "abc")]

    assert describe_changes(Organisation, changes) == []


def test_names_cost_a_query_for_each_kind_of_record() -> None:
    changes = []
    for _ in range(5):
        route = factories.RouteFactory()
        crossing, source, stop = factories.CrossingFactory(), factories.SourceFactory(), factories.FacilityFactory()
        changes += [
            ("sources", [source.pk], [factories.SourceFactory().pk]),
            ("frequency_source", None, source.pk),
            (f"stops.{route.pk}", None, {"facility": stop.pk, "name_en": "Gate"}),
            (f"departures.{route.pk}.source", None, source.pk),
        ]
        crossings = [("paired_with", None, crossing.pk)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        describe_all(Route, [changes[:8], changes[8:]])
    with CaptureQueriesContext(connection) as of_crossings:
        describe_changes(Crossing, crossings)

    assert (len(queries), len(of_crossings)) == (2, 1)


@pytest.mark.parametrize("key", ["name_en", "email", "body_en", "kind", "founded", "logo", "checked_on", "gone_since"])
def test_nothing_that_is_shown_is_taken_for_html(key: str) -> None:
    evil = "<script>alert(1)</script>&lt;b&gt;"

    [difference] = describe_changes(Organisation, [(key, evil, f"{evil} <i>")])
    html = "".join(line.html + line.excerpt for line in (*difference.before, *difference.after))

    assert "<script" not in html
    assert "<i>" not in html
    assert "<b>" not in html


def test_the_name_of_a_related_record_is_not_taken_for_html() -> None:
    park = factories.ParkFactory(name_en="<b>Park</b>")

    [difference] = describe_changes(Organisation, [("parks", [], [park.pk])])

    assert difference.after[0].html == "<ins>&lt;b&gt;Park&lt;/b&gt;</ins>"


def test_the_end_of_a_line_that_was_removed_is_seen() -> None:
    [difference] = describe_changes(Organisation, [("body_en", "<p>One</p><p>Two</p>", "<p>One Two</p>")])

    assert difference.before[0].html == "One<del>↵\n</del>Two"
    assert difference.after[0].html == "One<ins> </ins>Two"


def test_a_long_text_has_an_excerpt_around_what_was_changed() -> None:
    before = f"{'a' * 500}. Old. {'b' * 500}. Tail."
    after = before.replace("Old", "New")
    [difference] = describe_changes(Organisation, [("editor_note", before, after)])
    [line] = difference.after

    assert [(part.kind, part.text) for part in line.shortened()] == [
        (Kind.SAME, f"… {'a' * 58}. "),
        (Kind.ADDED, "New"),
        (Kind.SAME, f". {'b' * 118} …"),
    ]
    assert Line([Part(Kind.SAME, "short")]).excerpt == ""


def test_a_long_new_text_is_cut_at_its_end() -> None:
    [difference] = describe_changes(Organisation, [("editor_note", "", "x" * 1000)])

    assert difference.after[0].excerpt == f"<ins>{'x' * 480} …</ins>"


# Conflicts


def test_a_conflict_shows_what_each_side_changed() -> None:
    [one] = describe_conflicts(Organisation, [Conflict("name_zh_hans", "河套公司", "河套机构", "深圳河套公司")])

    assert (one.key, one.label, one.can_keep_both) == ("name_zh_hans", "Name · 简体中文", False)
    assert (said(one.base), said(one.theirs), said(one.mine)) == (
        ["河套公司"],
        ["河套[-公司][+机构]"],
        ["[+深圳]河套公司"],
    )


def test_a_conflict_of_relations_can_keep_both() -> None:
    parks = [factories.ParkFactory(name_en=name) for name in ("A", "B", "C")]
    first, second, third = (park.pk for park in parks)

    [one] = describe_conflicts(Organisation, [Conflict("parks", [first], [first, second], [third])])

    assert one.can_keep_both
    assert (said(one.theirs), said(one.mine)) == (["A", "[+B]"], ["[-A]", "[+C]"])


def test_a_row_that_one_side_deleted_is_shown_as_such() -> None:
    row = {"text_en": "Ten benches.", "as_of": "2025"}
    changed = {**row, "text_en": "Twenty benches."}

    [one] = describe_conflicts(Organisation, [Conflict("facts.3", row, None, changed)])

    assert said(one.base) == ["As of: 2025", "Statement · English: Ten benches."]
    assert said(one.theirs) == ["(deleted)"]
    assert said(one.mine) == ["As of: 2025", "Statement · English: [-Ten][+Twenty] benches."]
