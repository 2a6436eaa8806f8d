"""The links by which somebody without an account sees a record before it is published."""

from __future__ import annotations

import datetime
from typing import Any, Final, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zone.admin.permissions import may_translate
from zone.admin.record_pages import record_page
from zone.models import PreviewLink
from zone.models.preview_link import PreviewLinkQuerySet
from zone.models.record import Record
from zone.previews import address_of
from zone.publishing import may_publish
from zone.translation import active_language

PERIODS: Final = (("1", _("a day")), ("7", _("a week")), ("30", _("a month")))
"""How long a link can open, in days."""


class NewLinkForm(forms.Form):
    """Asks how long a new link shall open."""

    days = forms.ChoiceField(label=_("The link opens for"), choices=PERIODS, initial="7")


class RevokeForm(forms.Form):
    """Asks which of the valid links shall open no more."""

    revoke = forms.ModelChoiceField(queryset=PreviewLink.objects.none())

    def __init__(self, data: Any, links: PreviewLinkQuerySet) -> None:
        super().__init__(data)
        cast(forms.ModelChoiceField, self.fields["revoke"]).queryset = links.valid()


def links_page(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the links to previews of a record, make new ones and revoke those that still open."""
    record = _shared(model_admin, request, object_id)
    form = NewLinkForm(request.POST if request.method == "POST" and "revoke" not in request.POST else None)
    if request.method == "POST" and _done(request, record, form):
        return HttpResponseRedirect(request.path)
    context = {
        "form": form,
        "links": [_described(request, link) for link in PreviewLink.objects.to(record).select_related("created_by")],
    }
    return record_page(model_admin, request, record, "zone/preview_links", gettext("Preview links"), context)


def _shared(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> Any:
    """Return the record, if the user may do more with it than look at it."""
    model, user = model_admin.model, request.user
    edits = model_admin.has_change_permission(request) or may_translate(user, model) or may_publish(user, model)
    if not edits:
        raise PermissionDenied
    record = model_admin.get_object(request, unquote(object_id))
    if record is None:
        raise Http404
    return record


def _done(request: HttpRequest, record: Record, form: NewLinkForm) -> bool:
    """Do what was asked for; return whether that is all, or the page has to say what is wrong."""
    if "revoke" in request.POST:
        _revoke(request, record)
        return True
    if not form.is_valid():
        return False
    until = timezone.now() + datetime.timedelta(days=int(form.cleaned_data["days"]))
    PreviewLink.objects.create(record=record, created_by=cast(Any, request.user), expires_at=until)
    messages.success(request, gettext("The link was made. Copy its address, and send it to whom you like."))
    return True


def _revoke(request: HttpRequest, record: Record) -> None:
    form = RevokeForm(request.POST, PreviewLink.objects.to(record))
    if not form.is_valid():
        messages.warning(request, gettext("That link does not open any more."))
        return
    PreviewLink.objects.to(record).valid().filter(pk=form.cleaned_data["revoke"].pk).update(revoked_at=timezone.now())
    messages.success(request, gettext("The link was revoked. Whoever opens it is told that the preview has ended."))


def _described(request: HttpRequest, link: PreviewLink) -> dict[str, Any]:
    """Return ``link`` with its whole address, which only a link that opens still has."""
    address = request.build_absolute_uri(address_of(link, active_language())) if link.is_valid else ""
    return {"link": link, "address": address}
