"""On which occasion a page of the newsroom does something, and what it says when a step was refused."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest

from zone.admin.describing import problems_in_words
from zone.history import Occasion
from zone.labels import label_of
from zone.models.record import Record
from zone.workflow import Refused


def occasion_of(request: HttpRequest, comment: str = "", batch: uuid.UUID | None = None, **form: Any) -> Occasion:
    """Return the occasion of what ``request`` asks for; ``form`` is what to remember of a form that was sent."""
    site = f"{request.scheme}://{request.get_host()}"
    return Occasion(by=request.user, comment=comment.replace("\0", ""), batch=batch, site=site, **form)


def said(model: type[Record], refused: Refused) -> list[str]:
    """Return why a step was refused: field by field where the fields are known, else the one reason."""
    return problems_in_words(model, refused.problems) or [str(refused.message)]


def explained(model: type[Record], problem: str) -> list[str]:
    """Return why a draft did not go live, line by line, with the fields called as in the form."""
    lines = []
    for line in problem.splitlines():
        key, colon, message = line.partition(": ")
        label = label_of(model, key) if colon else ""
        lines.append(f"{label}: {message}" if label and label != key else line)
    return lines
