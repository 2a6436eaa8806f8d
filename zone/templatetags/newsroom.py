"""How moments look in the newsroom: in the editor's language and Hong Kong time."""

from __future__ import annotations

import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext

from zone.partial_dates import PartialDate

register = template.Library()


@register.filter
def newsroom_time(time: datetime.datetime | None) -> str:
    """Return ``3 March 2027, 09:00``, with its machine-readable form; nothing for no time."""
    if time is None:
        return ""
    local = timezone.localtime(time)
    day = PartialDate(local.date().isoformat()).display()
    words = gettext("%(day)s, %(time)s") % {"day": day, "time": f"{local:%H:%M}"}
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), words)


@register.filter
def until(time: datetime.datetime | None) -> str:
    """Return how long it is until ``time``: ``in 3 h 12 min``, ``in 2 d 5 h``; nothing for what has passed."""
    minutes = int((time - timezone.now()).total_seconds() // 60) if time is not None else -1
    if minutes < 0:
        return ""
    if minutes < 1:
        return gettext("in less than a minute")
    days, hours = divmod(minutes // 60, 24)
    numbers = {"days": days, "hours": hours, "minutes": minutes % 60}
    if days:
        return pgettext("duration", "in %(days)d d %(hours)d h") % numbers
    if hours:
        return pgettext("duration", "in %(hours)d h %(minutes)d min") % numbers
    return pgettext("duration", "in %(minutes)d min") % numbers
