"""What every public noun has in common."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.contenttypes.fields import GenericRelation
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zone.models.reading import RecordQuerySet
from zone.publishing import SENSIBLE_TIMES, Publishable, publishable_constraints, publishable_indexes
from zone.readable_text import ReadableText
from zone.translation import Text, Translatable, Translated, TranslationCheck

Lacking = dict[str, "str | Promise"]
"""What a record lacks to be public: what has to be said, by the name of the field."""

SLUG_FORM = r"^[a-z0-9]+(-[a-z0-9]+)*$"


def known_choice(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """Return the rule that ``field`` holds one of ``choices``; an optional field may be empty."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": choices.values}), name=f"%(class)s_{field}_is_known"
    )


class Record(ReadableText, Publishable, Translatable):
    """A noun with a page of its own."""

    stem: ClassVar[str]
    """What its pages, address names, templates and CSS hooks are called: ``organisation`` in ``organisation_list``."""

    title_field: ClassVar[str] = "name"
    """The translated field that holds what the record is called."""

    mentioned_with: ClassVar[tuple[str, ...] | None] = None
    """The columns that the page of another record shows besides the name: dates, and how far it has come."""

    apart = ("withdrawal_reason",)

    slug = models.SlugField(
        _("slug"),
        max_length=80,
        unique=True,
        validators=[RegexValidator(SLUG_FORM, _("Use small letters, digits and single hyphens."), "invalid_slug")],
        help_text=_(
            "The last part of the address. Left empty it is made from the English name. "
            "If you change it, the old address leads to the new one."
        ),
    )
    checked_on = models.DateField(
        _("last checked on"),
        null=True,
        blank=True,
        help_text=_("The day on which an editor last compared the record with its sources."),
    )
    withdrawal_reason = Translated(
        models.CharField(
            _("reason"),
            max_length=300,
            blank=True,
            default="",
            help_text=_("Readers who come to the page are told this, and nothing else of the record."),
        )
    )
    editor_note = models.TextField(
        _("note for editors"), blank=True, default="", help_text=_("Never shown to visitors.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False, validators=SENSIBLE_TIMES)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False, validators=SENSIBLE_TIMES)

    drafts = GenericRelation("zone.Draft")

    objects: ClassVar[RecordQuerySet[Any]] = RecordQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Publishable.Meta):
        abstract = True
        indexes = publishable_indexes()
        constraints = [
            *publishable_constraints(),
            known_choice("zh_hans_check", TranslationCheck),
            known_choice("zh_hant_check", TranslationCheck),
            models.CheckConstraint(condition=models.Q(slug__regex=SLUG_FORM), name="%(class)s_slug_is_well_formed"),
        ]

    @property
    def heading(self) -> Text:
        """Return what the record is called, in the language of the page or the nearest one."""
        return getattr(self, self.title_field)

    def lacking(self) -> Lacking:
        """Return what may be missing from a draft and not from what visitors see."""
        return {}

    def natural_key(self) -> tuple[str]:
        """Return what names the record in fixtures."""
        return (self.slug,)

    def get_absolute_url(self) -> str:
        """Return the address of the record's page in the active language."""
        return reverse(f"{self.stem}_detail", args=[self.slug])


class SourcedRecord(Record):
    """A noun that rests on sources."""

    sources = models.ManyToManyField(
        "zone.Source",
        verbose_name=_("sources"),
        blank=True,
        related_name="%(class)s_records",
        help_text=_("Everything that the record rests on."),
    )

    class Meta(Record.Meta):
        abstract = True
