"""The preview of a form as it stands, saved or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from zone.admin.columns import SIGNS
from zone.admin.forms import RecordForm, RowFormSet, content_said
from zone.admin.saving import open_form
from zone.history import content_of
from zone.merging import merge
from zone.models.record import Record
from zone.previews import preview_form
from zone.snapshots import Problems, blank
from zone.translation import HTML_LANGUAGES, LANGUAGE_NAMES, LANGUAGES

if TYPE_CHECKING:
    from zone.admin.record import RecordAdmin


@transaction.atomic
def preview_page(
    model_admin: RecordAdmin, request: HttpRequest, language: str, object_id: str | None = None
) -> HttpResponse:
    """Answer with the public page of what the form says, in ``language``."""
    record = model_admin.get_object(request, unquote(object_id)) if object_id is not None else None
    if language not in LANGUAGES or (object_id is not None and record is None):
        raise Http404
    may = model_admin.has_change_permission(request, record) if record else model_admin.has_add_permission(request)
    if request.method != "POST" or not may:
        raise PermissionDenied
    shown = open_form(request, record) if record else None
    form, formsets = _filled(model_admin, request, shown)
    opened = shown._opened if shown is not None else None
    base = content_of(opened.base or opened.current) if opened else blank(model_admin.model)
    found = _mistakes(form, formsets)
    said = base if found else content_said(base, form, formsets, {}, keep_files=False)
    content = merge(base, base, said).content
    pk = record.pk if record else None
    addresses = {one["language"]: one["address"] for one in previews_of(model_admin.model, pk)}
    return preview_form(request, model_admin.model, pk, content, language, addresses, found)


def _filled(model_admin: RecordAdmin, request: HttpRequest, shown: Any) -> tuple[RecordForm, list[RowFormSet]]:
    """Return the form that was sent, which may be incomplete."""
    request.takes_anything = True  # type: ignore[attr-defined]
    names = flatten_fieldsets(model_admin.get_fieldsets(request, shown))
    form_class = model_admin.get_form(request, shown, change=shown is not None, fields=names)
    form = form_class(request.POST, request.FILES, instance=shown)
    formsets, _inlines = model_admin._create_formsets(request, form.instance, change=shown is not None)  # type: ignore[attr-defined]
    return form, formsets


def _mistakes(form: RecordForm, formsets: Iterable[RowFormSet]) -> Problems:
    """Return what the form cannot even take for a draft, such as a date that is none."""
    found: Problems = {name: [str(one) for one in said] for name, said in form.errors.items()}
    for formset in formsets:
        for number, row in enumerate(formset.forms, start=1):
            wrong = row.errors.items()
            found |= {f"{formset.kind}.{number}.{name}": [str(one) for one in said] for name, said in wrong}
    return found


def previews_of(model: type[Record], pk: int | None) -> list[dict[str, str]]:
    """Return for each language where a form has to be sent to be previewed, and what the button says."""
    name, arguments = f"admin:zone_{model._meta.model_name}_preview", [pk] if pk else []
    return [
        {
            "language": language,
            "html": HTML_LANGUAGES[language],
            "name": LANGUAGE_NAMES[language],
            "sign": SIGNS.get(language, "En"),
            "address": reverse(name, args=[*arguments, language]),
        }
        for language in LANGUAGES
    ]
