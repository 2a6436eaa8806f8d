"""What the lists of records show and find."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.admin.forms import address, soup
from zone.models import Organisation, Source

pytestmark = pytest.mark.django_db


def rows(client: Client, model: Any, **query: str) -> list[dict[str, str]]:
    """Return the rows of a list, each cell by the name of its column."""
    response = client.get(address(model, "changelist"), query)
    assert response.status_code == 200
    return [
        {str(cell["class"][-1]).removeprefix("field-"): cell.get_text(" ", strip=True) for cell in row.select("th, td")}
        for row in soup(response).select("#result_list tbody tr")
    ]


def names(client: Client, model: Any = Organisation, **query: str) -> set[str]:
    return {row["name"] for row in rows(client, model, **query)}


def test_a_row_says_what_an_editor_has_to_know(superuser: Client) -> None:
    factories.OrganisationFactory(
        name_en="Acme",
        summary_zh_hant="",
        status="review",
        parks=[factories.ParkFactory(name_en="Hong Kong Park"), factories.ParkFactory(name_en="Shenzhen Park")],
        sources=[],
        checked_on=datetime.date(2026, 3, 1),
        updated_at=datetime.datetime(2026, 4, 1, 20, tzinfo=datetime.UTC),
        zh_hans_check="checked",
    )

    [row] = rows(superuser, Organisation)

    assert row == {
        "action-checkbox": "",
        "name": "Acme",
        "state": "in review",
        "draft": "-",
        "kind": "company",
        "presence": "in the zone",
        "parks": "Hong Kong Park, Shenzhen Park",
        "translations": "简 checked 繁 missing",
        "sources": "unsourced",
        "checked": "2026-03-01",
        "updated": "2026-04-02",
    }


def test_the_number_of_sources_is_counted(superuser: Client) -> None:
    factories.OrganisationFactory(name_en="Two", sources=factories.SourceFactory.create_batch(2))
    factories.OrganisationFactory(name_en="None", sources=[])

    assert {row["name"]: row["sources"] for row in rows(superuser, Organisation)} == {"Two": "2", "None": "unsourced"}


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({}, "published"),
        ({"publish_at": 1}, "scheduled"),
        ({"expire_at": -1}, "expired"),
        ({"expire_at": 1}, "published"),
    ],
)
def test_a_published_record_that_is_not_public_says_why(superuser: Client, times: dict[str, int], state: str) -> None:
    now = timezone.now()
    factories.FieldFactory(**{name: now + datetime.timedelta(days=days) for name, days in times.items()})

    assert [row["state"] for row in rows(superuser, factories.FieldFactory._meta.model)] == [state]


def test_unsourced_records_are_found(superuser: Client) -> None:
    factories.OrganisationFactory(name_en="Sourced", sources=factories.SourceFactory.create_batch(2))
    factories.OrganisationFactory(name_en="Unsourced", sources=[])

    assert names(superuser, unsourced="yes") == {"Unsourced"}
    assert [row["name"] for row in rows(superuser, Organisation, unsourced="no")] == ["Sourced"]


def test_records_that_nobody_has_checked_for_a_year_are_found(superuser: Client, member: Any) -> None:
    for name, day in {"Never": None, "Stale": "2025-11-19", "Fresh": "2025-11-20", "New": "2026-11-20"}.items():
        factories.OrganisationFactory(name_en=name, checked_on=day)

    with time_machine.travel("2026-11-20T04:00:00Z"):
        superuser.force_login(member("superuser"))
        assert names(superuser, checked="stale") == {"Never", "Stale"}
        assert names(superuser, checked="fresh") == {"Fresh", "New"}


def test_outdated_translations_are_found_by_language(superuser: Client) -> None:
    outdated: Any = factories.OrganisationFactory(name_en="Outdated")
    whole: Any = factories.OrganisationFactory(name_en="Whole")
    for record in (outdated, whole):
        record.mark_translated("zh-hans")
        record.save()
    type(outdated).objects.filter(pk=outdated.pk).update(summary_en="Written anew.")
    assert names(superuser, outdated="zh-hans") == {"Outdated"}
    assert names(superuser, outdated="zh-hant") == set()
    assert names(superuser, outdated="no such language") == {"Outdated", "Whole"}


def test_missing_translations_are_found_by_language(superuser: Client) -> None:
    factories.OrganisationFactory(name_en="Complete")
    factories.OrganisationFactory(name_en="No summary", summary_zh_hans="")
    factories.OrganisationFactory(name_en="No English summary", summary_en="", summary_zh_hans="")
    factories.OrganisationFactory(name_en="No official name", name_zh_hans="", name_zh_hant="")

    assert names(superuser, missing="zh-hans") == {"No summary"}
    assert names(superuser, missing="zh-hant") == set()


@pytest.mark.parametrize("words", ["Tsinghua", "清华", "清華", "THU", "tsinghua-institute"])
def test_an_organisation_is_found_in_every_language(superuser: Client, words: str) -> None:
    factories.OrganisationFactory(
        name_en="Tsinghua Institute",
        name_zh_hans="清华研究院",
        name_zh_hant="清華研究院",
        short_name="THU",
        slug="tsinghua-institute",
    )
    factories.OrganisationFactory()

    assert names(superuser, q=words) == {"Tsinghua Institute"}


def test_names_come_in_the_language_of_the_editor(superuser: Client) -> None:
    factories.OrganisationFactory(name_zh_hans="清华研究院")

    response = superuser.get(address(Organisation, "changelist"), headers={"accept-language": "zh-hans"})

    assert [cell.get_text(strip=True) for cell in soup(response).select(".field-name")] == ["清华研究院"]


@pytest.mark.parametrize("role", ["Editor", "Publisher"])
def test_sources_are_completed_while_typing(desk: Any, role: str) -> None:
    factories.SourceFactory(title_original="A new port", publisher_original="Gazette")
    factories.SourceFactory(title_original="Another matter", publisher_original="Gazette")

    response = desk(role).get(
        "/admin/autocomplete/",
        {"term": "port", "app_label": "zone", "model_name": "organisation", "field_name": "sources"},
    )

    assert [result["text"] for result in response.json()["results"]] == ["Gazette: A new port"]
    assert Source.objects.count() == 2
