"""Pictures that are looked at before anything decodes them."""

from __future__ import annotations

import secrets
from pathlib import PurePath
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import models
from django.utils.translation import gettext_lazy as _
from imagefield.fields import ImageField
from PIL import Image, UnidentifiedImageError

FORMATS: Final = ("PNG", "JPEG", "WEBP")
MOST_PIXELS: Final = 40_000_000
"""A picture of the size of a 40-megapixel camera; decoding it takes about 160 MB of memory."""


def unguessable_name(record: models.Model, name: str) -> str:
    """Return where an upload is kept: nobody finds the picture of a draft by guessing what its file was called."""
    return f"{record._meta.model_name}/{secrets.token_hex(8)}{PurePath(name).suffix.lower()}"


class PictureFormField(forms.ImageField):
    """An upload that is refused before decoding unless it is a picture of a usual format and size."""

    def to_python(self, data: Any) -> Any:
        """Return the picture. Raises ``ValidationError`` for what is none."""
        if data:
            self._look_at(data)
        return super().to_python(data)

    def _look_at(self, data: File[bytes]) -> None:
        # Pillow would try every format that it knows, and hand some of them to other programs.
        try:
            width, height = Image.open(data, formats=FORMATS).size
        except (UnidentifiedImageError, OSError, ValueError) as error:
            raise ValidationError(_("Upload a PNG, JPEG or WebP picture."), code="invalid_image") from error
        finally:
            data.seek(0)
        if width * height > MOST_PIXELS:
            raise ValidationError(_("The picture has more than 40 million pixels. Make it smaller."), code="too_large")


class PictureField(ImageField):
    """A picture with its width, its height and the point of interest that stays in view when it is cropped."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        defaults = {"blank": True, "default": "", "auto_add_fields": True, "upload_to": unguessable_name}
        super().__init__(*args, **{**defaults, **kwargs})

    def formfield(self, **kwargs: Any) -> Any:
        """Look at an upload before Pillow does."""
        return super().formfield(**{"form_class": PictureFormField, **kwargs})
