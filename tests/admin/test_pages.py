from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.admin.forms import address, answers, form_of, save, soup
from zone.history import record_versions
from zone.models import Redirect, Version
from zone.models.record import Record

NOUNS: dict[str, Callable[[], Any]] = {
    "park": factories.ParkFactory,
    "field": factories.FieldFactory,
    "source": factories.SourceFactory,
    "organisation": factories.OrganisationFactory,
    "facility": factories.FacilityFactory,
    "newsitem": factories.NewsItemFactory,
    "keyfigure": factories.KeyFigureFactory,
    "crossing": factories.CrossingFactory,
    "route": factories.RouteFactory,
    "holidaycalendar": factories.HolidayCalendarFactory,
}

OWN_ROWS: dict[str, tuple[tuple[Callable[..., Any], str], ...]] = {
    "organisation": ((factories.PersonFactory, "organisation"),),
    "facility": ((factories.SpecificationFactory, "facility"),),
    "keyfigure": ((factories.ObservationFactory, "figure"),),
    "route": ((factories.StopFactory, "route"), (factories.DepartureFactory, "route")),
    "holidaycalendar": ((factories.HolidayFactory, "calendar"),),
}
"""The rows that only one noun has, and how they call their record."""

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def with_rows(noun: str) -> Any:
    """Return a record of ``noun`` with two rows of every kind."""
    record = NOUNS[noun]()
    for _ in range(2):
        if noun in ("organisation", "facility", "route"):
            factories.FactFactory(**{"organisation": None, noun: record})
        if noun in ("organisation", "facility", "route"):
            factories.ChangeNoteFactory(**{"organisation": None, noun: record})
        for factory, owner in OWN_ROWS.get(noun, ()):
            factory(**{owner: record})
    return record


def test_every_noun_of_the_zone_is_registered() -> None:
    registered = {model.__name__ for model in admin.site._registry if model._meta.app_label == "zone"}

    assert registered == {
        *("Park", "Field", "Source", "Organisation", "Facility", "NewsItem", "KeyFigure", "Crossing", "Route"),
        *("AuditEntry", "HolidayCalendar", "Redirect", "Report", "Version"),
    }


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("view", ["changelist", "add", "change", "history", "delete"])
def test_every_page_of_every_noun_opens(superuser: Client, noun: str, view: str) -> None:
    record = with_rows(noun)

    response = superuser.get(address(type(record) if view in ("changelist", "add") else record, view))

    assert response.status_code == 200


@pytest.mark.parametrize("view", ["changelist", "add", "change", "history", "delete"])
def test_every_page_of_redirects_opens(superuser: Client, view: str) -> None:
    record = Redirect.objects.create(old_path="/organisations/old/", new_path="/organisations/new/")

    response = superuser.get(address(type(record) if view in ("changelist", "add") else record, view))

    assert response.status_code == 200


@pytest.mark.parametrize(("view", "status"), [("changelist", 200), ("add", 403), ("change", 200), ("delete", 403)])
def test_versions_can_be_looked_at_and_nothing_else(superuser: Client, view: str, status: int) -> None:
    record_versions(type(organisation := factories.OrganisationFactory()).objects.all())
    version = Version.objects.get()

    response = superuser.get(address(Version if view in ("changelist", "add") else version, view))

    assert (response.status_code, organisation.name in str(response.content)) == (status, status == 200)


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_index_opens_in_every_language(superuser: Client, language: str) -> None:
    response = superuser.get(reverse("admin:index"), headers={"accept-language": language})

    assert (response.status_code, soup(response).html["lang"]) == (200, language)  # type: ignore[index]


@pytest.mark.parametrize("noun", NOUNS)
def test_saving_a_form_as_it_opens_changes_nothing(superuser: Client, noun: str) -> None:
    record = with_rows(noun)
    record_versions(type(record).objects.all())
    before = type(record).objects.values().get(pk=record.pk)

    response = save(superuser, record)

    assert response.status_code == 302
    assert type(record).objects.values().get(pk=record.pk) == before
    assert Version.objects.count() == 1


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_takes_as_many_queries_for_five_records_as_for_one(
    superuser: Client, noun: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with_rows(noun)
    with CaptureQueriesContext(connection) as one:
        superuser.get(address(NOUNS[noun]._meta.model, "changelist"))  # type: ignore[attr-defined]
    for _ in range(4):
        with_rows(noun)

    with django_assert_num_queries(len(one)):
        response = superuser.get(address(NOUNS[noun]._meta.model, "changelist"))  # type: ignore[attr-defined]

    assert len(soup(response).select("#result_list tbody tr")) >= 5


@pytest.mark.parametrize("noun", NOUNS)
def test_every_field_that_can_be_filled_in_says_what_belongs_there(superuser: Client, noun: str) -> None:
    record = with_rows(noun)

    response = superuser.get(address(record, "change"))

    form = response.context["adminform"].form
    rows = [formset.formset.empty_form for formset in response.context["inline_admin_formsets"]]
    silent = {
        name
        for part in (form, *rows)
        for name, field in part.fields.items()
        if not field.help_text and not name.endswith(("_hans", "_hant")) and not field.widget.is_hidden
    }
    assert silent - {"DELETE"} == set()


def test_the_three_languages_of_a_text_stand_side_by_side_under_their_names(superuser: Client) -> None:
    response = superuser.get(address(factories.OrganisationFactory(), "change"))

    row = form_of(response).select_one(".form-row.field-name_en.field-name_zh_hans.field-name_zh_hant")
    assert row is not None
    assert [label.text for label in row.select("label")] == ["Name · English:", "Name · 简体中文:", "Name · 繁體中文:"]
    assert [field["lang"] for field in row.select("textarea")] == ["en", "zh-Hans", "zh-Hant"]


def test_sources_are_picked_by_typing_and_added_in_place(superuser: Client) -> None:
    response = superuser.get(address(factories.OrganisationFactory(), "change"))

    field = form_of(response).select_one(".field-sources")
    assert field is not None
    assert "admin-autocomplete" in field.select("select")[0]["class"]
    assert field.select("a#add_id_sources")[0]["href"] == "/admin/zone/source/add/?_to_field=id&_popup=1"


@pytest.mark.parametrize("query", ["slug__regex=[]", "slug__iregex=(a%2B)%2B", "park__slug__regex=a"])
def test_no_list_is_asked_for_by_a_regular_expression(superuser: Client, query: str) -> None:
    assert superuser.get(f"/admin/zone/facility/?{query}").status_code == 400


@pytest.mark.parametrize("method", ["get", "post"])
def test_popup_for_no_field_makes_no_sense(superuser: Client, method: str) -> None:
    response = getattr(superuser, method)(address(factories.FieldFactory(), "change"), {"_to_field": "", "_popup": "1"})

    assert response.status_code == 400


@pytest.mark.parametrize("noun", NOUNS)
def test_no_address_fills_in_a_form(superuser: Client, noun: str) -> None:
    model: Any = type(NOUNS[noun]())

    response = superuser.get(address(model, "add"), {field.name: "filled in" for field in model._meta.get_fields()})

    assert response.status_code == 200
    assert "filled in" not in answers(response).values()


@pytest.mark.parametrize("noun", NOUNS)
def test_every_relation_is_picked_by_typing(superuser: Client, noun: str) -> None:
    response = superuser.get(address(with_rows(noun), "change"))

    relations = form_of(response).select(".related-widget-wrapper select")
    assert [select["name"] for select in relations if "admin-autocomplete" not in select["class"]] == []


def test_the_import_map_of_the_editors_has_the_nonce_of_the_policy(superuser: Client) -> None:
    response = superuser.get(address(factories.OrganisationFactory(), "change"))

    nonces = {str(tag["nonce"]) for tag in soup(response).select('script[type="importmap"], style[data-tiptap-style]')}
    assert len(nonces) == 1
    policy = response.headers["Content-Security-Policy"]
    assert policy.count(f"'nonce-{nonces.pop()}'") == 2
    assert "unsafe" not in policy


@pytest.mark.parametrize("noun", NOUNS)
def test_no_page_has_a_script_or_style_that_the_policy_refuses(superuser: Client, noun: str) -> None:
    for page in ("change", "changelist"):
        record = with_rows(noun)
        html = soup(superuser.get(address(record if page == "change" else type(record), page)))

        refused = [tag for tag in html.select("script, style") if not tag.get("nonce")]
        assert [str(tag) for tag in refused if tag.get("type") != "application/json"] == []
        assert [str(tag) for tag in html.select("[style], [onclick], [onload], [onchange]")] == []


@pytest.mark.parametrize(("status", "link"), [("published", True), ("review", False)])
def test_view_on_site_leads_to_the_page_while_visitors_see_it(superuser: Client, status: str, link: bool) -> None:
    organisation: Any = factories.OrganisationFactory(status=status)

    response = superuser.get(address(organisation, "change"))

    found = [str(tag["href"]) for tag in soup(response).select("a.viewsitelink")]
    assert found == ([f"/en/organisations/{organisation.slug}/"] if link else [])


@pytest.mark.parametrize("made", [factories.OrganisationFactory, factories.CrossingFactory])
def test_the_way_to_a_page_is_shown_to_nobody_who_may_see_nothing_before_visitors_see_it(made: Any) -> None:
    newcomer = Client()
    newcomer.force_login(User.objects.create_user("newcomer", is_staff=True))
    record: Any = made(status="draft")
    key = ContentType.objects.get_for_model(record).pk
    ways = [f"/admin/r/{kind}/{pk}/" for kind in (key, f"+{key}") for pk in (record.pk, f"+{record.pk}", 10**20, "x")]
    assert [newcomer.get(way).status_code for way in ways] == [404] * 8
    type(record).objects.update(status="published")
    assert newcomer.get(reverse("admin:view_on_site", args=[key, record.pk])).headers["Location"] == (
        record.get_absolute_url()
    )


@pytest.mark.parametrize(("status", "link"), [("published", True), ("draft", False)])
def test_view_on_site_of_a_crossing_asks_its_facility(superuser: Client, status: str, link: bool) -> None:
    crossing: Any = factories.CrossingFactory(facility__status=status)

    response = superuser.get(address(crossing, "change"))

    found = [str(tag["href"]) for tag in soup(response).select("a.viewsitelink")]
    assert found == ([f"/en/facilities/{crossing.facility.slug}/"] if link else [])


def test_a_value_is_shown_without_the_zeros_of_its_column(superuser: Client) -> None:
    observation: Any = factories.ObservationFactory(value="12.5000")

    found = answers(superuser.get(address(observation.figure, "change")))

    assert found["observations-0-value"] == "12.5"


def test_a_record_is_a_record() -> None:
    assert all(issubclass(factory._meta.model, Record) for factory in NOUNS.values())  # type: ignore[attr-defined]
