"""The editors' rooms: one file a noun. What all records have in common is in ``record``."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from zone.admin import change, facility, field, figure, news, organisation, park, source, transport, version

__all__ = ["change", "facility", "field", "figure", "news", "organisation", "park", "source", "transport", "version"]

admin.site.site_header = _("Hetao newsroom")
admin.site.site_title = _("Hetao newsroom")
admin.site.index_title = _("Newsroom")
