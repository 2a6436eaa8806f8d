"""What can be subscribed to."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from zone.models import NewsItem
from zone.partial_dates import PartialDate

LATEST: Final = 30


class NewsFeed(Feed):
    """The latest news as Atom, in the language of the address. One instance serves all threads: it keeps no state."""

    feed_type = Atom1Feed

    def title(self) -> str:
        """Return the name of the feed."""
        return _("News of the Hetao zone")

    def subtitle(self) -> str:
        """Return what the feed brings."""
        return _("What happens in the Hetao Shenzhen-Hong Kong Science and Technology Innovation Cooperation Zone.")

    def link(self) -> str:
        """Return the page that has the same news."""
        return reverse("news_list")

    def author_name(self) -> str:
        """Return the author, without which Atom is not valid."""
        return _("Hetao newsroom")

    def items(self) -> Any:
        """Return the latest news that visitors may see."""
        return NewsItem.objects.published().for_list()[:LATEST]

    def item_title(self, item: NewsItem) -> str:  # type: ignore[override]
        """Return the title, or the nearest one where the language has none."""
        return item.title

    def item_description(self, item: NewsItem) -> str:  # type: ignore[override]
        """Return the summary."""
        return item.summary

    def item_pubdate(self, item: NewsItem) -> datetime.datetime:
        """Return the first moment of the date of the item, in the time zone of the site."""
        return timezone.make_aware(datetime.datetime.combine(PartialDate(item.date).first_day(), datetime.time()))

    def item_updateddate(self, item: NewsItem) -> datetime.datetime:
        """Return when the item was last changed."""
        return item.updated_at
