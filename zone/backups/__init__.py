"""Backups: database and media as they were at one moment, with the checksum of every file and every table.

A backup is whole if it has a manifest, which is written last. ``places`` says where one lies, ``databases`` how a
database is copied out and put back, ``making`` and ``restoring`` what is done in which order.
"""
