"""What the site says about itself, and what readers say about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from zone.filters.nouns import OrganisationFinder
from zone.models import Facility, KeyFigure, NewsItem, Organisation
from zone.models.facility import BuildingStatus
from zone.models.organisation import Presence
from zone.reporting import ReportForm, is_from_elsewhere, is_taken
from zone.views.answers import page, page_with_form
from zone.views.errors import error

COLOURS: Final = (
    *("paper", "surface", "ink", "ink-soft", "line", "line-strong", "accent", "accent-soft", "south", "south-soft"),
    *("water", "good", "caution", "caution-soft", "bad", "focus"),
)
"""The colours of ``tokens.css``, which the page about style shows."""


@page
def about(request: HttpRequest) -> HttpResponse:
    """Say what this site is and how its facts are kept."""
    return render(request, "zone/about.html")


@page
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say who can read this site, how that was checked, and what is missing."""
    return render(request, "zone/accessibility.html")


@page
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept of readers."""
    return render(request, "zone/privacy.html")


@page
def content_policy(request: HttpRequest) -> HttpResponse:
    """Say how facts come to this site, are checked and are corrected."""
    return render(request, "zone/content_policy.html")


@page
def style(request: HttpRequest) -> HttpResponse:
    """Show the team each part that pages are made of, with public records; no public page leads here."""
    organisations, facilities = Organisation.objects.published(), Facility.objects.published()
    context = {
        "colours": COLOURS,
        "organisations": _first_of_each(organisations.for_list(), "presence", Presence),
        "facilities": _first_of_each(facilities.for_list(), "building_status", BuildingStatus),
        "news": NewsItem.objects.published().for_list()[:2],
        "figures": KeyFigure.objects.published().headlines().for_list()[:3],
        "record": facilities.for_detail().first(),
        "finder": OrganisationFinder(QueryDict("kind=company")),
    }
    return render(request, "zone/style.html", context)


def _first_of_each(records: Any, field: str, choices: type[TextChoices]) -> list[Any]:
    """Return the first of ``records`` for each value of ``field`` that there is a record of."""
    firsts = (records.filter(**{field: value}).first() for value in choices.values)
    return [record for record in firsts if record]


@page_with_form
def report(request: HttpRequest) -> HttpResponse:
    """Take from a reader what is wrong on a page; what cannot be taken stays in the form, with the reason."""
    if is_from_elsewhere(request):
        return error(request, HTTPStatus.FORBIDDEN)
    form = ReportForm(request)
    if form.is_bound and is_taken(form):
        return redirect("report_thanks")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "zone/report.html", {"form": form}, status=status)


@page
def report_thanks(request: HttpRequest) -> HttpResponse:
    """Say that a report has come, and what becomes of it."""
    return render(request, "zone/report_thanks.html")
