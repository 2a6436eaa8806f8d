from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from tests.factories import (
    ChangeNoteFactory,
    CrossingFactory,
    DepartureFactory,
    FacilityFactory,
    FactFactory,
    HolidayCalendarFactory,
    HolidayFactory,
    KeyFigureFactory,
    NewsItemFactory,
    ObservationFactory,
    OrganisationFactory,
    RouteFactory,
    SourceFactory,
)
from zone.models import Fact, Organisation
from zone.publishing import Status

LATER = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "values", "rule"),
    [
        (OrganisationFactory, {"kind": "firm"}, "organisation_kind_is_known"),
        (OrganisationFactory, {"presence": "here"}, "organisation_presence_is_known"),
        (OrganisationFactory, {"status": "live"}, "organisation_status_is_known"),
        (OrganisationFactory, {"slug": "Big Name"}, "organisation_slug_is_well_formed"),
        (OrganisationFactory, {"role": "partner"}, "organisation_partner_is_not_in_the_zone"),
        (FacilityFactory, {"building_status": "ready"}, "facility_building_status_is_known"),
        (FacilityFactory, {"latitude": 22}, "facility_has_both_coordinates_or_none"),
        (NewsItemFactory, {"kind": "rumour"}, "newsitem_kind_is_known"),
        (ObservationFactory, {"qualifier": "!"}, "observation_qualifier_is_known"),
        (ObservationFactory, {"unit": "miles"}, "observation_unit_is_known"),
        (SourceFactory, {"seen_on_a_copy": True}, "source_seen_on_a_copy_has_no_url"),
        (CrossingFactory, {"hours": "always"}, "crossing_has_times_only_where_it_closes"),
        (FactFactory, {"organisation": None}, "fact_is_about_exactly_one_record"),
        (ChangeNoteFactory, {"kind": "gossip"}, "changenote_kind_is_known"),
        (OrganisationFactory, {"role": "guest"}, "organisation_role_is_known"),
        (OrganisationFactory, {"english_name_basis": "guess"}, "organisation_english_name_basis_is_known"),
        (OrganisationFactory, {"script_conversion": "both"}, "organisation_script_conversion_is_known"),
        (OrganisationFactory, {"zh_hans_check": "yes"}, "organisation_zh_hans_check_is_known"),
        (FacilityFactory, {"kind": "shed"}, "facility_kind_is_known"),
        (SourceFactory, {"language": "fr"}, "source_language_is_known"),
        (KeyFigureFactory, {"scope": "moon"}, "keyfigure_scope_is_known"),
        (CrossingFactory, {"hours": "never", "opens": None, "closes": None}, "crossing_hours_is_known"),
        (RouteFactory, {"mode": "boat"}, "route_mode_is_known"),
        (DepartureFactory, {"direction": "up"}, "departure_direction_is_known"),
        (DepartureFactory, {"runs_on": "sundays"}, "departure_runs_on_is_known"),
        (RouteFactory, {"stops_lead": "up"}, "route_stops_lead_is_known"),
        (HolidayCalendarFactory, {"region": "moon"}, "holidaycalendar_region_is_known"),
        (NewsItemFactory, {"holds_from": LATER, "holds_until": LATER}, "newsitem_holds_until_after_it_begins"),
    ],
)
def test_database_holds_the_rule(factory: Any, values: dict[str, Any], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule):
        factory(**values)


def test_source_that_something_rests_on_cannot_be_deleted() -> None:
    source = FactFactory().source
    with pytest.raises(ProtectedError):
        source.delete()


def test_rows_are_numbered_for_each_record() -> None:
    first, second = OrganisationFactory.create_batch(2)
    facts = [FactFactory(organisation=owner) for owner in (first, second, first)]
    assert [fact.number for fact in facts] == [1, 1, 2]
    assert [fact.natural_key() for fact in facts] == [
        ("organisation", first.slug, 1),
        ("organisation", second.slug, 1),
        ("organisation", first.slug, 2),
    ]
    assert Fact.objects.get_by_natural_key("organisation", first.slug, 2) == facts[2]


def test_number_is_never_used_again_while_a_later_one_stands() -> None:
    organisation = OrganisationFactory()
    first, _second = FactFactory.create_batch(2, organisation=organisation)
    first.delete()
    assert FactFactory(organisation=organisation).number == 3


def test_same_number_twice_is_refused() -> None:
    fact = FactFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        FactFactory(organisation=fact.organisation, number=fact.number)


def test_fact_about_two_records_is_refused() -> None:
    fact = FactFactory.build(organisation=OrganisationFactory(), facility=FacilityFactory(), source=SourceFactory())
    with pytest.raises(ValidationError):
        fact.full_clean()


def test_body_is_sanitised_when_cleaned() -> None:
    organisation = OrganisationFactory(
        body_en='<p onclick="x()">Hello <script>alert(1)</script><strong>you</strong></p>'
    )
    organisation.full_clean()
    assert organisation.body_en == "<p>Hello <strong>you</strong></p>"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"date": datetime.date(2027, 1, 1)}, "date"),
        ({"date": datetime.date(2026, 1, 2), "is_worked": True}, "is_worked"),
    ],
)
def test_holiday_that_its_calendar_cannot_hold_is_refused(values: dict[str, Any], field: str) -> None:
    holiday = HolidayFactory(calendar=HolidayCalendarFactory(year=2026))
    for name, value in values.items():
        setattr(holiday, name, value)
    with pytest.raises(ValidationError) as refused:
        holiday.full_clean()
    assert list(refused.value.message_dict) == [field]


def test_second_calendar_of_a_year_is_refused_while_the_first_is_published() -> None:
    first = HolidayCalendarFactory(year=2026, status="withdrawn")
    second = HolidayCalendarFactory(year=2026)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(first).objects.update(status="published")
    first.status = Status.PUBLISHED
    with pytest.raises(ValidationError) as refused:
        first.full_clean()
    assert refused.value.messages == ["The holidays of this year and region are published in another calendar."]
    assert second.is_public


def test_notice_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        NewsItemFactory.build(holds_from=LATER, holds_until=LATER).clean()
    assert list(refused.value.message_dict) == ["holds_until"]


def test_unknown_stays_unknown() -> None:
    organisation = Organisation(slug="x", name_en="X", kind="company", role="tenant", presence="operating")
    organisation.save()
    organisation.refresh_from_db()
    assert (organisation.founded, organisation.arrived, organisation.premises) == (None, None, None)


@pytest.mark.parametrize("field", ["parent", "paired_with", "located_in"])
def test_record_is_not_its_own_relative(field: str) -> None:
    factory = {"parent": OrganisationFactory, "paired_with": CrossingFactory, "located_in": FacilityFactory}[field]
    record: Any = factory()
    setattr(record, field, record)
    with pytest.raises(IntegrityError):
        record.save()


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\ufffe", "\ud800"])
def test_control_character_is_refused_at_its_field(character: str) -> None:
    item = NewsItemFactory.build(title_zh_hans=f"标题{character}")
    with pytest.raises(ValidationError) as refused:
        item.full_clean()
    assert list(refused.value.message_dict) == ["title_zh_hans"]
