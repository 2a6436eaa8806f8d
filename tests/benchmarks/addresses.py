"""The pages that are measured."""

from __future__ import annotations

from typing import Final

LIST: Final = "/en/organisations/"
LISTED: Final = "apple-shenzhen-lab"
"""An organisation that stands there."""
DETAIL: Final = "/en/organisations/gba-ncti-international-hq/"
"""Of the organisations the one whose page has the median of all lengths."""
LIST_OF_THE_REFERENCE: Final = "/en/references/organisations/"
BYTES_OF_THE_REFERENCE: Final = "/en/references/bytes/"
