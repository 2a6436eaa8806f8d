"""What "public" means on this site, written once.

Whatever visitors see goes through :meth:`PublishableQuerySet.published`. A time to publish or to expire is asked when
reading, so a schedule needs no job that could fail.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Final, Self, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zone.clock import has_come

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser, AnonymousUser

AnyPublishable = TypeVar("AnyPublishable", bound=models.Model, covariant=True)


class Status(models.TextChoices):
    """The states of a record on its way to the public."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")
    TRASHED = "trashed", _("in the trash")


PROPOSED: Final = (Status.DRAFT, Status.REVIEW)
"""The states between which everybody who may change a record may move it."""

PUBLISHERS_OWN: Final = (Status.PUBLISHED, Status.WITHDRAWN)
"""The states into and out of which only publishers move a record: visitors see something of it."""


SENSIBLE_TIMES: Final = (
    MinValueValidator(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)),
    MaxValueValidator(datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)),
)
"""Times that every time zone and database can hold."""


def public_condition(prefix: str = "") -> Q:
    """Return the condition "is public now", for the record at the end of ``prefix`` (such as ``"source__"``)."""
    now = timezone.now()
    return (
        Q(**{f"{prefix}status": Status.PUBLISHED})
        & (Q(**{f"{prefix}publish_at": None}) | Q(**{f"{prefix}publish_at__lte": now}))
        & (Q(**{f"{prefix}expire_at": None}) | Q(**{f"{prefix}expire_at__gt": now}))
    )


def gone_condition() -> Q:
    """Return the condition "was withdrawn or has expired", of a record that had appeared."""
    now = timezone.now()
    expired = Q(status=Status.PUBLISHED, expire_at__lte=now)
    return expired | (Q(status=Status.WITHDRAWN) & ~Q(publish_at__gt=now))


class PublishableQuerySet(models.QuerySet[AnyPublishable]):
    """Records that are public or not."""

    def published(self) -> Self:
        """Return the records that visitors may see at this moment."""
        return self.filter(public_condition())

    def gone(self) -> Self:
        """Return the records that visitors no longer see, of which the page says only since when and why."""
        return self.filter(gone_condition())

    def kept(self) -> Self:
        """Return the records that are not in the trash."""
        return self.exclude(status=Status.TRASHED)


class Publishable(models.Model):
    """A record that is written as a draft and shown to visitors while it is published."""

    status = models.CharField(
        _("status"),
        max_length=9,
        choices=Status,
        default=Status.DRAFT,
        editable=False,
        help_text=_("Visitors see the record only while it is published. Only publishers can publish and withdraw."),
    )
    publish_at = models.DateTimeField(
        _("publish at"),
        null=True,
        blank=True,
        validators=SENSIBLE_TIMES,
        help_text=_("A published record appears at this time (Hong Kong time). Empty: at once."),
    )
    expire_at = models.DateTimeField(
        _("expire at"),
        null=True,
        blank=True,
        validators=SENSIBLE_TIMES,
        help_text=_("The record disappears at this time (Hong Kong time). Empty: never."),
    )

    objects = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ("add", "change", "delete", "view", "publish", "translate")

    @property
    def is_public(self) -> bool:
        """Whether visitors may see the record at this moment, without asking the database."""
        return (
            self.status == Status.PUBLISHED
            and (self.publish_at is None or has_come(self.publish_at))
            and (self.expire_at is None or not has_come(self.expire_at))
        )

    def clean(self) -> None:
        """Raise ``ValidationError`` where the record would expire before it appears."""
        super().clean()
        if self.publish_at is not None and self.expire_at is not None and self.expire_at <= self.publish_at:
            message = _("The record would expire before it appears. Choose a later time.")
            raise ValidationError({"expire_at": message}, code="expires_first")

    @classmethod
    def publish_permission(cls) -> str:
        """Return the name of the permission to publish such records, as ``has_perm`` takes it."""
        return f"{cls._meta.app_label}.publish_{cls._meta.model_name}"

    def move_to(self, status: Status, by: AbstractUser | AnonymousUser) -> None:
        """Give the record ``status``; does not save.

        Raises ``PermissionDenied`` unless ``by`` may: moving into or out of the public takes the permission to publish.
        """
        touches_the_public = {self.status, status} & set(PUBLISHERS_OWN)
        if status != self.status and touches_the_public and not may_publish(by, type(self)):
            raise PermissionDenied(f"{by} may not move {self._meta.verbose_name} from {self.status} to {status}.")
        self.status = status


def may_publish(user: AbstractUser | AnonymousUser, model: type[models.Model]) -> bool:
    """Return whether ``user`` may publish and withdraw records of ``model``."""
    return issubclass(model, Publishable) and user.has_perm(model.publish_permission())


def publishable_constraints() -> list[models.BaseConstraint]:
    """Return the rules that the database holds for every publishable table."""
    return [
        models.CheckConstraint(condition=Q(status__in=Status.values), name="%(class)s_status_is_known"),
        models.CheckConstraint(
            condition=Q(publish_at=None) | Q(expire_at=None) | Q(expire_at__gt=models.F("publish_at")),
            name="%(class)s_expires_after_it_appears",
        ),
    ]


def publishable_indexes() -> list[models.Index]:
    """Return the indexes by which every publishable table is asked what appears or expires next: few ever do."""
    return [
        models.Index(fields=[time], condition=Q(**{f"{time}__isnull": False}), name=f"%(class)s_{name}")
        for time, name in (("publish_at", "appears"), ("expire_at", "expires"))
    ]
