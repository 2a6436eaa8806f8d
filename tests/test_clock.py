"""The clock is asked where somebody can listen."""

from __future__ import annotations

import datetime

import pytest
import time_machine

from zone.clock import has_come, today, told_to

NOW = datetime.datetime(2026, 11, 27, 8, 0, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


@pytest.mark.parametrize(("moment", "come"), [(NOW - SECOND, True), (NOW, True), (NOW + SECOND, False)])
def test_moment_has_come_when_it_is_that_late(moment: datetime.datetime, come: bool) -> None:
    heard: list[tuple[datetime.datetime, bool]] = []
    with time_machine.travel(NOW, tick=False):
        with told_to(lambda *answer: heard.append(answer)):
            assert has_come(moment) is come
        assert has_come(moment) is come
    assert heard == [(moment, come)]


@pytest.mark.parametrize(
    ("hour", "day", "answers"), [(15, 27, [(26, True), (27, False)]), (16, 28, [(27, True), (28, False)])]
)
def test_day_is_that_of_the_zone_and_ends_at_its_midnight(hour: int, day: int, answers: list[tuple[int, bool]]) -> None:
    heard: list[tuple[datetime.datetime, bool]] = []
    with time_machine.travel(NOW.replace(hour=hour), tick=False), told_to(lambda *answer: heard.append(answer)):
        assert today() == datetime.date(2026, 11, day)
    assert heard == [(NOW.replace(day=evening, hour=16), come) for evening, come in answers]
