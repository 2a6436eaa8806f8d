from __future__ import annotations

import datetime

import pytest
from django.utils.formats import localize
from django.utils.translation import override

MOMENT = datetime.datetime(2026, 11, 27, 0, 0)  # noqa: DTZ001 (It is shown as it is.)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["27 November 2026", "00:00", "27 November 2026, 00:00"]),
        ("zh-hans", ["2026年11月27日", "00:00", "2026年11月27日 00:00"]),
        ("zh-hant", ["2026年11月27日", "00:00", "2026年11月27日 00:00"]),
    ],
)
def test_dates_and_times_look_as_on_the_rest_of_the_site(language: str, said: list[str]) -> None:
    with override(language):
        assert [localize(one) for one in (MOMENT.date(), MOMENT.time(), MOMENT)] == said
