"""Failures of a database or a disk, which pass by themselves: whatever failed succeeds when it is tried again."""

from __future__ import annotations

import errno
from typing import Final

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError

_NO_PLACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def is_passing(reason: BaseException | None) -> bool:
    """Return whether what failed for ``reason`` works again as soon as a database or a disk does."""
    if isinstance(reason, OSError):
        return reason.errno in _NO_PLACE
    # A file that is no database is told by the class that stands above all others.
    return type(reason) is DatabaseError or isinstance(reason, (OperationalError, InterfaceError, InternalError))
