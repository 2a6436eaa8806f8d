"""Writing the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models.signals import pre_save
from django.http import HttpRequest

from zone.models import AuditEntry
from zone.models.audit import Event, Kind
from zone.network import known_address

State = dict[str, Any]
"""What may be told of an account or a group, by the name of the field."""


def record(event: Event, subject: str, request: HttpRequest | None = None, **details: Any) -> AuditEntry:
    """Write down what happened to the account or group called ``subject``, by whoever sent ``request``."""
    user = getattr(request, "user", None)
    known = {"by": user.get_username() if user is not None else "", "address": request and known_address(request)}
    return AuditEntry.objects.create(event=event, subject=subject[:150], **{**known, **details})


@contextmanager
def saved_accounts() -> Iterator[list[User]]:
    """Yield a list which gets the accounts that a command saves in the block, and let them be written with its end.

    The transaction begins with the first of them: nothing is locked while a command asks somebody for a password.
    Its thread has to be the only one that saves accounts.
    """
    saved: list[User] = []
    with ExitStack() as stack:

        def begin(instance: User, **_told: Any) -> None:
            stack.enter_context(transaction.atomic())
            saved.append(instance)

        pre_save.connect(begin, sender=User)
        stack.callback(pre_save.disconnect, begin, sender=User)
        yield saved


def kind_of(record: User | Group) -> Kind:
    """Return what ``record`` is in the trail."""
    return Kind.GROUP if isinstance(record, Group) else Kind.ACCOUNT


def state_of(record: User | Group) -> State:
    """Return what the trail compares: names, switches and rights; no password."""
    if isinstance(record, Group):
        return {"name": record.name, "permissions": sorted(map(str, record.permissions.all()))}
    fields = ("username", "first_name", "last_name", "email", "is_active", "is_staff", "is_superuser")
    return {
        **{name: getattr(record, name) for name in fields},
        "groups": sorted(map(str, record.groups.all())),
        "user_permissions": sorted(map(str, record.user_permissions.all())),
    }


def changes_between(before: State, after: State) -> dict[str, list[Any]]:
    """Return what differs, as it was and as it is; what is not there is ``None``."""
    names = dict.fromkeys((*before, *after))
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if (before.get(name) or after.get(name)) and before.get(name) != after.get(name)
    }
