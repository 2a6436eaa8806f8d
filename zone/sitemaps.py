"""All pages in all languages, for search engines: an index, and files with so many records each."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Final

from django.contrib.sitemaps import Sitemap
from django.core.paginator import Page, Paginator
from django.db.models import Max
from django.urls import reverse

from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park, Source
from zone.models.record import Record
from zone.translation import LANGUAGES

KEYS_A_FILE: Final = 1000
"""How many records a file has at most, each in three languages; search engines take 50,000 addresses."""


class PageSitemap(Sitemap):
    """The pages that are no record's."""

    i18n = True
    alternates = True

    def items(self) -> list[str]:
        """Return the names of the pages."""
        lists = [f"{model.stem}_list" for model in RECORDS]
        return ["home", *lists, "getting_here", "timeline", "about", "accessibility", "privacy", "content_policy"]

    def location(self, item: str) -> str:
        """Return the address of a page in the active language."""
        return reverse(item)


class KeyPaginator(Paginator):
    """Files of records with neighbouring keys: how many there are follows from the last key, and nothing is counted."""

    def __init__(self, model: type[Record]) -> None:
        super().__init__([], KEYS_A_FILE)
        self.model = model

    @property
    def num_pages(self) -> int:  # type: ignore[override]
        """Return how many files there are, of which some may be empty."""
        last = self.model.objects.aggregate(last=Max("pk"))["last"] or 0
        return -(-last // KEYS_A_FILE) or 1

    def page(self, number: int | str) -> Page:
        """Return file ``number``, which count from 1; raises ``EmptyPage`` or ``PageNotAnInteger``."""
        number = self.validate_number(number)
        keys = range(KEYS_A_FILE * (number - 1) + 1, KEYS_A_FILE * number + 1)
        records = self.model.objects.published().filter(pk__gte=keys[0], pk__lte=keys[-1])
        found = records.only("slug", "updated_at").order_by("pk")
        return Page([(record, language) for record in found for language in LANGUAGES], number, self)


class RecordSitemap(Sitemap):
    """The pages of all public records of one noun."""

    i18n = True
    alternates = True

    def __init__(self, model: type[Record]) -> None:
        self.model = model

    @property
    def paginator(self) -> KeyPaginator:  # type: ignore[override]
        """Return what divides the records into files."""
        return KeyPaginator(self.model)

    def lastmod(self, item: Record) -> datetime.datetime:
        """Return when the record was last changed."""
        return item.updated_at

    def get_latest_lastmod(self) -> None:
        """Leave it to each file to say when something in it was changed last."""


RECORDS: Final = (Organisation, Facility, NewsItem, KeyFigure, Field, Park, Source)

SITEMAPS: Final = {"pages": PageSitemap, **{model.stem: partial(RecordSitemap, model) for model in RECORDS}}
