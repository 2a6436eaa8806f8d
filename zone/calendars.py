"""What can be subscribed to in a calendar (iCalendar, RFC 5545): holidays, service notices and departures."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone

from zone.models import Departure, Holiday, HolidayCalendar, NewsItem, Route
from zone.models.holiday import Region
from zone.models.record import Record
from zone.models.transport import HONG_KONG_TIME
from zone.partial_dates import PartialDate
from zone.translation import HTML_LANGUAGES, Text, active_language
from zone.working_days import DAY, Calendars, days_of_service

_SINCE: Final = datetime.date(2020, 1, 1)
"""From when on the time of Hong Kong is described; summer time ended in 1979."""


def calendar_file(name: str, site: str, today: datetime.date) -> str | None:
    """Return the calendar ``name`` in the active language; ``None`` where there is none of that name.

    ``site`` is the address of the site, ``https://example.org``, for links. An empty calendar says why it is empty.
    """
    events = _CALENDARS.get(name)
    return events(site, today) if events is not None else None


def _holidays(region: Region, site: str, today: datetime.date) -> str:
    calendars = HolidayCalendar.objects.published().filter(region=region).for_list()
    title = _("Holidays: %(region)s") % {"region": region.label}
    years = _(", ").join(str(one.year) for one in calendars)
    said = _("Years that have been entered: %(years)s") % {"years": years} if years else _("No year has been entered.")
    events = (_holiday(holiday, one, site) for one in calendars for holiday in one.holidays.all())
    return _written(title, said, events)


def _holiday(holiday: Holiday, calendar: HolidayCalendar, site: str) -> Event:
    name = holiday.name
    if holiday.is_worked:
        name = Text(_("%(name)s (worked)") % {"name": name}, name.language)
    event = _event(calendar, holiday.number, name, site)
    event.add("dtstart", holiday.date)
    event.add("dtend", holiday.date + DAY)
    event.add("transp", "OPAQUE" if holiday.is_worked else "TRANSPARENT")
    event.add("description", _cited(calendar))
    return event


def _notices(site: str, today: datetime.date) -> str:
    notices = NewsItem.objects.published().current_notices().filter(holds_from__isnull=False).for_list()
    said = _("Notices that say from when they hold. The page about getting here has all of them.")
    return _written(_("Service notices: getting to the Hetao zone"), said, (_notice(one, site) for one in notices))


def _notice(notice: NewsItem, site: str) -> Event:
    event = _event(notice, 0, notice.title, site)
    for name, moment in (("dtstart", notice.holds_from), ("dtend", notice.holds_until)):
        if moment is not None:
            event.add(name, moment.astimezone(HONG_KONG_TIME))
    if notice.summary:
        event.add("description", notice.summary, _language(notice.summary))
    return event


def _departures(site: str, today: datetime.date) -> str:
    routes = Route.objects.published().for_list()
    calendars = Calendars(HolidayCalendar.objects.published().for_list())
    events = [event for route in routes for event in _of_route(route, calendars, site, today)]
    if events:
        said = _("Times that sources give for regular service, on the days that are known.")
    else:
        said = _("No source gives times of regular service and their days. Times of a trial are left out.")
    return _written(_("Departures to and from the Hetao zone"), said, events)


def _of_route(route: Route, calendars: Calendars, site: str, today: datetime.date) -> Iterator[Event]:
    for departure in route.departures.all():
        days = [] if departure.is_trial else days_of_service(departure, calendars, today)
        if days:
            yield _departure(departure, route, days, site)


def _departure(departure: Departure, route: Route, days: list[datetime.date], site: str) -> Event:
    direction = departure.get_direction_display()
    event = _event(route, departure.number, Text(f"{route.name} ({direction})", route.name.language), site)
    first, *others = (datetime.datetime.combine(day, departure.time, HONG_KONG_TIME) for day in days)
    event.add("dtstart", first)
    if others:
        event.add("rdate", others)
    event.add("transp", "TRANSPARENT")
    event.add("description", _said_by(departure.source.publisher, departure.as_of))
    return event


def _event(record: Record, number: int, name: Text, site: str) -> Event:
    """Return an event about ``record``, or row ``number`` of it, which keeps its identifier for ever."""
    event = Event()
    event.add("uid", str(uuid.uuid5(uuid.NAMESPACE_URL, f"{record.stem}/{record.slug}/{number}")))
    event.add("dtstamp", record.updated_at)
    event.add("last-modified", record.updated_at)
    event.add("summary", name, _language(name))
    event.add("url", site + record.get_absolute_url())
    return event


def _language(text: Text) -> dict[str, str]:
    return {"LANGUAGE": HTML_LANGUAGES[text.language]}


def _cited(calendar: HolidayCalendar) -> str:
    return _said_by(_(", ").join(source.publisher for source in calendar.sources.all()), calendar.as_of)


def _said_by(publisher: str, as_of: Any) -> str:
    dated = _("as of %(date)s") % {"date": as_of.display()} if isinstance(as_of, PartialDate) else ""
    return " · ".join(part for part in (dated, publisher) if part)


def _written(title: str, description: str, events: Iterable[Event]) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//Hetao//Getting here//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    language = {"LANGUAGE": HTML_LANGUAGES[active_language()]}
    for name, text in (("name", title), ("description", description)):
        calendar.add(name, text, language)
        calendar.add(f"x-wr-cal{name.replace('cription', 'c')}", text)  # What programmes read that are older.
    calendar.add("refresh-interval", DAY, {"VALUE": "DURATION"})
    calendar.add_component(Timezone.from_tzid(HONG_KONG_TIME.key, first_date=_SINCE))
    for event in events:
        calendar.add_component(event)
    return calendar.to_ical().decode()


_CALENDARS: Final[Mapping[str, Callable[[str, datetime.date], str]]] = {
    **{region.value: partial(_holidays, region) for region in Region},
    "notices": _notices,
    "departures": _departures,
}
