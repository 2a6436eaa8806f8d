from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NewsItemFactory
from zone.models import NewsItem
from zone.partial_dates import PartialDate, validate_partial_date

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [("2024", "2024", "2024年"), ("2024-06", "June 2024", "2024年6月"), ("2024-06-03", "3 June 2024", "2024年6月3日")],
)
def test_display_is_as_precise_as_the_source(text: str, english: str, chinese: str) -> None:
    date = PartialDate(text)
    assert (date.display("en"), date.display("zh-hans"), date.display("zh-hant")) == (english, chinese, chinese)


@pytest.mark.parametrize(
    "text", ["", "24", "2024-6", "2024-13", "2024-02-30", "2024-06-13T00:00", "２０２４", "2024-06-13 "]
)
def test_text_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PartialDate(text)
    with pytest.raises(ValidationError):
        validate_partial_date(text)


@given(st.dates(datetime.date(1000, 1, 1)), st.dates(datetime.date(1000, 1, 1)))
def test_text_sorts_by_time_and_a_year_before_its_months(one: datetime.date, other: datetime.date) -> None:
    assert (PartialDate(one.isoformat()) < PartialDate(other.isoformat())) == (one < other)
    assert PartialDate(f"{one:%Y}") < PartialDate(f"{one:%Y-%m}") < PartialDate(one.isoformat())


@pytest.mark.django_db
def test_database_sorts_dates_of_any_precision() -> None:
    for date in ("2024-06-13", "2023-12", "2024", "2024-06", "2024-07-01"):
        NewsItemFactory(date=date)
    dates = list(NewsItem.objects.order_by("date").values_list("date", flat=True))
    assert dates == ["2023-12", "2024", "2024-06", "2024-06-13", "2024-07-01"]
    assert [type(date) for date in dates] == [PartialDate] * 5


def test_first_day_is_the_earliest_that_is_meant() -> None:
    assert PartialDate("2024-06").first_day() == datetime.date(2024, 6, 1)
