"""What happens when a record is saved."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.admin.forms import add, address, answers, errors, run, save
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

pytestmark = pytest.mark.django_db

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

    save(superuser, field, slug="")

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

    save(superuser, organisation, slug="new")

    assert redirects() == {"/organisations/old/": "/organisations/new/"}


def test_a_draft_leaves_no_old_address(superuser: Client) -> None:
    save(superuser, factories.OrganisationFactory(slug="old", status="draft"), slug="new")

    assert redirects() == {}


def test_a_record_that_is_published_with_a_new_slug_had_no_address_before(superuser: Client) -> None:
    save(superuser, factories.OrganisationFactory(slug="old", status="draft"), slug="new", status="published")

    assert redirects() == {}


def test_a_record_that_an_editor_renames_leaves_its_old_address(editor: Client) -> None:
    save(editor, factories.OrganisationFactory(slug="old"), slug="new")

    assert redirects() == {"/organisations/old/": "/organisations/new/"}


def test_an_address_that_moved_twice_is_left_at_once(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory(slug="first")

    save(superuser, organisation, slug="second")
    save(superuser, organisation, slug="third")

    assert redirects() == {
        "/organisations/first/": "/organisations/third/",
        "/organisations/second/": "/organisations/third/",
    }


def test_an_address_that_is_taken_back_leads_nowhere_else(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory(slug="first")

    save(superuser, organisation, slug="second")
    save(superuser, organisation, slug="first")

    assert redirects() == {"/organisations/second/": "/organisations/first/"}


@pytest.mark.parametrize("factory", [factories.CrossingFactory, factories.RouteFactory])
def test_what_has_no_page_of_its_own_leaves_no_address(superuser: Client, factory: Any) -> None:
    save(superuser, factory(slug="old"), slug="new")

    assert redirects() == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("/en/organisations/a/", "/organisations/b/", {"old_path"}),
        ("https://other.example/", "/organisations/b/", {"old_path"}),
        ("/organisations/a/", "//other.example/", {"new_path"}),
        ("/organisations/a/", "/organisations/a/", {"new_path"}),
        ("/organisations/a/", "/organisations/b/", set()),
    ],
)
def test_a_redirect_stays_on_the_site(superuser: Client, old: str, new: str, said: set[str]) -> None:
    response = add(superuser, Redirect, old_path=old, new_path=new)

    assert set(errors(response)) == said
    assert redirects() == ({} if said else {old: new})


# Versions and dates


def test_saving_records_who_changed_what(superuser: Client, member: Any) -> None:
    organisation: Any = factories.OrganisationFactory(slug="acme")
    factories.FactFactory(organisation=organisation)

    save(superuser, organisation, **{"short_name": "ACME", "facts-0-as_of": "2024"})

    version = Version.objects.get()
    assert version.by == member("superuser")
    assert [row["model"] for row in version.content] == ["zone.organisation", "zone.fact"]
    assert version.content[0]["fields"]["short_name"] == "ACME"
    assert version.content[1]["fields"]["as_of"] == "2024"


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
    assert [row["model"] for row in Version.objects.get().content] == ["zone.organisation", "zone.fact"]
    assert Fact.objects.get().natural_key() == ("organisation", "acme", 1)


def test_a_change_is_dated_and_no_change_is_not(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory(updated_at=YESTERDAY)
    factories.FactFactory(organisation=organisation)

    with time_machine.travel("2026-11-20T00:00:00Z", tick=False):
        save(superuser, organisation)
        organisation.refresh_from_db()
        assert organisation.updated_at == YESTERDAY
        save(superuser, organisation, **{"facts-0-as_of": "2024"})
        organisation.refresh_from_db()
        assert organisation.updated_at == timezone.now()


def test_rows_are_deleted_and_numbered_on(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    factories.FactFactory.create_batch(2, organisation=organisation)
    source: Any = factories.SourceFactory()

    response = save(
        superuser,
        organisation,
        **{"facts-0-DELETE": "on", "facts-TOTAL_FORMS": "3", "facts-2-text_en": "New.", "facts-2-source": source.pk},
    )

    assert errors(response) == {}
    assert list(organisation.facts.order_by("number").values_list("number", flat=True)) == [2, 3]


def test_an_action_is_logged_and_recorded_for_what_it_changed(publisher: Client, member: Any) -> None:
    draft, published = factories.FieldFactory(status="draft", updated_at=YESTERDAY), factories.FieldFactory()

    run(publisher, "publish", draft, published)

    draft.refresh_from_db()
    assert draft.updated_at > YESTERDAY
    entry, version = LogEntry.objects.get(), Version.objects.get()
    assert (entry.object_id, entry.user, entry.get_change_message()) == (
        str(draft.pk),
        member("Publisher"),
        "Status changed to “published”.",
    )
    assert (version.object_id, version.by, version.content[0]["fields"]["status"]) == (
        draft.pk,
        member("Publisher"),
        "published",
    )


def test_an_editor_marks_records_as_checked_today(editor: Client) -> None:
    field: Any = factories.FieldFactory(checked_on=None)

    with time_machine.travel("2026-11-20T20:00:00Z"):
        run(editor, "mark_as_checked", field)

    field.refresh_from_db()
    assert field.checked_on == datetime.date(2026, 11, 21)
    assert Version.objects.get().content[0]["fields"]["checked_on"] == "2026-11-21"


def test_a_note_is_a_change_of_its_record(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory(updated_at=YESTERDAY)

    response = add(
        editor,
        factories.ChangeNoteFactory._meta.model,
        organisation=organisation.pk,
        kind="correction",
        date="2026-11-03",
        text_en="The address was wrong.",
    )

    organisation.refresh_from_db()
    assert errors(response) == {}
    assert organisation.updated_at > YESTERDAY
    assert [row["model"] for row in Version.objects.get().content] == ["zone.organisation", "zone.changenote"]


@pytest.mark.parametrize("subjects", [[], ["organisation", "facility"]])
def test_a_note_is_about_one_record(editor: Client, subjects: list[str]) -> None:
    records = {"organisation": factories.OrganisationFactory().pk, "facility": factories.FacilityFactory().pk}
    given = {subject: records[subject] for subject in subjects}

    response = add(editor, factories.ChangeNoteFactory._meta.model, date="2026-11-03", text_en="X", **given)

    assert errors(response) == {"": "Choose exactly one record that this is about."}


# Translations


def states(record: Any) -> tuple[TranslationState, TranslationState]:
    record.refresh_from_db()
    return record.translation_state("zh-hans"), record.translation_state("zh-hant")


def test_a_changed_original_makes_its_translations_outdated_until_they_follow(superuser: Client) -> None:
    field: Any = factories.FieldFactory(name_en="Optics")
    for language in ("zh-hans", "zh-hant"):
        field.mark_translated(language)
    field.save()

    save(superuser, field, name_en="Photonics")
    assert states(field) == (TranslationState.OUTDATED, TranslationState.OUTDATED)
    save(superuser, field, name_zh_hans="光子学")
    assert states(field) == (TranslationState.UNCHECKED, TranslationState.OUTDATED)
    save(superuser, field, zh_hant_check="checked")
    assert states(field) == (TranslationState.UNCHECKED, TranslationState.CHECKED)


def test_the_check_of_an_outdated_translation_is_void_and_can_be_made_again(translator: Client) -> None:
    field: Any = factories.FieldFactory(name_en="Optics", zh_hans_check="checked", zh_hans_of="0" * 16)

    found = answers(translator.get(address(field, "change")))
    assert found["zh_hans_check"] == "unchecked"
    save(translator, field, zh_hans_check="checked")

    assert states(field)[0] == TranslationState.CHECKED


# Forms


def test_rich_text_is_sanitised(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory()

    save(superuser, organisation, body_en='<p onclick="x()">Good <script>alert(1)</script><b>day</b></p>')

    organisation.refresh_from_db()
    assert organisation.body_en == "<p>Good <strong>day</strong></p>" or organisation.body_en == "<p>Good day</p>"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name_en": ""}, {"name_en": "This field is required."}),
        ({"slug": "Not A Slug"}, {"slug"}),
        ({"arrived": "June 2024"}, {"arrived": "“June 2024” is not a date. Write 2024, 2024-06 or 2024-06-13."}),
        ({"website": "no address"}, {"website": "Enter a valid URL."}),
        ({"role": "partner"}, {"role": "An organisation that is in the zone is more than a partner. Choose its role."}),
        ({"parks": []}, {"parks": "This field is required."}),
        ({"summary_en": "x" * 161}, {"summary_en"}),
        ({"facts-0-text_en": ""}, {"facts-0-text_en": "This field is required."}),
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
    organisation: Any = factories.OrganisationFactory()
    factories.FactFactory(organisation=organisation)
    before = Organisation.objects.values().get()

    response = save(superuser, organisation, body_zh_hant="<p>很長的文字</p>", **given)

    found = errors(response)
    assert (found if isinstance(said, dict) else set(found)) == said
    kept = answers(response)
    assert kept["body_zh_hant"] == "<p>很長的文字</p>"
    assert {name: kept.get(name, []) for name in given} == given
    assert Organisation.objects.values().get() == before
    assert Version.objects.count() == 0


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

    assert errors(save(superuser, facility, **given)) == said


def test_a_facility_is_not_located_in_itself(superuser: Client) -> None:
    facility: Any = factories.FacilityFactory()

    response = save(superuser, facility, located_in=facility.pk)

    assert errors(response) == {"located_in": "A facility cannot be located in itself."}
    assert Facility.objects.get().located_in is None


def test_lines_of_a_browser_are_kept_as_ours(superuser: Client) -> None:
    figure: Any = factories.KeyFigureFactory()

    save(superuser, figure, definition_en="One.\r\nTwo.", label_zh_hans="数字")

    figure.refresh_from_db()
    assert figure.definition_en == "One.\nTwo."


def test_a_name_has_no_line_breaks(superuser: Client) -> None:
    organisation: Any = factories.OrganisationFactory()

    save(superuser, organisation, name_en=" Institute\r\nof Physics ")

    organisation.refresh_from_db()
    assert organisation.name_en == "Institute of Physics"


def test_a_record_is_not_published_without_a_source(publisher: Client) -> None:
    organisation = factories.OrganisationFactory(status="draft", sources=[])

    response = save(publisher, organisation, status="published")

    organisation.refresh_from_db()
    assert organisation.status == "draft"
    assert errors(response) == {"sources": "A published record needs at least one source."}


def test_an_editor_hears_that_a_statement_waits_for_its_source(publisher: Client) -> None:
    fact = factories.FactFactory(source=factories.SourceFactory(status="draft"))

    response: Any = save(publisher, fact.organisation, summary_en="It moved.")

    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert "1 statement waits until its source is published." in said


def test_a_check_does_not_outlive_the_text_that_was_checked(publisher: Client) -> None:
    organisation: Any = factories.OrganisationFactory(zh_hans_check="checked")

    save(publisher, organisation, name_en="Other", name_zh_hans="其他")

    organisation.refresh_from_db()
    assert organisation.translation_state("zh-hans") == "unchecked"
