"""What is done before each request, and after it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation

from zone.databases.patience import limited
from zone.freshness import is_due
from zone.log_lines import IDENTIFIER, current_request, route_of
from zone.page_cache import NOTHING_IS_DUE
from zone.search.index import refresh
from zone.translation import ORIGINAL
from zone.workflow import publish_due

Answer = Callable[[HttpRequest], HttpResponseBase]

SLOW: Final = 1.0
"""Seconds after which somebody who waits for a page begins to think of something else (Nielsen, 1993)."""
NOT_ASKED_FOR: Final = ", ".join(
    f"{feature}=()"
    for feature in (
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
"""What no page may use, whoever has got a script into it."""
PAGE_SECONDS: Final = 2.5
"""For which a reader waits for the database, all questions of a page together."""
DUE_SECONDS: Final = 2.0
"""For which what is due may keep a request waiting: what is left is written with the next."""
NEWSROOM_SECONDS: Final = 10.0
"""For which an editor waits for one statement: others may be saving, and an import takes its time."""

logger = logging.getLogger(__name__)


def requests_have_an_identifier(answer: Answer) -> Answer:
    """Give each request an identifier, which its log lines, its answer and its error page name; tell of slow ones."""

    def answer_by_identifier(request: HttpRequest) -> HttpResponseBase:
        identifier = request.META["HTTP_X_REQUEST_ID"] = _identifier(request)
        before, began = current_request.set(identifier), time.perf_counter()
        try:
            response = answer(request)
            if (seconds := time.perf_counter() - began) > SLOW:
                route = route_of(request)
                logger.warning("%s took %.1f s", route, seconds, extra={"route": route, "seconds": round(seconds, 3)})
        finally:
            current_request.reset(before)
        response.headers["X-Request-ID"] = identifier
        return response

    return answer_by_identifier


def _identifier(request: HttpRequest) -> str:
    given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
    return given if IDENTIFIER.fullmatch(given) else uuid.uuid4().hex


def time_takes_effect(answer: Answer) -> Answer:
    """Write what is due before a request is answered, so that no job can fail to: drafts, and entries of the search."""

    def answer_as_of_now(request: HttpRequest) -> HttpResponseBase:
        # The process has to say that it answers while the database does not.
        if NOTHING_IS_DUE not in request.META and request.path_info != reverse("healthz"):
            _write_what_is_due()
        return answer(request)

    return answer_as_of_now


def answers_are_ours_alone(answer: Answer) -> Answer:
    """Tell browsers with every answer that no other site may embed it, and what no page of ours will ask them for."""

    def answer_for_ourselves(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = NOT_ASKED_FOR
        return response

    return answer_for_ourselves


def nobody_waits_for_long(answer: Answer) -> Answer:
    """Let each request give the database up in time, so that a page can still say so, and a thread can go on."""

    def answer_in_time(request: HttpRequest) -> HttpResponseBase:
        is_editors = request.path_info.startswith(reverse("admin:index"))
        with limited(each=NEWSROOM_SECONDS) if is_editors else limited(in_all=PAGE_SECONDS):
            return answer(request)

    return answer_in_time


def heads_have_no_body(answer: Answer) -> Answer:
    """Answer HEAD with the headers of GET alone: gunicorn drops a body too, but complains of it in the log."""

    def answer_without_body(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return answer_without_body


def _write_what_is_due() -> None:
    try:
        if not is_due():
            return
    except Exception:
        logger.exception("Nobody knows whether anything is due.")
        return
    # What is said of a draft is read on the desk, not by this visitor.
    with translation.override(ORIGINAL), limited(in_all=DUE_SECONDS):
        for write in (refresh, publish_due):
            try:
                write()
            except Exception:
                # The site goes on whatever is wrong with one of them; where the database is, the page will tell.
                logger.exception("What is due could not be written.")
