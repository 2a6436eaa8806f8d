"""Who may do what in the admin, besides what Django's own permissions say."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models

from zone.models.claim import Owned
from zone.publishing import PROPOSED, Publishable, may_publish
from zone.snapshots import row_models
from zone.translation import translated_columns


def may_translate(user: AbstractUser | AnonymousUser, model: type[models.Model]) -> bool:
    """Return whether ``user`` may change the texts of ``model``; the texts of a row go with those of its record."""
    if not any(map(translated_columns, (model, *row_models(model).values()))):
        return False
    return any(user.has_perm(f"zone.translate_{record._meta.model_name}") for record in _records(model))


def may_delete(user: AbstractUser | AnonymousUser, record: models.Model) -> bool:
    """Return whether the state of ``record`` lets ``user`` delete it: what is published only a publisher deletes."""
    return not isinstance(record, Publishable) or record.status in PROPOSED or may_publish(user, type(record))


def _records(model: type[models.Model]) -> list[type[models.Model]]:
    if not issubclass(model, Owned):
        return [model]
    return [model._meta.get_field(owner).related_model for owner in model.owners]  # type: ignore[misc]


def may_see(user: AbstractUser | AnonymousUser, model: type[models.Model]) -> bool:
    """Return whether ``user`` finds records of ``model`` in the newsroom."""
    name = model._meta.model_name
    return any(user.has_perm(f"zone.{action}_{name}") for action in ("view", "change", "translate"))
