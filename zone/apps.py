"""The application's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ZoneConfig(AppConfig):
    """The content of the site and everything that reads it."""

    name = "zone"
    verbose_name = _("Hetao")
    default_auto_field = "django.db.models.BigAutoField"
