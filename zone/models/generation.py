"""One number that grows with every change of what pages show."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Generation(models.Model):
    """The only row says how often content has changed. The database itself counts: see :mod:`zone.generations`."""

    number = models.PositiveBigIntegerField(_("number"), default=0)

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.number)
