"""What a password may be, besides what Django asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_SHORTEST: Final = 3
"""Bytes of a name that is looked for: two letters are in too many words, and a Chinese character is a name."""


class OwnNamesValidator(UserAttributeSimilarityValidator):
    """Refuses a password with a name of whoever it is for in it, and as Django does one that is much like a name."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` that quotes the name, whatever its capitals and width."""
        for attribute in self.user_attributes:
            for name in _names_in(str(getattr(user, attribute, None) or "")):
                if name in _folded(password):
                    field = user._meta.get_field(attribute).verbose_name
                    text = _("The password must not contain “%(name)s”, which is in the %(field)s.")
                    raise ValidationError(text % {"name": name, "field": field}, code="contains_name")
        super().validate(password, user)

    def get_help_text(self) -> str:
        """Return what stands beside the field."""
        return _(
            "Your password must not contain your user name, your first or last name or what stands before the @ of "
            "your e-mail address, nor be similar to them."
        )


def _names_in(value: str) -> Iterator[str]:
    """Yield a name and the words that it consists of; of an e-mail address only what stands before the ``@``."""
    whole = _folded(value).partition("@")[0]
    for name in dict.fromkeys([whole, *re.split(r"[\W_]+", whole)]):
        if len(name.encode()) >= _SHORTEST:
            yield name


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
