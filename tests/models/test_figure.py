from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils.translation import override

from tests.factories import KeyFigureFactory, ObservationFactory, SourceFactory
from zone.models import KeyFigure
from zone.models.figure import format_amount, format_number

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("value", "english", "simplified", "traditional"),
    [
        ("15000", "15,000", "15000", "15,000"),
        ("3.89", "3.89", "3.89", "3.89"),
        ("72000", "72,000", "72000", "72,000"),
        ("1000000", "1,000,000", "100万", "100萬"),
        ("674700", "674,700", "67.47万", "67.47萬"),
        ("187373000", "187,373,000", "18737.3万", "18737.3萬"),
        ("123456", "123,456", "123456", "123,456"),
        ("18.1000", "18.1", "18.1", "18.1"),
        ("0", "0", "0", "0"),
    ],
)
def test_numbers_are_written_as_each_script_writes_them(
    value: str, english: str, simplified: str, traditional: str
) -> None:
    written = [format_number(Decimal(value), language) for language in ("en", "zh-hans", "zh-hant")]
    assert written == [english, simplified, traditional]


@pytest.mark.parametrize(
    ("value", "unit", "qualifier", "english", "simplified", "traditional"),
    [
        ("15000", "people", ">", "more than 15,000 people", "超过15000人", "逾15,000人"),
        ("72000", "m2", "=", "72,000 m²", "72000平方米", "72,000平方米"),
        ("18.1", "billion HKD", "=", "HK$18.1 billion", "181亿港元", "181億港元"),
        ("61.5", "billion CNY", ">", "more than CNY 61.5 billion", "超过615亿元人民币", "逾615億元人民幣"),
        ("35", "min", "~", "about 35 min", "约35分钟", "約35分鐘"),
        ("80", "percent", "<~", "nearly 80%", "近80%", "近80%"),
        ("200", "billion HKD", ">=", "at least HK$200 billion", "至少2000亿港元", "至少2,000億港元"),
    ],
)
def test_amount_keeps_its_qualifier(
    value: str, unit: str, qualifier: str, english: str, simplified: str, traditional: str
) -> None:
    written = []
    for language in ("en", "zh-hans", "zh-hant"):
        with override(language):
            written.append(format_amount(Decimal(value), unit, qualifier))
    assert written == [english, simplified, traditional]


@pytest.mark.django_db
def test_headline_is_the_newest_count_and_never_a_plan() -> None:
    figure = KeyFigureFactory()
    ObservationFactory(figure=figure, as_of="2024", value=1)
    newest = ObservationFactory(figure=figure, as_of="2025-03", value=2)
    ObservationFactory(figure=figure, as_of="2035", value=3, is_projection=True)
    ObservationFactory(figure=figure, as_of=None, value=4)
    ObservationFactory(figure=figure, as_of="2026", value=5, source=SourceFactory(status="draft"))
    shown = KeyFigure.objects.published().for_list().get()
    assert shown.headline == newest
    assert [int(seen.value) for seen in shown.observations.all()] == [2, 1, 4, 3]


@pytest.mark.django_db
@pytest.mark.parametrize(("values", "contested"), [([7, 7], False), ([7, 8], True), ([7], False), ([], False)])
def test_figure_is_contested_when_values_differ(values: list[int], contested: bool) -> None:
    figure = KeyFigureFactory()
    for value in values:
        ObservationFactory(figure=figure, value=value)
    ObservationFactory(figure=figure, value=99, is_projection=True)
    assert KeyFigure.objects.for_list().get().is_contested is contested


@pytest.mark.django_db
def test_growth_of_one_series_is_no_contradiction() -> None:
    figure = KeyFigureFactory(forms_one_series=True)
    for year, value in (("2024", 7), ("2025", 8)):
        ObservationFactory(figure=figure, as_of=year, value=value)
    assert KeyFigure.objects.for_list().get().is_contested is False
