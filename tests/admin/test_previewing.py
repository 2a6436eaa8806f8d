"""The preview of a form: the public page of what stands in it, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.admin.forms import Answers, address, answers, soup
from zone.models import Organisation, Park

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def database() -> dict[str, list[Any]]:
    """Return all rows of all our tables."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


def preview(client: Client, record: Any, language: str, **changes: Any) -> Any:
    """Open the form of ``record``, change some answers and press "Preview"."""
    form = answers(client.get(address(record, "change"))) | changes
    before = database()
    response = client.post(reverse("admin:zone_organisation_preview", args=[record.pk, language]), form)
    assert database() == before
    return response


def row(scene: dict[str, Any], source: Any) -> Answers:
    return {"facts-TOTAL_FORMS": "2", "facts-1-source": source.pk, "facts-1-number": "", **scene}


@pytest.mark.parametrize("status", ["draft", "published", "withdrawn"])
@pytest.mark.parametrize(("language", "name"), [("en", "Anew"), ("zh-hans", "新名"), ("zh-hant", "新稱")])
def test_a_form_is_previewed_as_it_stands(editor: Client, status: str, language: str, name: str) -> None:
    organisation: Any = factories.OrganisationFactory(status=status)
    factories.FactFactory(organisation=organisation, text_en="Old fact.", text_zh_hans="旧事", text_zh_hant="舊事")
    new = {f"facts-1-text_{one}": f"{name} fact" for one in ("en", "zh_hans", "zh_hant")}

    response = preview(
        editor,
        organisation,
        language,
        **{"name_en": "Anew", "name_zh_hans": "新名", "name_zh_hant": "新稱", "facts-0-DELETE": "on"},
        **row(new, factories.SourceFactory()),
    )

    page = soup(response)
    assert (response.status_code, page.select_one("article h1").text) == (200, name)  # type: ignore[union-attr]
    assert [fact.text for fact in page.select("#facts ~ ul.facts li > p:first-child")] == [f"{name} fact"]
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert response.headers["Cache-Control"].startswith("no-store")


def test_a_new_record_is_previewed_before_it_is_there(editor: Client) -> None:
    park, source = factories.ParkFactory(), factories.SourceFactory()
    form = answers(editor.get(address(Organisation, "add"))) | {
        "name_en": "Acme",
        "kind": "company",
        "role": "tenant",
        "presence": "operating",
        "parks": [park.pk],
        "facts-TOTAL_FORMS": "1",
        "facts-0-text_en": "It opened.",
        "facts-0-source": source.pk,
    }
    before = database()

    page = soup(editor.post(reverse("admin:zone_organisation_preview", args=["en"]), form))

    assert page.select_one("article h1").text == "Acme"  # type: ignore[union-attr]
    assert "It opened." in page.text
    assert database() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"arrived": "June"}, "Arrived in the zone"),
        ({"facts-1-as_of": "soon"}, "Fact 2 · As of"),
        ({"kind": ""}, "Kind"),
    ],
)
def test_what_cannot_be_shown_is_named(editor: Client, given: Answers, said: str) -> None:
    organisation: Any = factories.OrganisationFactory()
    factories.FactFactory(organisation=organisation)

    response = preview(editor, organisation, "en", **row({}, factories.SourceFactory()), **given)

    assert (response.status_code, said in soup(response).text) == (200, True)


def test_an_upload_is_not_kept_for_a_preview(editor: Client) -> None:
    organisation: Any = factories.OrganisationFactory()
    picture = SimpleUploadedFile("logo.png", b"no picture", content_type="image/png")

    assert preview(editor, organisation, "en", logo=picture).status_code == 200


@pytest.mark.parametrize(("role", "code"), [("Editor", 200), ("Publisher", 200), ("Translator", 200), ("nobody", 403)])
def test_only_who_may_write_sees_a_preview(desk: Any, role: str, code: int) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft")
    form = answers(desk("superuser").get(address(organisation, "change")))

    path = reverse("admin:zone_organisation_preview", args=[organisation.pk, "en"])

    assert desk(role).post(path, form).status_code == code


def test_a_translator_previews_texts_and_nothing_else(translator: Client) -> None:
    organisation: Any = factories.OrganisationFactory(short_name="OLD")

    page = soup(preview(translator, organisation, "zh-hans", name_zh_hans="新名", short_name="NEW"))

    assert page.select_one("article h1").text == "新名"  # type: ignore[union-attr]
    assert "NEW" not in page.select_one("article").text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "code"),
    [("1/preview/en/", 404), ("add/preview/xx/", 404), ("add/preview/en/", 200), ("x/preview/en/", 404)],
)
def test_a_wrong_address_has_no_preview(superuser: Client, path: str, code: int) -> None:
    form = answers(superuser.get(address(Park, "add")))

    assert superuser.post(f"/admin/zone/park/{path}", form).status_code == code


def test_a_preview_has_to_be_sent(superuser: Client) -> None:
    assert superuser.get(reverse("admin:zone_park_preview", args=["en"])).status_code == 403
