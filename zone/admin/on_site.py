"""The way from a record in the newsroom to its public page, in place of Django's, which leads to any."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from zone.admin.across import content_types
from zone.admin.keys import key_of


def on_site_view(site: AdminSite, request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
    """Lead to the page of a record while visitors see it: the address of any other tells its slug."""
    model = content_types().get(key_of(content_type_id) or 0)
    if model is None:
        raise Http404
    record = get_object_or_404(model._default_manager, pk=key_of(object_id))
    address = site.get_model_admin(model).get_view_on_site_url(record)
    if address is None:
        raise Http404
    return redirect(address)
