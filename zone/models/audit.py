"""The audit trail: who logged in, and who changed what of accounts and rights."""

from __future__ import annotations

import datetime
from typing import ClassVar, Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zone.models.record import known_choice

KEPT_FOR: Final = datetime.timedelta(days=365)
"""For how long an entry is kept: what somebody has done is often noticed months later."""


class Event(models.TextChoices):
    """What happened."""

    LOGGED_IN = "logged_in", _("logged in")
    CODE_ACCEPTED = "code_accepted", _("gave the right code")
    RECOVERY_CODE_USED = "recovery_code_used", _("used a recovery code")
    LOGGED_OUT = "logged_out", _("logged out")
    LOGIN_FAILED = "login_failed", _("wrong user name or password")
    CODE_REFUSED = "code_refused", _("wrong code")
    LOCKED = "locked", _("locked after wrong passwords")
    SESSIONS_ENDED = "sessions_ended", _("ended sessions")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    SECOND_FACTOR_SET_UP = "second_factor_set_up", _("second factor set up")
    SECOND_FACTOR_RESET = "second_factor_reset", _("second factor taken away")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("recovery codes made")
    ADDED = "added", _("made")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")


OF_ONES_OWN: Final = (
    *(Event.LOGGED_IN, Event.CODE_ACCEPTED, Event.RECOVERY_CODE_USED),
    *(Event.LOGIN_FAILED, Event.CODE_REFUSED, Event.LOCKED),
    *(Event.PASSWORD_CHANGED, Event.SECOND_FACTOR_SET_UP, Event.SECOND_FACTOR_RESET, Event.RECOVERY_CODES_MADE),
)
"""What somebody wants to know of their own account."""


class Kind(models.TextChoices):
    """What it happened to."""

    ACCOUNT = "account", _("account")
    GROUP = "group", _("group")


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """What is asked of the trail."""

    def purge(self) -> int:
        """Delete the entries that need not be kept any longer; return how many."""
        return self.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]


class AuditEntry(models.Model):
    """Something that happened, once and for all: nothing refers to what may be changed or deleted later.

    ``by`` is the user name of whoever did it, nothing for somebody unknown or the command line. ``changes`` has what
    was there before and after, by the name of the field.
    """

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    event = models.CharField(_("what happened"), max_length=20, choices=Event.choices)
    by = models.CharField(_("by"), max_length=150, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ACCOUNT)
    subject = models.CharField(_("account or group"), max_length=150, blank=True, default="")
    address = models.GenericIPAddressField(_("network address"), null=True)
    changes = models.JSONField(_("changes"), default=dict)

    objects: ClassVar[models.Manager[AuditEntry]] = AuditEntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("entries of the audit trail")
        default_permissions = ("view",)
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["kind", "subject", "-at"], name="audit_entry_by_subject")]
        constraints = [known_choice("event", Event), known_choice("kind", Kind)]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.get_event_display()} {self.subject}"
