"""What a chart shows, and where: every dated claim, where its source dates it, as what its source calls it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from tests import factories
from zone.charts import Chart, charts, sparkline
from zone.models import KeyFigure, Observation

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def figure(*claims: tuple[Any, ...], **values: Any) -> KeyFigure:
    """Return a figure with claims (as of, value, qualifier, further values), as its page fetches it."""
    made: Any = factories.KeyFigureFactory(**values)
    made.observations.all().delete()
    for as_of, value, qualifier, *further in claims:
        factories.ObservationFactory(
            figure=made, as_of=as_of, value=value, qualifier=qualifier, unit="people", **dict(further)
        )
    found = KeyFigure.objects.for_detail().get(pk=made.pk)
    assert isinstance(found, KeyFigure)
    return found


def drawn(*claims: tuple[Any, ...], **values: Any) -> Chart:
    [chart] = charts(figure(*claims, **values))
    return chart


def test_a_claim_stands_where_its_source_dates_it() -> None:
    chart = drawn(("2021", 10, "="), ("2022-07-02", 10, "="), ("2022-12-31", 10, "="))
    places = [(mark.start, mark.x, mark.end, mark.has_span) for mark in chart.marks]
    assert places == [
        (5.0, 27.44, 49.88, True),
        (72.44, 72.44, 72.44, False),
        (94.88, 94.88, 94.88, False),
    ]
    assert [(tick.place, tick.label) for tick in chart.years] == [(5.0, "2021"), (50.0, "2022"), (95.0, "2023")]


def test_values_stand_above_zero() -> None:
    chart = drawn(("2021", 400, "="), ("2022", 100, "="), ("2023", 0, "="))
    assert [mark.y for mark in chart.marks] == [26.0, 156.5, 200.0]
    assert [(tick.place, tick.label) for tick in chart.values] == [
        *((200.0, "0"), (156.5, "100"), (113.0, "200")),
        *((69.5, "300"), (26.0, "400 people")),
    ]


@pytest.mark.parametrize(
    ("qualifier", "shape"),
    [("=", "point"), ("~", "ring"), (">", "up"), (">=", "up"), ("<~", "down"), ("<=", "down")],
)
def test_the_qualifier_is_drawn(qualifier: str, shape: str) -> None:
    chart = drawn(("2021", 1, qualifier), ("2022", 2, "="))
    assert [mark.shape for mark in chart.marks] == [shape, "point"]
    assert chart.shapes == {shape, "point"}


def test_contradicting_values_of_the_same_time_are_both_there() -> None:
    chart = drawn(("2024-05", 7, "="), ("2024-05", 8, "="), forms_one_series=True)
    assert {mark.x for mark in chart.marks} == {chart.marks[0].x}
    assert [mark.y for mark in chart.marks] == [47.75, 26.0]


def test_only_a_series_has_a_line_and_plans_are_no_part_of_it() -> None:
    claims = (("2021-01-01", 10, "="), ("2022-01-01", 20, "="), ("2023-01-01", 40, "=", ("is_projection", True)))
    assert drawn(*claims).line == []
    series = drawn(*claims, forms_one_series=True)
    assert [(step.x1, step.y1, step.x2, step.y2) for step in series.line] == [
        (5.0, 156.5, 35.0, 156.5),
        (35.0, 156.5, 35.0, 113.0),
    ]
    assert [mark.is_planned for mark in series.marks] == [False, False, True]
    assert series.shapes == {"point", "planned"}


def test_each_unit_has_a_chart_and_what_is_not_dated_has_none() -> None:
    found = figure(
        ("2021", 1, "="),
        ("2022", 2, "="),
        (None, 9, "="),
        ("2021", 3, "=", ("note_en", "x")),
    )
    Observation.objects.filter(figure=found, note_en="x").update(unit="companies")
    [chart] = charts(KeyFigure.objects.for_detail().get(pk=found.pk))
    assert [mark.observation.value for mark in chart.marks] == [1, 2]


def test_labels_say_what_is_new_and_never_cover_each_other() -> None:
    chart = drawn(
        ("2021-01-01", 100, "="),
        ("2022-06-01", 100, "="),
        ("2022-07-01", 101, "="),
        ("2023-06-01", 102, "="),
        ("2023-07-01", 103, "="),
    )
    assert [(mark.label, mark.anchor) for mark in chart.marks] == [
        ("100", "start"),
        ("", "middle"),
        ("101", "middle"),
        ("102", "middle"),
        ("", "middle"),
    ]


@pytest.mark.parametrize(("language", "label"), [("en", ">150,000"), ("zh-hant", ">15萬")])
def test_labels_are_in_the_language_of_the_page(language: str, label: str) -> None:
    with translation.override(language):
        chart = drawn(("2021", 150_000, ">"), ("2022", 150_000, ">"))
    assert chart.marks[0].label == label


def test_a_card_draws_three_claims_or_more_in_the_unit_of_the_newest() -> None:
    two = (("2021", 1, "="), ("2022", 2, "="))
    assert sparkline(figure(*two)) is None
    small = sparkline(figure(*two, ("2023", 3, "=")))
    assert small is not None
    assert [mark.observation.value for mark in small.marks] == [1, 2, 3]
    assert not small.values + small.years


def test_nothing_is_drawn_of_one_claim_or_none() -> None:
    assert charts(figure()) == charts(figure(("2021", 1, "="))) == []
    assert sparkline(figure()) is None


def test_values_of_nothing_are_drawn_on_the_axis() -> None:
    chart = drawn(("2021", 0, "="), ("2022", 0, "="))
    assert [mark.y for mark in chart.marks] == [200.0, 200.0]
