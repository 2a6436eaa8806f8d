"""Pictures on the pages: with their words and sizes, without looking at a file, and drawn where there is none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.conftest import LateReader, Reader
from tests.pictures import DESCRIBED, photo
from zone.models import Facility, Field, NewsItem, Organisation
from zone.models.facility import FacilityKind
from zone.models.news import NewsKind
from zone.models.organisation import OrganisationKind
from zone.search.index import rebuild
from zone.views.answers import PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FACTORIES: dict[str, Any] = {
    "news": factories.NewsItemFactory,
    "facilities": factories.FacilityFactory,
    "organisations": factories.OrganisationFactory,
    "parks": factories.ParkFactory,
}
LISTS = (*FACTORIES, "", "news/print")
SPRITE = Path(settings.BASE_DIR, "zone/static/zone/img/tiles.svg")


@pytest.fixture
def reader(db: None) -> LateReader:
    return LateReader()


def names(sources: str) -> list[str]:
    """Return the files that a ``srcset`` names."""
    return [part.split(" ")[0].removeprefix("/media/") for part in sources.split(", ")]


@pytest.mark.parametrize("noun", FACTORIES)
def test_page_shows_the_picture_whole_with_its_words(reader: Reader, noun: str) -> None:
    record = FACTORIES[noun](picture=photo(), **DESCRIBED)
    page = reader.get(f"/en/{noun}/{record.slug}/").page  # type: ignore[attr-defined]
    figure = page.select_one("main article figure.picture")
    assert figure.img.attrs | {"src": ""} == {
        "src": "",
        "width": "600",
        "height": "400",
        "alt": "A door with a brass handle",
        "fetchpriority": "high",
    }
    assert [(source["type"], source["sizes"]) for source in figure.select("source")] == [
        ("image/avif", "(width >= 50rem) 46rem, 100vw"),
        ("image/webp", "(width >= 50rem) 46rem, 100vw"),
    ]
    named = [name for source in figure.select("source") for name in names(source["srcset"])]
    assert [default_storage.exists(name) for name in named] == [True] * 4
    said = " ".join(figure.figcaption.get_text().split())
    assert said == "The door of building 8. Picture: Ada Lee · CC BY 4.0"
    assert figure.figcaption.a["href"] == "https://creativecommons.org/licenses/by/4.0/"
    assert page.select("main svg.tile") == []


def test_words_of_a_picture_are_in_the_language_of_the_page_or_marked(reader: Reader) -> None:
    item: Any = factories.NewsItemFactory(picture=photo((6, 4)), **DESCRIBED)
    image = reader.get(f"/zh-hant/news/{item.slug}/").page.select_one("figure img")  # type: ignore[attr-defined]
    assert (image["alt"], image.get("lang")) == ("一扇有黃銅把手的門", None)
    type(item).objects.update(picture_alternative_zh_hans="", picture_alternative_zh_hant="")
    image = reader.get(f"/zh-hant/news/{item.slug}/").page.select_one("figure img")  # type: ignore[attr-defined]
    assert (image["alt"], image["lang"]) == ("A door with a brass handle", "en")


@pytest.mark.parametrize("address", LISTS)
def test_lists_show_pictures_cut_and_loaded_when_they_are_seen(reader: Reader, address: str) -> None:
    for factory in FACTORIES.values():
        factory(picture=photo(), **DESCRIBED)
    page = reader.get(f"/en/{address}/".replace("//", "/")).page  # type: ignore[attr-defined]
    shown = page.select("main picture.tile img")
    assert shown
    for image in shown:
        assert image.attrs | {"src": ""} == {"src": "", "width": "600", "height": "400", "alt": "", "loading": "lazy"}


@pytest.mark.parametrize("address", [*LISTS, "details"])
def test_no_page_looks_at_a_file_or_asks_more_for_more_pictures(
    reader: Reader, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queries() -> int:
        rebuild()
        for one in pages:
            Reader().get(one)  # What is asked once for all.
        PAGES.clear()
        with CaptureQueriesContext(connection) as captured:
            for one in pages:
                assert Reader().get(one).status_code == 200
        return len(captured)

    records = {noun: factory(picture=photo((6, 4)), **DESCRIBED) for noun, factory in FACTORIES.items()}
    pages = [f"/en/{address}/".replace("//", "/")]
    if address == "details":
        pages = [f"/en/{noun}/{record.slug}/" for noun, record in records.items()]
    with_one = queries()
    for factory in FACTORIES.values():
        factory.create_batch(4, picture=records["news"].picture.name, picture_width=6, picture_height=4, **DESCRIBED)
    for looks in ("_open", "exists", "size", "listdir"):
        monkeypatch.delattr(type(default_storage._wrapped), looks)  # type: ignore[attr-defined]
    assert queries() == with_one


@pytest.mark.parametrize("noun", FACTORIES)
def test_picture_whose_file_is_lost_or_whose_size_is_unknown_breaks_no_page(reader: Reader, noun: str) -> None:
    lost = FACTORIES[noun](picture="newsitem/lost.jpeg", picture_width=6, picture_height=4, **DESCRIBED)
    unknown = FACTORIES[noun](picture="newsitem/unknown.jpeg", **DESCRIBED)
    for address in (f"{noun}/", f"{noun}/{lost.slug}/", f"{noun}/{unknown.slug}/"):
        assert reader.get(f"/en/{address}").status_code == 200
    assert reader.get(f"/en/{noun}/{unknown.slug}/").page.select("figure.picture") == []  # type: ignore[attr-defined]


# Drawings


def drawn(page: Any) -> list[tuple[list[str], list[str]]]:
    """Return the classes and the drawings of each tile."""
    tiles = page.select("main svg.tile")
    return [(tile["class"], [use["href"].rpartition("#")[2] for use in tile.select("use")]) for tile in tiles]


def test_tile_is_drawn_from_kind_parks_and_field(reader: Reader) -> None:
    shenzhen, hong_kong = (factories.ParkFactory(slug=slug) for slug in ("shenzhen", "hong-kong"))
    quantum = factories.FieldFactory(slug="quantum")
    organisation: Any = factories.OrganisationFactory(kind="funder", parks=[shenzhen, hong_kong], fields=[quantum])
    facility: Any = factories.FacilityFactory(kind="port", park=hong_kong)
    item: Any = factories.NewsItemFactory(kind="notice", fields=[quantum])
    expected = {
        "organisations": (["tile", "at-hong-kong", "at-shenzhen"], ["field-quantum", "kind-funder"]),
        "facilities": (["tile", "at-hong-kong"], ["no-field", "kind-port"]),
        "news": (["tile"], ["field-quantum", "kind-notice"]),
    }
    for record, noun in ((organisation, "organisations"), (facility, "facilities"), (item, "news")):
        for address in (f"/en/{noun}/", f"/en/{noun}/{record.slug}/"):
            classes, drawings = drawn(reader.get(address).page)[0]  # type: ignore[attr-defined]
            assert ([classes[0], *sorted(classes[1:])], drawings) == expected[noun]
    assert drawn(reader.get("/en/parks/").page) == [  # type: ignore[attr-defined]
        (["tile", f"at-{slug}"], ["no-field", "kind-park"]) for slug in ("hong-kong", "shenzhen")
    ]


def test_tile_says_nothing_of_a_park_or_field_that_is_not_public(reader: Reader) -> None:
    park = factories.ParkFactory(slug="shenzhen", status="draft")
    field = factories.FieldFactory(slug="quantum", status="draft")
    factories.OrganisationFactory(parks=[park], fields=[field])
    factories.FacilityFactory(park=park)
    factories.NewsItemFactory(fields=[field])
    for noun in ("organisations", "facilities", "news"):
        ((classes, drawings),) = drawn(reader.get(f"/en/{noun}/").page)  # type: ignore[attr-defined]
        assert (classes, drawings[0]) == (["tile"], "no-field")


def test_tiles_are_not_read_aloud(reader: Reader) -> None:
    factories.NewsItemFactory()
    tile = reader.get("/en/news/").page.select_one("main svg.tile")  # type: ignore[attr-defined]
    assert (tile["aria-hidden"], tile.get_text(strip=True)) == ("true", "")


@pytest.mark.usefixtures("content")
def test_there_is_a_drawing_for_each_kind_and_for_each_field_of_the_content() -> None:
    sprite = BeautifulSoup(SPRITE.read_text(), "html.parser")
    kinds = {*FacilityKind.values, *OrganisationKind.values, *NewsKind.values, "park"}
    needed = (
        {f"kind-{kind}" for kind in kinds} | {f"field-{field.slug}" for field in Field.objects.all()} | {"no-field"}
    )
    assert {symbol["id"] for symbol in sprite.find_all("symbol")} == needed


# Logos


def test_logo_is_called_as_the_organisation(reader: Reader) -> None:
    organisation: Any = factories.OrganisationFactory(logo=photo((60, 40)))
    page = reader.get(f"/zh-hant/organisations/{organisation.slug}/").page  # type: ignore[attr-defined]
    image = page.select_one("main picture.logo img")
    assert (image["alt"], image["width"], image["height"]) == (organisation.name_zh_hant, "60", "40")
    assert drawn(page) == []


# For machines


def properties(page: Any) -> dict[str, str]:
    return {tag["property"].removeprefix("og:"): tag["content"] for tag in page.select("meta[property^='og:image']")}


@pytest.mark.parametrize("noun", FACTORIES)
def test_link_to_a_record_is_shared_with_its_picture(reader: Reader, noun: str) -> None:
    record = FACTORIES[noun](picture=photo((1300, 900)), **DESCRIBED)
    found = properties(reader.get(f"/en/{noun}/{record.slug}/").page)  # type: ignore[attr-defined]
    address = found.pop("image")
    assert found == {"image:width": "1200", "image:height": "630", "image:alt": "A door with a brass handle"}
    assert re.fullmatch(r"http://testserver/media/__processed__/.+\.jpeg", address)
    assert default_storage.exists(address.removeprefix("http://testserver/media/"))


@pytest.mark.parametrize("noun", FACTORIES)
def test_link_to_a_record_without_a_picture_is_shared_with_that_of_the_site(reader: Reader, noun: str) -> None:
    record = FACTORIES[noun]()
    found = properties(reader.get(f"/en/{noun}/{record.slug}/").page)  # type: ignore[attr-defined]
    assert found["image"] == "http://testserver/static/zone/img/share.png"


@pytest.mark.parametrize("model", [NewsItem, Facility, Organisation])
def test_search_engines_read_whose_the_picture_is(reader: Reader, model: Any) -> None:
    factory: Any = {NewsItem: "news", Facility: "facilities", Organisation: "organisations"}[model]
    record = FACTORIES[factory](picture=photo((60, 40)), **DESCRIBED)
    page = reader.get(f"/en/{factory}/{record.slug}/").page  # type: ignore[attr-defined]
    image = json.loads(page.select_one("script[type='application/ld+json']").string)["image"]
    assert image | {"url": ""} == {
        "@type": "ImageObject",
        "url": "",
        "caption": "The door of building 8.",
        "creditText": "Ada Lee",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
