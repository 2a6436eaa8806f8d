"""What the database knows of how its tables are filled, and plans its queries by.

PostgreSQL finds it out by itself, some time after a load. SQLite never does: without it, it takes "is published" for
something that is true of few records.
"""

from __future__ import annotations

from typing import Final

from django.db import connection

_OF_THE_INDEX: Final = "zone_search_"
"""What the names of the tables begin with in which FTS5 keeps the terms."""


def take_statistics() -> None:
    """Have the database look at its tables: briefly on SQLite, at a thousand rows of each index.

    FTS5 plans its own statements by what it is told too: where that was said of an index with next to nothing in it, it
    would go through all of it, however large it is by then, for each piece of it that it deletes.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("ANALYZE")
            return
        cursor.execute("PRAGMA analysis_limit = 1000")
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(_OF_THE_INDEX):
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
        cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl GLOB %s", [f"{_OF_THE_INDEX}*"])
