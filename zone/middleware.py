"""What is done before each request, and after it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation

from zone.translation import ORIGINAL
from zone.workflow import is_due, publish_due

Answer = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger(__name__)


def drafts_take_effect(answer: Answer) -> Answer:
    """Let the drafts whose time has come take effect before a request is answered, so that no job can fail to."""

    def answer_as_of_now(request: HttpRequest) -> HttpResponseBase:
        # The process has to say that it answers while the database does not.
        if request.path_info != reverse("healthz"):
            _let_them()
        return answer(request)

    return answer_as_of_now


def heads_have_no_body(answer: Answer) -> Answer:
    """Answer HEAD with the headers of GET alone: a server in front may take a body for the next answer."""

    def answer_without_body(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return answer_without_body


def _let_them() -> None:
    try:
        if is_due():
            # What is said of a draft is read on the desk, not by this visitor.
            with translation.override(ORIGINAL):
                publish_due()
    except Exception:
        # The site goes on whatever is wrong with a draft; where the database is, the page will tell.
        logger.exception("Scheduled drafts could not take effect.")
