"""The lists of the nouns, and a page for each record. Whatever they show they have asked of ``published()``."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from zone.belonging import present_by_field
from zone.charts import charts
from zone.comparison import compare
from zone.filters.nouns import FacilityFinder, FigureFinder, NewsFinder, OrganisationFinder, SourceFinder
from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, Park, Source
from zone.plan import draw_plan
from zone.resources import observations_csv
from zone.views.answers import answer_with, detail_page, file_answer, list_page, page

MOST_PRINTED: Final = 200
"""How many news items are put on one page for paper."""


@page
def organisation_list(request: HttpRequest) -> HttpResponse:
    """List who is here."""
    return list_page(request, OrganisationFinder, "zone/organisation_list.html")


@page
def organisation_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is known of one organisation."""
    return detail_page(request, Organisation, slug, "zone/organisation_detail.html")


@page
def facility_list(request: HttpRequest) -> HttpResponse:
    """List what there is to be used."""
    return list_page(request, FacilityFinder, "zone/facility_list.html")


@page
def facility_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is known of one facility."""
    return detail_page(request, Facility, slug, "zone/facility_detail.html")


@page
def facility_sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """Put what somebody needs at the door of a facility on one sheet of paper."""
    return answer_with(
        request, Facility, slug, lambda record: render(request, "zone/facility_sheet.html", {"record": record})
    )


@page
def facility_compare(request: HttpRequest) -> HttpResponse:
    """Put facilities that the address names side by side."""
    return render(request, "zone/facility_compare.html", {"comparison": compare(request.GET.getlist("facility"))})


@page
def news_list(request: HttpRequest) -> HttpResponse:
    """List what happened."""
    return list_page(request, NewsFinder, "zone/news_list.html")


@page
def news_print(request: HttpRequest) -> HttpResponse:
    """Put the news that the list would show in several pages on one, for paper."""
    finder = NewsFinder(request.GET)
    context = {"finder": finder, "news": finder.found[:MOST_PRINTED], "count": len(finder.found), "most": MOST_PRINTED}
    return render(request, "zone/news_print.html", context)


@page
def news_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one news item."""
    return detail_page(request, NewsItem, slug, "zone/news_detail.html")


@page
def figure_list(request: HttpRequest) -> HttpResponse:
    """List what has been counted."""
    return list_page(request, FigureFinder, "zone/figure_list.html")


@page
def figure_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show everything that was ever said about one figure."""
    return detail_page(request, KeyFigure, slug, "zone/figure_detail.html")


@page
def figure_observations(request: HttpRequest, slug: str) -> HttpResponse:
    """Give everything that was ever said about one figure as a spreadsheet."""

    def show(figure: KeyFigure) -> HttpResponse:
        return file_answer(observations_csv(figure), "text/csv", f"{slug}.csv")

    return answer_with(request, KeyFigure, slug, show)


@page
def figure_chart(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Give one of the charts of a figure, which count from 1, as a picture."""

    def show(figure: KeyFigure) -> HttpResponse:
        drawn = dict(enumerate(charts(figure), start=1))
        if number not in drawn:
            raise Http404
        address = request.build_absolute_uri(figure.get_absolute_url())
        context = {"figure": figure, "chart": drawn[number], "address": address}
        picture = render_to_string("zone/figure_chart.svg", context, request)
        return file_answer(picture, "image/svg+xml", f"{slug}-{number}.svg")

    return answer_with(request, KeyFigure, slug, show)


@page
def field_list(request: HttpRequest) -> HttpResponse:
    """List the fields in which the organisations work."""
    present = present_by_field()
    fields = [(field, present.get(field.pk, 0)) for field in Field.objects.published()]
    return render(request, "zone/field_list.html", {"fields": fields})


@page
def field_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who works in one field, in both parks."""
    return detail_page(request, Field, slug, "zone/field_detail.html")


@page
def park_list(request: HttpRequest) -> HttpResponse:
    """List the two parks."""
    return render(request, "zone/park_list.html", {"parks": Park.objects.published().for_list(), "plan": draw_plan()})


@page
def park_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one park: what is there and who."""
    return detail_page(request, Park, slug, "zone/park_detail.html")


@page
def source_list(request: HttpRequest) -> HttpResponse:
    """List what the facts rest on."""
    return list_page(request, SourceFinder, "zone/source_list.html")


@page
def source_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one source and everything that rests on it."""
    return detail_page(request, Source, slug, "zone/source_detail.html")
