"""Django's engine for PostgreSQL with our driver, which a pool uses too."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from zone.databases import patience
from zone.databases.postgresql import driver


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of Django's."""

    Database = driver

    @property
    def pool(self) -> Any:
        """Return the pool of this database, if the settings ask for one."""
        if options := self.settings_dict["OPTIONS"].get("pool"):
            options["connection_class"] = driver.PatientConnection
        pool = super().pool
        if pool is not None:
            pool.__class__ = driver.PatientPool  # Django names the class itself.
        return pool

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection, unless nobody has the time to wait for it."""
        if patience.left() == 0:
            raise driver.OperationalError("The database does not answer, and is not asked.")
        return super().get_new_connection(conn_params)
