"""Pictures in the form: uploads that are taken and refused, the focal point, and the way to the public."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests import factories
from tests.admin.forms import add, address, answers, errors, publish, save, soup
from tests.pictures import DESCRIBED, file_of, photo
from zone import workflow
from zone.history import content_of, draft_of
from zone.models import Facility, NewsItem, Organisation, Park
from zone.models.picture import PictureFile

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FACTORIES: dict[Any, Any] = {
    NewsItem: factories.NewsItemFactory,
    Facility: factories.FacilityFactory,
    Organisation: factories.OrganisationFactory,
    Park: factories.ParkFactory,
}


@pytest.mark.parametrize("model", FACTORIES)
def test_picture_is_uploaded_described_and_published(publisher: Client, model: Any) -> None:
    record = FACTORIES[model](status="draft")
    publish(publisher, record, picture=photo((60, 40)), picture_ppoi_0="20", picture_ppoi_1="100", **DESCRIBED)
    record = model.objects.get(pk=record.pk)
    assert (record.status, record.picture_width, record.picture_height) == ("published", 60, 40)
    assert (record.picture_ppoi, record.picture_licence) == ("0.2x1", "cc-by-4.0")
    assert [name for name in record.picture.rendition_names() if not default_storage.exists(name)] == []


@pytest.mark.parametrize("status", ["draft", "published"])
def test_draft_may_be_incomplete_and_what_is_missing_is_said_when_it_is_published(
    publisher: Client, status: str
) -> None:
    item: Any = factories.NewsItemFactory(status=status)
    assert errors(save(publisher, item, picture=photo((60, 40)))) == {}
    response = publisher.post(
        address(item, "change"), answers(publisher.get(address(item, "change"))) | {"_publish": ""}
    )
    assert errors(publisher.get(response["Location"])) == {
        "picture_alternative_en": "Say what the picture shows.",
        "picture_credit": "Say who made the picture.",
        "picture_licence": "Say on which terms we may show the picture.",
    }


def test_picture_is_cut_before_the_turn_to_write_is_taken(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting takes seconds, in which nobody else could save."""
    done: list[str] = []

    def noted(what: str, function: Any) -> Any:
        def note(*arguments: Any) -> Any:
            done.append(what)
            return function(*arguments)

        return note

    monkeypatch.setattr(workflow, "lock", noted("turn", workflow.lock))
    monkeypatch.setattr(PictureFile, "make_renditions", noted("cut", PictureFile.make_renditions))
    save(editor, factories.NewsItemFactory(), picture=photo((60, 40)))
    assert done[0] == "cut"
    assert "cut" not in done[done.index("turn") :]


def test_renditions_of_a_draft_are_there_before_it_is_published(editor: Client) -> None:
    item: Any = factories.NewsItemFactory()
    save(editor, item, picture=photo((60, 40)))
    draft: Any = draft_of(item)
    name = content_of(draft.version)["fields"]["picture"]
    folder = name.removeprefix("newsitem/").partition(".")[0]
    form = soup(editor.get(address(item, "change")))
    image: Any = form.select_one("[data-picture=picture_ppoi] img")
    assert folder in image["src"]
    assert default_storage.exists(image["src"].removeprefix("/media/"))
    assert (image["width"], image["height"]) == ("60", "40")
    item.refresh_from_db()
    assert item.picture.name == ""


def test_what_is_wrong_elsewhere_does_not_lose_a_picture_without_a_word(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    uploads = {"logo": photo((60, 40)), "picture": SimpleUploadedFile("a.jpg", b"<html>")}

    response = save(editor, organisation, **uploads, founded="2024-13")

    assert errors(response) == {
        "founded": "“2024-13” is not a date. Write 2024, 2024-06 or 2024-06-13.",
        "logo": "Choose the picture again: a file cannot be kept in a form that comes back.",
        "picture": "This is not a PNG, JPEG or WebP picture, whatever its name says. Save it as one of these.",
    }


def test_picture_alone_is_wrong_together_with_a_row(editor: Client) -> None:
    fact: Any = factories.FactFactory(organisation__status="draft")

    response = save(editor, fact.organisation, picture=photo((60, 40)), **{"facts-0-as_of": "2024-13"})

    assert list(errors(response)) == ["picture", "facts-0-as_of"]
    assert [note.text.strip() for note in soup(response).select(".errornote")] == ["Please correct the errors below."]


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (
            SimpleUploadedFile("a.jpg", b"<html>"),
            "This is not a PNG, JPEG or WebP picture, whatever its name says. Save it as one of these.",
        ),
        (SimpleUploadedFile("a.jpg", b""), "The submitted file is empty."),
        (
            SimpleUploadedFile("a.jpg", photo((300, 200)).read()[:900]),
            "The file is damaged, or not all of it has arrived. Upload it again, or save the picture anew.",
        ),
        (
            file_of(Image.new("1", (10_000, 5_000)), "PNG"),
            "The picture has more than 40 million pixels. Make it smaller.",
        ),
        (
            SimpleUploadedFile("a.jpg", b"x" * 15_000_001),
            "The file is larger than 15 MB. Save the picture with fewer pixels or compress it more.",
        ),
        (file_of(Image.new("CMYK", (3, 2))), "The picture has the colours of print (CMYK). Save it in RGB."),
    ],
)
@pytest.mark.parametrize("field", ["picture", "logo"])
def test_other_upload_is_refused_at_its_field_and_nothing_else_is_lost(
    editor: Client, field: str, upload: SimpleUploadedFile, said: str
) -> None:
    organisation: Any = factories.OrganisationFactory()
    upload.seek(0)
    response = save(editor, organisation, **{field: upload, "short_name": "KEPT"})
    assert (response.status_code, errors(response)) == (200, {field: said})
    assert answers(response)["short_name"] == "KEPT"


@pytest.mark.parametrize(
    ("sent", "point"),
    [
        ({"picture_ppoi_0": "33", "picture_ppoi_1": "7"}, "0.33x0.07"),
        ({"picture_ppoi_0": "", "picture_ppoi_1": "0"}, "0.5x0"),
        ({"picture_ppoi_0": None, "picture_ppoi_1": None}, "0.5x0.5"),
    ],
)
def test_focal_point_is_set_with_two_sliders(editor: Client, sent: dict[str, Any], point: str) -> None:
    item: Any = factories.NewsItemFactory(status="draft")
    given = answers(editor.get(address(item, "change"))) | sent
    editor.post(address(item, "change"), {name: value for name, value in given.items() if value is not None})
    item.refresh_from_db()
    assert item.picture_ppoi == point


@pytest.mark.parametrize("wrong", ["-1", "101", "left"])
def test_impossible_focal_point_is_refused_at_its_field(editor: Client, wrong: str) -> None:
    response = save(editor, factories.NewsItemFactory(), picture_ppoi_0=wrong)
    assert list(errors(response)) == ["picture_ppoi"]


def test_sliders_have_names(editor: Client) -> None:
    form = soup(editor.get(address(factories.NewsItemFactory(), "change")))
    sliders = form.select("label:has(> input[type=range][name^=picture_ppoi])")
    assert [label.get_text(strip=True) for label in sliders] == ["From the left", "From the top"]


def test_picture_is_taken_away(editor: Client) -> None:
    item: Any = factories.NewsItemFactory(status="draft", picture=photo((60, 40)))
    save(editor, item, **{"picture-clear": "on"})
    item.refresh_from_db()
    assert (item.picture.name, item.picture_width, item.picture_height) == ("", None, None)


def test_new_record_has_its_picture(editor: Client) -> None:
    add(editor, Park, name_en="Third Park", picture=photo((60, 40)))
    park: Any = Park.objects.get()
    assert (park.picture_width, default_storage.exists(park.picture.name)) == (60, True)


def test_form_of_a_record_whose_file_is_lost_opens_and_takes_another(editor: Client) -> None:
    item: Any = factories.NewsItemFactory(
        status="draft", picture="newsitem/lost.jpeg", picture_width=6, picture_height=4
    )
    assert editor.get(address(item, "change")).status_code == 200
    save(editor, item, picture=photo((60, 40)))
    item.refresh_from_db()
    assert (item.picture_width, default_storage.exists(item.picture.name)) == (60, True)
