"""What is typed into a form is kept until it is saved, and others see that somebody has it open."""

from __future__ import annotations

import datetime
import io
import json
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from tests import factories
from tests.admin.forms import address, answers, errors, form_of, soup
from zone.admin.open_forms import clean_up, forget, kept_content, others_with
from zone.models import Fact, Field, NewsItem, OpenForm, Organisation, Source, Version

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

OPENING = "an-opening-for-tests"
OTHER = "another-opening-for-tests"


def keep_address(model: Any, page: str = "keep") -> str:
    return address(model, "changelist") + {"keep": "keep/", "discard": "keep/discard/"}[page]


def keep(client: Client, record: Any, data: Any = None, opening: str = OPENING) -> Any:
    """Send a sign of life of the form of ``record``, or of the form that adds one to a model."""
    is_new = isinstance(record, type)
    sent = {"opening": opening, "object_id": None if is_new else record.pk, "data": data}
    model = record if is_new else type(record)
    return client.post(keep_address(model), json.dumps(sent), content_type="application/json")


def opening_of(response: Any) -> str:
    return answers(response)["_opening"]


def pairs(given: dict[str, Any]) -> list[list[str]]:
    """Return answers as the browser keeps them."""
    unkept = {"csrfmiddlewaretoken", "_opening"}
    lists = {name: value if isinstance(value, list) else [value] for name, value in given.items() if name not in unkept}
    return [[name, str(value)] for name, values in lists.items() for value in values]


def typed(client: Client, record: Any, **changes: Any) -> str:
    """Open the form of ``record``, change some answers without saving, and return the opening."""
    response = client.get(address(record, "add" if isinstance(record, type) else "change"))
    opening = opening_of(response)
    left = {name: value for name, value in (answers(response) | changes).items() if value is not None}
    assert keep(client, record, pairs(left), opening).status_code == 200
    return opening


def restored(client: Client, record: Any, opening: str) -> Any:
    page = address(record, "add" if isinstance(record, type) else "change")
    return client.get(page, {"restore": opening})


def offer(response: Any) -> str | None:
    """Return what the page offers to restore, without what the browser may offer later."""
    found = form_of(response).select_one("[data-kept-offers] .kept-offer")
    return None if found is None else " ".join(found.get_text(" ", strip=True).split())


# Signs of life


def test_opening_a_form_remembers_who_opened_it_and_nothing_else(editor: Client, member: Any) -> None:
    field: Any = factories.FieldFactory()

    response = editor.get(address(field, "change"))

    form = OpenForm.objects.get()
    assert (form.opening, form.user, form.object_id, form.data) == (
        opening_of(response),
        member("Editor"),
        field.pk,
        None,
    )
    assert [version.action for version in Version.objects.all()] == ["found"]


def test_each_opening_has_a_name_of_its_own(editor: Client) -> None:
    field: Any = factories.FieldFactory()

    names = {opening_of(editor.get(address(field, "change"))) for _ in range(3)}

    assert len(names) == 3


def test_looking_without_the_right_to_change_opens_nothing(translator: Client) -> None:
    response = translator.get(address(factories.SourceFactory(), "change"))

    assert (response.status_code, OpenForm.objects.count()) == (200, 0)
    assert soup(response).select("[name=_opening]") == []


def test_a_sign_of_life_without_answers_keeps_nothing(editor: Client) -> None:
    field: Any = factories.FieldFactory()

    response = keep(editor, field)

    assert response.json() == {"kept_at": None, "kept": None, "others": [], "saved": False}
    assert OpenForm.objects.get().kept_at is None


@time_machine.travel("2026-11-20T06:32:10Z", tick=False)
def test_answers_are_kept_in_their_order(editor: Client) -> None:
    editor.get(address(field := factories.FieldFactory(), "change"))
    data = [["b", "2"], ["a", "1"], ["b", "3"], ["empty", ""]]

    response = keep(editor, field, data)

    assert response.json() == {
        "kept_at": "2026-11-20T14:32:10+08:00",
        "kept": "14:32",
        "others": [],
        "saved": False,
    }
    assert OpenForm.objects.get(opening=OPENING).data == data


def test_a_sign_of_life_leaves_kept_answers_alone(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    first = keep(editor, field, [["a", "1"]]).json()

    second = keep(editor, field).json()

    assert (second["kept_at"], OpenForm.objects.get().data) == (first["kept_at"], [["a", "1"]])


def test_answers_that_are_those_of_the_record_again_are_kept_no_longer(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    keep(editor, field, [["a", "1"]])

    response = keep(editor, field, [])

    form = OpenForm.objects.get()
    assert (response.json()["kept_at"], form.kept_at, form.data) == (None, None, None)


def test_what_no_database_takes_is_left_out_of_the_answers(editor: Client) -> None:
    keep(editor, field := factories.FieldFactory(), [["a", "x\0y\ud800z"]])

    assert OpenForm.objects.get().data == [["a", "xy?z"]]
    assert restored(editor, field, OPENING).status_code == 200


@pytest.mark.parametrize("role", ["Editor", "Publisher", "Translator"])
@pytest.mark.parametrize(("add", "code"), [(False, 200), (True, 200)])
def test_everybody_keeps_what_they_may_save(desk: Any, role: str, add: bool, code: int) -> None:
    expected = 403 if role == "Translator" and add else code

    assert keep(desk(role), Field if add else factories.FieldFactory(), [["a", "1"]]).status_code == expected


def test_who_may_only_look_keeps_nothing(translator: Client) -> None:
    assert (keep(translator, factories.SourceFactory()).status_code, OpenForm.objects.count()) == (403, 0)


def test_who_has_no_rights_keeps_nothing(desk: Any) -> None:
    assert (keep(desk("newcomer"), factories.FieldFactory()).status_code, OpenForm.objects.count()) == (403, 0)


@pytest.mark.parametrize("page", ["keep", "discard"])
def test_who_is_not_logged_in_is_sent_to_the_login(client: Client, page: str) -> None:
    response = client.post(keep_address(Field, page), "{}", content_type="application/json")

    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize("page", ["keep", "discard"])
def test_a_request_without_the_token_is_refused(member: Any, page: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member("Editor"))

    response = client.post(keep_address(Field, page), "{}", content_type="application/json")

    assert response.status_code == 403


@pytest.mark.parametrize("page", ["keep", "discard"])
def test_keeping_is_nothing_to_look_at(editor: Client, page: str) -> None:
    assert editor.get(keep_address(Field, page)).status_code == 405


GOOD = {"opening": OPENING, "object_id": None, "data": None}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"1",
        b"[" * 100_000,
        b'{"opening": ' + b"1" * 5000 + b"}",
        *(
            json.dumps(GOOD | wrong).encode()
            for wrong in (
                {"opening": None},
                {"opening": ""},
                {"opening": "short"},
                {"opening": "x" * 33},
                {"opening": "x" * 20 + "\0"},
                {"opening": ["x"] * 20},
                {"object_id": 0},
                {"object_id": -1},
                {"object_id": "1"},
                {"object_id": 1.5},
                {"object_id": True},
                {"object_id": 2**63},
                {"data": "text"},
                {"data": {"a": "1"}},
                {"data": ["ab"]},
                {"data": [["a"]]},
                {"data": [["a", 1]]},
                {"data": [["a", "1", "2"]]},
                {"data": [["a", None]]},
            )
        ),
    ],
)
def test_what_no_form_sends_is_refused(editor: Client, body: bytes) -> None:
    response = editor.post(keep_address(Field), body, content_type="application/json")

    assert (response.status_code, OpenForm.objects.count()) == (400, 0)


def test_form_of_another_kind_is_refused_though_its_token_has_been_read_from_it(member: Any) -> None:
    editor = Client(enforce_csrf_checks=True)
    editor.force_login(member("Editor"))
    editor.cookies["csrftoken"] = token = "a" * 32

    response = editor.post(keep_address(Field), {"csrfmiddlewaretoken": token})

    assert (response.status_code, OpenForm.objects.count()) == (400, 0)


@pytest.mark.parametrize(("size", "code"), [(2 * 1024 * 1024 - 200, 200), (2 * 1024 * 1024, 413)])
def test_answers_have_a_greatest_size(editor: Client, size: int, code: int) -> None:
    assert keep(editor, factories.FieldFactory(), [["a", "x" * size]]).status_code == code


def test_what_is_sent_to_a_record_in_the_trash_is_kept_without_what_no_database_takes(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    path = address(field, "change")
    opening = opening_of(editor.get(path))
    Field.objects.update(status="trashed")

    editor.post(path, {"_opening": f"{opening}\0", "name\0_en": "Ro\0bots"})

    assert OpenForm.objects.get().data == [["_opening", opening], ["name_en", "Robots"]]


def test_the_form_of_a_record_that_is_gone_is_not_kept(editor: Client) -> None:
    gone = Field(pk=2**62)

    assert (keep(editor, gone).status_code, OpenForm.objects.count()) == (404, 0)


def test_an_opening_belongs_to_its_user(editor: Client, publisher: Client) -> None:
    field: Any = factories.FieldFactory()
    keep(editor, field, [["a", "1"]])

    response = keep(publisher, field, [["a", "2"]])

    assert (response.status_code, [form.data for form in OpenForm.objects.all()]) == (403, [[["a", "1"]]])


def test_an_opening_belongs_to_its_record(editor: Client) -> None:
    keep(editor, factories.FieldFactory(), [["a", "1"]])

    codes = [
        keep(editor, record, [["a", "2"]]).status_code for record in (factories.FieldFactory(), Field, Organisation)
    ]

    assert (codes, OpenForm.objects.get().data) == ([400, 400, 400], [["a", "1"]])


# Who else has it open


def test_others_who_have_the_record_open_are_named(editor: Client, publisher: Client, member: Any) -> None:
    member("Publisher").__class__.objects.filter(username="publisher").update(first_name="Mei", last_name="Lin")
    field: Any = factories.FieldFactory()
    with time_machine.travel("2026-11-20T06:30:00Z", tick=False):
        editor.force_login(member("Editor"))
        publisher.force_login(member("Publisher"))
        keep(publisher, field, opening=OTHER)
        assert keep(editor, field).json()["others"] == ["Mei Lin has had this record open since 14:30."]
        keep(publisher, field, [["a", "1"]], OTHER)

        note = "Mei Lin has had this record open since 14:30, with unsaved changes."
        assert keep(editor, field).json()["others"] == [note]
        notes = soup(editor.get(address(field, "change"))).select("[data-keep-others] p")
        assert [line.text for line in notes] == [note]


def test_one_who_has_a_record_open_twice_is_named_once(member: Any) -> None:
    field: Any = factories.FieldFactory()
    with time_machine.travel("2026-11-20T06:30:00Z", tick=False) as clock:
        for opening in ("first-opening-for-tests", "second-opening-for-tests", "third-opening-for-tests"):
            client = Client()
            client.force_login(member("Publisher"))
            keep(client, field, [["a", "1"]] if opening.startswith("second") else None, opening)
            clock.shift(1)

        found = others_with(field, member("Editor"))

    assert [(form.opening, form.is_unsaved) for form in found] == [("second-opening-for-tests", True)]


@pytest.mark.parametrize(("seconds", "names"), [(89, ["publisher"]), (90, [])])
def test_a_form_that_gives_no_sign_of_life_is_closed(
    publisher: Client, member: Any, seconds: int, names: list[str]
) -> None:
    field: Any = factories.FieldFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        keep(publisher, field)
        clock.shift(seconds)

        assert [form.user.username for form in others_with(field, member("Editor"))] == names


def test_neither_oneself_nor_other_records_are_named(editor: Client, publisher: Client, member: Any) -> None:
    field: Any = factories.FieldFactory()
    keep(editor, field)
    keep(publisher, factories.FieldFactory(), opening=OTHER)
    keep(publisher, Field, opening="add-opening-for-tests")

    assert (others_with(field, member("Editor")), keep(editor, Field, opening=OTHER + "2").json()["others"]) == ([], [])


def test_who_has_saved_has_the_record_open_no_longer(editor: Client, publisher: Client, member: Any) -> None:
    field: Any = factories.FieldFactory()
    path = address(field, "change")

    publisher.post(path, answers(publisher.get(path)) | {"name_en": "New"})

    assert others_with(field, member("Editor")) == []


# The offer


def test_what_was_typed_is_offered_when_the_form_is_opened_again(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    user: Any = editor.get("/admin/").wsgi_request.user
    with time_machine.travel(timezone.localtime().replace(hour=14, minute=32), tick=False):
        editor.force_login(user)  # The first session may have ended by then.
        opening = typed(editor, field, name_en="Typed")
        response = editor.get(address(field, "change"))

    assert offer(response) == "You have unsaved changes from 14:32 . Restore them Discard them"
    assert form_of(response).select("[data-kept-offers] a")[0]["href"] == f"?restore={opening}"
    assert answers(response)["name_en"] == field.name_en
    assert opening_of(response) != opening


def test_nothing_is_offered_where_nothing_was_typed(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    editor.get(address(field, "change"))

    assert offer(editor.get(address(field, "change"))) is None


def test_what_was_typed_is_offered_to_its_author_for_its_record(editor: Client, publisher: Client) -> None:
    field: Any = factories.FieldFactory()
    typed(editor, field, name_en="Typed")

    others = [
        publisher.get(address(field, "change")),
        editor.get(address(factories.FieldFactory(), "change")),
        editor.get(address(Field, "add")),
    ]

    assert [offer(response) for response in others] == [None, None, None]


def test_what_was_typed_yesterday_is_offered_with_its_day(editor: Client) -> None:
    keep(editor, field := factories.FieldFactory(), [["name_en", "Typed"]])
    OpenForm.objects.update(kept_at=datetime.datetime(2026, 11, 20, 6, 32, tzinfo=datetime.UTC))

    with time_machine.travel("2026-11-21T06:32:00Z"):
        editor.force_login(editor.get("/admin/").wsgi_request.user)  # type: ignore[arg-type]
        assert "from 2026-11-20 14:32" in str(offer(editor.get(address(field, "change"))))


def test_a_form_that_takes_files_says_that_they_are_not_kept(editor: Client) -> None:
    typed(editor, NewsItem, title_en="Typed")

    assert "A file that you had chosen has to be chosen again." in str(offer(editor.get(address(NewsItem, "add"))))


def test_the_offer_of_a_window_stays_in_the_window(editor: Client) -> None:
    typed(editor, Source, title_original="Typed")

    page = soup(editor.get(address(Source, "add"), {"_popup": "1", "_to_field": "id"}))

    query = "?_popup=1&_to_field=id"
    assert str(page.select("[data-kept-offers] a")[0]["href"]).startswith(f"{query}&restore=")
    assert str(page.select("#discard_kept")[0]["action"]) == keep_address(Source, "discard") + query


@pytest.mark.parametrize(("days", "offered"), [(29, True), (31, False)])
def test_what_was_typed_is_offered_for_thirty_days(editor: Client, member: Any, days: int, offered: bool) -> None:
    keep(editor, field := factories.FieldFactory(), [["name_en", "Typed"]])

    with time_machine.travel(timezone.now() + datetime.timedelta(days=days)):
        assert (kept_content(member("Editor"), Field, field.pk) is not None) is offered  # type: ignore[attr-defined]


def test_a_refused_form_keeps_its_opening_and_offers_nothing(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    path = address(field, "change")
    given = answers(editor.get(path))
    keep(editor, field, [["name_en", "Typed"]], given["_opening"])

    response = editor.post(path, given | {"slug": "Not A Slug"})

    mark = form_of(response).select("[name=_opening]")[0]
    assert (errors(response)["slug"], mark["value"], mark["data-unsaved"], offer(response)) == (
        *("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.", given["_opening"]),
        *("yes", None),
    )


@pytest.mark.parametrize("forged", ["", "x", '"><script>', "x" * 33, "x" * 20 + "\0"])
def test_a_forged_opening_is_replaced(editor: Client, forged: str) -> None:
    field: Any = factories.FieldFactory(status="draft")
    path = address(field, "change")
    given = answers(editor.get(path)) | {"_opening": forged}

    refused = editor.post(path, given | {"slug": "Not A Slug"})
    saved = editor.post(path, given | {"name_en": "New"})

    assert (opening_of(refused) != forged, len(opening_of(refused)), saved.status_code) == (True, 22, 302)


# Restoring


def test_every_kind_of_field_is_restored_and_saved(publisher: Client) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    sources = factories.SourceFactory.create_batch(2)
    park, parent = factories.ParkFactory(), factories.OrganisationFactory()
    changes = {
        "name_en": "New name",
        "summary_zh_hant": "新的摘要",
        "body_en": "<p>New <strong>text</strong></p>",
        "kind": "government",
        "presence_as_of": "2026-01",
        "parks": [park.pk],
        "parent": parent.pk,
        "sources": [source.pk for source in sources],
        "publish_at_0": "2026-12-01",
        "publish_at_1": "08:00:00",
        "checked_on": "2026-11-20",
        "zh_hans_check": "checked",
        "editor_note": "First line\nsecond line",
    }
    opening = typed(publisher, organisation, **changes)

    response = restored(publisher, organisation, opening)

    found = answers(response)
    expected = {
        name: [str(one) for one in value] if isinstance(value, list) else str(value) for name, value in changes.items()
    }
    assert {name: sorted(found[name]) if isinstance(found[name], list) else found[name] for name in changes} == expected
    assert (errors(response), offer(response), found["_opening"]) == ({}, None, opening)
    assert form_of(response).select("[name=_opening]")[0]["data-unsaved"] == "yes"
    assert publisher.post(address(organisation, "change"), found).status_code == 302
    organisation.refresh_from_db()
    assert (organisation.name_en, organisation.body_en, organisation.parent, organisation.editor_note) == (
        *("New name", changes["body_en"]),
        *(parent, changes["editor_note"]),
    )
    assert (set(organisation.sources.all()), list(organisation.parks.all())) == (set(sources), [park])


def test_looking_at_restored_answers_changes_nothing(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    before = Field.objects.values().get(pk=field.pk)

    restored(editor, field, typed(editor, field, name_en="Typed"))

    assert Field.objects.values().get(pk=field.pk) == before
    assert [version.action for version in Version.objects.all()] == ["found"]


def test_rows_are_restored_as_changed_deleted_and_added(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    changed, deleted = factories.FactFactory.create_batch(2, organisation=organisation)
    opening = typed(
        editor,
        organisation,
        **{
            "facts-TOTAL_FORMS": "3",
            "facts-0-text_en": "Changed.",
            "facts-1-DELETE": "on",
            "facts-2-organisation": organisation.pk,
            "facts-2-text_en": "Added.",
            "facts-2-source": changed.source.pk,
        },
    )

    response = restored(editor, organisation, opening)

    found = answers(response)
    assert (found["facts-0-text_en"], found["facts-1-DELETE"]) == ("Changed.", "on")
    assert (found["facts-2-text_en"], found["facts-2-source"]) == ("Added.", str(changed.source.pk))
    assert (found["facts-TOTAL_FORMS"], found["facts-INITIAL_FORMS"], errors(response)) == ("3", "2", {})
    assert editor.post(address(organisation, "change"), found).status_code == 302
    assert list(Fact.objects.order_by("number").values_list("text_en", flat=True)) == ["Changed.", "Added."]
    assert not Fact.objects.filter(pk=deleted.pk).exists()


def test_what_is_wrong_is_shown_without_complaint_until_it_is_saved(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    factories.FactFactory(organisation=organisation)
    wrong = {"name_en": "", "arrived": "soon", "facts-0-text_en": "", "facts-0-as_of": "never", "sources": []}
    opening = typed(editor, organisation, **wrong)

    response = restored(editor, organisation, opening)

    found = answers(response)
    assert (errors(response), {name: found[name] for name in wrong}) == ({}, wrong)
    assert soup(response).select(".errornote, .errors, [aria-invalid]") == []
    assert set(errors(editor.post(address(organisation, "change"), found))) >= {"arrived", "facts-0-as_of"}


def test_the_picture_of_the_record_stays(editor: Client) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (800, 600)).save(picture, "PNG")
    upload = SimpleUploadedFile("logo.png", picture.getvalue(), "image/png")
    organisation: Any = factories.OrganisationFactory(status="draft", logo=upload)
    name = organisation.logo.name

    response = restored(editor, organisation, typed(editor, organisation, short_name="Typed"))

    assert editor.post(address(organisation, "change"), answers(response)).status_code == 302
    organisation.refresh_from_db()
    assert (organisation.short_name, organisation.logo.name) == ("Typed", name)


def test_an_unticked_box_and_an_emptied_relation_come_back_so(editor: Client) -> None:
    observation: Any = factories.ObservationFactory(is_projection=True)
    opening = typed(editor, observation.figure, **{"observations-0-is_projection": None, "sources": None})

    found = answers(restored(editor, observation.figure, opening))

    assert ("observations-0-is_projection" in found, found["sources"]) == (False, [])


def test_a_status_that_the_author_may_not_give_any_more_is_no_obstacle(editor: Client) -> None:
    field: Any = factories.FieldFactory(status="draft")

    response = restored(editor, field, typed(editor, field, status="published", name_en="Typed"))

    assert (response.status_code, answers(response)["name_en"]) == (200, "Typed")


def test_a_row_that_somebody_else_deleted_is_still_shown(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    first, _second = factories.FactFactory.create_batch(2, organisation=organisation)
    opening = typed(editor, organisation, **{"facts-0-text_en": "One.", "facts-1-text_en": "Two."})
    first.delete()

    response = restored(editor, organisation, opening)

    found = answers(response)
    assert (found["facts-0-text_en"], found["facts-1-text_en"], found["facts-1-number"]) == ("One.", "Two.", "2")


def test_answers_that_hold_no_rows_show_those_of_the_record(editor: Client) -> None:
    fact: Any = factories.FactFactory()
    keep(editor, fact.organisation, [["name_en", "Typed"]])

    found = answers(restored(editor, fact.organisation, OPENING))

    assert (found["name_en"], found["facts-0-text_en"]) == ("Typed", fact.text_en)


def test_a_new_record_is_restored_and_saved(editor: Client) -> None:
    fields = factories.FieldFactory.create_batch(2)
    opening = typed(editor, NewsItem, title_en="Typed", date="2026", fields=[field.pk for field in fields])

    offered = form_of(editor.get(address(NewsItem, "add"))).select("[data-kept-offers] a")[0]["href"]
    response = editor.get(address(NewsItem, "add") + str(offered))

    found = answers(response)
    assert (offered, found["title_en"], found["date"]) == (f"?restore={opening}", "Typed", "2026")
    assert editor.post(address(NewsItem, "add"), found).status_code == 302
    news: Any = NewsItem.objects.get()
    assert (news.title_en, set(news.fields.all())) == ("Typed", set(fields))
    assert offer(editor.get(address(NewsItem, "add"))) is None


def test_a_translator_gets_texts_back_and_nothing_else(translator: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    opening = typed(translator, organisation, name_zh_hans="新", slug="forged", kind="government")

    response = restored(translator, organisation, opening)

    assert (answers(response)["name_zh_hans"], "slug" in answers(response)) == ("新", False)
    assert organisation.slug in form_of(response).text


@pytest.mark.parametrize("asked", ["", "nobody-knows-this", "x\0y", "x" * 5000])
def test_an_unknown_opening_restores_nothing(editor: Client, asked: str) -> None:
    field: Any = factories.FieldFactory()

    response = restored(editor, field, asked)

    assert (response.status_code, answers(response)["name_en"]) == (200, field.name_en)


def test_an_opening_of_another_user_or_record_restores_nothing(editor: Client, publisher: Client) -> None:
    field, other = factories.FieldFactory(), factories.FieldFactory()
    theirs = typed(publisher, field, name_en="Theirs")
    own = typed(editor, other, name_en="Own")

    found = [answers(restored(editor, field, opening))["name_en"] for opening in (theirs, own)]
    new = answers(restored(editor, Field, own))["name_en"]

    assert (found, new) == ([field.name_en, field.name_en], "")  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", ["x", "9" * 30, "9" * 5000, "٣"])
def test_a_wrong_number_of_a_record_restores_nothing(editor: Client, number: str) -> None:
    response = editor.get(f"/admin/zone/field/{number}/change/", {"restore": OPENING})

    assert response.status_code == 302


# Discarding, saving, cleaning


def discard(client: Client, record: Any, opening: str, **headers: str) -> Any:
    number = "" if isinstance(record, type) else record.pk
    model = record if isinstance(record, type) else type(record)
    return client.post(keep_address(model, "discard"), {"opening": opening, "object_id": number}, headers=headers)


def test_what_is_discarded_is_gone_with_what_was_kept_before_it(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    typed(editor, field, name_en="First")
    opening = typed(editor, field, name_en="Second")
    later = typed(editor, field, name_en="Third")

    response = discard(editor, field, opening)

    assert (response.status_code, response.headers["Location"]) == (302, address(field, "change"))
    assert list(OpenForm.objects.filter(kept_at__isnull=False).values_list("opening", flat=True)) == [later]


def test_a_new_record_that_is_discarded_leaves_other_new_records_alone(editor: Client) -> None:
    first, second = typed(editor, Field, name_en="First"), typed(editor, Field, name_en="Second")

    response = discard(editor, Field, second)

    assert (response.status_code, response.headers["Location"]) == (302, address(Field, "add"))
    assert [form.opening for form in OpenForm.objects.filter(kept_at__isnull=False)] == [first]


def test_a_script_that_discards_is_not_sent_elsewhere(editor: Client) -> None:
    field: Any = factories.FieldFactory()

    response = discard(editor, field, typed(editor, field, name_en="Typed"), accept="application/json")

    assert (response.status_code, OpenForm.objects.count()) == (204, 0)


def test_nobody_discards_what_another_has_typed(editor: Client, publisher: Client) -> None:
    field: Any = factories.FieldFactory()
    opening = typed(editor, field, name_en="Typed")

    response = discard(publisher, field, opening)

    assert (response.status_code, OpenForm.objects.get(opening=opening).is_unsaved) == (302, True)


@pytest.mark.parametrize("given", [{}, {"opening": "x\0", "object_id": "x"}, {"object_id": "9" * 30}])
def test_discarding_nothing_is_no_error(editor: Client, given: dict[str, str]) -> None:
    response = editor.post(keep_address(Field, "discard"), given)

    assert (response.status_code, response.headers["Location"]) == (302, address(Field, "add"))


def test_who_may_change_nothing_discards_nothing(desk: Any) -> None:
    assert desk("newcomer").post(keep_address(Field, "discard")).status_code == 403


def test_saving_forgets_what_was_kept(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    typed(editor, field, name_en="Older")
    path = address(field, "change")
    given = answers(editor.get(path)) | {"name_en": "New"}
    keep(editor, field, pairs(given), given["_opening"])

    editor.post(path, given)

    assert (OpenForm.objects.filter(data__isnull=False).count(), offer(editor.get(path))) == (0, None)
    late = keep(editor, field, pairs(given), given["_opening"]).json()
    assert (late["saved"], late["kept_at"], offer(editor.get(path))) == (True, None, None)


def test_saving_leaves_alone_what_is_typed_in_a_second_window(editor: Client) -> None:
    field: Any = factories.FieldFactory()
    path = address(field, "change")
    given = answers(editor.get(path)) | {"name_en": "New"}
    second = typed(editor, field, name_en="Second window")

    editor.post(path, given)

    assert [form.opening for form in OpenForm.objects.filter(data__isnull=False)] == [second]


def test_saving_leaves_alone_what_others_have_typed(editor: Client, publisher: Client) -> None:
    field: Any = factories.FieldFactory()
    theirs = typed(publisher, field, name_en="Theirs")
    path = address(field, "change")

    editor.post(path, answers(editor.get(path)) | {"name_en": "New"})

    assert [form.opening for form in OpenForm.objects.filter(data__isnull=False)] == [theirs]


def test_a_form_that_is_refused_forgets_nothing(editor: Client) -> None:
    field: Any = factories.FieldFactory(status="draft")
    opening = typed(editor, field, slug="Not A Slug")
    path = address(field, "change")

    editor.post(path, answers(editor.get(path)) | {"slug": "Not A Slug", "_opening": opening})

    assert OpenForm.objects.get(opening=opening).is_unsaved is True


def test_forgetting_a_form_that_nobody_remembers_remembers_that_it_was_saved(member: Any) -> None:
    forget(member("Editor"), Field, 1, OPENING)

    form = OpenForm.objects.get()
    assert (form.opening, form.saved_at is not None, form.data) == (OPENING, True, None)


def test_forms_of_long_ago_are_deleted_once_an_hour_when_a_form_is_opened(editor: Client) -> None:
    cache.clear()
    keep(editor, field := factories.FieldFactory(), [["a", "1"]])
    keep(editor, field, [["a", "1"]], OTHER)
    OpenForm.objects.filter(opening=OPENING).update(seen_at=timezone.now() - datetime.timedelta(days=31))
    editor.get(address(Field, "add"))
    assert set(OpenForm.objects.filter(data__isnull=False).values_list("opening", flat=True)) == {OTHER}

    OpenForm.objects.update(seen_at=timezone.now() - datetime.timedelta(days=31))
    clean_up()
    assert OpenForm.objects.exists()
    cache.clear()
    clean_up()
    assert not OpenForm.objects.exists()


def test_open_forms_are_no_business_of_roles(superuser: Client) -> None:
    assert OpenForm._meta.default_permissions == ()
    assert "openform" not in superuser.get("/admin/").content.decode()
