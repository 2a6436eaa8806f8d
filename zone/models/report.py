"""What readers tell the editors about a page."""

from __future__ import annotations

import datetime
from typing import ClassVar, Final

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from zone.translation import LANGUAGES

LONGEST_MESSAGE: Final = 2000
"""Characters of a report."""
SENDER_KNOWN_FOR: Final = datetime.timedelta(days=1)
"""For how long it can be told that two reports come from the same network address."""
KEPT_FOR: Final = datetime.timedelta(days=90)
"""For how long a report is kept that has been dealt with."""


def sender_at(address: str) -> str:
    """Return what stands for the network address ``address``: nobody can read it back without the secret key."""
    return salted_hmac("zone.reports", address, algorithm="sha256").hexdigest()


class ReportQuerySet(models.QuerySet["Report"]):
    """What is asked of reports."""

    def waiting(self) -> ReportQuerySet:
        """Return what no editor has dealt with yet, the oldest first."""
        return self.filter(is_closed=False).order_by("created_at")

    def forget_senders(self) -> int:
        """Erase who sent the reports of which that need not be known any more; return of how many."""
        old = self.filter(created_at__lt=timezone.now() - SENDER_KNOWN_FOR).exclude(sender="")
        return old.update(sender="")

    def purge(self) -> int:
        """Delete the reports that have been dealt with and are old; return how many."""
        old = self.filter(is_closed=True, created_at__lt=timezone.now() - KEPT_FOR)
        return old.delete()[0]


class Report(models.Model):
    """A reader says that something on a page is wrong."""

    page = models.CharField(_("page"), max_length=300, blank=True, default="")
    language = models.CharField(_("language"), max_length=7, choices=[(one, one) for one in LANGUAGES])
    message = models.TextField(_("message"), max_length=LONGEST_MESSAGE)
    evidence = models.CharField(_("where it can be checked"), max_length=500, blank=True, default="")
    email = models.EmailField(_("e-mail address"), blank=True, default="")
    sender = models.CharField(_("sender"), max_length=64, blank=True, default="", db_index=True)
    created_at = models.DateTimeField(_("sent"), default=timezone.now, db_index=True)
    is_closed = models.BooleanField(_("dealt with"), default=False)
    note = models.TextField(_("note"), blank=True, default="", help_text=_("What was found and done. For editors."))

    objects: ClassVar[models.Manager[Report]] = ReportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("report from a reader")
        verbose_name_plural = _("reports from readers")
        default_permissions = ("change", "delete", "view")
        ordering = ["is_closed", "-created_at"]
        indexes = [models.Index(fields=["is_closed", "created_at"], name="report_by_state")]

    def __str__(self) -> str:
        words = " ".join(self.message.split())
        return f"{words[:77]}…" if len(words) > 80 else words
