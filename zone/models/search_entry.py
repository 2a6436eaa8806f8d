"""What the search knows of the records: an entry for each, and which of them have what in common."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from zone.publishing import Publishable


class SearchEntry(Publishable):
    """The entry of one record in the index of the search; what stands in it is in the table ``zone_search``.

    An entry follows the states of its record, so that the one condition of what is public holds for both. Its key is
    made of the noun and the key of the record: see :func:`zone.search.tables.key_of`. ``name_*`` put names in order;
    news and sources, which are listed by date, have only their slug there, in ``name_en``.
    """

    id = models.BigIntegerField(primary_key=True)
    noun = models.PositiveSmallIntegerField(_("noun"))
    record_id = models.PositiveBigIntegerField(_("record"))
    date = models.CharField(_("date"), max_length=10, blank=True, default="")
    name_en = models.CharField(_("English order"), max_length=200, blank=True, default="")
    name_zh_hans = models.CharField(_("order by pinyin"), max_length=200, blank=True, default="")
    name_zh_hant = models.CharField(_("order by strokes"), max_length=200, blank=True, default="")
    titles = models.JSONField(_("titles"), default=list)
    terms = models.JSONField(_("terms"), default=list)
    digest = models.CharField(_("digest of the texts"), max_length=32)
    right_until = models.DateTimeField(_("right until"), null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        default_permissions = ()
        indexes = [
            models.Index(fields=["noun", "name_en", "id"], name="search_entry_by_english_name"),
            models.Index(fields=["noun", "name_zh_hans", "id"], name="search_entry_by_pinyin"),
            models.Index(fields=["noun", "name_zh_hant", "id"], name="search_entry_by_strokes"),
            models.Index(fields=["noun", "-date", "name_en", "id"], name="search_entry_by_date"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["noun", "record_id"], name="search_entry_is_the_only_one_of_its_record")
        ]

    def __str__(self) -> str:
        return " · ".join(self.titles)


class PostingList(models.Model):
    """Which public records of a noun have one term, such as ``park=1``: their keys, as a Roaring bitmap."""

    noun = models.PositiveSmallIntegerField(_("noun"))
    facet = models.CharField(_("facet"), max_length=30)
    term = models.CharField(_("term"), max_length=60)
    digest = models.CharField(_("digest of the bitmap"), max_length=32)
    bitmap = models.BinaryField(_("bitmap"))  # The last column: SQLite reads what stands before it without it.

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        verbose_name = _("posting list")
        verbose_name_plural = _("posting lists")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["noun", "facet", "term"], name="posting_list_is_the_only_one_of_its_term")
        ]

    def __str__(self) -> str:
        return self.term


class FruitlessSearch(models.Model):
    """Words for which nothing was found, counted by day. Nothing is kept about who has looked for them."""

    words = models.CharField(_("words"), max_length=200)
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("count"), default=1)

    class Meta:
        verbose_name = _("search without a result")
        verbose_name_plural = _("searches without a result")
        default_permissions = ()
        ordering = ["-day", "-count", "words"]
        constraints = [models.UniqueConstraint(fields=["day", "words"], name="fruitless_search_is_counted_once_a_day")]

    def __str__(self) -> str:
        return self.words
