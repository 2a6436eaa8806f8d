"""The page on which an editor chooses where somebody else has changed the same."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zone.admin.describing import describe_conflicts, name_of
from zone.admin.open_forms import REOPEN
from zone.admin.record_pages import record_page
from zone.admin.saving import CHOICE, LIVE, UPLOADS, Contradiction
from zone.history import authors_since

if TYPE_CHECKING:
    from zone.admin.record import RecordAdmin

OF_THE_PAGE: Final = ("csrfmiddlewaretoken", "compared", UPLOADS, REOPEN)
"""What the page sends anew, and does not pass on from the form."""


def conflict_page(model_admin: RecordAdmin, request: HttpRequest, contradiction: Contradiction) -> HttpResponse:
    """Show both versions of what both have changed. The whole form is in the page, so that nothing is lost."""
    opened = contradiction.opened
    context = {
        "others": _(", ").join(map(name_of, authors_since(opened.record, opened.base))),
        "conflicts": describe_conflicts(model_admin.model, contradiction.conflicts),
        "with_live": describe_conflicts(model_admin.model, contradiction.with_live),
        "rules": contradiction.rules,
        "choice": CHOICE,
        "live": LIVE,
        "compared": opened.compared,
        "uploads": contradiction.uploads,
        "answers": list(_answers(request)),
    }
    title = _("Somebody else has changed this too")
    return record_page(model_admin, request, opened.record, "zone/conflict", title, context, status=HTTPStatus.CONFLICT)


def _answers(request: HttpRequest) -> Iterator[tuple[str, Any]]:
    """Yield what the form said, name by name, without choices that were made before."""
    for name, values in request.POST.lists():
        if name not in OF_THE_PAGE and not name.startswith((CHOICE, LIVE)):
            yield from ((name, value) for value in values)
