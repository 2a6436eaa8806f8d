"""Text that people can read and machines can carry."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

UNREADABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 (section 2.2) does not allow, so that one of them would break a feed."""


class ReadableText(models.Model):
    """A row whose texts hold no control characters."""

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Raise ``ValidationError`` for each field that is wrong or that holds a control character."""
        errors: dict[str, list[ValidationError]] = {}
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name in _texts(type(self)):
            if name not in (exclude or ()) and UNREADABLE.search(getattr(self, name) or ""):
                message = _("The text has an invisible control character in it. Write it anew.")
                errors.setdefault(name, []).append(ValidationError(message, code="control_character"))
        if errors:
            raise ValidationError(errors)


@functools.cache
def _texts(model: type[models.Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [field.attname for field in fields if isinstance(field, models.CharField | models.TextField)]
