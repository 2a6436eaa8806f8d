"""Pictures: which are taken, what is kept of them, and which renditions there are."""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms, ImageOps

from tests.factories import FacilityFactory, NewsItemFactory, OrganisationFactory, ParkFactory
from tests.pictures import DESCRIBED, ORIENTATION, PLACE, file_of, photo
from zone.models.picture import PictureFormField
from zone.pictures import CUTS, cleaned, decode
from zone.snapshots import problems, take
from zone.translation import TranslationState, translated_fields

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FACTORIES = (NewsItemFactory, FacilityFactory, OrganisationFactory, ParkFactory)
WHOLE, CARD, SHARE = CUTS


def opened(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        image = Image.open(io.BytesIO(file.read()))
    image.load()
    return image


def is_red(image: Image.Image, left: float, top: float) -> bool:
    red, _green, blue = image.convert("RGB").getpixel((int(image.width * left), int(image.height * top)))  # type: ignore[misc]
    return red > blue


# Taking


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_usual_picture_is_kept_under_a_name_that_nobody_guesses(form: str) -> None:
    upload = PictureFormField().clean(photo(form=form))
    item: Any = NewsItemFactory(picture=upload)
    assert re.fullmatch(rf"newsitem/[0-9a-f]{{32}}\.{form.lower()}", item.picture.name)
    assert (item.picture_width, item.picture_height) == (600, 400)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_usual_colours_are_taken(mode: str) -> None:
    item: Any = NewsItemFactory(picture=file_of(Image.new(mode, (90, 60)), "PNG"))
    assert next(opened(name).size for name in item.picture.rendition_names()) == (90, 60)


def test_a_file_of_several_pictures_that_a_telephone_wrote_is_a_jpeg() -> None:
    first, second = Image.new("RGB", (90, 60)), Image.new("RGB", (30, 20))
    upload = PictureFormField().clean(file_of(first, "MPO", save_all=True, append_images=[second]))
    item: Any = NewsItemFactory(picture=upload)
    assert (item.picture.name[-5:], opened(item.picture.name).format) == (".jpeg", "JPEG")


def test_what_the_file_is_called_says_nothing() -> None:
    upload = photo(form="PNG")
    upload.name = f"{'very' * 40} long.html"
    item: Any = NewsItemFactory(picture=PictureFormField().clean(upload))
    assert item.picture.name.endswith(".png")


def a_bomb() -> SimpleUploadedFile:
    """Return a PNG that says it has 60,000 × 60,000 pixels."""
    chunks = [b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0]), b"IDAT" + zlib.compress(bytes(9))]
    written = [(len(one) - 4).to_bytes(4, "big") + one + zlib.crc32(one).to_bytes(4, "big") for one in chunks]
    return SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"".join(written))


def cut_off(form: str) -> SimpleUploadedFile:
    whole = photo((900, 600), form).read()
    return SimpleUploadedFile("a.jpg", whole[: len(whole) * 2 // 3])


NO_PICTURE = "invalid_image"


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (file_of(Image.new("L", (3, 2)), "EPS"), NO_PICTURE),
        (file_of(Image.new("L", (3, 2)), "TIFF"), NO_PICTURE),
        (file_of(Image.new("L", (3, 2)), "BMP"), NO_PICTURE),
        (file_of(Image.new("L", (3, 2)), "GIF", "a.png"), NO_PICTURE),
        (SimpleUploadedFile("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), NO_PICTURE),
        (SimpleUploadedFile("a.png", b"%!PS-Adobe-3.0 EPSF-3.0"), NO_PICTURE),
        (SimpleUploadedFile("a.jpg", b"MZ\x90\x00"), NO_PICTURE),
        (SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n"), NO_PICTURE),
        (SimpleUploadedFile("a.png", b""), "empty"),
        (SimpleUploadedFile("a.png", b"x" * 15_000_001), "too_many_bytes"),
        (file_of(Image.new("1", (10_000, 5_000)), "PNG"), "too_many_pixels"),
        (file_of(Image.new("1", (10_000, 10_000)), "PNG"), "too_many_pixels"),
        (a_bomb(), "too_many_pixels"),
        (file_of(Image.new("L", (2, 41))), "too_thin"),
        (file_of(Image.new("L", (41, 2))), "too_thin"),
        (cut_off("JPEG"), "damaged"),
        (cut_off("PNG"), "damaged"),
        (file_of(Image.new("CMYK", (3, 2))), "print_colours"),
        (file_of(Image.new("I;16", (3, 2)), "PNG"), "too_deep"),
        (file_of(Image.new("L", (3, 2)), "PNG", save_all=True, append_images=[Image.new("L", (3, 2), 9)]), "animated"),
        (file_of(Image.new("L", (3, 2)), "WEBP", save_all=True, append_images=[Image.new("L", (3, 2), 9)]), "animated"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_upload_is_refused_with_the_reason(upload: SimpleUploadedFile, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PictureFormField().clean(upload)
    assert [error.code for error in refused.value.error_list] == [code]


def test_a_setting_says_how_large_a_file_may_be(settings: Any) -> None:
    settings.PICTURE_MEGABYTES = 2
    with pytest.raises(ValidationError, match="larger than 2 MB"):
        PictureFormField().clean(SimpleUploadedFile("a.png", b"x" * 2_000_001))


def test_a_program_that_brings_no_picture_is_refused_too() -> None:
    with pytest.raises(ValidationError, match="not a PNG, JPEG or WebP picture"):
        NewsItemFactory(picture=ContentFile(b"no picture", "a.png"))


# What is kept


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_no_file_says_where_the_picture_was_taken(form: str) -> None:
    upload = photo(form=form)
    assert PLACE in Image.open(upload).getexif()
    item: Any = NewsItemFactory(picture=upload)
    names = [item.picture.name, *item.picture.rendition_names()]
    assert [dict(opened(name).getexif()) for name in names] == [{}] * len(names)
    contents = [default_storage.open(name).read() for name in names]
    assert [content for content in contents if b"GPS" in content or b"Exif" in content] == []


def test_an_old_file_with_a_place_has_renditions_without() -> None:
    name = default_storage.save("newsitem/old.jpg", photo())
    item: Any = NewsItemFactory(picture=name, picture_width=600, picture_height=400)
    names = list(item.picture.rendition_names())
    assert [dict(opened(name).getexif()) for name in names] == [{}] * len(names)


def test_picture_is_kept_upright() -> None:
    item: Any = NewsItemFactory(picture=photo((600, 400), turned=6))
    kept = opened(item.picture.name)
    assert (kept.size, (item.picture_width, item.picture_height)) == ((400, 600), (400, 600))
    assert ORIENTATION not in kept.getexif()
    for image in (kept, *(opened(name) for name in item.picture.rendition_names())):
        assert (is_red(image, 0.5, 0.1), is_red(image, 0.5, 0.9)) == (True, False)


def test_picture_whose_exif_cannot_be_written_again_is_taken() -> None:
    upload = photo((60, 40), turned=6)
    with mock.patch.object(ImageOps, "exif_transpose", side_effect=ValueError):
        _form, _content, size = cleaned(decode(upload))
    assert size == (60, 40)


def test_nothing_hides_behind_the_picture() -> None:
    upload = SimpleUploadedFile("a.jpg", photo().read() + b"<script>alert(1)</script>")
    item: Any = NewsItemFactory(picture=upload)
    assert b"<script>" not in default_storage.open(item.picture.name).read()


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("profile", "kept"),
    [
        (SRGB, {SRGB}),
        (SRGB + b"hidden" * 1000, {SRGB}),
        (SRGB + b"hidden" * 11_000, {None}),
        (b"no profile at all" * 100, {None}),
        (SRGB[:400], {None}),
        (ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), {None}),
    ],
)
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_colour_profile_stays_and_nothing_in_its_place(form: str, profile: bytes, kept: set[bytes | None]) -> None:
    item: Any = NewsItemFactory(picture=file_of(Image.new("RGB", (90, 60)), form, icc_profile=profile))
    names = [item.picture.name, *item.picture.rendition_names()]
    assert {opened(name).info.get("icc_profile") for name in names} == kept


def test_picture_that_lacks_a_part_of_its_colour_profile_is_taken_without() -> None:
    upload = file_of(Image.new("RGB", (90, 60)), icc_profile=SRGB)
    parts_of_two = upload.read().replace(b"ICC_PROFILE\0\1\1", b"ICC_PROFILE\0\1\2")
    _form, content, _size = cleaned(decode(SimpleUploadedFile("a.jpg", parts_of_two)))
    assert Image.open(content).info.get("icc_profile") is None


# Renditions


def test_renditions_are_made_at_upload_in_all_sizes_and_forms() -> None:
    item: Any = NewsItemFactory.build(picture=photo((2000, 1000)))
    item._meta.get_field("picture").pre_save(item, add=True)
    made = [opened(name) for name in item.picture.rendition_names()]
    assert [(image.format, image.size) for image in made] == [
        *[("AVIF", size) for size in ((480, 240), (960, 480), (1600, 800))],
        *[("WEBP", size) for size in ((480, 240), (960, 480), (1600, 800))],
        *[("AVIF", size) for size in ((160, 107), (320, 213), (640, 427))],
        *[("WEBP", size) for size in ((160, 107), (320, 213), (640, 427))],
        ("JPEG", (1200, 630)),
    ]


@pytest.mark.parametrize(
    ("cut", "size", "sizes"),
    [
        (WHOLE, (3000, 2000), [(480, 320), (960, 640), (1600, 1067)]),
        (WHOLE, (700, 350), [(480, 240), (700, 350)]),
        (WHOLE, (300, 200), [(300, 200)]),
        (WHOLE, (3000, 4000), [(480, 640), (960, 1280), (1200, 1600)]),
        (WHOLE, (9, 9000), [(1, 1000)]),
        (CARD, (3000, 2000), [(160, 107), (320, 213), (640, 427)]),
        (CARD, (3000, 300), [(160, 107), (320, 213), (450, 300)]),
        (CARD, (2, 1), [(1, 1)]),
        (SHARE, (900, 900), [(900, 472)]),
    ],
)
def test_no_rendition_is_larger_than_the_picture(cut: Any, size: Any, sizes: Any) -> None:
    found = list(dict.fromkeys(cut.size(wanted, *size) for wanted in cut.widths))
    assert found == sizes


def test_addresses_name_only_the_widths_that_there_are() -> None:
    item: Any = NewsItemFactory(picture=photo((700, 350)))
    shown = item.picture.whole
    assert {form: re.findall(r" (\d+)w", sources) for form, sources in shown.sources.items()} == {
        "avif": ["480", "700"],
        "webp": ["480", "700"],
    }
    assert (shown.width, shown.height, shown.address[-5:]) == (700, 350, ".webp")
    named = {part.split(" ")[0] for sources in shown.sources.values() for part in sources.split(", ")}
    assert all(default_storage.exists(address.removeprefix("/media/")) for address in named)


@pytest.mark.parametrize(("point", "is_left"), [("0x0.5", True), ("1x0.5", False)])
def test_card_is_cut_around_the_focal_point(point: str, is_left: bool) -> None:
    item: Any = NewsItemFactory(picture=photo((900, 200)), picture_ppoi=point)
    card = opened(item.picture.card.address.removeprefix("/media/"))
    assert (is_red(card, 0.1, 0.5), is_red(card, 0.9, 0.5)) == (is_left, is_left)
    whole = opened(item.picture.whole.address.removeprefix("/media/"))
    assert (is_red(whole, 0.1, 0.5), is_red(whole, 0.9, 0.5)) == (True, False)


def test_another_focal_point_makes_other_cards_and_leaves_the_whole_as_it_is() -> None:
    item: Any = NewsItemFactory(picture=photo((900, 200)))
    whole, card = item.picture.whole.address, item.picture.card.address
    item.picture_ppoi = "0.1x0.5"
    item.save()
    item = type(item).objects.get()
    assert item.picture.whole.address == whole
    assert item.picture.card.address != card
    assert default_storage.exists(item.picture.card.address.removeprefix("/media/"))


def test_transparent_picture_is_shared_on_white() -> None:
    item: Any = NewsItemFactory(picture=file_of(Image.new("RGBA", (90, 60), (0, 0, 0, 0)), "PNG"))
    shared = opened(item.picture.share.address.removeprefix("/media/"))
    assert shared.getpixel((5, 5)) == (255, 255, 255)


# What is lost


def test_reading_a_record_opens_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    item: Any = NewsItemFactory(picture=photo())
    NewsItemFactory(picture="newsitem/lost.png")
    monkeypatch.delattr(type(default_storage._wrapped), "_open")  # type: ignore[attr-defined]
    monkeypatch.delattr(type(default_storage._wrapped), "exists")  # type: ignore[attr-defined]
    found = type(item).objects.order_by("pk")
    assert [one.picture.whole is not None for one in found] == [True, False]


def test_picture_that_is_taken_away_leaves_no_size() -> None:
    item: Any = NewsItemFactory(picture=photo())
    item.picture = ""
    item.save()
    item.refresh_from_db()
    assert (item.picture.name, item.picture_width, item.picture_height) == ("", None, None)


@pytest.mark.parametrize("content", [None, b"", b"no picture", photo().read()[:900]])
def test_lost_or_damaged_file_keeps_a_record_from_being_published_and_nothing_else(content: bytes | None) -> None:
    name = "newsitem/damaged.jpeg"
    if content is not None:
        name = default_storage.save(name, ContentFile(content))
    item: Any = NewsItemFactory(picture=name, picture_width=600, picture_height=400, **DESCRIBED)
    found = problems(type(item), item.pk, take(item))
    assert found == {"picture": ["The file is gone or damaged. Upload the picture again."]}


# Publishing


@pytest.mark.parametrize("factory", FACTORIES)
def test_published_picture_needs_words_a_credit_and_a_licence(factory: Any) -> None:
    record = factory(picture=photo((30, 20)), status="draft", picture_alternative_zh_hant="門")
    said = {
        "picture_alternative_en": ["Say what the picture shows."],
        "picture_credit": ["Say who made the picture."],
        "picture_licence": ["Say on which terms we may show the picture."],
    }
    assert problems(type(record), record.pk, take(record)) == said
    assert problems(type(record), record.pk, take(record), lenient=True) == {}
    for name, value in DESCRIBED.items():
        setattr(record, name, value)
    record.save()
    assert problems(type(record), record.pk, take(record)) == {}


@pytest.mark.parametrize("factory", FACTORIES)
def test_without_a_picture_nothing_is_needed(factory: Any) -> None:
    record = factory()
    assert problems(type(record), record.pk, take(record)) == {}


@pytest.mark.parametrize("factory", FACTORIES)
def test_alternative_text_that_is_not_translated_is_a_missing_text(factory: Any) -> None:
    record = factory()
    before = record.translation_state("zh-hans")
    record.picture_alternative_en = "A door"
    assert before == TranslationState.UNCHECKED
    assert record.translation_state("zh-hans") == TranslationState.MISSING


@pytest.mark.parametrize("factory", [FacilityFactory, OrganisationFactory, ParkFactory])
def test_columns_that_were_added_make_no_translation_look_outdated(factory: Any) -> None:
    record = factory()
    names = [name for name in translated_fields(type(record)) if not name.startswith("picture_")]
    before = [getattr(record, f"{name}_en") for name in names]
    record.zh_hans_of = hashlib.sha256("\0".join(before).encode()).hexdigest()[:16]
    assert record.original_fingerprint() == record.zh_hans_of
    record.picture_caption_en = "A door"
    assert record.original_fingerprint() != record.zh_hans_of
