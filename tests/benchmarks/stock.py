"""Django's own admin with the form of an organisation as ours has it, to compare with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import path

from hetao.urls import urlpatterns as ours
from zone.admin.organisation import OrganisationAdmin
from zone.models import Facility, Field, Organisation, Park, Source

site = admin.AdminSite(name="stock")


def stock_inline(inline: Any) -> type[admin.StackedInline]:
    """Return the stock form of the same rows."""
    names = ("model", "fieldsets", "autocomplete_fields")
    return type("StockInline", (admin.StackedInline,), {name: getattr(inline, name) for name in names} | {"extra": 0})


class Searchable(admin.ModelAdmin):
    """What a relation is picked from."""

    search_fields = ("slug",)


@admin.register(Organisation, site=site)
class StockOrganisationAdmin(admin.ModelAdmin):
    """The same fields and rows with nothing of ours."""

    fieldsets = OrganisationAdmin.fieldsets
    readonly_fields = OrganisationAdmin.readonly_fields
    autocomplete_fields = OrganisationAdmin.autocomplete_fields
    search_fields = ("slug",)
    inlines = tuple(stock_inline(inline) for inline in OrganisationAdmin.inlines)


for model in (Facility, Field, Park, Source):
    site.register(model, Searchable)

urlpatterns = [path("stock/", site.urls), *ours]
