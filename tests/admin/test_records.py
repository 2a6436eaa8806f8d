"""What happens when a record is saved."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.admin.forms import add, address, answers, errors, publish, save, soup
from zone.models import (
    Crossing,
    Facility,
    Fact,
    Field,
    NewsItem,
    Organisation,
    Redirect,
    Source,
    Version,
)
from zone.translation import TranslationState

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

YESTERDAY = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


# Slugs


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Quantum Science Centre", [], "quantum-science-centre"),
        ("Quantum Science Centre", ["quantum-science-centre"], "quantum-science-centre-2"),
        ("Quantum", ["quantum", "quantum-2"], "quantum-3"),
        ("量子中心", [], "field-1"),
        ("量子中心", ["field-1", "field-2"], "field-3"),
        ("Under_score & Co.", [], "under-score-co"),
        ("École Polytechnique", [], "ecole-polytechnique"),
        ("River " * 12 + "Riverban", ["river-" * 12 + "riverban", "river-" * 12 + "2"], "river-" * 12 + "3"),
    ],
)
def test_a_slug_left_empty_is_made_from_the_name(superuser: Client, name: str, taken: list[str], slug: str) -> None:
    for other in taken:
        factories.FieldFactory(slug=other)

    response = add(superuser, Field, name_en=name)

    assert (response.status_code, Field.objects.get(name_en=name).slug) == (302, slug)


def test_a_long_slug_is_cut_between_two_words_and_leaves_room_for_a_number(superuser: Client) -> None:
    title = "The quick brown fox jumps over the lazy dog and back again over the very same river bank"
    start = "the-quick-brown-fox-jumps-over-the-lazy-dog-and-back-again-over-the-very-same"
    for _ in range(2):
        add(superuser, NewsItem, title_en=title, date="2026")

    assert list(NewsItem.objects.order_by("pk").values_list("slug", flat=True)) == [start, f"{start}-2"]


def test_a_word_longer_than_a_slug_is_cut(superuser: Client) -> None:
    add(superuser, Field, name_en="x" * 100)
    add(superuser, Field, name_en="x" * 100)

    assert list(Field.objects.order_by("pk").values_list("slug", flat=True)) == ["x" * 80, "x" * 78 + "-2"]


def test_the_slug_of_a_source_is_made_from_publisher_and_date(superuser: Client) -> None:
    add(superuser, Source, title_original="A title", publisher_original="Shenzhen Daily", published="2024-06-13")

    assert Source.objects.get().slug == "shenzhen-daily-2024-06-13"


def test_the_slug_of_a_crossing_is_made_from_its_facility(superuser: Client) -> None:
    facility: Any = factories.FacilityFactory(name_en="Futian Port", kind="port")

    add(superuser, Crossing, facility=facility.pk)

    assert Crossing.objects.get().slug == "futian-port"


def test_a_slug_that_is_given_is_kept(superuser: Client) -> None:
    add(superuser, Field, name_en="Quantum", slug="q")

    assert Field.objects.get().slug == "q"


def test_a_slug_emptied_later_is_made_again(superuser: Client) -> None:
    field: Any = factories.FieldFactory(name_en="Quantum", slug="q")

    publish(superuser, field, slug="")

    assert Field.objects.get().slug == "quantum"


def test_the_slug_of_a_new_record_is_proposed_in_the_browser(superuser: Client) -> None:
    response = superuser.get(address(Organisation, "add"))

    assert [field["field"].name for field in response.context["adminform"].prepopulated_fields] == ["slug"]
    assert answers(response)["slug"] == ""


# Redirects


def redirects() -> dict[str, str]:
    return dict(Redirect.objects.values_list("old_path", "new_path"))


def test_the_old_address_of_a_published_record_leads_to_the_new_one(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory(slug="old")

    publish(superuser, organisation, slug="new")

    assert redirects() == {"/organisations/old/": "/organisations/new/"}


def test_a_draft_leaves_no_old_address(superuser: Client) -> None:
    publish(superuser, factories.OrganisationFactory(slug="old", status="draft"), slug="new")

    assert redirects() == {}


def test_a_record_that_is_published_with_a_new_slug_had_no_address_before(superuser: Client) -> None:
    publish(superuser, factories.OrganisationFactory(slug="old", status="review"), slug="new")

    assert redirects() == {}


def test_a_record_that_an_editor_renames_leaves_its_old_address_when_it_is_published(
    editor: Client, publisher: Client
) -> None:
    organisation: Any = factories.OrganisationFactory(slug="old")

    save(editor, organisation, slug="new")
    assert redirects() == {}
    publish(publisher, organisation)

    assert redirects() == {"/organisations/old/": "/organisations/new/"}


def test_an_address_that_moved_twice_is_left_at_once(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory(slug="first")

    publish(superuser, organisation, slug="second")
    publish(superuser, organisation, slug="third")

    assert redirects() == {
        "/organisations/first/": "/organisations/third/",
        "/organisations/second/": "/organisations/third/",
    }


def test_an_address_that_is_taken_back_leads_nowhere_else(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory(slug="first")

    publish(superuser, organisation, slug="second")
    publish(superuser, organisation, slug="first")

    assert redirects() == {"/organisations/second/": "/organisations/first/"}


@pytest.mark.parametrize("factory", [factories.CrossingFactory, factories.RouteFactory])
def test_what_has_no_page_of_its_own_leaves_no_address(superuser: Client, factory: Any) -> None:
    publish(superuser, factory(slug="old"), slug="new")

    assert redirects() == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("/en/organisations/a/", "/organisations/b/", {"old_path"}),
        ("https://other.example/", "/organisations/b/", {"old_path"}),
        ("/organisations/a/", "//other.example/", {"new_path"}),
        ("/organisations/a/", "/organisations/a/", {"new_path"}),
        ("/organisations/a/", "/organisations/b/", set()),
        ("/old/", "/organisations/b/", {"old_path"}),
        ("/timeline/", "/organisations/b/", {"old_path"}),
        ("/organisations/", "/organisations/b/", {"old_path"}),
        ("/organisations/a/b/", "/organisations/b/", {"old_path"}),
        ("/facilities/a/sheet/", "/facilities/b/sheet/", {"old_path"}),
        ("/facilities/a/", "/timeline/", set()),
    ],
)
def test_a_redirect_leads_from_a_record_to_somewhere_on_the_site(
    superuser: Client, old: str, new: str, said: set[str]
) -> None:
    response = add(superuser, Redirect, old_path=old, new_path=new)

    assert set(errors(response)) == said
    assert redirects() == ({} if said else {old: new})


# Versions and dates


def test_saving_records_who_changed_what(superuser: Client, member: Any) -> None:
    organisation: Any = factories.OrganisationFactory(slug="acme")
    factories.FactFactory(organisation=organisation)

    publish(superuser, organisation, **{"short_name": "ACME", "facts-0-as_of": "2024"})

    found, drafted, published = Version.objects.order_by("pk")
    assert [(one.action, one.of_draft, one.by) for one in (found, drafted, published)] == [
        ("found", False, None),
        ("changed", True, member("superuser")),
        ("published", False, member("superuser")),
    ]
    assert drafted.changed == ["short_name", "facts.1.as_of"]
    assert published.content["fields"]["short_name"] == "ACME"
    assert published.content["rows"]["facts"]["1"]["as_of"] == "2024"


def test_a_new_record_is_recorded_with_its_rows(superuser: Client) -> None:
    park, source = factories.ParkFactory(), factories.SourceFactory()

    response = add(
        superuser,
        Organisation,
        name_en="Acme",
        kind="company",
        role="tenant",
        presence="operating",
        parks=[park.pk],
        **{"sources": [source.pk], "facts-TOTAL_FORMS": "1", "facts-0-text_en": "It opened."},
        **{"facts-0-source": source.pk, "facts-0-as_of": "2026-02"},
    )

    assert errors(response) == {}
    version = Version.objects.get()
    assert (version.action, version.name, version.state) == ("added", "Acme", "draft")
    assert version.content["rows"]["facts"]["1"]["text_en"] == "It opened."
    assert Fact.objects.get().natural_key() == ("organisation", "acme", 1)


def test_a_change_is_dated_and_no_change_is_not(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory(updated_at=YESTERDAY)
    factories.FactFactory(organisation=organisation)

    with time_machine.travel("2026-11-20T00:00:00Z", tick=False):
        publish(superuser, organisation)
        organisation.refresh_from_db()
        assert organisation.updated_at == YESTERDAY
        publish(superuser, organisation, **{"facts-0-as_of": "2024"})
        organisation.refresh_from_db()
        assert organisation.updated_at == timezone.now()


def test_rows_are_deleted_and_numbered_on(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    factories.FactFactory.create_batch(2, organisation=organisation)
    source: Any = factories.SourceFactory()

    response = publish(
        superuser,
        organisation,
        **{"facts-0-DELETE": "on", "facts-TOTAL_FORMS": "3", "facts-2-text_en": "New.", "facts-2-source": source.pk},
    )

    assert errors(response) == {}
    assert list(organisation.facts.order_by("number").values_list("number", flat=True)) == [2, 3]


def test_a_note_is_published_with_its_record(editor: Client, publisher: Client) -> None:
    organisation: Any = factories.OrganisationFactory(updated_at=YESTERDAY)
    note = {"changes-TOTAL_FORMS": "1", "changes-0-kind": "correction", "changes-0-date": "2026-11-03"}

    response = save(editor, organisation, **note, **{"changes-0-text_en": "The address was wrong."})
    assert (errors(response), organisation.changes.count()) == ({}, 0)
    publish(publisher, organisation)

    organisation.refresh_from_db()
    assert organisation.updated_at > YESTERDAY
    assert [(note.number, note.text_en) for note in organisation.changes.all()] == [(1, "The address was wrong.")]


# Translations


def states(record: Any) -> tuple[TranslationState, TranslationState]:
    record.refresh_from_db()
    return record.translation_state("zh-hans"), record.translation_state("zh-hant")


def test_a_changed_original_makes_its_translations_outdated_until_they_follow(superuser: Client) -> None:
    field: Any = factories.FieldFactory(name_en="Optics")
    for language in ("zh-hans", "zh-hant"):
        field.mark_translated(language)
    field.save()

    publish(superuser, field, name_en="Photonics")
    assert states(field) == (TranslationState.OUTDATED, TranslationState.OUTDATED)
    publish(superuser, field, name_zh_hans="光子学")
    assert states(field) == (TranslationState.UNCHECKED, TranslationState.OUTDATED)
    publish(superuser, field, zh_hant_check="checked")
    assert states(field) == (TranslationState.UNCHECKED, TranslationState.CHECKED)


def test_the_check_of_an_outdated_translation_is_void_and_can_be_made_again(
    translator: Client, publisher: Client
) -> None:
    field: Any = factories.FieldFactory(name_en="Optics", zh_hans_check="checked", zh_hans_of="0" * 16)

    found = answers(translator.get(address(field, "change")))
    assert found["zh_hans_check"] == "unchecked"
    save(translator, field, zh_hans_check="checked")
    publish(publisher, field)

    assert states(field)[0] == TranslationState.CHECKED


# Forms


def test_rich_text_is_sanitised(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory()

    publish(superuser, organisation, body_en='<p onclick="x()">Good <script>alert(1)</script><b>day</b></p>')

    organisation.refresh_from_db()
    assert organisation.body_en == "<p>Good <strong>day</strong></p>" or organisation.body_en == "<p>Good day</p>"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name_en": "", "name_zh_hans": "", "name_zh_hant": ""}, {"name_en": "Write it in at least one language."}),
        ({"kind": ""}, {"kind": "This field is required."}),
        ({"slug": "Not A Slug"}, {"slug"}),
        ({"arrived": "June 2024"}, {"arrived": "“June 2024” is not a date. Write 2024, 2024-06 or 2024-06-13."}),
        ({"website": "no address"}, {"website": "Enter a valid URL."}),
        ({"role": "partner"}, {"role": "An organisation that is in the zone is more than a partner. Choose its role."}),
        ({"summary_en": "x" * 161}, {"summary_en"}),
        ({"facts-0-source": ""}, {"facts-0-source": "This field is required."}),
        (
            {
                "publish_at_0": "2027-01-02",
                "publish_at_1": "10:00",
                "expire_at_0": "2027-01-01",
                "expire_at_1": "10:00",
            },
            {"expire_at": "The record would expire before it appears. Choose a later time."},
        ),
    ],
)
def test_a_wrong_form_says_what_is_wrong_at_the_field_and_keeps_the_text(
    superuser: Client, given: dict[str, Any], said: Any
) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    factories.FactFactory(organisation=organisation)
    before = Organisation.objects.values().get()

    response = publish(superuser, organisation, body_zh_hant="<p>很長的文字</p>", **given)

    found = errors(response)
    assert (found if isinstance(said, dict) else set(found)) == said
    kept = answers(response)
    assert kept["body_zh_hant"] == "<p>很長的文字</p>"
    assert {name: kept.get(name, []) for name in given} == given
    assert Organisation.objects.values().get() == before
    assert [version.action for version in Version.objects.all()] == ["found"]


@pytest.mark.parametrize("key", ["abc", "\0", "-1", "²", "9" * 30, "1.5"])
@pytest.mark.parametrize("name", ["parks", "parent", "facts-0-source"])
def test_a_relation_that_cannot_be_is_answered_at_its_field(superuser: Client, name: str, key: str) -> None:
    fact: Any = factories.FactFactory(organisation=factories.OrganisationFactory(status="draft", name_en="Acme"))
    path = f"/admin/zone/organisation/{fact.organisation_id}/change/"
    response = superuser.post(path, answers(superuser.get(path)) | {name: key, "kind": "nosuch"})
    assert errors(response) == {
        name: f"Select a valid choice. {said} is not one of the available choices."
        for name, said in ((name, "0" if name == "parks" else "That choice"), ("kind", "nosuch"))
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"latitude": "22.5", "longitude": ""}, {"longitude": "Give both coordinates or none."}),
        ({"latitude": "", "longitude": "114"}, {"latitude": "Give both coordinates or none."}),
        ({"latitude": "22.5", "longitude": "114"}, {}),
    ],
)
def test_coordinates_come_in_pairs(superuser: Client, given: dict[str, str], said: dict[str, str]) -> None:
    facility: Any = factories.FacilityFactory()

    assert errors(publish(superuser, facility, **given)) == said


def test_a_facility_is_not_located_in_itself(superuser: Client) -> None:
    facility: Any = factories.FacilityFactory()

    response = publish(superuser, facility, located_in=facility.pk)

    assert errors(response) == {"located_in": "A facility cannot be located in itself."}
    assert Facility.objects.get().located_in is None


def test_lines_of_a_browser_are_kept_as_ours(superuser: Client) -> None:
    figure: Any = factories.KeyFigureFactory()

    publish(superuser, figure, definition_en="One.\r\nTwo.", label_zh_hans="数字")

    figure.refresh_from_db()
    assert figure.definition_en == "One.\nTwo."


def test_a_name_has_no_line_breaks(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory()

    publish(superuser, organisation, name_en=" Institute\r\nof Physics ")

    organisation.refresh_from_db()
    assert organisation.name_en == "Institute of Physics"


@pytest.mark.parametrize("status", ["draft", "published"])
def test_what_is_missing_is_said_at_each_field_when_it_is_published(publisher: Client, status: str) -> None:
    organisation: Any = factories.OrganisationFactory(status=status, name_en="Acme")
    factories.FactFactory(organisation=organisation)

    response: Any = publish(
        publisher, organisation, **{"name_en": "", "parks": [], "sources": [], "facts-0-text_en": ""}
    )

    organisation.refresh_from_db()
    assert organisation.status == status
    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert (said[0], len(said), "is saved." in said[1]) == ("It cannot be published yet.", 2, True)
    page = publisher.get(response.url)
    assert errors(page) == {
        "name_en": "This field cannot be blank.",
        "parks": "This field is required.",
        "sources": "A published record needs at least one source.",
        "facts-0-text_en": "This field cannot be blank.",
    }
    assert answers(page)["name_en"] == ""


def test_an_editor_hears_that_a_statement_waits_for_its_source(publisher: Client) -> None:
    fact = factories.FactFactory(source=factories.SourceFactory(status="draft"))

    response: Any = save(publisher, fact.organisation, summary_en="It moved.")

    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert "1 statement waits until its source is published." in said


def test_a_check_does_not_outlive_the_text_that_was_checked(publisher: Client) -> None:
    organisation: Any = factories.OrganisationFactory(zh_hans_check="checked")

    publish(publisher, organisation, name_en="Other", name_zh_hans="其他")

    organisation.refresh_from_db()
    assert organisation.translation_state("zh-hans") == "unchecked"


def test_the_form_says_that_the_english_text_has_changed_since_the_translation_was_made(editor: Client) -> None:
    field: Any = factories.FieldFactory(status="draft")
    field.mark_translated("zh-hans")
    field.name_en = "Another name"
    field.mark_translated("zh-hant")
    field.save()

    page = soup(editor.get(address(field, "change")))

    helps = page.select("#id_zh_hans_check_helptext, #id_zh_hant_check_helptext")
    assert [text.get_text(" ", strip=True) for text in helps] == [
        "The English text has changed since this translation was made. "
        "Choose “checked by a person” only after you have read all Simplified Chinese texts.",
        "Choose “checked by a person” only after you have read all Traditional Chinese texts.",
    ]
