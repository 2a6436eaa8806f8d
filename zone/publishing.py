"""What "public" means on this site, written once.

Whatever visitors see goes through :meth:`PublishableQuerySet.published`. A time to publish or to expire is asked when
reading, so a schedule needs no job that could fail.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zone.databases.prepared import prepared

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser, AnonymousUser

_NOT_IN_LISTS: Final = (
    *("body_", "editor_note", "withdrawal_reason_", "zh_hans_", "zh_hant_"),
    *("checked_on", "created_at", "updated_at"),
)
"""How the columns begin that no list shows. What is not read does not make a page old when it changes."""

AnyRecord = TypeVar("AnyRecord", bound=models.Model, covariant=True)


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


class PublishableQuerySet(models.QuerySet[AnyRecord]):
    """Records that are public or not."""

    _relations: tuple[str, ...] = ()
    """What is fetched along with the records."""
    _lookups: tuple[Callable[[], models.Prefetch[str, Any, Any]], ...] = ()
    """Returns what else is, as it is at the moment of reading."""

    def published(self) -> Self:
        """Return the records that visitors may see at this moment."""
        return self.filter(public_condition())

    def gone(self) -> Self:
        """Return the records that visitors no longer see, of which the page says only since when and why."""
        return self.filter(gone_condition())

    def kept(self) -> Self:
        """Return the records that are not in the trash."""
        return self.exclude(status=Status.TRASHED)

    def with_public(self, *relations: str) -> Self:
        """Fetch ``relations`` along with the records, and of them only what visitors may see."""
        records = self.all()
        records._relations = (*self._relations, *relations)
        return records

    def with_public_lists(self, *relations: str) -> Self:
        """Fetch what :meth:`with_public` does, each relation into a list: ``parks`` into ``public_parks``.

        For the rows of a list, which name what they have to do with: Django makes a list in a tenth of the time that
        a query set of its own takes for each record.
        """
        lists = (partial(public_relation, self.model, name, f"public_{name}", for_link=True) for name in relations)
        return self.with_lookups(*lists)

    def with_lookups(self, *lookups: Callable[[], models.Prefetch[str, Any, Any]]) -> Self:
        """Fetch what ``lookups`` return when the records are read, and not before: what is public, the time decides."""
        records = self.all()
        records._lookups = (*self._lookups, *lookups)
        return records

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._relations, clone._lookups = self._relations, self._lookups
        return clone

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None  # type: ignore[has-type]
        super()._fetch_all()  # type: ignore[misc]
        records: Any = self._result_cache
        if is_new:
            fetch_public(records, self._relations)
            models.prefetch_related_objects(records, *(lookup() for lookup in self._lookups))

    def without_texts(self) -> Self:
        """Leave out the columns that only the page of a single record shows, and those of the newsroom."""
        names = (field.name for field in self.model._meta.concrete_fields)
        return self.defer(*(name for name in names if name.startswith(_NOT_IN_LISTS)))

    def for_detail(self) -> Self:
        """Fetch what the page of one record shows."""
        return self

    def for_link(self, *columns: str) -> Self:
        """Read nothing but what names a record and leads to it, and ``columns``."""
        return self.only("slug", "status", "publish_at", "expire_at", *self._texts(self.model.title_field), *columns)  # type: ignore[attr-defined]

    def for_mention(self, *columns: str) -> Self:
        """Read what stands where the page of another record names one, as far as the noun says so, and ``columns``."""
        shown: tuple[str, ...] | None = self.model.mentioned_with  # type: ignore[attr-defined]
        return self.without_texts() if shown is None else self.for_link(*shown, *columns)

    def for_rows(self, *columns: str) -> Self:
        """Read what rows of a list show: name, summary, picture and ``columns``; and the time that feeds go by."""
        picture = ("picture", "picture_ppoi", "picture_width", "picture_height")
        return self.for_link(*self._texts("summary"), *picture, "updated_at", *columns)

    def _texts(self, name: str) -> list[str]:
        """Return the columns of a translated field."""
        return [field.name for field in self.model._meta.concrete_fields if field.name.startswith(f"{name}_")]

    def get_by_natural_key(self, slug: str) -> AnyRecord:
        """Return the record with ``slug``, which names it in fixtures and addresses."""
        return self.get(slug=slug)


def public_relation(
    model: type[models.Model], name: str, to_attr: str | None = None, *, for_link: bool = False
) -> models.Prefetch[str, Any, Any]:
    """Return the prefetch of ``name`` of ``model`` that leaves out what visitors may not see."""
    field: Any = model._meta.get_field(name)
    related: Any = field.related_model
    records = related._default_manager.published()
    if issubclass(related, Publishable):
        back = [field.field.name] if field.one_to_many else []
        records = records.for_link(*back) if for_link else records.for_mention(*back)
    return models.Prefetch(name, records, to_attr)


def fetch_public(records: Sequence[Any], relations: Iterable[str]) -> None:
    """Fetch ``relations`` of ``records``, of one model, as :meth:`PublishableQuerySet.with_public` says."""
    if len(records) == 1:
        for name in relations:
            _fetch_public(records[0], name)
    elif records:
        models.prefetch_related_objects(records, *(public_relation(type(records[0]), name) for name in relations))


def _fetch_public(record: Any, name: str) -> None:
    """Do for one record what Django does for many, with a statement that need not be put together for it."""
    model: Any = type(record)
    field, related = model._meta.get_field(name), _public_relation_of(model, name)(record.pk)
    record.__dict__.setdefault("_prefetched_objects_cache", {})[name] = related
    for one in related:
        if field.one_to_many:
            one._state.fields_cache[field.field.name] = record


@cache
def _public_relation_of(model: Any, name: str) -> Callable[[int], models.QuerySet[Any]]:
    """Return what finds what visitors may see of ``name`` of the record of ``model`` with a key."""
    back = model._meta.get_field(name).remote_field.name

    def of(key: int) -> models.QuerySet[Any]:
        records: Any = public_relation(model, name).queryset
        return records.filter(**{back: key})

    return prepared(of)


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
        now = timezone.now()
        return (
            self.status == Status.PUBLISHED
            and (self.publish_at is None or self.publish_at <= now)
            and (self.expire_at is None or self.expire_at > now)
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
