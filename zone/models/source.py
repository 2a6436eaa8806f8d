"""Where the facts come from."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zone.models.reading import RecordQuerySet
from zone.models.record import Record, known_choice
from zone.models.transport import Route
from zone.partial_dates import PartialDateField
from zone.translation import Text


class SourceLanguage(models.TextChoices):
    """The language in which a source is written."""

    ENGLISH = "en", _("English")
    SIMPLIFIED = "zh-hans", _("Simplified Chinese")
    TRADITIONAL = "zh-hant", _("Traditional Chinese")
    JAPANESE = "ja", _("Japanese")


_ROUTES = ("routes_timed", "routes_priced", "routes_restricted", "routes_measured")
"""The relations through which a single line about a route rests on a source."""

_RECORDS = (
    *("park_records", "keyfigure_records", "crossing_records", "route_records", "holidaycalendar_records"),
    *("crossings_timed", "crossings_explained"),
    *_ROUTES,
)
"""The relations through which records rest on a source; organisations, facilities and news may be very many."""

_CLAIMS = ("fact_claims", "person_claims", "observation_claims", "specification_claims", "departure_claims")
"""The relations through which what is shown with a record rests on a source."""


class SourceQuerySet(RecordQuerySet["Source"]):
    """What the pages read of sources."""

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.without_texts()

    def for_detail(self) -> Self:
        """Fetch everything public that rests on the source."""
        return self.with_public(*_RECORDS, *_CLAIMS)


class Source(Record):
    """A publication, page or notice that facts rest on. It is quoted in its own language and never translated."""

    stem = "source"
    title_field = "title"
    mentioned_with = ("publisher_original", "published", "language", "url")

    title_original = models.CharField(
        _("title"), max_length=300, help_text=_("The title as it stands on the source, in the source's own language.")
    )
    language = models.CharField(_("language"), max_length=7, choices=SourceLanguage, default=SourceLanguage.ENGLISH)
    publisher_original = models.CharField(_("publisher"), max_length=200)
    url = models.URLField(
        _("address"), max_length=500, blank=True, default="", help_text=_("Empty where the original was not seen.")
    )
    published = PartialDateField(
        pgettext_lazy("date", "published"),
        null=True,
        blank=True,
        help_text=_("2024, 2024-06 or 2024-06-13. Empty: unknown."),
    )
    seen_on_a_copy = models.BooleanField(
        _("seen on a copy"),
        default=False,
        help_text=_("Only a copy or a quotation was seen, not the original. Such a source has no address."),
    )

    objects: ClassVar[SourceQuerySet] = SourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Record.Meta):
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = [F("published").desc(nulls_last=True), "slug"]
        indexes = [
            *Record.Meta.indexes,
            models.Index("status", F("published").desc(), "slug", name="source_by_date"),
        ]
        constraints = [
            *Record.Meta.constraints,
            known_choice("language", SourceLanguage),
            models.CheckConstraint(
                condition=models.Q(seen_on_a_copy=False) | models.Q(url=""), name="%(class)s_seen_on_a_copy_has_no_url"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publisher_original}: {self.title_original}"

    @property
    def title(self) -> Text:
        """Return the title, which knows the language that it is written in."""
        return Text(self.title_original, self.language)

    @property
    def publisher(self) -> Text:
        """Return the publisher's name; the names are kept in their English form, or in Chinese characters."""
        return Text(self.publisher_original, "en" if self.publisher_original.isascii() else self.language)

    @property
    def has_claims(self) -> bool:
        """Whether any of the claims that were fetched with the source rests on it."""
        return any(getattr(self, name).all() for name in _CLAIMS)

    @property
    def has_records(self) -> bool:
        """Whether any of the records that were fetched with the source rests on it."""
        return any(getattr(self, name).all() for name in _RECORDS)

    @property
    def routes_cited(self) -> list[Route]:
        """Return the routes of which a single line rests on the source, as they were fetched with it."""
        return list(dict.fromkeys(route for name in _ROUTES for route in getattr(self, name).all()))

    def clean(self) -> None:
        """Raise ``ValidationError`` for an address of an original that was not seen."""
        super().clean()
        if self.seen_on_a_copy and self.url:
            raise ValidationError(
                {
                    "url": _(
                        "A source that was seen on a copy has no address. Remove it, or say that you saw the original."
                    )
                },
                code="copy_with_url",
            )
