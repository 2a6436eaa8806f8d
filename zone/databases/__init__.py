"""The databases as the site asks them: no reader waits for one that hangs, is locked or is gone.

Django finds an engine by the name of a package: ``zone.databases.postgresql`` and ``zone.databases.sqlite3``.
"""
