"""What can be subscribed to: the latest of each list, with the filters of its address, as Atom (RFC 4287)."""

from __future__ import annotations

import datetime
import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag, urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from zone.filters.finder import Finder
from zone.filters.nouns import FacilityFinder, NewsFinder, OrganisationFinder
from zone.models import ChangeNote, NewsItem
from zone.models.record import Record
from zone.partial_dates import PartialDate
from zone.translation import HTML_LANGUAGES, Text, active_language

LATEST: Final = 30
"""How many entries a feed has."""

_TYPE: Final = "application/atom+xml; charset=utf-8"
_BEFORE_ANYTHING: Final = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""When a feed changed that has no entry."""
_REMEMBERED: Final = datetime.timedelta(days=7).total_seconds()
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 cannot hold, escaped or not."""
_ORDERING: Final = "sort"
"""The parameter of a list that a feed, which has an order of its own, leaves out."""
_YEARS: Final = ("from", "to")
_OWNERS: Final = {
    ChangeNote._meta.get_field(owner).related_model.stem: owner  # type: ignore[union-attr]
    for owner in ChangeNote.owners
}
"""The field of a change note that leads to each noun."""

Filters = list[tuple[str, str]]


@dataclass(frozen=True)
class Feed:
    """What a feed is called, which page has the same, and the filters in its address."""

    title: str
    page: str
    filters: Filters
    chosen: list[str]
    """The filters in words."""

    @property
    def full_title(self) -> str:
        """Return the title with the filters."""
        return self.title + _(": ") + _(", ").join(self.chosen) if self.chosen else self.title

    @property
    def query(self) -> str:
        """Return the filters as they stand in an address, with the question mark."""
        return f"?{urlencode(self.filters)}" if self.filters else ""


@dataclass(frozen=True)
class Entry:
    """One of the things that a feed tells of."""

    identifier: str
    address: str
    title: Text
    summary: Text
    updated: datetime.datetime
    published: datetime.datetime | None
    kind: str
    kind_name: str


def news_feed(request: HttpRequest) -> HttpResponseBase:
    """Answer with the latest news."""
    return _list_feed(request, NewsFinder, _("News of the Hetao zone"), "-date")


def organisation_feed(request: HttpRequest) -> HttpResponseBase:
    """Answer with the organisations of which something was changed last."""
    return _list_feed(request, OrganisationFinder, _("Organisations of the Hetao zone"), "-updated_at")


def facility_feed(request: HttpRequest) -> HttpResponseBase:
    """Answer with the facilities of which something was changed last."""
    return _list_feed(request, FacilityFinder, _("Facilities of the Hetao zone"), "-updated_at")


def change_feed(request: HttpRequest) -> HttpResponseBase:
    """Answer with the latest changes and corrections of any noun, or of the one that ``noun`` names."""
    notes, filters, chosen = ChangeNote.objects.published().with_public_owner(), [], []
    noun = request.GET.get("noun", "")
    if noun in _OWNERS:
        notes = notes.filter(**{f"{_OWNERS[noun]}__isnull": False})
        filters.append(("noun", noun))
        chosen.append(capfirst(str(ChangeNote._meta.get_field(_OWNERS[noun]).related_model._meta.verbose_name_plural)))  # type: ignore[union-attr]
    feed = Feed(_("Changes and corrections in the Hetao zone"), reverse("home"), filters, chosen)
    return _answer(request, feed, [_of_note(note) for note in notes.order_by("-date", "-pk")[:LATEST]])


def _list_feed(request: HttpRequest, finder_class: type[Finder], title: str, newest: str) -> HttpResponseBase:
    model = finder_class._meta.model
    finder = finder_class(request.GET)
    records = finder.latest(newest)[:LATEST]
    filters, chosen = _filters(finder)
    feed = Feed(title, reverse(f"{model.stem}_list") + (f"?{urlencode(filters)}" if filters else ""), filters, chosen)
    return _answer(request, feed, [_of_record(record) for record in records])


# Filters


def _filters(finder: Finder) -> tuple[Filters, list[str]]:
    """Return the filters that make sense, always in the same order, and what they are in words."""
    filters, chosen = [], []
    for name, cleaned in finder.form.cleaned_data.items():
        values = sorted(map(str, cleaned)) if isinstance(cleaned, (list, tuple, set)) else [str(cleaned or "")]
        if name != _ORDERING:
            filters += [(name, value) for value in values if value]
            begin = f"{finder.form[name].label}{_(': ')}" if name in _YEARS else ""
            chosen += [f"{begin}{finder.in_words(name, value)}" for value in values if value]
    return filters, chosen


# Entries


def _of_record(record: Any) -> Entry:
    return Entry(
        identifier=_identifier(record.get_absolute_url()),
        address=record.get_absolute_url(),
        title=record.heading,
        summary=record.summary,
        updated=_appeared_or_changed(record),
        published=_midnight(record.date) if isinstance(record, NewsItem) else None,
        kind=record.kind,
        kind_name=record.get_kind_display(),
    )


def _of_note(note: ChangeNote) -> Entry:
    name, moment = note.owner.heading, _midnight(PartialDate(note.date.isoformat()))
    return Entry(
        identifier=_identifier(f"{note.owner.get_absolute_url()}#change-{note.number}"),
        address=note.owner.get_absolute_url(),
        title=Text(name + _(": ") + note.get_kind_display(), name.language),
        summary=note.text,
        updated=moment or _BEFORE_ANYTHING,
        published=moment,
        kind=note.kind,
        kind_name=note.get_kind_display(),
    )


def _appeared_or_changed(record: Record) -> datetime.datetime:
    moments = (record.updated_at, record.publish_at)
    return max((moment for moment in moments if moment), default=_BEFORE_ANYTHING)


def _midnight(date: Any) -> datetime.datetime | None:
    """Return the first moment of ``date``, in the time zone of the site."""
    if not isinstance(date, PartialDate):
        return None
    return timezone.make_aware(datetime.datetime.combine(date.first_day(), datetime.time()))


def _identifier(path: str) -> str:
    """Return what names ``path`` for ever, whatever the host and scheme by which it is reached."""
    return uuid.uuid5(uuid.NAMESPACE_URL, path).urn


# The answer


def _answer(request: HttpRequest, feed: Feed, entries: list[Entry]) -> HttpResponseBase:
    """Answer with the feed, or with nothing where the reader has it already."""
    body = _written(request, feed, entries).encode()
    etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    since = _unchanged_since(request.build_absolute_uri(request.path + feed.query), etag)
    headers = {"ETag": etag, "Last-Modified": http_date(since), "Cache-Control": "no-cache"}
    response = HttpResponse(body, content_type=_TYPE, headers=headers)
    return get_conditional_response(request, etag, since, response) or response


def _written(request: HttpRequest, feed: Feed, entries: list[Entry]) -> str:
    context = {
        "feed": feed,
        "identifier": _identifier(request.path + feed.query),
        "entries": entries,
        "language": HTML_LANGUAGES[active_language()],
        "updated": max((entry.updated for entry in entries), default=_BEFORE_ANYTHING),
    }
    return _UNWRITABLE.sub("", render_to_string("feed.xml", context, request))


def _unchanged_since(address: str, etag: str) -> int:
    """Return since when, as far as is known, the feed at ``address`` has been what ``etag`` stands for.

    The dates of its entries do not say that: what is withdrawn takes its date with it. A feed that changes twice in a
    second gets a date of its own each time, for a reader that asks by the date alone.
    """
    key = f"feed-{hashlib.sha256(address.encode()).hexdigest()}"
    known, since = cache.get(key, ("", 0))
    if known != etag:
        since = max(int(timezone.now().timestamp()), since + 1)
        cache.set(key, (etag, since), _REMEMBERED)
    return since
