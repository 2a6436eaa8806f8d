"""The site map: the editors' desk, what machines read, and the pages in three languages."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("zone.urls")),
]
