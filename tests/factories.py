"""Real records for tests: published, in three languages with texts that differ, and each with a source.

Give a relation to many as a list: ``OrganisationFactory(parks=[park], sources=[])``.
"""

from __future__ import annotations

import datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from zone.models import (
    ChangeNote,
    Crossing,
    Departure,
    Facility,
    Fact,
    Field,
    Holiday,
    HolidayCalendar,
    KeyFigure,
    NewsItem,
    Observation,
    Organisation,
    Park,
    Person,
    Route,
    Source,
    Specification,
    Stop,
)
from zone.publishing import Status


def related(name: str, default: Any = None) -> Any:
    """Return the declaration of a relation to many; without a list it is empty, or holds one ``default``."""

    def fill(record: Any, create: bool, given: Any, **_: Any) -> None:
        others = given if given is not None else [default()] if default is not None else []
        if create and others:
            getattr(record, name).add(*others)  # A new record has none yet that `set` would have to look for.

    return factory.post_generation(fill)


class RecordFactory(DjangoModelFactory):
    """What every public noun has in common."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True

    status = Status.PUBLISHED
    checked_on = datetime.date(2026, 11, 1)


class SourceFactory(RecordFactory):
    class Meta:
        model = Source

    slug = factory.Sequence("source-{}".format)
    title_original = factory.Sequence("Report {}".format)
    publisher_original = "Hetao Gazette"
    url = factory.Sequence("https://gazette.example/{}".format)
    published = "2026-01-15"


class ParkFactory(RecordFactory):
    class Meta:
        model = Park

    slug = factory.Sequence("park-{}".format)
    name_en = factory.Sequence("Park {}".format)
    name_zh_hans = factory.Sequence("园区{}".format)
    name_zh_hant = factory.Sequence("園區{}".format)
    summary_en = factory.Sequence("A half of the zone, number {}.".format)
    summary_zh_hans = factory.Sequence("园区的一部分，编号{}。".format)
    summary_zh_hant = factory.Sequence("園區的一部分，編號{}。".format)
    sources = related("sources", SourceFactory)


class FieldFactory(RecordFactory):
    class Meta:
        model = Field

    slug = factory.Sequence("field-{}".format)
    name_en = factory.Sequence("Field {}".format)
    name_zh_hans = factory.Sequence("领域{}".format)
    name_zh_hant = factory.Sequence("領域{}".format)


class OrganisationFactory(RecordFactory):
    class Meta:
        model = Organisation

    slug = factory.Sequence("organisation-{}".format)
    name_en = factory.Sequence("Organisation {}".format)
    name_zh_hans = factory.Sequence("机构{}".format)
    name_zh_hant = factory.Sequence("機構{}".format)
    short_name = factory.Sequence("ORG{}".format)
    kind = "company"
    role = "tenant"
    presence = "operating"
    presence_as_of = "2025-06"
    presence_source = factory.SubFactory(SourceFactory)
    arrived = "2024-03"
    website = factory.Sequence("https://organisation-{}.example/".format)
    email = factory.Sequence("office@organisation-{}.example".format)
    summary_en = factory.Sequence("A company that makes instruments, number {}.".format)
    summary_zh_hans = factory.Sequence("制造仪器的公司，编号{}。".format)
    summary_zh_hant = factory.Sequence("製造儀器的公司，編號{}。".format)
    body_en = factory.Sequence("<p>It works in building {}.</p>".format)
    body_zh_hans = factory.Sequence("<p>在{}号楼工作。</p>".format)
    body_zh_hant = factory.Sequence("<p>在{}號樓工作。</p>".format)
    parks = related("parks", ParkFactory)
    fields = related("fields", FieldFactory)
    sources = related("sources", SourceFactory)


class FacilityFactory(RecordFactory):
    class Meta:
        model = Facility

    slug = factory.Sequence("facility-{}".format)
    name_en = factory.Sequence("Laboratory {}".format)
    name_zh_hans = factory.Sequence("实验室{}".format)
    name_zh_hant = factory.Sequence("實驗室{}".format)
    kind = "laboratory"
    park = factory.SubFactory(ParkFactory)
    building_status = "open"
    opened = "2025-03-01"
    floor_area_m2 = 1200
    address_en = factory.Sequence("{} Science Road".format)
    address_zh_hans = factory.Sequence("科学路{}号".format)
    address_zh_hant = factory.Sequence("科學路{}號".format)
    access_en = factory.Sequence("Tenants of building {}".format)
    access_zh_hans = factory.Sequence("{}号楼的租户".format)
    access_zh_hant = factory.Sequence("{}號樓的租戶".format)
    summary_en = factory.Sequence("A laboratory for measurements, number {}.".format)
    summary_zh_hans = factory.Sequence("测量实验室，编号{}。".format)
    summary_zh_hant = factory.Sequence("測量實驗室，編號{}。".format)
    body_en = factory.Sequence("<p>It has {} benches.</p>".format)
    body_zh_hans = factory.Sequence("<p>设有{}个工作台。</p>".format)
    body_zh_hant = factory.Sequence("<p>設有{}個工作檯。</p>".format)
    organisations = related("organisations")
    sources = related("sources", SourceFactory)


class NewsItemFactory(RecordFactory):
    class Meta:
        model = NewsItem

    slug = factory.Sequence("news-{}".format)
    kind = "story"
    date = "2026-06-13"
    title_en = factory.Sequence("The zone opens door {}".format)
    title_zh_hans = factory.Sequence("园区打开第{}扇门".format)
    title_zh_hant = factory.Sequence("園區打開第{}扇門".format)
    summary_en = factory.Sequence("Door {} was opened today.".format)
    summary_zh_hans = factory.Sequence("第{}扇门今天打开。".format)
    summary_zh_hant = factory.Sequence("第{}扇門今天打開。".format)
    body_en = factory.Sequence("<p>Many came to see door {}.</p>".format)
    body_zh_hans = factory.Sequence("<p>许多人来看第{}扇门。</p>".format)
    body_zh_hant = factory.Sequence("<p>許多人來看第{}扇門。</p>".format)
    organisations = related("organisations")
    facilities = related("facilities")
    fields = related("fields")
    sources = related("sources", SourceFactory)


class KeyFigureFactory(RecordFactory):
    class Meta:
        model = KeyFigure

    slug = factory.Sequence("figure-{}".format)
    label_en = factory.Sequence("Researchers in building {}".format)
    label_zh_hans = factory.Sequence("{}号楼的科研人员".format)
    label_zh_hant = factory.Sequence("{}號樓的科研人員".format)
    definition_en = factory.Sequence("People who do research in building {}.".format)
    definition_zh_hans = factory.Sequence("在{}号楼从事科研的人员。".format)
    definition_zh_hant = factory.Sequence("在{}號樓從事科研的人員。".format)
    scope = "zone"
    sources = related("sources", SourceFactory)


class CrossingFactory(RecordFactory):
    class Meta:
        model = Crossing

    slug = factory.Sequence("crossing-{}".format)
    facility = factory.SubFactory(FacilityFactory, kind="port")
    hours = "daily"
    opens = datetime.time(6, 30)
    closes = datetime.time(22, 30)
    hours_as_of = "2026-01"
    hours_source = factory.SubFactory(SourceFactory)
    sources = related("sources", SourceFactory)


class RouteFactory(RecordFactory):
    class Meta:
        model = Route

    slug = factory.Sequence("route-{}".format)
    facility = factory.SubFactory(FacilityFactory, kind="transport")
    name_en = factory.Sequence("Shuttle bus {}".format)
    name_zh_hans = factory.Sequence("穿梭巴士{}号".format)
    name_zh_hant = factory.Sequence("穿梭巴士{}號".format)
    mode = "bus"
    fare_en = factory.Sequence("HK${}".format)
    fare_zh_hans = factory.Sequence("{}港元".format)
    fare_zh_hant = factory.Sequence("{}港幣".format)
    eligibility_en = factory.Sequence("Staff of building {}".format)
    eligibility_zh_hans = factory.Sequence("{}号楼的员工".format)
    eligibility_zh_hant = factory.Sequence("{}號樓的員工".format)
    sources = related("sources", SourceFactory)


class HolidayCalendarFactory(RecordFactory):
    class Meta:
        model = HolidayCalendar

    slug = factory.Sequence("calendar-{}".format)
    region = "mainland"
    year = factory.Sequence(lambda number: 2000 + number % 100)
    as_of = "2025-11"
    sources = related("sources", SourceFactory)


class ClaimFactory(DjangoModelFactory):
    """A row that rests on a source of its own."""

    class Meta:
        abstract = True

    as_of = "2025-06-30"
    source = factory.SubFactory(SourceFactory)


class FactFactory(ClaimFactory):
    """A fact of an organisation; of another record with ``organisation=None, facility=…`` (or ``route=…``)."""

    class Meta:
        model = Fact

    organisation = factory.SubFactory(OrganisationFactory)
    text_en = factory.Sequence("It has {} benches.".format)
    text_zh_hans = factory.Sequence("设有{}个工作台。".format)
    text_zh_hant = factory.Sequence("設有{}個工作檯。".format)


class PersonFactory(ClaimFactory):
    class Meta:
        model = Person

    organisation = factory.SubFactory(OrganisationFactory)
    name_en = factory.Sequence("Ada Lee {}".format)
    name_zh_hans = factory.Sequence("李爱达{}".format)
    name_zh_hant = factory.Sequence("李愛達{}".format)
    role_en = factory.Sequence("Director {}".format)
    role_zh_hans = factory.Sequence("总监{}".format)
    role_zh_hant = factory.Sequence("總監{}".format)


class SpecificationFactory(ClaimFactory):
    class Meta:
        model = Specification

    facility = factory.SubFactory(FacilityFactory)
    name_en = factory.Sequence("Voltage {}".format)
    name_zh_hans = factory.Sequence("电压{}".format)
    name_zh_hant = factory.Sequence("電壓{}".format)
    value = "300"
    unit = "kV"


class ObservationFactory(ClaimFactory):
    class Meta:
        model = Observation

    figure = factory.SubFactory(KeyFigureFactory)
    qualifier = ">"
    value = 15000
    unit = "people"
    note_en = factory.Sequence("Both parks, count {}".format)
    note_zh_hans = factory.Sequence("两个园区，第{}次统计".format)
    note_zh_hant = factory.Sequence("兩個園區，第{}次統計".format)


class StopFactory(DjangoModelFactory):
    class Meta:
        model = Stop

    route = factory.SubFactory(RouteFactory)
    position = factory.Sequence(lambda number: number + 1)
    name_en = factory.Sequence("Gate {}".format)
    name_zh_hans = factory.Sequence("{}号门".format)
    name_zh_hant = factory.Sequence("{}號閘".format)


class HolidayFactory(DjangoModelFactory):
    class Meta:
        model = Holiday

    calendar = factory.SubFactory(HolidayCalendarFactory)
    date = factory.LazyAttribute(lambda holiday: datetime.date(holiday.calendar.year, 10, 1))
    name_en = factory.Sequence("Day of rest {}".format)
    name_zh_hans = factory.Sequence("第{}个休息日".format)
    name_zh_hant = factory.Sequence("第{}個休息日".format)


class DepartureFactory(ClaimFactory):
    class Meta:
        model = Departure

    route = factory.SubFactory(RouteFactory)
    direction = "from-shenzhen"
    time = datetime.time(8, 15)
    days_en = factory.Sequence("working days, plan {}".format)
    days_zh_hans = factory.Sequence("工作日，方案{}".format)
    days_zh_hant = factory.Sequence("工作日，計劃{}".format)


class ChangeNoteFactory(DjangoModelFactory):
    """A note on an organisation; on another record with ``organisation=None, facility=…``."""

    class Meta:
        model = ChangeNote

    organisation = factory.SubFactory(OrganisationFactory)
    kind = "update"
    date = datetime.date(2026, 11, 2)
    text_en = factory.Sequence("Address {} was added.".format)
    text_zh_hans = factory.Sequence("补充了地址{}。".format)
    text_zh_hant = factory.Sequence("補充了地址{}。".format)
