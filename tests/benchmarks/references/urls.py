"""The references stand first, so that nothing of ours is asked on the way to them."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from hetao.urls import urlpatterns as ours
from tests.benchmarks.references import views

urlpatterns = [
    *i18n_patterns(
        path("references/bytes/", views.page_bytes),
        path("references/organisations/", views.organisation_list, name="reference_list"),
    ),
    *ours,
]
