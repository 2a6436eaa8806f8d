"""The trash in the newsroom: moving records there, showing what will be missed, and taking them out again."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, IntegerField, QuerySet, Value, Window
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy
from django.views.decorators.http import require_POST

from zone import workflow
from zone.admin.across import LONG, content_types
from zone.admin.bulk import perform
from zone.admin.occasions import occasion_of, said
from zone.admin.permissions import may_see
from zone.content import RECORDS
from zone.models import Version
from zone.models.record import Record
from zone.publishing import Status
from zone.trash import referring, time_in_the_trash, trashed
from zone.workflow import Refused

A_PAGE: Final = 20
NAMED: Final = 20
"""How many of the records that refer to one are named, of each kind."""

TRASHED: Final = ngettext_lazy(
    "%(count)d record was moved to the trash.", "%(count)d records were moved to the trash.", "count"
)


# The page


@dataclass(frozen=True)
class Discarded:
    """A record in the trash."""

    model: type[Record]
    pk: int
    slug: str
    trashed_at: datetime.datetime
    version: Version | None
    can_be_restored: bool

    @property
    def name(self) -> str:
        """Return what the record is called."""
        return (self.version.name if self.version is not None else "") or self.slug

    @property
    def kind(self) -> str:
        """Return what such a record is called."""
        return str(self.model._meta.verbose_name)

    @property
    def purged_at(self) -> datetime.datetime:
        """Return from when on it may be deleted for good."""
        return self.trashed_at + time_in_the_trash()

    @property
    def recover_address(self) -> str:
        """Return where it is taken out of the trash."""
        return reverse("admin:recover", args=[self.model._meta.model_name, self.pk])


def trash_view(site: admin.AdminSite, request: HttpRequest) -> HttpResponse:
    """Show what lies in the trash, the newest first."""
    kinds = [model for model in RECORDS if may_see(request.user, model) or _may_delete(request, model)]
    if not kinds:
        raise PermissionDenied
    first, *rest = (_rows(model) for model in kinds)
    rows = first.union(*rest, all=True).order_by("-trashed_at", "kind_id", "pk")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        **site.each_context(request),
        "title": _("Trash"),
        "page": page,
        "page_numbers": page.paginator.get_elided_page_range(page.number),
        "records": _discarded(request, kinds, page.object_list),
        "days": time_in_the_trash().days,
    }
    return TemplateResponse(request, "admin/trash.html", context)


def _rows(model: type[Record]) -> QuerySet[Any, Any]:
    kind = Value(ContentType.objects.get_for_model(model).pk, IntegerField())
    version = Coalesce("trashing", 0)
    records = trashed(model).order_by().annotate(kind_id=kind, version=version)
    return records.values_list("kind_id", "pk", "slug", "trashed_at", "version")


def _discarded(request: HttpRequest, kinds: list[type[Record]], rows: Iterable[Any]) -> list[Discarded]:
    rows = list(rows)
    by_kind = {kind: model for kind, model in content_types().items() if model in kinds}
    may = {kind: _may_delete(request, model) for kind, model in by_kind.items()}
    versions = Version.objects.select_related("by").defer(*LONG).in_bulk([row[4] for row in rows])
    return [
        Discarded(by_kind[kind], pk, slug, at, versions.get(version), may[kind]) for kind, pk, slug, at, version in rows
    ]


def _may_delete(request: HttpRequest, model: type[Record]) -> bool:
    return request.user.has_perm(f"zone.delete_{model._meta.model_name}")  # type: ignore[union-attr]


@require_POST
def recover_view(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Take a record out of the trash and open its form."""
    model = next((model for model in RECORDS if model._meta.model_name == kind), None)
    if model is None:
        raise Http404
    record: Any = get_object_or_404(model._default_manager, pk=pk)
    try:
        workflow.recover(record, occasion_of(request))
    except Refused as refused:
        messages.warning(request, " ".join(said(model, refused)))
        return redirect("admin:trash")
    messages.success(request, _("“%(record)s” is out of the trash, as a draft.") % {"record": record})
    return redirect(f"admin:zone_{kind}_change", pk)


# What will be missed


@dataclass(frozen=True)
class Mention:
    """The records of one kind that refer to what is about to be deleted."""

    kind: str
    records: list[Any]
    more: int

    @property
    def and_more(self) -> str:
        """Say how many are not named."""
        return ngettext("and %(count)d more", "and %(count)d more", self.more) % {"count": self.more}


@dataclass(frozen=True)
class Loss:
    """What goes into the trash together, and what will be missed where."""

    records: list[Any]
    mentions: list[Mention]
    days: int

    @property
    def public(self) -> list[Any]:
        """Return the records that visitors see now."""
        return [record for record in self.records if record.is_public]


def loss(site: admin.AdminSite, model: type[Record], records: Iterable[Any]) -> Loss:
    """Return what will be missed without ``records``, with one query for each kind that can refer to them."""
    records = list(records)
    found = (_mention(site, others) for others in referring(model, [record.pk for record in records]))
    return Loss(records, [mention for mention in found if mention.records], time_in_the_trash().days)


def _mention(site: admin.AdminSite, others: QuerySet[Any]) -> Mention:
    model = others.model
    counted = others.exclude(status=Status.TRASHED).annotate(total=Window(Count("pk")))
    related: Any = site.get_model_admin(model).list_select_related or ()
    records = list(counted.select_related(*related).without_texts().order_by("slug")[:NAMED])  # type: ignore[attr-defined]
    for record in records:
        record.form_address = reverse(f"admin:zone_{model._meta.model_name}_change", args=[record.pk])
    more = records[0].total - len(records) if records else 0
    return Mention(str(model._meta.verbose_name_plural), records, more)


# Moving there


class TrashAdmin(admin.ModelAdmin):
    """The pages of a kind of record of which nothing is deleted but moved to the trash, where it is out of sight."""

    delete_confirmation_template = "admin/trash_confirmation.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).exclude(status=Status.TRASHED)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what will be missed, in the place of what would be deleted along."""
        records = list(objs)
        forbidden = [record for record in records if not self.has_delete_permission(request, record)]
        lacking = {str(self.opts.verbose_name)} if forbidden else set()
        count = {str(self.opts.verbose_name_plural): len(records)}
        return [loss(self.admin_site, self.model, records)], count, lacking, []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Move the record to the trash, and say how to get it back."""
        perform(request, [obj], workflow.trash, TRASHED)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Move the records to the trash, and say how to get them back."""
        perform(request, queryset, workflow.trash, TRASHED)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Leave the log to the versions, which say more."""

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Go back to the list; what was done has been said."""
        if "_popup" in request.POST:
            return super().response_delete(request, obj_display, obj_id)
        return redirect(f"admin:zone_{self.opts.model_name}_changelist")

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: models.options.Options[Any], object_id: str
    ) -> HttpResponse:
        """Lead to the trash from the address of a record that lies there."""
        if (record := self._in_the_trash(object_id)) is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]
        text = _("“%(record)s” is in the trash. Restore it to open it.")
        messages.warning(request, text % {"record": record})
        return redirect("admin:trash")

    def _in_the_trash(self, object_id: str) -> Any:
        try:
            return self.model._default_manager.filter(pk=unquote(object_id), status=Status.TRASHED).first()
        except (ValidationError, ValueError):
            return None
