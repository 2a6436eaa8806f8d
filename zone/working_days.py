"""Which days are worked, on either bank, and on which a departure runs. What nobody has entered is not known."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from zone.models import Departure, Holiday, HolidayCalendar
from zone.models.holiday import SATURDAY, Region
from zone.models.transport import RunsOn
from zone.partial_dates import PartialDate

DAY: Final = datetime.timedelta(days=1)
AHEAD: Final = datetime.timedelta(days=90)
"""For how long the times that hold today are given to machines."""

LONGEST_TRIAL: Final = datetime.timedelta(days=3 * 366)
"""A trial that lasts longer is a slip of the pen, and not a million lines for machines."""

_REGIONS: Final[Mapping[RunsOn, tuple[Region, ...]]] = {
    RunsOn.DAILY: (),
    RunsOn.MAINLAND: (Region.MAINLAND,),
    RunsOn.BOTH: (Region.MAINLAND, Region.HONG_KONG),
}
"""Where a day has to be worked for a departure to run; of what is unknown nothing is said."""


@dataclass(frozen=True)
class Day:
    """What a date is in one region."""

    date: datetime.date
    region: Region
    calendar: HolidayCalendar | None
    """The calendar of its year, or ``None`` where that has not been published."""
    holidays: tuple[Holiday, ...] = ()
    """What the calendar says of the date: holidays, or why it is worked."""

    @property
    def is_working(self) -> bool | None:
        """Whether people work; ``None`` where the holidays of the year are not known."""
        if self.calendar is None:
            return None
        if self.holidays:
            return all(one.is_worked for one in self.holidays)
        return not self.is_weekend

    @property
    def is_weekend(self) -> bool:
        """Whether it is a Saturday or Sunday."""
        return self.date.weekday() >= SATURDAY

    @property
    def is_holiday(self) -> bool:
        """Whether the calendar names it as a holiday."""
        return any(not one.is_worked for one in self.holidays)


class Calendars:
    """Calendars of several years and regions, fetched with ``for_list`` and so in the order of their days."""

    def __init__(self, calendars: Iterable[HolidayCalendar]) -> None:
        self.all = list(calendars)
        self._of = {(one.region, one.year): one for one in self.all}
        self._days: dict[tuple[str, datetime.date], tuple[Holiday, ...]] = {}
        for calendar in self.all:
            for holiday in calendar.holidays.all():
                place = (calendar.region, holiday.date)
                self._days[place] = (*self._days.get(place, ()), holiday)

    def day(self, region: Region, date: datetime.date) -> Day:
        """Return what ``date`` is in ``region``."""
        return Day(date, region, self._of.get((region, date.year)), self._days.get((region, date), ()))

    def ahead(self, region: Region, date: datetime.date) -> list[Holiday]:
        """Return the days after ``date`` that the calendars of ``region`` name, in their order."""
        return [holiday for (of, day), days in self._days.items() if of == region and day > date for holiday in days]


def runs(departure: Departure, date: datetime.date, calendars: Calendars) -> bool | None:
    """Return whether a day like ``date`` is one on which ``departure`` runs; ``None`` where nobody can say."""
    regions = _REGIONS.get(RunsOn(departure.runs_on))
    if regions is None:
        return None
    working = [calendars.day(region, date).is_working for region in regions]
    return False if False in working else None if None in working else True


def days_of_service(departure: Departure, calendars: Calendars, today: datetime.date) -> list[datetime.date]:
    """Return the days on which ``departure`` is known to run; of a trial, those until regular service began."""
    first, last = _period(departure, today)
    if first is None:
        return []
    days = (first + number * DAY for number in range((last - first).days + 1))
    return [day for day in days if runs(departure, day, calendars)]


def _period(departure: Departure, today: datetime.date) -> tuple[datetime.date | None, datetime.date]:
    """Return the first and the last day of a timetable; the first is ``None`` where no source gives the day."""
    route = departure.route
    if not departure.is_trial:
        begin = departure.as_of.first_day() if isinstance(departure.as_of, PartialDate) else today
        return max(begin, today), today + AHEAD
    begun, ended = _whole(route.trial_start), _whole(route.regular_start)
    return (begun, min(ended - DAY, begun + LONGEST_TRIAL)) if begun and ended else (None, today)


def _whole(date: str | None) -> datetime.date | None:
    """Return ``date`` where its day is known."""
    return date.first_day() if isinstance(date, PartialDate) and date.day is not None else None
