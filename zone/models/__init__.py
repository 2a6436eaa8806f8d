"""The nouns of the zone."""

from zone.models.audit import AuditEntry
from zone.models.change import ChangeNote, Redirect
from zone.models.draft import Draft
from zone.models.facility import Facility, Specification
from zone.models.fact import Fact
from zone.models.field import Field
from zone.models.figure import KeyFigure, Observation
from zone.models.generation import Generation
from zone.models.holiday import Holiday, HolidayCalendar
from zone.models.news import NewsItem
from zone.models.open_form import OpenForm
from zone.models.organisation import Organisation, Person
from zone.models.park import Park
from zone.models.preview_link import PreviewLink
from zone.models.report import Report
from zone.models.search_entry import FruitlessSearch, PostingList, SearchEntry
from zone.models.session import Session
from zone.models.source import Source
from zone.models.transport import Crossing, Departure, Route, Stop
from zone.models.version import Version

__all__ = [
    "AuditEntry",
    "ChangeNote",
    "Crossing",
    "Departure",
    "Draft",
    "Facility",
    "Fact",
    "Field",
    "FruitlessSearch",
    "Generation",
    "Holiday",
    "HolidayCalendar",
    "KeyFigure",
    "NewsItem",
    "Observation",
    "OpenForm",
    "Organisation",
    "Park",
    "Person",
    "PostingList",
    "PreviewLink",
    "Redirect",
    "Report",
    "Route",
    "SearchEntry",
    "Session",
    "Source",
    "Specification",
    "Stop",
    "Version",
]
