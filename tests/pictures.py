"""Pictures made for tests, as cameras and programs write them."""

from __future__ import annotations

import io
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

DESCRIBED: Final = {
    "picture_alternative_en": "A door with a brass handle",
    "picture_alternative_zh_hans": "一扇有黄铜把手的门",
    "picture_alternative_zh_hant": "一扇有黃銅把手的門",
    "picture_caption_en": "The door of building 8.",
    "picture_credit": "Ada Lee",
    "picture_licence": "cc-by-4.0",
}
"""What has to be said of a picture before it is published."""

ORIENTATION: Final = 0x0112
PLACE: Final = 0x8825
"""Where Exif keeps how the camera was held, and where it was."""


def file_of(image: Image.Image, form: str = "JPEG", name: str = "picture.jpg", **options: Any) -> SimpleUploadedFile:
    """Return ``image`` as an upload."""
    written = io.BytesIO()
    image.save(written, form, **options)
    return SimpleUploadedFile(name, written.getvalue(), f"image/{form.lower()}")


def photo(size: tuple[int, int] = (600, 400), form: str = "JPEG", *, turned: int = 1) -> SimpleUploadedFile:
    """Return a picture whose left half is red and whose right half is blue, with the place where it was taken.

    ``turned`` says how the camera was held: 6 means that the left side is to be seen above.
    """
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    exif[PLACE] = {1: "N", 2: (22.0, 31.0, 0.0), 3: "E", 4: (114.0, 4.0, 0.0)}
    place = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>22,31N</exif:GPSLatitude></x:xmpmeta>'
    options: dict[str, Any] = {"exif": exif} if form == "PNG" else {"exif": exif, "xmp": place}
    return file_of(image, form, **options)
