"""What the database knows of how its tables are filled, and plans its queries by.

PostgreSQL finds it out by itself, some time after a load. SQLite never does: without it, it takes "is published" for
something that is true of few records.
"""

from __future__ import annotations

from django.db import connection


def take_statistics() -> None:
    """Have the database look at its tables: briefly on SQLite, at a thousand rows of each index."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE")
