from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client

from tests import factories
from tests.admin.forms import add, address, errors, run, save, soup
from zone.models import Fact, Organisation, Version
from zone.publishing import Status

pytestmark = pytest.mark.django_db

RECORDS = {"park", "field", "source", "organisation", "facility", "newsitem", "keyfigure", "crossing", "route"}
ROWS = {"fact", "person", "specification", "observation", "stop", "departure"}

PERMISSIONS = {
    "Editor": (
        {f"{action}_{model}" for action in ("add", "change", "delete", "view") for model in RECORDS | ROWS}
        | {"add_changenote", "change_changenote", "view_changenote", "view_redirect", "view_version"}
    ),
    "Publisher": (
        {f"{action}_{model}" for action in ("add", "change", "delete", "view") for model in RECORDS | ROWS}
        | {
            f"{action}_{model}"
            for action in ("add", "change", "delete", "view")
            for model in ("changenote", "redirect")
        }
        | {f"publish_{model}" for model in RECORDS}
        | {"view_version"}
    ),
    "Translator": (
        {f"view_{model}" for model in RECORDS | ROWS | {"changenote", "redirect", "version"}}
        | {f"translate_{model}" for model in RECORDS}
    ),
}

MIGRATION: Any = importlib.import_module("zone.migrations.0002_roles")


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


def test_the_migration_can_be_undone_and_repeated() -> None:
    here = SimpleNamespace(connection=connection)
    MIGRATION.remove_roles(apps, here)
    assert found() == {}
    MIGRATION.create_roles(apps, here)
    MIGRATION.create_roles(apps, here)

    assert found() == PERMISSIONS


@pytest.mark.parametrize(
    ("role", "before", "after", "code", "then"),
    [
        ("Editor", "draft", "review", 302, "review"),
        ("Editor", "review", "draft", 302, "draft"),
        ("Editor", "draft", "published", 403, "draft"),
        ("Editor", "review", "published", 403, "review"),
        ("Editor", "published", "draft", 302, "published"),
        ("Publisher", "draft", "published", 302, "published"),
        ("Publisher", "published", "draft", 302, "draft"),
        ("Publisher", "published", "review", 302, "review"),
        ("Translator", "draft", "published", 302, "draft"),
        ("Translator", "published", "draft", 302, "published"),
        ("superuser", "draft", "published", 302, "published"),
    ],
)
def test_the_status_changes_only_by_those_who_may(
    desk: Any, role: str, before: str, after: str, code: int, then: str
) -> None:
    organisation: Any = factories.OrganisationFactory(status=before)

    response = save(desk(role), organisation, status=after)

    organisation.refresh_from_db()
    assert (response.status_code, organisation.status) == (code, then)


def test_a_forged_status_changes_nothing_else_either(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft", name_en="Before")

    response = save(editor, organisation, status="published", name_en="After")

    organisation.refresh_from_db()
    assert (response.status_code, organisation.name_en, Version.objects.count()) == (403, "Before", 0)


def test_an_editor_cannot_add_a_published_record(editor: Client) -> None:
    response = add(editor, factories.FieldFactory._meta.model, name_en="Optics", status="published")

    assert (response.status_code, factories.FieldFactory._meta.model.objects.count()) == (403, 0)


@pytest.mark.parametrize(
    ("role", "status", "offered"),
    [
        ("Editor", "draft", ["draft", "review"]),
        ("Editor", "published", []),
        ("Publisher", "published", ["draft", "review", "published"]),
        ("Translator", "draft", []),
    ],
)
def test_only_the_statuses_that_one_may_give_are_offered(desk: Any, role: str, status: str, offered: list[str]) -> None:
    response = desk(role).get(address(factories.OrganisationFactory(status=status), "change"))

    assert [option["value"] for option in soup(response).select("select[name=status] option")] == offered


@pytest.mark.parametrize(("role", "changes"), [("Editor", False), ("Translator", False), ("Publisher", True)])
@pytest.mark.parametrize("field", ["publish_at", "expire_at"])
def test_only_publishers_set_the_times(desk: Any, role: str, changes: bool, field: str) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")

    response = save(desk(role), organisation, **{f"{field}_0": "2027-01-02", f"{field}_1": "10:00"})

    organisation.refresh_from_db()
    assert (response.status_code, getattr(organisation, field) is not None) == (302, changes)


@pytest.mark.parametrize(
    ("role", "status", "code", "left"),
    [
        ("Editor", "draft", 302, 0),
        ("Editor", "review", 302, 0),
        ("Editor", "published", 403, 1),
        ("Publisher", "published", 302, 0),
        ("Translator", "draft", 403, 1),
    ],
)
def test_what_is_published_only_publishers_delete(desk: Any, role: str, status: str, code: int, left: int) -> None:
    field: Any = factories.FieldFactory(status=status)

    response = desk(role).post(address(field, "delete"), {"post": "yes"})

    assert (response.status_code, type(field).objects.count()) == (code, left)


@pytest.mark.parametrize(("role", "code", "left"), [("Editor", 403, 2), ("Publisher", 302, 0)])
def test_deleting_many_at_once_asks_for_each(desk: Any, role: str, code: int, left: int) -> None:
    draft, published = factories.FieldFactory(status="draft"), factories.FieldFactory()
    given = {"action": "delete_selected", "_selected_action": [draft.pk, published.pk], "post": "yes"}

    response = desk(role).post(address(type(draft), "changelist"), given)

    assert (response.status_code, type(draft).objects.count()) == (code, left)


def test_what_was_deleted_can_be_read_in_its_last_version(publisher: Client) -> None:
    field: Any = factories.FieldFactory(slug="optics")

    publisher.post(address(field, "delete"), {"post": "yes"})

    assert [version.content[0]["fields"]["slug"] for version in Version.objects.all()] == ["optics"]


# Translators


def test_a_translator_finds_the_texts_and_the_checks_and_nothing_else(translator: Client) -> None:
    field: Any = factories.FieldFactory()

    response = translator.get(address(field, "change"))

    assert set(response.context["adminform"].form.fields) == {
        *("name_en", "name_zh_hans", "name_zh_hant", "zh_hans_check", "zh_hant_check")
    }


def test_a_translator_saves_texts_of_a_record_and_of_its_rows(translator: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
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


def test_what_a_translator_forges_changes_nothing(translator: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
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


def test_a_translator_cannot_reach_the_row_of_another_record(translator: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    factories.FactFactory(organisation=organisation)
    other: Any = factories.FactFactory(text_zh_hans="不变")

    save(translator, organisation, **{"facts-0-id": other.pk, "facts-0-text_zh_hans": "改了"})

    other.refresh_from_db()
    assert other.text_zh_hans == "不变"


def test_a_translator_changes_the_text_of_a_note_and_nothing_else(translator: Client) -> None:
    note: Any = factories.ChangeNoteFactory()
    date = note.date

    response = save(translator, note, text_zh_hans="新说明", date="1999-01-01", kind="correction")

    note.refresh_from_db()
    assert (response.status_code, note.text_zh_hans, note.date, note.kind) == (302, "新说明", date, "update")


@pytest.mark.parametrize("factory", [factories.SourceFactory, factories.CrossingFactory])
def test_a_translator_only_looks_at_what_has_no_texts(translator: Client, factory: Any) -> None:
    response = translator.post(address(factory(), "change"), {})

    assert response.status_code == 403


@pytest.mark.parametrize(("role", "code"), [("Translator", 403), ("Editor", 200), ("Publisher", 200)])
def test_translators_add_nothing(desk: Any, role: str, code: int) -> None:
    assert desk(role).get(address(Organisation, "add")).status_code == code


# Actions


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("Editor", ["delete_selected", "send_to_review", "mark_as_checked"]),
        ("Publisher", ["delete_selected", "publish", "withdraw", "send_to_review", "mark_as_checked"]),
        ("Translator", []),
    ],
)
def test_each_role_is_offered_its_actions(desk: Any, role: str, offered: list[str]) -> None:
    factories.FieldFactory()

    response = desk(role).get(address(factories.FieldFactory._meta.model, "changelist"))

    options = [str(option["value"]) for option in soup(response).select("select[name=action] option")]
    assert options[1:] == offered


@pytest.mark.parametrize(
    ("role", "action", "before", "code", "after"),
    [
        ("Publisher", "publish", "draft", 302, "published"),
        ("Publisher", "withdraw", "published", 302, "draft"),
        ("Publisher", "send_to_review", "published", 302, "review"),
        ("Editor", "send_to_review", "draft", 302, "review"),
        ("Editor", "send_to_review", "published", 302, "published"),
        ("Editor", "publish", "draft", 302, "draft"),
        ("Editor", "withdraw", "published", 302, "published"),
        ("Translator", "publish", "draft", 200, "draft"),
        ("Translator", "send_to_review", "draft", 200, "draft"),
    ],
)
def test_an_action_changes_the_status_only_for_those_who_may(
    desk: Any, role: str, action: str, before: str, code: int, after: str
) -> None:
    field: Any = factories.FieldFactory(status=before)

    response = run(desk(role), action, field)

    field.refresh_from_db()
    assert (response.status_code, field.status) == (code, after)


def test_an_action_leaves_alone_what_it_may_not_change_and_says_so(editor: Client) -> None:
    draft, published = factories.FieldFactory(status="draft"), factories.FieldFactory()

    response = run(editor, "send_to_review", draft, published)

    for record in (draft, published):
        record.refresh_from_db()
    assert (draft.status, published.status, Version.objects.count()) == (Status.REVIEW, Status.PUBLISHED, 1)
    said = [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]
    assert said == [
        "1 record was changed.",
        "1 record stays as it is: only publishers may move what is published.",
    ]


def test_errors_is_empty_for_a_page_without_errors(superuser: Client) -> None:
    assert errors(superuser.get(address(Organisation, "add"))) == {}
