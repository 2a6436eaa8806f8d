"""Pages across the nouns: the way in, the search, the years, how to get there."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from zone.belonging import present
from zone.calendars import calendar_file
from zone.commute import plan_commute
from zone.gtfs import gaps, gtfs_feed, running
from zone.models import Crossing, Field, HolidayCalendar, KeyFigure, NewsItem, Park, Route
from zone.models.transport import HONG_KONG_TIME
from zone.paging import page_of
from zone.plan import draw_plan
from zone.search.finding import begun, find
from zone.search.fruitless import note
from zone.search.narrowing import narrow
from zone.search.question import LONGEST_QUERY
from zone.search.showing import results
from zone.search.spelling import meant
from zone.structured_data import describe_site
from zone.timeline import timeline
from zone.views.answers import file_answer, page
from zone.working_days import Calendars

LATEST: Final = 6
"""How many news items the home page shows."""
MOST_NOTICES: Final = 5
"""How many notices stand on the page about getting here."""
SUGGESTED: Final = 8
"""How many records are suggested to somebody who is typing."""


@page
def home(request: HttpRequest) -> HttpResponse:
    """Show what the zone is, its figures, its news, and ways in."""
    context = {
        "figures": KeyFigure.objects.published().headlines().for_list(),
        "news": NewsItem.objects.published().for_list()[:LATEST],
        "parks": Park.objects.published().for_list(),
        "fields": Field.objects.published(),
        "organisation_count": present(),
        "plan": draw_plan(),
        "structured_data": describe_site(request),
    }
    return render(request, "zone/home.html", context)


@page
def getting_here(request: HttpRequest) -> HttpResponse:
    """Answer how to get to the other bank today, and what is known of the ports, routes and holidays."""
    crossings, routes = list(Crossing.objects.published().for_list()), list(Route.objects.published().for_list())
    calendars = Calendars(HolidayCalendar.objects.published().for_list())
    today = timezone.localdate(timezone=HONG_KONG_TIME)
    context = {
        "crossings": crossings,
        "commute": plan_commute(crossings, routes, calendars, today),
        "notices": NewsItem.objects.published().current_notices().for_list()[:MOST_NOTICES],
        "has_feed": bool(running(routes)),
        "gaps": gaps(routes, calendars, today),
    }
    return render(request, "zone/getting_here.html", context)


@page
def calendar(request: HttpRequest, name: str) -> HttpResponse:
    """Give holidays, notices or departures as a calendar that can be subscribed to."""
    content = calendar_file(name, request.build_absolute_uri("/")[:-1], timezone.localdate(timezone=HONG_KONG_TIME))
    if content is None:
        raise Http404
    return file_answer(content, "text/calendar", f"{name}.ics")


@page
def gtfs(request: HttpRequest) -> HttpResponse:
    """Give the routes as a feed for journey planners."""
    feed = gtfs_feed(request.build_absolute_uri("/")[:-1], timezone.localdate(timezone=HONG_KONG_TIME))
    if feed is None:
        raise Http404
    return file_answer(feed, "application/zip", "gtfs.zip")


@page
def search_page(request: HttpRequest) -> HttpResponse:
    """Find anything by words, of one noun or in one park where the address says so."""
    words = request.GET.get("q", "").replace("\0", " ").strip()
    too_long = len(words) > LONGEST_QUERY
    everything = find("" if too_long else words)
    narrowed = narrow(everything, request.GET.get("noun", ""), request.GET.get("park", ""))
    hits = page_of(narrowed.findings.hits, request.GET)
    if words and not too_long and not everything.hits and request.method == "GET":
        note(words)
    context = {
        "words": words[:LONGEST_QUERY],
        "too_long": too_long,
        "longest": LONGEST_QUERY,
        "everything": everything,
        "narrowed": narrowed,
        "page": hits,
        "results": results(everything, list(hits.records)),
        "meant": "" if everything.hits or too_long else meant(words),
    }
    return render(request, "zone/search.html", context)


@page
def search_suggestions(request: HttpRequest) -> HttpResponse:
    """List what is called as somebody may mean who is still typing: a part of the search form."""
    found = begun(request.GET.get("q", "").replace("\0", " ").lstrip()[:LONGEST_QUERY])
    return render(request, "partials/suggestions.html", {"results": results(found, found.hits[:SUGGESTED])})


@page
def timeline_page(request: HttpRequest) -> HttpResponse:
    """Show what happened and what was counted, year by year."""
    return render(request, "zone/timeline.html", {"years": timeline()})
