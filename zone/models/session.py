"""The sessions of those who are logged in: Django's own, which also know whose they are and when they were used.

A session ends at the time that was set at the login, and when it has not been used for ``SESSION_IDLE_AGE`` seconds.
This module is the setting ``SESSION_ENGINE``.
"""

from __future__ import annotations

import datetime
import hashlib
import logging
from typing import Any, ClassVar, Final, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import DatabaseError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zone.databases.patience import limited

TOLD_FOR: Final = datetime.timedelta(days=1)
"""For how long after its end a browser goes on naming a session, so that somebody can be told what became of it."""
NOTED_EVERY: Final = datetime.timedelta(minutes=1)
"""How often it is written down at most that a session is being used."""
_PATIENCE: Final = 0.5
"""Seconds for which an editor may be kept waiting by it."""

logger = logging.getLogger(__name__)


def _idle_since() -> datetime.datetime:
    return timezone.now() - datetime.timedelta(seconds=settings.SESSION_IDLE_AGE)


class SessionQuerySet(models.QuerySet["Session"]):
    """The questions that are asked about sessions."""

    def open_for(self, user: AbstractBaseUser | AnonymousUser) -> SessionQuerySet:
        """Return the sessions in which ``user`` is logged in, the one used last first."""
        lasting = self.filter(user=user.pk, expire_date__gt=timezone.now(), seen_at__gt=_idle_since())
        return lasting.order_by("-seen_at")

    def ended(self) -> SessionQuerySet:
        """Return the sessions that nobody can use any more."""
        return self.filter(Q(expire_date__lte=timezone.now()) | Q(seen_at__lte=_idle_since()))


class Session(AbstractBaseSession):
    """What is remembered of a browser. Whoever logs in leaves there from where and when (:mod:`zone.logins`)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, verbose_name=_("user"))
    seen_at = models.DateTimeField(_("last used"), default=timezone.now)

    objects: ClassVar[Any] = BaseSessionManager.from_queryset(SessionQuerySet)()

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """Return the store that reads and writes such rows."""
        return SessionStore

    @property
    def name(self) -> str:
        """Return what names the session on a page: whoever reads its key there could use it."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:16]


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with an end to those that are not used."""

    seen_at: datetime.datetime | None = None
    ended_for: int | None = None
    """The key of the user who was logged in, where the browser names a session that time has ended."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the model of the rows."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row that keeps ``data``, used now."""
        session = cast(Session, super().create_model_instance(data))
        session.user_id = data.get(SESSION_KEY)
        return session

    def get_expiry_age(self, **options: Any) -> int:
        """Return for how many seconds the browser keeps the cookie, which is longer than it is good for."""
        return super().get_expiry_age(**options) + int(TOLD_FOR.total_seconds())

    def is_empty(self) -> bool:
        """Return whether the browser may forget the session: not before the login has told what became of it."""
        return super().is_empty() and self.ended_for is None

    def note_use(self) -> None:
        """Remember that the session is being used, if that has not been done within a minute.

        What was asked for has been done by then, and does not fail because of this.
        """
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at < NOTED_EVERY:
            return
        try:
            with limited(in_all=_PATIENCE), transaction.atomic():
                Session.objects.filter(session_key=self.session_key).update(seen_at=now)
        except DatabaseError:
            logger.exception("The use of a session could not be noted.")

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what nobody can use any more."""
        Session.objects.ended().delete()

    def _get_session_from_db(self) -> Session | None:
        named = self.session_key
        session: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        if session is None or session.seen_at <= _idle_since():
            self._session_key = None
            self.ended_for = Session.objects.ended().filter(session_key=named).values_list("user", flat=True).first()
            return None
        self.seen_at = session.seen_at
        return session
