"""Errors go to Sentry, or to what speaks as it does, where ``SENTRY_DSN`` is set; nothing imports this otherwise.

What is sent is put together from what is known to be harmless, as the lines of the log are: another release of the
package, or another integration of it, cannot send more.
"""

from __future__ import annotations

from typing import Any, Final

import sentry_sdk
from sentry_sdk.types import Event, Hint

from zone.log_lines import current_request, harmless

_SENT: Final = ("contexts", "environment", "event_id", "level", "logger", "modules", "platform", "release", "timestamp")
_OF_A_FRAME: Final = (
    "context_line",
    "filename",
    "function",
    "in_app",
    "lineno",
    "module",
    "post_context",
    "pre_context",
)


def report_to(dsn: str, release: str) -> None:
    """Send the errors that this process logs to ``dsn``, as those of ``release``.

    What the package would find by itself is left out: around Django it puts a wrapper of each answer, in which the page
    cache knows nothing that may be kept.
    """
    sentry_sdk.init(
        dsn,
        release=release,
        auto_enabling_integrations=False,
        before_send=without_people,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
    )


def without_people(event: Event, hint: Hint) -> Event:
    """Return ``event`` with the place and the kind of the error, and nothing of the request but its identifier."""
    said: dict[str, Any] = {name: value for name, value in event.items() if name in _SENT}
    said["tags"] = {"request": current_request.get()}
    if "exception" in event:
        said["exception"] = {"values": [_exception(one) for one in event["exception"]["values"]]}
    if record := hint.get("log_record"):
        said["message"] = harmless(record).getMessage()
    return said  # type: ignore[return-value]


def _exception(exception: dict[str, Any]) -> dict[str, Any]:
    """Return the kind and the frames: what an exception says may quote what somebody has typed."""
    frames = (exception.get("stacktrace") or {}).get("frames", [])
    kept = [{name: frame[name] for name in _OF_A_FRAME if name in frame} for frame in frames]
    said = {name: exception[name] for name in ("type", "module") if name in exception}
    return said | {"value": "", "stacktrace": {"frames": kept}}
