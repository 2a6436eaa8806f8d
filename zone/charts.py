"""Figures over time, laid out for SVG. Nothing here is HTML: templates draw what is placed here.

Places along the time are percentages, so that a chart fills any width without its text growing or shrinking; heights
are pixels. Every claim is drawn where its source dates it: a year as a line as long as the year, a day as a point. What
sources say at the same time stands at the same place, and no line joins values that do not form one series.
"""

from __future__ import annotations

import datetime
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from zone.models import KeyFigure, Observation
from zone.models.figure import Qualifier, format_amount, format_mark
from zone.partial_dates import PartialDate

HEIGHT: Final = 200
"""Pixels between the top of a chart and its axis of time."""
_TOP: Final = 26
"""Pixels left free above the highest value, for its label."""
_LEFT, _RIGHT = 5.0, 95.0
"""Percentages between which the first and the last day lie: a mark is not cut at the edge."""
_MOST_YEARS: Final = 8
_STEPS: Final = (1, 2, 2.5, 5, 10)
_MOST_STEPS: Final = 4
_APART: Final = 24.0
"""Percentage by which labels at the same height are apart, so that they do not cover each other on a phone."""
_APART_ABOVE: Final = 16
"""The same in pixels, of labels above each other."""
_SPARK: Final = 48
"""Height of a sparkline in pixels."""
_FEWEST_IN_SPARK: Final = 3

SHAPES: Final = {
    Qualifier.EXACT: "point",
    Qualifier.ABOUT: "ring",
    Qualifier.MORE_THAN: "up",
    Qualifier.AT_LEAST: "up",
    Qualifier.NEARLY: "down",
    Qualifier.UP_TO: "down",
}
"""What stands for each qualifier: an open arrow points to where the value may lie."""


@dataclass
class Mark:
    """One claim: where it stands, and as what."""

    observation: Observation
    x: float
    start: float
    end: float
    y: float
    shape: str
    is_planned: bool
    label: str = ""
    anchor: str = "middle"
    label_y: float = 0

    @property
    def has_span(self) -> bool:
        """Whether the date is a year or a month, which is drawn as long as it is."""
        return self.end - self.start > 1


@dataclass
class Segment:
    """A straight piece of the line through a series."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass
class Tick:
    """A mark on an axis."""

    place: float
    label: str


@dataclass
class Chart:
    """The claims about a figure in one unit."""

    marks: list[Mark]
    line: list[Segment] = field(default_factory=list)
    values: list[Tick] = field(default_factory=list)
    years: list[Tick] = field(default_factory=list)
    height: int = HEIGHT

    @property
    def shapes(self) -> set[str]:
        """Return what a reader has to be told the meaning of."""
        return {mark.shape for mark in self.marks} | {"planned" for mark in self.marks if mark.is_planned}

    @property
    def first(self) -> Observation:
        """Return the earliest claim."""
        return self.marks[0].observation

    @property
    def last(self) -> Observation:
        """Return the latest claim."""
        return self.marks[-1].observation


def charts(figure: KeyFigure) -> list[Chart]:
    """Return a chart for each unit in which at least two claims about ``figure`` are dated.

    The observations are those that were fetched with the figure.
    """
    by_unit: dict[str, list[Observation]] = defaultdict(list)
    for seen in figure.observations.all():
        if isinstance(seen.as_of, PartialDate):
            by_unit[seen.unit].append(seen)
    return [_chart(several, figure.forms_one_series) for several in by_unit.values() if len(several) > 1]


def sparkline(figure: KeyFigure) -> Chart | None:
    """Return the small chart of a card: of the claims in the unit of the newest, where there are at least three."""
    headline = figure.headline
    dated = [
        seen
        for seen in figure.observations.all()
        if headline is not None and seen.unit == headline.unit and isinstance(seen.as_of, PartialDate)
    ]
    if len(dated) < _FEWEST_IN_SPARK:
        return None
    time, value = _Time(dated), _Values(dated, _SPARK, _TOP)
    marks = _marks(dated, time, value)
    return Chart(marks, _line(marks) if figure.forms_one_series else [], height=_SPARK)


def _chart(observations: Sequence[Observation], is_series: bool) -> Chart:
    time, value = _Time(observations), _Values(observations, HEIGHT, _TOP)
    marks = _marks(observations, time, value)
    _label(marks)
    return Chart(marks, _line(marks) if is_series else [], value.ticks(observations[0].unit), time.ticks())


def _marks(observations: Iterable[Observation], time: _Time, value: _Values) -> list[Mark]:
    marks = []
    for seen in sorted(observations, key=lambda seen: (_date(seen), seen.number)):
        start, end = time.place(_date(seen).first_day()), time.place(_last_day(_date(seen)))
        shape = SHAPES[Qualifier(seen.qualifier)]
        marks.append(
            Mark(seen, _round((start + end) / 2), start, end, value.place(seen.value), shape, seen.is_projection)
        )
    return sorted(marks, key=lambda mark: mark.x)


def _line(marks: list[Mark]) -> list[Segment]:
    """Return the steps of a series: a value holds until another one is claimed. Plans are no part of it."""
    counted = [mark for mark in marks if not mark.is_planned]
    steps = []
    for before, after in itertools.pairwise(counted):
        steps += [Segment(before.x, before.y, after.x, before.y), Segment(after.x, before.y, after.x, after.y)]
    return [step for step in steps if (step.x1, step.y1) != (step.x2, step.y2)]


def _label(marks: list[Mark]) -> None:
    """Write values beside marks: each that differs from the one before it, where there is room."""
    placed: list[Mark] = []
    for before, mark in zip([None, *marks], marks, strict=False):
        seen = mark.observation
        said = (seen.qualifier, seen.value)
        mark.anchor = "start" if mark.x < _LEFT + 10 else "end" if mark.x > _RIGHT - 10 else "middle"
        mark.label_y = mark.y - 12 if mark.shape != "up" else mark.y + 18
        is_new = before is None or said != (before.observation.qualifier, before.observation.value)
        if is_new and not any(_collide(mark, other) for other in placed):
            mark.label = format_mark(seen.value, seen.unit, seen.qualifier)
            placed.append(mark)


def _collide(one: Mark, other: Mark) -> bool:
    return abs(one.x - other.x) < _APART and abs(one.label_y - other.label_y) < _APART_ABOVE


class _Time:
    """The axis of time: whole years from the first to the last claim."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        dates = list(map(_date, observations))
        self.first, self.last = min(date.year for date in dates), max(date.year for date in dates) + 1
        self._begin = datetime.date(self.first, 1, 1)
        self._days = (datetime.date(self.last, 1, 1) - self._begin).days

    def place(self, day: datetime.date) -> float:
        return _round(_LEFT + (_RIGHT - _LEFT) * (day - self._begin).days / self._days)

    def ticks(self) -> list[Tick]:
        step = math.ceil((self.last - self.first) / _MOST_YEARS)
        return [
            Tick(self.place(datetime.date(year, 1, 1)), str(year)) for year in range(self.first, self.last + 1, step)
        ]


class _Values:
    """The axis of values, from zero to above the highest."""

    def __init__(self, observations: Iterable[Observation], height: int, top: int) -> None:
        self._height, self._top = height, top
        self.highest = max(seen.value for seen in observations) or Decimal(1)
        rough = float(self.highest) / _MOST_STEPS
        power = 10 ** math.floor(math.log10(rough))
        self.step = Decimal(str(next(step * power for step in _STEPS if step * power >= rough)))

    def place(self, value: Decimal) -> float:
        return _round(self._height - (self._height - self._top) * float(value / self.highest))

    def ticks(self, unit: str) -> list[Tick]:
        """Return the marks, of which the highest names the unit: a phone has no room to repeat it."""
        *values, top = [(self.step * number).normalize() for number in range(int(self.highest / self.step) + 1)]
        low = [Tick(self.place(value), format_mark(value, unit, Qualifier.EXACT)) for value in values]
        return [*low, Tick(self.place(top), format_amount(top, unit))]


def _date(seen: Observation) -> PartialDate:
    return PartialDate(str(seen.as_of))


def _last_day(date: PartialDate) -> datetime.date:
    """Return the latest day that ``date`` may mean."""
    if date.day:
        return date.first_day()
    after = datetime.date(date.year + (date.month in (None, 12)), (date.month or 12) % 12 + 1, 1)
    return after - datetime.timedelta(days=1)


def _round(number: float) -> float:
    return round(number, 2)
