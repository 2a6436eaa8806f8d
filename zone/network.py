"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the network address that a request comes from: behind a proxy, the one that the proxy saw."""
    if settings.BEHIND_PROXY and (seen := request.headers.get("X-Forwarded-For", "")):
        return seen.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """Return what one sender has of ``address``: of IPv6 the first half, for everybody has all of the other one."""
    found = _read(address)
    if found is None:
        return address
    return str(found if found.version == 4 else ipaddress.ip_network((found, 64), strict=False))


def known_address(request: HttpRequest) -> str | None:
    """Return the network address that a request comes from; ``None`` where what is said of it is none."""
    found = _read(client_address(request))
    return None if found is None else str(found)


def counted_address(request: HttpRequest) -> str | None:
    """Return the address under which the wrong passwords of one sender are counted: the first of its network."""
    address = known_address(request)
    return None if address is None else network_of(address).partition("/")[0]


def _read(address: str) -> Address | None:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
