"""E-mails to those whom a step in the newsroom concerns."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from zone.history import Occasion, versions_of
from zone.models.record import Record
from zone.models.version import Action
from zone.translation import ORIGINAL

logger = logging.getLogger(__name__)

MOST_AUTHORS = 5
"""How many of the latest authors are told what became of their work."""


def tell_publishers(record: Record, occasion: Occasion) -> None:
    """Tell everybody who may publish ``record`` that it waits for them."""
    publishers = get_user_model().objects.with_perm(
        record.publish_permission(), backend="django.contrib.auth.backends.ModelBackend"
    )
    _send(record, occasion, publishers, Action.SUBMITTED)


def tell_authors(record: Record, occasion: Occasion, action: Action) -> None:
    """Tell those who wrote or submitted ``record`` lately that it was returned or published."""
    own = (Action.ADDED, Action.CHANGED, Action.SUBMITTED, Action.RESTORED)
    authors = versions_of(record).filter(action__in=own, by__isnull=False).values_list("by", flat=True)
    latest = list(dict.fromkeys(authors[:50]))[:MOST_AUTHORS]
    _send(record, occasion, get_user_model().objects.filter(pk__in=latest, is_active=True), action)


def _send(record: Record, occasion: Occasion, people: Iterable[Any], action: Action) -> None:
    """Send an e-mail each to ``people`` but who did it, when the step is kept."""
    addresses = [person.email for person in people if person.email and person != occasion.by]
    if not addresses:
        return
    with translation.override(ORIGINAL):
        who = occasion.by.get_full_name() or occasion.by.get_username()
        subject = _("“%(record)s”: %(action)s") % {"record": record, "action": action.label}
        path = reverse(f"admin:zone_{record._meta.model_name}_change", args=[record.pk])
        lines = [
            _("%(who)s: %(action)s.") % {"who": who, "action": action.label},
            *(["", occasion.comment] if occasion.comment else []),
            *(["", f"{occasion.site}{path}"] if occasion.site else []),
        ]
    transaction.on_commit(lambda: _deliver(" ".join(subject.split()), "\n".join(lines), addresses))


def _deliver(subject: str, text: str, addresses: list[str]) -> None:
    for address in addresses:
        try:
            send_mail(subject, text, None, [address])
        except OSError:
            # The step was taken and stands on the desk; a mail server that is down shall not undo it.
            logger.exception("An e-mail could not be sent.")
