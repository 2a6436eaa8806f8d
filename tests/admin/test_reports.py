"""The reports of readers on the editors' side."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.admin.forms import soup
from zone.models import Report

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

LIST = reverse("admin:zone_report_changelist")


def report(**values: Any) -> Report:
    written = {"language": "en", "message": "The area is wrong.", "page": "/en/figures/"}
    return Report.objects.create(**{**written, **values})


def on_the_desk(client: Client) -> list[str] | None:
    section = soup(client.get(reverse("admin:index"))).select_one("section#reports")
    return None if section is None else [link.get_text(strip=True) for link in section.select("li a")]


def links(client: Client, one: Report) -> list[Any]:
    page = soup(client.get(reverse("admin:zone_report_change", args=[one.pk])))
    return [link["href"] for link in page.select(".field-where a")]


def test_desk_shows_what_waits_the_oldest_first(editor: Client, translator: Client) -> None:
    report(message="First\nline")
    report(message="x" * 90)
    report(message="Done", is_closed=True)
    assert on_the_desk(editor) == ["First line", f"{'x' * 77}…"]
    assert on_the_desk(translator) is None


def test_report_leads_to_the_page_and_to_the_form_of_its_record(editor: Client) -> None:
    record = factories.OrganisationFactory(slug="acme")
    form = reverse("admin:zone_organisation_change", args=[record.pk])
    for page, expected in {
        "/zh-hans/organisations/acme/": ["/zh-hans/organisations/acme/", form],
        "/en/organisations/nosuch/": ["/en/organisations/nosuch/"],
        "/en/figures/": ["/en/figures/"],
        "//evil.example/": [],
        "javascript:alert(1)": [],
        '/en/"><script>': [],
        "": [],
    }.items():
        assert (page, links(editor, report(page=page))) == (page, expected)


def test_editor_closes_a_report_and_changes_nothing_of_it(editor: Client) -> None:
    one = report()
    address = reverse("admin:zone_report_change", args=[one.pk])
    forged = {"message": "Another", "page": "/x/", "email": "a@b.org"}
    editor.post(address, {"is_closed": "on", "note": "Mended.", **forged})
    one.refresh_from_db()
    assert (one.is_closed, one.note, one.message, one.page, one.email) == (
        True,
        "Mended.",
        "The area is wrong.",
        "/en/figures/",
        "",
    )
    assert on_the_desk(editor) == []


def test_only_publishers_delete_reports_and_nobody_adds_one(editor: Client, publisher: Client) -> None:
    one = report()
    delete, add = reverse("admin:zone_report_delete", args=[one.pk]), reverse("admin:zone_report_add")
    assert [client.get(delete).status_code for client in (editor, publisher)] == [403, 200]
    assert [client.get(add).status_code for client in (editor, publisher)] == [403, 403]


def test_list_takes_the_same_queries_with_one_and_with_five(editor: Client, django_assert_num_queries: Any) -> None:
    report()
    editor.get(LIST)
    with django_assert_num_queries(8):
        editor.get(LIST)
    for _ in range(4):
        report()
    with django_assert_num_queries(8):
        editor.get(LIST)
