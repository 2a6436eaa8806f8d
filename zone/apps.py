"""The application's registration with Django, and that of its newsroom."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from zone.generations import watch
from zone.page_files import hide_what_changes


class ZoneConfig(AppConfig):
    """The content of the site and everything that reads it."""

    name = "zone"
    verbose_name = _("Hetao")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the triggers back after each migration: no other moment comes after all tables have been made."""
        pre_migrate.connect(take_as_long_as_it_takes, sender=self)
        post_migrate.connect(watch, sender=self)
        if settings.PAGE_FILES:
            connection_created.connect(hide_what_changes)


def take_as_long_as_it_takes(sender: AppConfig, using: str, **options: object) -> None:
    """Let no statement of a migration be cancelled: what it makes anew may be very large."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


class NewsroomConfig(SimpleAdminConfig):
    """Django's admin with our first page, and with our rooms only: a package's would show what it keeps secret."""

    default_site = "zone.admin.site.Newsroom"

    def ready(self) -> None:
        """Open the rooms before anybody asks for the site: they stand in its package, and would make a second one."""
        import_module("zone.admin")
        super().ready()
