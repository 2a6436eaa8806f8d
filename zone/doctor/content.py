"""What waits, what is left over, and what the search knows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from django.core import checks
from django.utils import timezone

from zone.models import Draft, OpenForm, Session
from zone.search.index import disagreements

OVERDUE: Final = datetime.timedelta(minutes=10)
"""How long a draft may wait for the request with which it goes live; a quiet site may have none at night."""
MANY_SESSIONS: Final = 10_000


def schedules() -> Iterator[checks.CheckMessage]:
    """Look at drafts that should be live and are not."""
    refused = Draft.objects.exclude(problem="").count()
    overdue = Draft.objects.filter(publish_at__lt=timezone.now() - OVERDUE).count()
    if refused:
        yield checks.Warning(
            f"{refused} drafts could not go live at their time.", hint="The desk of the newsroom says why."
        )
    if overdue:
        yield checks.Warning(
            f"{overdue} drafts are overdue.", hint="Ask for a page, which lets them go live; else read the log."
        )
    if not refused and not overdue:
        yield checks.Info("No draft has missed its time.")


def sessions() -> Iterator[checks.CheckMessage]:
    """Look at logins that have ended and are still kept."""
    ended = Session.objects.ended().count()
    if ended > MANY_SESSIONS:
        yield checks.Warning(f"{ended:,} sessions have ended.", hint="manage.py purge_logins, daily by a timer.")
    else:
        yield checks.Info(f"{ended:,} sessions have ended.")


def open_forms() -> Iterator[checks.CheckMessage]:
    """Look at what was typed and never saved."""
    outlived = OpenForm.objects.outlived().count()
    said = f"{OpenForm.objects.still_open().count()} forms are open, {outlived} have outlived their use."
    # The newsroom deletes them itself whenever somebody opens a form, once an hour.
    yield (
        checks.Warning(said, hint="Open any form of the newsroom; else read the log.")
        if outlived
        else checks.Info(said)
    )


def search_index() -> Iterator[checks.CheckMessage]:
    """Look at whether the search finds what is there, and nothing else."""
    if found := disagreements():
        yield checks.Error(
            f"The search disagrees with the content about {len(found)} records, such as {found[0]}.",
            hint="manage.py rebuild_search",
        )
    else:
        yield checks.Info("The search agrees with the content.")
