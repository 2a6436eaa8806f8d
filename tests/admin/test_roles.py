from __future__ import annotations

import datetime
import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.admin.forms import add, address, answers, errors, save, soup
from zone.admin.steps import take_step
from zone.history import Occasion, draft_of
from zone.models import Fact, Field, Organisation, Version

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

RECORDS = {
    *("park", "field", "source", "organisation", "facility", "newsitem", "keyfigure", "crossing", "route"),
    "holidaycalendar",
}
ROWS = {"fact", "person", "specification", "observation", "stop", "departure", "holiday"}

PERMISSIONS = {
    "Editor": (
        {f"{action}_{model}" for action in ("add", "change", "delete", "view") for model in RECORDS | ROWS}
        | {"add_changenote", "change_changenote", "view_changenote", "view_redirect", "view_version"}
        | {"change_report", "view_report"}
    ),
    "Publisher": (
        {f"{action}_{model}" for action in ("add", "change", "delete", "view") for model in RECORDS | ROWS}
        | {
            f"{action}_{model}"
            for action in ("add", "change", "delete", "view")
            for model in ("changenote", "redirect")
        }
        | {f"publish_{model}" for model in RECORDS}
        | {"view_version", "change_report", "delete_report", "view_report"}
    ),
    "Translator": (
        {f"view_{model}" for model in RECORDS | ROWS | {"changenote", "redirect", "version"}}
        | {f"translate_{model}" for model in RECORDS}
    ),
}

MIGRATIONS = {
    "in one": ["0001_squashed_0017_versions_by_number"],
    "one by one": ["0002_roles", "0009_holidays", "0010_reports"],
}
"""Those that give the roles their permissions, in a new database and in one that is older."""


def found() -> dict[str, set[str]]:
    return {
        group.name: set(group.permissions.values_list("codename", flat=True))
        for group in Group.objects.prefetch_related("permissions")
    }


def test_each_role_has_exactly_its_permissions() -> None:
    assert found() == PERMISSIONS


def test_the_permissions_that_the_migration_creates_are_those_of_django() -> None:
    doubles = Permission.objects.filter(content_type__app_label="zone").values_list("codename", flat=True)

    assert sorted(doubles) == sorted(set(doubles))
    assert Permission.objects.get(codename="publish_newsitem").name == "Can publish news item"


@pytest.mark.parametrize("names", MIGRATIONS.values(), ids=MIGRATIONS)
def test_the_migrations_can_be_undone_and_repeated(names: list[str]) -> None:
    here = SimpleNamespace(connection=connection)
    first, *later = (importlib.import_module(f"zone.migrations.{name}") for name in names)
    first.remove_roles(apps, here)
    assert found() == {}
    for one in later:
        one.allow(apps, here)
    assert found() == {}
    for _ in range(2):
        first.create_roles(apps, here)
        for one in later:
            one.allow(apps, here)

    assert found() == PERMISSIONS


STEPS = {
    # What each button makes of a record, for those who may press it: of one in each state.
    "_save": {"draft": "draft", "review": "review", "published": "published", "withdrawn": "withdrawn"},
    "_submit": {"draft": "review", "review": "review", "published": "published", "withdrawn": "withdrawn"},
    "_publish": {"draft": "published", "review": "published", "published": "published", "withdrawn": "published"},
    "_return": {"draft": "draft", "review": "draft", "published": "published", "withdrawn": "withdrawn"},
}
PUBLISHERS_BUTTONS = ("_publish", "_return")


@pytest.mark.parametrize("role", ["Editor", "Publisher", "Translator", "superuser"])
@pytest.mark.parametrize("status", ["draft", "review", "published", "withdrawn"])
def test_each_button_does_what_it_says_only_for_those_who_may(desk: Any, role: str, status: str) -> None:
    organisation: Any = factories.OrganisationFactory(status=status, name_zh_hans="之前")
    client, path = desk(role), address(organisation, "change")
    form = answers(client.get(path)) | {"name_zh_hans": "之后", "comment": "Look."}

    for button in STEPS:
        with transaction.atomic():
            may = button not in PUBLISHERS_BUTTONS or role in ("Publisher", "superuser")

            response = client.post(path, form | {button: "yes"})

            organisation.refresh_from_db()
            live = status in ("published", "withdrawn")
            at_once = may and (button == "_publish" or not live)
            assert (button, response.status_code, organisation.status, organisation.name_zh_hans) == (
                button,
                302 if may else 403,
                STEPS[button][status] if may else status,
                "之后" if at_once else "之前",
            )
            draft = draft_of(organisation)
            assert (button, draft is not None) == (button, may and live and button != "_publish")
            if draft is not None:
                state = {"_submit": "review"}.get(button, "draft")
                assert (draft.state, draft.version.content["fields"]["name_zh_hans"]) == (state, "之后")
            if not may:
                assert [version.action for version in Version.objects.all()] == ["found"]
            transaction.set_rollback(True)


def test_what_goes_live_later_says_so_until_it_is_returned(desk: Any) -> None:
    client, record = desk("Publisher"), factories.FieldFactory(publish_at=timezone.now() + datetime.timedelta(days=3))

    def head() -> tuple[str, bool, list[str]]:
        page = soup(client.get(address(record, "change")))
        [badge] = page.select(".record-state .badge")
        steps = [str(button["name"]) for button in page.select(".submit-row [name=_return]")]
        links = [link.text for link in page.select(".submit-row a") if link.text == "Withdraw…"]
        return badge.text, "It goes live on" in page.text, steps + links

    assert head() == ("scheduled", True, ["_return"])
    saved = client.get(save(client, record, publish_at_0="", publish_at_1="", _continue="yes").headers["Location"])
    assert [item.text for item in soup(saved).select(".messagelist li")] == [
        f"The draft of “{record}” is saved. What was published before still goes live, "
        "unless you publish the draft or return the record."
    ]
    assert head() == ("scheduled", True, ["_return"])
    save(client, record, comment="Not yet.", _return="yes")
    assert head() == ("draft", False, [])


@pytest.mark.parametrize("role", ["Editor", "Publisher", "Translator", "nobody"])
@pytest.mark.parametrize("step", ["publish", "submit", "return", "discard"])
def test_a_step_is_taken_only_by_those_who_may(desk: Any, role: str, step: str) -> None:
    organisation: Any = factories.OrganisationFactory()
    save(desk("superuser"), organisation, name_en="Draft", _submit="yes")
    if step == "submit":
        take_step("return", organisation, Occasion(by=organisation and User.objects.get(), comment="No."))
    may = {
        "publish": ["Publisher"],
        "return": ["Publisher"],
        "submit": ["Editor", "Publisher", "Translator"],
        "discard": ["Editor", "Publisher"],
    }[step]
    before = draft_of(organisation)

    assert before is not None
    response = desk(role).post(
        reverse("admin:zone_organisation_step", args=[organisation.pk, step]),
        {"comment": "Because.", "seen": before.version_id},
    )

    after = draft_of(organisation)
    found = after.state if after is not None else None
    done = {"publish": None, "submit": "review", "return": "draft", "discard": None}[step]
    assert (response.status_code, found) == ((302, done) if role in may else (403, before.state))
    organisation.refresh_from_db()
    assert organisation.name_en == ("Draft" if step == "publish" and role in may else before.base.name)


@pytest.mark.parametrize("path", ["step/publish/", "step/erase/"])
def test_a_step_needs_a_post_and_a_name(publisher: Client, path: str) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    address = f"/admin/zone/organisation/{organisation.pk}/{path}"

    assert publisher.get(address).status_code == (403 if "publish" in path else 404)
    assert publisher.post(f"/admin/zone/organisation/9{organisation.pk}/{path}").status_code == 404


def test_an_editor_is_not_offered_what_publishers_do(editor: Client, publisher: Client) -> None:
    organisation: Any = factories.OrganisationFactory(status="review")

    def offered(client: Client) -> set[str]:
        page = soup(client.get(address(organisation, "change")))
        return {str(button["name"]) for button in page.select(".submit-row [name]")} - {"comment"}

    both = {"_save", "_continue"}
    assert offered(editor) == both
    assert offered(publisher) == both | {"_publish", "_return"}


def test_a_forged_publication_changes_nothing_else_either(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft", name_en="Before")

    response = save(editor, organisation, status="published", name_en="After", _publish="yes")

    organisation.refresh_from_db()
    assert (response.status_code, organisation.name_en, organisation.status) == (403, "Before", "draft")
    assert [version.action for version in Version.objects.all()] == ["found"]


@pytest.mark.parametrize(("given", "code", "left"), [({"_publish": "yes"}, 403, 0), ({"status": "published"}, 302, 1)])
def test_an_editor_cannot_add_a_published_record(editor: Client, given: dict[str, str], code: int, left: int) -> None:
    response = add(editor, Field, name_en="Optics", **given)

    assert (response.status_code, Field.objects.count()) == (code, left)
    assert Field.objects.filter(status="published").count() == 0


@pytest.mark.parametrize(("role", "changes"), [("Editor", False), ("Translator", False), ("Publisher", True)])
@pytest.mark.parametrize("field", ["publish_at", "expire_at"])
def test_only_publishers_set_the_times(desk: Any, role: str, changes: bool, field: str) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")

    response = save(desk(role), organisation, **{f"{field}_0": "2027-01-02", f"{field}_1": "10:00"})

    organisation.refresh_from_db()
    assert (response.status_code, getattr(organisation, field) is not None) == (302, changes)


@pytest.mark.parametrize(
    ("role", "status", "code", "after"),
    [
        ("Editor", "draft", 302, "trashed"),
        ("Editor", "review", 302, "trashed"),
        ("Editor", "published", 403, "published"),
        ("Editor", "withdrawn", 403, "withdrawn"),
        ("Publisher", "published", 302, "trashed"),
        ("Translator", "draft", 403, "draft"),
    ],
)
def test_what_is_published_only_publishers_delete(desk: Any, role: str, status: str, code: int, after: str) -> None:
    field: Any = factories.FieldFactory(status=status)

    response = desk(role).post(address(field, "delete"), {"post": "yes"})

    field.refresh_from_db()
    assert (response.status_code, field.status) == (code, after)


# Translators


def test_a_translator_finds_the_texts_and_the_checks_and_nothing_else(translator: Client) -> None:
    field: Any = factories.FieldFactory()

    response = translator.get(address(field, "change"))

    assert set(response.context["adminform"].form.fields) == {
        *("name_en", "name_zh_hans", "name_zh_hant", "zh_hans_check", "zh_hant_check")
    }


def test_a_translator_saves_texts_of_a_record_and_of_its_rows(translator: Client) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    fact: Any = factories.FactFactory(organisation=organisation)

    response = save(
        translator,
        organisation,
        **{"name_zh_hans": "新名称", "zh_hans_check": "checked", "facts-0-text_zh_hant": "新事實"},
    )

    organisation.refresh_from_db()
    fact.refresh_from_db()
    assert response.status_code == 302
    assert (organisation.name_zh_hans, organisation.zh_hans_check, fact.text_zh_hant) == ("新名称", "checked", "新事實")


@pytest.mark.parametrize("status", ["draft", "published"])
def test_what_a_translator_forges_changes_nothing(translator: Client, status: str) -> None:
    organisation: Any = factories.OrganisationFactory(status=status)
    fact: Any = factories.FactFactory(organisation=organisation)
    other: Any = factories.FactFactory()
    source: Any = factories.SourceFactory()
    before = Organisation.objects.values().get(pk=organisation.pk)
    rows = list(Fact.objects.order_by("pk").values())

    response = save(
        translator,
        organisation,
        **{
            "slug": "stolen",
            "status": "draft",
            "kind": "government",
            "short_name": "X",
            "website": "https://evil.example/",
            "sources": [source.pk],
            "editor_note": "X",
            "facts-0-as_of": "1999",
            "facts-0-source": source.pk,
            "facts-0-DELETE": "on",
            "facts-TOTAL_FORMS": "2",
            "facts-1-organisation": organisation.pk,
            "facts-1-text_en": "An invented row",
            "facts-1-source": source.pk,
        },
    )

    assert response.status_code == 302
    assert Organisation.objects.values().get(pk=organisation.pk) == before
    assert list(Fact.objects.order_by("pk").values()) == rows
    assert (fact.pk, other.pk) == tuple(row["id"] for row in rows)
    assert source not in organisation.sources.all()
    assert draft_of(organisation) is None


def test_a_translator_cannot_reach_the_row_of_another_record(translator: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    factories.FactFactory(organisation=organisation)
    other: Any = factories.FactFactory(text_zh_hans="不变")

    save(translator, organisation, **{"facts-0-id": other.pk, "facts-0-text_zh_hans": "改了"})

    other.refresh_from_db()
    assert other.text_zh_hans == "不变"


def test_a_translator_changes_the_text_of_a_note_and_nothing_else(translator: Client) -> None:
    note: Any = factories.ChangeNoteFactory(organisation=factories.OrganisationFactory(status="draft"))
    date = note.date

    response = save(
        translator,
        note.organisation,
        **{"changes-0-text_zh_hans": "新说明", "changes-0-date": "1999-01-01", "changes-0-kind": "correction"},
    )

    note.refresh_from_db()
    assert (response.status_code, note.text_zh_hans, note.date, note.kind) == (302, "新说明", date, "update")


def test_a_translator_only_looks_at_what_has_no_texts(translator: Client) -> None:
    response = translator.post(address(factories.SourceFactory(), "change"), {})

    assert response.status_code == 403


def test_a_translator_changes_the_texts_of_rows_of_a_record_without_texts(translator: Client) -> None:
    holiday: Any = factories.HolidayFactory(calendar__status="draft")

    save(translator, holiday.calendar, **{"holidays-0-name_zh_hans": "国庆节", "holidays-0-date": "2099-01-01"})

    before = holiday.date
    holiday.refresh_from_db()
    assert (holiday.name_zh_hans, holiday.date) == ("国庆节", before)


@pytest.mark.parametrize(("role", "code"), [("Translator", 403), ("Editor", 200), ("Publisher", 200)])
def test_translators_add_nothing(desk: Any, role: str, code: int) -> None:
    assert desk(role).get(address(Organisation, "add")).status_code == code


def test_errors_is_empty_for_a_page_without_errors(superuser: Client) -> None:
    assert errors(superuser.get(address(Organisation, "add"))) == {}
