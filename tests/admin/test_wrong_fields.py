"""A form that comes back leads to each field in which something is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import Client

from tests import factories
from tests.admin.forms import add, address, answers, errors, publish, save, soup
from zone.models import Field, Redirect

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def links(response: Any) -> dict[str, str]:
    """Return what the links above the form are called, by the ids of what they lead to, which have to be there."""
    page = soup(response)
    found = {str(link["href"]).removeprefix("#"): link.text for link in page.select(".wrong-fields a")}
    assert [one for one in found if len(page.select(f"[id='{one}']")) != 1] == []
    return found


def test_each_wrong_field_of_the_record_and_of_its_rows_is_linked(publisher: Client) -> None:
    fact: Any = factories.FactFactory(organisation__status="draft")
    wrong = {
        "slug": "Not A Slug",
        "founded": "2024-13",
        "checked_on": "yesterday",
        "publish_at_0": "tomorrow",
        "publish_at_1": "noon",
        "picture_ppoi_0": "101",
        "facts-0-as_of": "2024-13",
    }

    response = save(publisher, fact.organisation, **wrong)

    assert links(response) == {
        "id_founded": "Founded",
        "id_picture_ppoi_0": "Focal point",
        "id_checked_on": "Last checked on",
        "id_slug": "Slug",
        "id_publish_at_0": "Publish at",
        "id_facts-0-as_of": "Fact 1 · As of",
    }
    assert len(errors(response)) == len(links(response))


def test_focus_is_on_the_links_of_a_form_that_comes_back(publisher: Client) -> None:
    response = add(publisher, Field, slug="Not A Slug", name_en="Optics")

    page = soup(response)
    assert [place.get("class") for place in page.select("[autofocus]")] == [["wrong-fields"]]
    assert page.select("#django-admin-form-add-constants") == []  # It would take the focus to the first field.


def test_what_keeps_a_record_from_being_published_is_linked(publisher: Client) -> None:
    fact: Any = factories.FactFactory(organisation__status="draft", organisation__sources=[], text_en="")

    response = publisher.get(publish(publisher, fact.organisation)["Location"])

    assert links(response) == {"id_sources": "Sources", "id_facts-0-text_en": "Fact 1 · Statement · English"}


def test_form_in_which_nothing_is_wrong_has_no_links(publisher: Client) -> None:
    field: Any = factories.FieldFactory()

    assert soup(publisher.get(address(field, "change"))).select(".wrong-fields") == []


def test_form_that_is_wrong_as_a_whole_has_no_empty_list() -> None:
    form = forms.Form({})
    form.add_error(None, "It contradicts itself.")

    assert (
        Template("{% load wrong_fields %}{% wrong_fields form inlines %}")
        .render(Context({"form": form, "inlines": []}))
        .strip()
        == ""
    )


def test_forms_of_what_is_no_record_have_links_too(superuser: Client) -> None:
    response = add(superuser, Redirect)

    assert links(response) == {"id_old_path": "Old address", "id_new_path": "New address"}


def test_date_or_time_that_is_none_is_told_how_one_is_written(publisher: Client) -> None:
    route: Any = factories.DepartureFactory(route__status="draft").route
    path = address(route, "change")
    wrong = {"checked_on": "yesterday", "publish_at_0": "tomorrow", "publish_at_1": "noon", "departures-0-time": "noon"}

    response = publisher.post(path, answers(publisher.get(path)) | wrong)

    assert errors(response) == {
        "checked_on": "Write the day as 2024-06-13.",
        "publish_at": "Write the day as 2024-06-13. Write the time as 09:30.",
        "departures-0-time": "Write the time as 09:30.",
    }
