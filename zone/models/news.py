"""What happened."""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zone.models.picture import Illustrated
from zone.models.reading import RecordQuerySet
from zone.models.record import known_choice
from zone.models.rich_text import RichTextField
from zone.partial_dates import PartialDateField
from zone.publishing import SENSIBLE_TIMES, Status
from zone.translation import Translated


class NewsKind(models.TextChoices):
    """What sort of news an item is."""

    STORY = "story", _("story")
    RELEASE = "release", _("press release")
    NOTICE = "notice", _("notice")


_NOTICE_HOLDS: Final = datetime.timedelta(days=30)


class NewsQuerySet(RecordQuerySet["NewsItem"]):
    """What the pages read of news."""

    def for_list(self) -> Self:
        """Fetch what a row of a list shows."""
        return self.for_rows("kind", "date", "holds_from", "holds_until").with_public_lists("fields")

    def current_notices(self) -> Self:
        """Return the notices that are not over: those that say when, and those of the last 30 days that do not."""
        now, since = timezone.now(), timezone.localdate() - _NOTICE_HOLDS
        notices = self.model._default_manager.filter(kind=NewsKind.NOTICE).order_by()
        # Each way of being current is found by an index of its own; all at once they would be among all notices.
        dated, *others = (
            notices.filter(**way).values("pk")
            for way in (
                {"status": Status.PUBLISHED, "date__gte": since.isoformat()},
                {"holds_from__gt": now - _NOTICE_HOLDS},
                {"holds_until__gt": now},
                {"expire_at__gt": now},
            )
        )
        return self.filter(pk__in=dated.union(*others)).exclude(holds_until__lte=now)

    def for_detail(self) -> Self:
        """Fetch what the page of one item shows."""
        return self.with_public("organisations", "facilities", "fields", "sources", "changes")


class NewsItem(Illustrated):
    """A story, a press release or a notice."""

    stem = "news"
    mentioned_with = ("date",)
    title_field = "title"
    added = ()

    kind = models.CharField(_("kind"), max_length=7, choices=NewsKind, default=NewsKind.STORY)
    date = PartialDateField(_("date"), help_text=_("When it happened: 2024, 2024-06 or 2024-06-13."))
    holds_from = models.DateTimeField(
        _("holds from"),
        null=True,
        blank=True,
        validators=SENSIBLE_TIMES,
        help_text=_("Of a notice: when what it announces begins (Hong Kong time)."),
    )
    holds_until = models.DateTimeField(
        _("holds until"),
        null=True,
        blank=True,
        validators=SENSIBLE_TIMES,
        help_text=_("Of a notice: when that ends (Hong Kong time). The notice then leaves “Getting here”."),
    )
    title = Translated(models.CharField(_("title"), max_length=150, blank=True, default=""), en={"blank": False})
    summary = Translated(
        models.CharField(
            _("summary"), max_length=160, blank=True, default="", help_text=_("One sentence, at most 160 characters.")
        )
    )
    body = Translated(RichTextField(_("text"), blank=True, default=""))
    organisations = models.ManyToManyField(
        "zone.Organisation", verbose_name=_("organisations"), blank=True, related_name="news"
    )
    facilities = models.ManyToManyField("zone.Facility", verbose_name=_("facilities"), blank=True, related_name="news")
    fields = models.ManyToManyField("zone.Field", verbose_name=_("fields"), blank=True, related_name="news")

    objects: ClassVar[NewsQuerySet] = NewsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Illustrated.Meta):
        verbose_name = _("news item")
        verbose_name_plural = _("news")
        ordering = ["-date", "slug"]
        indexes = [
            *Illustrated.Meta.indexes,
            models.Index(fields=["status", "-date", "slug"], name="news_by_date"),
            models.Index(fields=["status", "kind", "-date"], name="news_by_kind"),
            models.Index(fields=["holds_from"], condition=models.Q(holds_from__isnull=False), name="news_by_beginning"),
            models.Index(fields=["holds_until"], condition=models.Q(holds_until__isnull=False), name="news_by_end"),
        ]
        constraints = [
            *Illustrated.Meta.constraints,
            known_choice("kind", NewsKind),
            models.CheckConstraint(
                condition=models.Q(holds_from=None)
                | models.Q(holds_until=None)
                | models.Q(holds_until__gt=models.F("holds_from")),
                name="%(class)s_holds_until_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Raise ``ValidationError`` for an end before the beginning."""
        super().clean()
        if self.holds_from is not None and self.holds_until is not None and self.holds_until <= self.holds_from:
            raise ValidationError({"holds_until": _("It would end before it begins.")}, code="ends_first")
