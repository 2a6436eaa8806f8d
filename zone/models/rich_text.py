"""Formatted text that can do no harm."""

from __future__ import annotations

from typing import Any, Final

from django_prose_editor.fields import ProseEditorField, create_sanitizer

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

sanitise = create_sanitizer(EXTENSIONS)
"""Return the HTML given to it without anything that ``EXTENSIONS`` does not allow."""


class RichTextField(ProseEditorField):
    """HTML from the editor, sanitised by ``clean()``. Templates sanitise it once more when they show it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"extensions": EXTENSIONS, "sanitize": sanitise, **kwargs})
