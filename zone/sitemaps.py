"""All pages in all languages, for search engines."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.contrib.sitemaps import Sitemap
from django.db import models
from django.urls import reverse

from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park, Source
from zone.models.record import Record


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


class RecordSitemap(Sitemap):
    """The pages of all public records of one noun."""

    i18n = True
    alternates = True
    limit = 5000

    def __init__(self, model: type[Record]) -> None:
        self.model = model

    def items(self) -> models.QuerySet[Any]:
        """Return the records that visitors may see."""
        return self.model.objects.published().only("slug", "updated_at").order_by("slug")

    def lastmod(self, item: Record) -> datetime.datetime:
        """Return when the record was last changed."""
        return item.updated_at


RECORDS: Final = (Organisation, Facility, NewsItem, KeyFigure, Field, Park, Source)

SITEMAPS: Final = {"pages": PageSitemap, **{model.stem: RecordSitemap(model) for model in RECORDS}}
