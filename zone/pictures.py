"""What a picture has to be to be taken, what is kept of it, and the sizes and forms in which it is shown.

Nothing here knows a model. A picture is decoded once when it comes, so that what is kept is known to be whole; it is
kept without anything that its camera has written into it, such as the place where it was taken.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from imagefield.processing import register
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS: Final = ("PNG", "JPEG", "WEBP")
MOST_PIXELS: Final = 40_000_000
"""A picture of the size of a 40-megapixel camera; decoding it takes about 160 MB of memory."""

LONGEST: Final = 20
"""How many times as long as it is wide a picture may be. Of a thinner one no rendition can be made, or a huge one."""

LARGEST_PROFILE: Final = 65_000
"""Bytes of a colour profile, which each rendition has too. The ICC's own largest for pictures, sRGB v4, has 61 kB."""
_SRGB: Final = ImageCms.createProfile("sRGB")

_MODES: Final = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
_OF_PRINT: Final = ("CMYK", "YCbCr", "LAB")
_SEVERAL_IN_ONE: Final = "MPO"
"""What Pillow calls a JPEG in which a telephone has put further versions of the same picture."""

Size = tuple[int, int]


# Taking a picture


def decode(file: File[bytes]) -> Image.Image:
    """Return the picture in ``file``, wholly decoded. Raises ``ValidationError``, which says why, for what is none."""
    if (file.size or 0) > settings.PICTURE_MEGABYTES * 1_000_000:
        message = _("The file is larger than %(most)s MB. Save the picture with fewer pixels or compress it more.")
        raise ValidationError(message, code="too_many_bytes", params={"most": settings.PICTURE_MEGABYTES})
    picture = _open(file)
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_large()
    if max(picture.size) > LONGEST * min(picture.size):
        raise ValidationError(_("The picture is too long and thin. Cut it."), code="too_thin")
    if getattr(picture, "is_animated", False) and picture.format != _SEVERAL_IN_ONE:
        raise ValidationError(_("The picture moves. Upload one that stands still."), code="animated")
    if picture.mode in _OF_PRINT:
        raise ValidationError(_("The picture has the colours of print (CMYK). Save it in RGB."), code="print_colours")
    if picture.mode not in _MODES:
        raise ValidationError(_("The picture has more than 8 bits for each colour. Save it with 8."), code="too_deep")
    try:
        picture.load()
    except Exception as error:  # A damaged file makes decoders raise nearly anything.
        message = _("The file is damaged, or not all of it has arrived. Upload it again, or save the picture anew.")
        raise ValidationError(message, code="damaged") from error
    return picture


def _open(file: File[bytes]) -> Image.Image:
    """Read what a file says of itself. Pillow would try all its formats, and hand some of them to other programs."""
    file.seek(0)
    try:
        return Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except (UnidentifiedImageError, OSError, ValueError) as error:
        message = _("This is not a PNG, JPEG or WebP picture, whatever its name says. Save it as one of these.")
        raise ValidationError(message, code="invalid_image") from error


def _too_large() -> ValidationError:
    message = _("The picture has more than 40 million pixels. Make it smaller.")
    return ValidationError(message, code="too_many_pixels")


def cleaned(picture: Image.Image) -> tuple[str, ContentFile[bytes], Size]:
    """Return what is kept of ``picture``: how its name ends, the file, and its size.

    It is upright, and nothing but its colours is left: no place, no camera, no comment, no preview, no second file
    that is hidden in the first.
    """
    form = "JPEG" if picture.format == _SEVERAL_IN_ONE else str(picture.format)
    upright = _plain(_upright(picture))
    written = io.BytesIO()
    upright.save(written, form, icc_profile=_profile(picture), **({} if form == "PNG" else {"quality": 95}))
    return form.lower(), ContentFile(written.getvalue()), upright.size


def _profile(picture: Image.Image) -> bytes | None:
    """Return what says how the colours of ``picture`` are meant, if it does; without what stands behind that."""
    profile = picture.info.get("icc_profile") if picture.mode in ("RGB", "RGBA", "P") else None
    if not profile or len(profile) > LARGEST_PROFILE:
        return None
    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        ImageCms.buildTransform(found, _SRGB, "RGB", "RGB")
    except (OSError, ImageCms.PyCMSError):
        return None
    return found.tobytes()


def _upright(picture: Image.Image) -> Image.Image:
    """Return ``picture`` as it is to be seen; as it stands in the file where its Exif cannot be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # Pillow raises nearly anything at what it reads and writes again, though it is thrown away here.
        return picture


def _plain(picture: Image.Image) -> Image.Image:
    """Return ``picture`` in the colours that every format can hold, without what is written beside them."""
    plain = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    plain.info = {}
    return plain


# Showing a picture


@dataclass(frozen=True)
class Cut:
    """A shape in which pictures are shown, in several widths."""

    name: str
    widths: tuple[int, ...]
    """In pixels. A picture that is narrower is never made wider, and none is taller than the last width."""
    forms: tuple[str, ...]
    """The formats, the one that saves most first; the last one is for whoever knows none of the others."""
    ratio: float | None = None
    """Width divided by height; ``None`` shows the picture whole. What is cut off lies far from the focal point."""

    def size(self, wanted: int, width: int, height: int) -> Size:
        """Return the size that a picture of ``width`` × ``height`` pixels has when it should be ``wanted`` wide."""
        ratio = self.ratio or width / height
        across = max(1, min(wanted, width, int(min(height, self.widths[-1]) * ratio + 0.001)))
        return across, max(1, round(across / ratio))


CUTS: Final = (
    Cut("whole", (480, 960, 1600), ("AVIF", "WEBP")),
    Cut("card", (160, 320, 640), ("AVIF", "WEBP"), 3 / 2),
    Cut("share", (1200,), ("JPEG",), 1200 / 630),
)
"""For the page of a record, for lists, and for messengers, which know neither of the new formats."""

_QUALITY: Final[dict[str, dict[str, Any]]] = {
    "AVIF": {"quality": 60, "speed": 8},  # Slower takes four times as long, and saves little.
    "WEBP": {"quality": 80},
    "JPEG": {"quality": 85, "progressive": True},
}
_CENTRE: Final = [0.5, 0.5]

Spec = Callable[[Any, Any], None]
"""What tells imagefield how a rendition is made: it is given the picture's file and the context to fill in."""


def specs() -> dict[str, Spec]:
    """Return how each rendition is made, by its name: ``card_avif_320``."""
    return {
        rendition_name(cut, form, width): _spec(cut, form, width)
        for cut in CUTS
        for form in cut.forms
        for width in cut.widths
    }


def rendition_name(cut: Cut, form: str, width: int) -> str:
    """Return what a rendition is called."""
    return f"{cut.name}_{form.lower()}_{width}"


def _spec(cut: Cut, form: str, wanted: int) -> Spec:
    def spec(picture: Any, context: Any) -> None:
        size = cut.size(wanted, picture.width, picture.height)
        context.extension = f".{form.lower()}"
        if cut.ratio is None:  # Its name must not follow the focal point, on which it does not depend.
            context.ppoi = _CENTRE
        context.processors = ["preserve_icc_profile", ("encode", form, size), ("crop", size)]

    return spec


@register
def encode(get_image: Callable[..., Image.Image], form: str, size: Size) -> Callable[..., Image.Image]:
    """Let imagefield write a picture that becomes ``size`` as ``form``, with nothing but its colours."""

    def processor(picture: Image.Image, context: Any) -> Image.Image:
        context.save_kwargs.update(format=form, **_QUALITY[form])
        # Twice of what is shown is fine enough. A JPEG can be decoded at a half, a quarter or an eighth of its size.
        excess = min(picture.width / size[0], picture.height / size[1]) / 2
        picture.draft(None, (int(picture.width / excess), int(picture.height / excess)))
        plain = _plain(picture)
        plain = plain.reduce(max(1, int(min(plain.width / size[0], plain.height / size[1]) / 2)))
        if form == "JPEG" and plain.mode == "RGBA":
            paper = Image.new("RGB", plain.size, "white")
            paper.paste(plain, mask=plain)
            plain = paper
        return get_image(plain, context)

    return processor
