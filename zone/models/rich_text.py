"""Formatted text that can do no harm."""

from __future__ import annotations

import re
from typing import Any, Final

import nh3
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


def sanitise(html: str) -> str:
    """Return ``html`` without anything that ``EXTENSIONS`` does not allow, its links with our ``rel``."""
    cleaned = _CLEANER.clean(html)
    return "" if _EMPTY.fullmatch(cleaned) else cleaned


class RichTextField(ProseEditorField):
    """HTML from the editor, sanitised by ``clean()``. Templates sanitise it once more when they show it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"extensions": EXTENSIONS, "sanitize": sanitise, **kwargs})
