"""Formatted text that can do no harm."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

import nh3
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _
from django_prose_editor.config import allowlist_from_extensions, expand_extensions
from django_prose_editor.fields import ProseEditorField

EXTENSIONS: Final[dict[str, Any]] = {
    "Bold": True,
    "Italic": True,
    "Subscript": True,
    "Superscript": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto"]},
}
"""What editors can write; everything else is removed."""

_ALLOWED: Final[dict[str, Any]] = allowlist_from_extensions(expand_extensions(EXTENSIONS))
_ALLOWED["attributes"]["a"].remove("rel")
_CLEANER: Final = nh3.Cleaner(**_ALLOWED | {"link_rel": "noopener noreferrer"})
"""Where a link leads is told neither who opened it nor from where. Editors vouch for it, so it is not ``nofollow``."""
_EMPTY: Final = re.compile(r"<(\w+)></\1>")
"""What the editor makes of nothing."""

DEEPEST: Final = 50
"""How many elements may lie in each other, two for a list. nh3's time grows with the square: 16 s for 144 kB."""

_SPACE: Final = r"[ \t\n\f\r]"
_TAG: Final = re.compile(
    rf"""<(?P<end>/?)(?P<name>[a-z][a-z0-9:-]*)(?:{_SPACE}+[a-z0-9:_-]+(?:="[^"]*"|='[^']*')?)*{_SPACE}*/?>"""
    r"|<!--[^<>]*-->|<(?=[a-z/!?])",
    re.ASCII | re.IGNORECASE,
)
"""A tag or a comment that every parser sees as one, or the beginning of anything else that is no text."""
_WITHOUT_END: Final = ("br", "hr", "img")


def sanitise(html: str) -> str:
    """Return ``html`` without anything that ``EXTENSIONS`` does not allow, its links with our ``rel``.

    What may be nested too deep comes back as the text that it is written with.
    """
    cleaned = _CLEANER.clean(escape(html) if may_be_too_deep(html) else html)
    return "" if _EMPTY.fullmatch(cleaned) else cleaned


def may_be_too_deep(html: str) -> bool:
    """Return whether more than ``DEEPEST`` elements of ``html`` may lie in each other, however a browser reads it.

    An element lasts until it is closed before anything else is. After what is no plain tag none is closed any more.
    """
    if html.count("<") <= DEEPEST:
        return False
    inside: list[str] = []
    for tag in _TAG.finditer(html):
        name = (tag["name"] or tag[0]).lower()
        if not tag["end"] and name not in _WITHOUT_END and not name.startswith("<!--"):
            inside.append(name)
        elif tag["end"] and inside and inside[-1] == name:
            inside.pop()
        if len(inside) > DEEPEST:
            return True
    return False


def _refuse_depth(html: str) -> None:
    if may_be_too_deep(html):
        message = _("More than %(most)d lists, quotations or formats lie in each other, or are not closed.")
        raise ValidationError(message, code="too_deep", params={"most": DEEPEST})


class RichTextField(ProseEditorField):
    """HTML from the editor, sanitised by ``clean()``. Templates sanitise it once more when they show it."""

    default_validators: ClassVar = [_refuse_depth]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"extensions": EXTENSIONS, "sanitize": sanitise, **kwargs})
