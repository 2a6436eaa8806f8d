"""How facts look in a template. Form only: nothing here asks the database."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import segno
from django import template
from django.conf import settings
from django.db import models
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import uri_to_iri
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from zone.charts import Chart, charts, sparkline
from zone.form_tokens import form_token
from zone.models import KeyFigure
from zone.models.rich_text import sanitise
from zone.partial_dates import PartialDate
from zone.scripts import integrity
from zone.translation import HTML_LANGUAGES, Text, active_language, texts_of

register = template.Library()
register.simple_tag(form_token)
register.simple_tag(integrity)

_LOCALES = {"en": "en_GB", "zh-hans": "zh_CN", "zh-hant": "zh_HK"}
_BRIEF = {"en": "EN", "zh-hans": "简", "zh-hant": "繁"}
_UNSAFE_IN_SCRIPT = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.filter
def marked(text: str) -> str:
    """Return ``text``, marked with its language where that is not the page's."""
    attribute = language_attribute(text)
    return format_html("<span{}>{}</span>", attribute, text) if attribute else text


@register.filter
def noun(record: models.Model) -> str:
    """Return what such a record is called: "organisation"."""
    return str(record._meta.verbose_name)


@register.filter
def language_attribute(text: str) -> str:
    """Return the ``lang`` attribute, with a space before it, of a text that is not in the language of the page."""
    if not isinstance(text, Text) or text.language == active_language():
        return ""
    return format_html(' lang="{}"', html_language(text))


@register.filter
def rich(text: Text) -> SafeString:
    """Return formatted text, sanitised once more, in its language."""
    html = mark_safe(sanitise(text))  # noqa: S308
    attribute = language_attribute(text)
    return format_html("<div{}>{}</div>", attribute, html) if attribute else html


@register.filter
def when(date: PartialDate | None) -> str:
    """Return a date in words with its machine-readable form; nothing for an unknown one."""
    if not isinstance(date, PartialDate):
        return ""
    return format_html('<time datetime="{}">{}</time>', date, date.display())


@register.filter
def stated(date: PartialDate | None) -> str:
    """Return the date that a source gives, or say that it gives none."""
    return when(date) or gettext("date not stated")


@register.filter
def day(date: datetime.date | None) -> str:
    """Return a calendar date in words."""
    return when(PartialDate(date.isoformat())) if date else ""


@register.filter
def date_and_time(at: datetime.datetime) -> str:
    """Return a moment in words, in the time of the site."""
    here = timezone.localtime(at)
    date = PartialDate(here.date().isoformat()).display()
    return format_html('<time datetime="{}">{}</time>', here.isoformat(timespec="minutes"), f"{date} {here:%H:%M}")


@register.filter
def rfc3339(at: datetime.datetime) -> str:
    """Return a moment as Atom writes it."""
    # Before 1904 Hong Kong was 7:36:42 ahead of Greenwich, and the offset may not have seconds.
    return at.isoformat(timespec="seconds")[:25]


@register.filter
def entry(entries: Mapping[str, Any], key: str) -> Any:
    """Return what ``entries`` has under ``key``."""
    return entries[key]


@register.filter
def other_names(record: Any) -> list[Text]:
    """Return the names of a record in the other scripts."""
    return [text for text in texts_of(record, "name") if text != record.name]


@register.filter
def html_language(text: Text) -> str:
    """Return the ``lang`` attribute for a text."""
    return HTML_LANGUAGES.get(text.language, text.language)


@register.filter
def readable_address(address: str) -> str:
    """Return an address as browsers show it: letters of other scripts as such, and not as numbers of bytes."""
    return uri_to_iri(address)


@register.filter
def json_ld(data: dict[str, Any]) -> SafeString:
    """Return structured data as the content of a script element, which it cannot close."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_UNSAFE_IN_SCRIPT))  # noqa: S308


@register.filter
def in_language(path: str, language: str) -> str:
    """Return the address of the same page in ``language``, where a list has other letters and other places."""
    path, _, query = path.lstrip("/").partition("?")
    _, _, rest = path.partition("/")
    parameters = QueryDict(query, mutable=True)
    for name in ("initial", "after", "before"):
        parameters.pop(name, None)
    return f"/{language}/{rest}" + (f"?{parameters.urlencode()}" if parameters else "")


@register.filter
def section(path: str) -> str:
    """Return the part of the site in which an address lies: "news" for "/en/news/opening/"."""
    return path.partition("/")[2].partition("/")[2].partition("/")[0]


@register.simple_tag(takes_context=True)
def feed_address(context: Any, stem: str) -> str:
    """Return the address of the feed of a noun, with the filters of the page."""
    filters = context["request"].GET.copy()
    for name in ("sort", "page", "after", "before"):
        filters.pop(name, None)
    chosen = [(name, value) for name, values in filters.lists() for value in values if value]
    return reverse(f"{stem}_feed") + (f"?{urlencode(chosen)}" if chosen else "")


@dataclass(frozen=True)
class Language:
    """A language of the site, as its switch and its alternates show it."""

    code: str
    html: str
    locale: str
    name: str
    brief: str
    active: bool


@register.simple_tag
def languages() -> list[Language]:
    """Return the languages of the site."""
    return [
        Language(code, HTML_LANGUAGES[code], _LOCALES[code], str(name), _BRIEF[code], code == active_language())
        for code, name in settings.LANGUAGES
    ]


@register.simple_tag(takes_context=True)
def previewed(context: Any) -> Any:
    """Return what stands above a preview, or ``None`` on a page as visitors see it.

    Once a page: for what a request has not, a template looks through all that it has.
    """
    return getattr(context.get("request"), "preview", None)


@register.simple_tag
def charts_of(figure: KeyFigure) -> list[Chart]:
    """Return the charts of a figure that was fetched with its observations."""
    return charts(figure)


@register.simple_tag
def sparkline_of(figure: KeyFigure) -> Chart | None:
    """Return the small chart of a figure that was fetched with its observations, if there is enough to draw."""
    return sparkline(figure)


@register.simple_tag(takes_context=True)
def origin(context: Any) -> str:
    """Return the scheme and host of the address, which an absolute address begins with."""
    request = context["request"]
    return f"{request.scheme}://{request.get_host()}"


@dataclass(frozen=True)
class Tiles:
    """The server of map tiles that the settings name: the pattern of its addresses, its host, whom to credit."""

    address: str
    host: str
    credit: str


@register.simple_tag
def map_tiles() -> Tiles | None:
    """Return where the tiles of maps come from, or ``None`` where the site shows none."""
    if not settings.MAP_TILES:
        return None
    return Tiles(settings.MAP_TILES, urlsplit(settings.MAP_TILES).netloc, settings.MAP_CREDIT)


@register.simple_tag
def qr_code(address: str) -> SafeString:
    """Return ``address`` as a QR code (ISO/IEC 18004) that may lose 15 % of its area: an SVG without a size."""
    return mark_safe(segno.make(address, error="m", micro=False).svg_inline(border=2, omitsize=True))  # noqa: S308


@register.simple_tag(takes_context=True)
def canonical(context: Any) -> str:
    """Return the address under which the page is to be known: of a list its page, but none of its filters."""
    address = f"{origin(context)}{context['request'].path}"
    page, finder = context.get("page"), context.get("finder")
    if not (page and page.here) or (finder and finder.asked):
        return address
    return f"{address}?{urlencode({name: value for name, value in asdict(page.here).items() if value})}"


@register.simple_tag
def page_language() -> str:
    """Return the ``lang`` attribute of the page."""
    return HTML_LANGUAGES[active_language()]
