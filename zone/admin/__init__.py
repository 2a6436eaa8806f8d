"""The editors' rooms: one file a noun. What all records have in common is in ``record``; the first page is ``desk``."""

from zone.admin import (
    facility,
    field,
    figure,
    holiday,
    news,
    organisation,
    park,
    people,
    redirect,
    report,
    source,
    trail,
    transport,
    version,
)

__all__ = [
    "facility",
    "field",
    "figure",
    "holiday",
    "news",
    "organisation",
    "park",
    "people",
    "redirect",
    "report",
    "source",
    "trail",
    "transport",
    "version",
]
