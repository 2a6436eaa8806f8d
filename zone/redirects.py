"""Old addresses that lead to the new ones for ever. Addresses stand here without their language."""

from __future__ import annotations

import copy

from django.utils import translation

from zone.models import Redirect
from zone.models.record import Record
from zone.translation import ORIGINAL


def path_without_language(record: Record) -> str:
    """Return the address of the page of ``record`` as ``Redirect`` holds it: ``/organisations/hkstp/``."""
    with translation.override(ORIGINAL):
        return record.get_absolute_url().removeprefix(f"/{ORIGINAL}")


def redirect_from(old_slug: str, record: Record) -> None:
    """Let the address that ``record`` had with ``old_slug`` lead to the address that it has now.

    Redirects that led to the old address lead to the new one as well, so that a reader is sent on only once. A record
    that stands on the page of another one under a ``#`` has no address that could be redirected.
    """
    before = copy.copy(record)
    before.slug = old_slug
    old_path, new_path = path_without_language(before), path_without_language(record)
    if old_path == new_path or "#" in old_path:
        return
    Redirect.objects.filter(old_path=new_path).delete()
    Redirect.objects.filter(new_path=old_path).update(new_path=new_path)
    Redirect.objects.update_or_create(old_path=old_path, defaults={"new_path": new_path})
