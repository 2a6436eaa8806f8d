"""Rows that belong to a record, and claims that each rest on a source of their own."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from zone.partial_dates import PartialDateField
from zone.publishing import public_condition
from zone.readable_text import ReadableText


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows that belong to a record."""

    def published(self) -> Self:
        """Return the rows that visitors may see where they may see the record: here all of them."""
        return self

    def with_public_owner(self) -> Self:
        """Leave out the rows of records that visitors may not see, and fetch the records."""
        condition = Q()
        for owner in self.model.owners:
            condition |= public_condition(f"{owner}__")
        return self.filter(condition).select_related(*self.model.owners)

    def get_by_natural_key(self, owner: str, slug: str, number: int) -> Any:
        """Return row ``number`` of the record of kind ``owner`` with ``slug``."""
        return self.get(**{f"{owner}__slug": slug, "number": number})


class Owned(ReadableText):
    """A row of a record, with a number that it keeps for ever, so that fixtures can name it."""

    owners: ClassVar[tuple[str, ...]]
    """The fields that lead to the record; of several, exactly one is set."""

    number = models.PositiveSmallIntegerField(_("number"), editable=False)

    objects: ClassVar[OwnedQuerySet] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        ordering = ["number"]

    @property
    def owner_field(self) -> str:
        """Return the name of the field that leads to the record; the first where none is set."""
        return next((field for field in self.owners if getattr(self, f"{field}_id")), self.owners[0])

    @property
    def owner(self) -> Any:
        """Return the record that the row belongs to, or ``None``."""
        return getattr(self, self.owner_field, None)

    def natural_key(self) -> tuple[str, str | None, int]:
        """Return what names the row in fixtures: the kind and slug of its record and its number."""
        return (self.owner_field, self.owner.slug if self.owner else None, self.number)

    def clean(self) -> None:
        """Raise ``ValidationError`` where a row that may belong to several kinds of record belongs to two or none."""
        super().clean()
        # A record that is being added together with its rows has no id yet.
        chosen = [field for field in self.owners if getattr(self, f"{field}_id") or self._state.fields_cache.get(field)]
        if len(self.owners) > 1 and len(chosen) != 1:
            raise ValidationError(_("Choose exactly one record that this is about."), code="one_owner")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row, giving a new one the next number of its record."""
        if self.number is None:
            siblings = type(self)._default_manager.filter(**{self.owner_field: self.owner})
            self.number = (siblings.aggregate(last=Max("number"))["last"] or 0) + 1
        super().save(*args, **kwargs)


def owned_constraints(*owners: str) -> list[models.BaseConstraint]:
    """Return the rules of a table of rows with ``owners``: one owner, and each number once for it."""
    rules: list[models.BaseConstraint] = [
        models.UniqueConstraint(fields=[owner, "number"], name=f"%(class)s_number_is_unique_for_its_{owner}")
        for owner in owners
    ]
    if len(owners) > 1:
        exactly_one = Q()
        for chosen in owners:
            exactly_one |= Q(**{f"{owner}__isnull": owner != chosen for owner in owners})
        rules.append(models.CheckConstraint(condition=exactly_one, name="%(class)s_is_about_exactly_one_record"))
    return rules


class ClaimQuerySet(OwnedQuerySet):
    """Claims with their sources."""

    def published(self) -> Self:
        """Return the claims whose source visitors may see too, the newest first and those without a date last."""
        claims = self.filter(public_condition("source__")).select_related("source")
        return claims.order_by(F("as_of").desc(nulls_last=True), "number")


class Claim(Owned):
    """Something that a source says about a record, as of a date."""

    as_of = PartialDateField(
        _("as of"),
        null=True,
        blank=True,
        help_text=_("The date that the claim is true for: 2024, 2024-06 or 2024-06-13. Empty: unknown."),
    )
    source = models.ForeignKey("zone.Source", models.PROTECT, related_name="%(class)s_claims", verbose_name=_("source"))

    objects: ClassVar[ClaimQuerySet] = ClaimQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Owned.Meta):
        abstract = True
