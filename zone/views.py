"""One function for each page. Whatever a page shows it has asked of ``published()``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db import DatabaseError
from django.db.models import TextChoices
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page

from zone.calendars import calendar_file
from zone.charts import charts
from zone.commute import plan_commute
from zone.comparison import compare
from zone.filters import FacilityFinder, FigureFinder, Finder, NewsFinder, OrganisationFinder, SourceFinder
from zone.gtfs import gaps, gtfs_feed, running
from zone.models import (
    Crossing,
    Facility,
    Field,
    HolidayCalendar,
    KeyFigure,
    NewsItem,
    Organisation,
    Park,
    PreviewLink,
    Redirect,
    Route,
    Source,
)
from zone.models.facility import BuildingStatus
from zone.models.organisation import Presence
from zone.models.record import Record
from zone.models.transport import HONG_KONG_TIME
from zone.partial_dates import PartialDate
from zone.plan import draw_plan
from zone.previews import link_named, preview_link
from zone.publishing import PublishableQuerySet, Status
from zone.related import related
from zone.reporting import ReportForm
from zone.resources import observations_csv
from zone.search.finding import begun, find
from zone.search.fruitless import note
from zone.search.narrowing import narrow
from zone.search.question import LONGEST_QUERY
from zone.search.showing import results
from zone.search.spelling import meant
from zone.structured_data import describe, describe_site
from zone.timeline import timeline
from zone.translation import HTML_LANGUAGES, active_language
from zone.working_days import Calendars

PER_PAGE: Final = 20
MOST_PRINTED: Final = 200
"""How many news items are put on one page for paper."""
COLOURS: Final = (
    *("paper", "surface", "ink", "ink-soft", "line", "line-strong", "accent", "accent-soft", "south", "south-soft"),
    *("water", "good", "caution", "caution-soft", "bad", "focus"),
)
"""The colours of ``tokens.css``, which the page about style shows."""
LATEST: Final = 6
"""How many news items the home page shows."""
MOST_NOTICES: Final = 5
"""How many notices stand on the page about getting here."""
SUGGESTED: Final = 8
"""How many records are suggested to somebody who is typing."""

View = Callable[..., HttpResponseBase]


def _answering(*methods: str) -> Callable[[View], View]:
    """Return what makes a view a page: other methods than ``methods`` get an answer that says so.

    No page needs a token against forged requests: readers have no account, so nothing can be done in their name.
    """

    def make_page(view: View) -> View:
        @csrf_exempt
        @functools.wraps(view, updated=())
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in methods:
                return view(request, *args, **kwargs)
            response = _error(request, HTTPStatus.METHOD_NOT_ALLOWED)
            response.headers["Allow"] = ", ".join(methods)
            return response

        return answer

    return make_page


page = _answering("GET", "HEAD")
"""Make a view a page for reading."""
page_with_form = _answering("GET", "HEAD", "POST")
"""Make a view a page that also takes what its form sends."""


def list_page(request: HttpRequest, finder_class: type[Finder], template: str) -> HttpResponse:
    """Answer with the page of a list that the address asks for."""
    records = finder_class._meta.model.objects.published().for_list()
    finder = finder_class(request.GET, records)
    numbered: Page[Any] = Paginator(finder.found, PER_PAGE).get_page(request.GET.get("page"))
    numbers = numbered.paginator.get_elided_page_range(numbered.number)
    return render(request, template, {"finder": finder, "page": numbered, "page_numbers": numbers})


def detail_page(
    request: HttpRequest, records: PublishableQuerySet[Any], slug: str, template: str, **context: Any
) -> HttpResponse:
    """Answer with the page of the record that has ``slug``, or lead to where it has moved."""

    def show(record: Any) -> HttpResponse:
        shown = {"record": record, "related": related(record), "structured_data": describe(request, record)}
        return render(request, template, context | shown)

    return answer_with(request, records, slug, show)


def answer_with(
    request: HttpRequest, records: PublishableQuerySet[Any], slug: str, show: Callable[[Any], HttpResponse]
) -> HttpResponse:
    """Answer with what ``show`` makes of the record that has ``slug``, or lead to where it has moved."""
    record = records.filter(slug=slug).first()
    return show(record) if record else _moved(request) or _gone(request, records.model, slug)


def _moved(request: HttpRequest) -> HttpResponse | None:
    language, nouns, slug, rest = request.path_info.lstrip("/").split("/", 3)
    moved = Redirect.objects.filter(old_path=f"/{nouns}/{slug}/").first()
    return HttpResponsePermanentRedirect(f"/{language}{moved.new_path}{rest}") if moved else None


def _gone(request: HttpRequest, model: type[Record], slug: str) -> HttpResponse:
    """Answer that the page has been there, and why it is not any more; nothing else of the record is said."""
    record: Any = get_object_or_404(model._default_manager.gone(), slug=slug)
    if record.status == Status.WITHDRAWN:
        title, explanation = _("This page has been withdrawn"), _("It is no longer part of this site.")
    else:
        title = _("This page is no longer current")
        date = PartialDate(timezone.localdate(record.expire_at).isoformat()).display()
        explanation = _("It was shown until %(date)s.") % {"date": date}
    context = {"title": title, "explanation": explanation, "reason": record.withdrawal_reason}
    return render(request, "gone.html", context, status=HTTPStatus.GONE)


@page
def home(request: HttpRequest) -> HttpResponse:
    """Show what the zone is, its figures, its news, and ways in."""
    context = {
        "figures": KeyFigure.objects.published().headlines().for_list(),
        "news": NewsItem.objects.published().for_list()[:LATEST],
        "parks": Park.objects.published().for_list(),
        "fields": Field.objects.published(),
        "organisation_count": Organisation.objects.published().filter(presence=Presence.OPERATING).count(),
        "plan": draw_plan(),
        "structured_data": describe_site(request),
    }
    return render(request, "zone/home.html", context)


@page
def organisation_list(request: HttpRequest) -> HttpResponse:
    """List who is here."""
    return list_page(request, OrganisationFinder, "zone/organisation_list.html")


@page
def organisation_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is known of one organisation."""
    organisations = Organisation.objects.published().for_detail()
    return detail_page(request, organisations, slug, "zone/organisation_detail.html")


@page
def facility_list(request: HttpRequest) -> HttpResponse:
    """List what there is to be used."""
    return list_page(request, FacilityFinder, "zone/facility_list.html")


@page
def facility_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is known of one facility."""
    return detail_page(request, Facility.objects.published().for_detail(), slug, "zone/facility_detail.html")


@page
def facility_sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """Put what somebody needs at the door of a facility on one sheet of paper."""
    facilities = Facility.objects.published().for_detail()
    return answer_with(
        request, facilities, slug, lambda record: render(request, "zone/facility_sheet.html", {"record": record})
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
    finder = NewsFinder(request.GET, NewsItem.objects.published().for_list())
    context = {"finder": finder, "news": finder.found[:MOST_PRINTED], "count": len(finder.found), "most": MOST_PRINTED}
    return render(request, "zone/news_print.html", context)


@page
def news_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one news item."""
    return detail_page(request, NewsItem.objects.published().for_detail(), slug, "zone/news_detail.html")


@page
def figure_list(request: HttpRequest) -> HttpResponse:
    """List what has been counted."""
    return list_page(request, FigureFinder, "zone/figure_list.html")


@page
def figure_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show everything that was ever said about one figure."""
    return detail_page(request, KeyFigure.objects.published().for_detail(), slug, "zone/figure_detail.html")


@page
def figure_observations(request: HttpRequest, slug: str) -> HttpResponse:
    """Give everything that was ever said about one figure as a spreadsheet."""

    def show(figure: KeyFigure) -> HttpResponse:
        return _file(observations_csv(figure), "text/csv", f"{slug}.csv")

    return answer_with(request, KeyFigure.objects.published().for_detail(), slug, show)


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
        return _file(picture, "image/svg+xml", f"{slug}-{number}.svg")

    return answer_with(request, KeyFigure.objects.published().for_detail(), slug, show)


def _file(content: str | bytes, content_type: str, name: str) -> HttpResponse:
    """Answer with a file to keep."""
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    charset = "; charset=utf-8" if isinstance(content, str) else ""
    return HttpResponse(content, content_type=f"{content_type}{charset}", headers=headers)


@page
def field_list(request: HttpRequest) -> HttpResponse:
    """List the fields in which the organisations work."""
    return render(request, "zone/field_list.html", {"fields": Field.objects.published().for_list()})


@page
def field_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who works in one field, in both parks."""
    parks = Park.objects.published()
    return detail_page(request, Field.objects.published().for_detail(), slug, "zone/field_detail.html", parks=parks)


@page
def park_list(request: HttpRequest) -> HttpResponse:
    """List the two parks."""
    return render(request, "zone/park_list.html", {"parks": Park.objects.published().for_list(), "plan": draw_plan()})


@page
def park_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one park: what is there and who."""
    return detail_page(request, Park.objects.published().for_detail(), slug, "zone/park_detail.html")


@page
def source_list(request: HttpRequest) -> HttpResponse:
    """List what the facts rest on."""
    return list_page(request, SourceFinder, "zone/source_list.html")


@page
def source_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one source and everything that rests on it."""
    return detail_page(request, Source.objects.published().for_detail(), slug, "zone/source_detail.html")


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
@conditional_page
def calendar(request: HttpRequest, name: str) -> HttpResponse:
    """Give holidays, notices or departures as a calendar that can be subscribed to."""
    content = calendar_file(name, _site(request), timezone.localdate(timezone=HONG_KONG_TIME))
    if content is None:
        raise Http404
    return _file(content, "text/calendar", f"{name}.ics")


@page
@conditional_page
def gtfs(request: HttpRequest) -> HttpResponse:
    """Give the routes as a feed for journey planners."""
    feed = gtfs_feed(_site(request), timezone.localdate(timezone=HONG_KONG_TIME))
    if feed is None:
        raise Http404
    return _file(feed, "application/zip", "gtfs.zip")


def _site(request: HttpRequest) -> str:
    """Return the scheme and host by which the site was reached."""
    return f"{request.scheme}://{request.get_host()}"


@page
def search_page(request: HttpRequest) -> HttpResponse:
    """Find anything by words, of one noun or in one park where the address says so."""
    words = request.GET.get("q", "").replace("\0", " ").strip()
    too_long = len(words) > LONGEST_QUERY
    everything = find("" if too_long else words)
    narrowed = narrow(everything, request.GET.get("noun", ""), request.GET.get("park", ""))
    numbered = Paginator(narrowed.findings.hits, PER_PAGE).get_page(request.GET.get("page"))
    if words and not too_long and not everything.hits and request.method == "GET":
        note(words)
    context = {
        "words": words[:LONGEST_QUERY],
        "too_long": too_long,
        "longest": LONGEST_QUERY,
        "everything": everything,
        "narrowed": narrowed,
        "page": numbered,
        "page_numbers": numbered.paginator.get_elided_page_range(numbered.number),
        "results": results(everything, list(numbered.object_list)),
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
        "organisations": first_of_each(organisations.for_list(), "presence", Presence),
        "facilities": first_of_each(facilities.for_list(), "building_status", BuildingStatus),
        "news": NewsItem.objects.published().for_list()[:2],
        "figures": KeyFigure.objects.published().headlines().for_list()[:3],
        "record": facilities.for_detail().first(),
        "finder": OrganisationFinder(QueryDict("kind=company"), organisations.for_list()),
    }
    return render(request, "zone/style.html", context)


def first_of_each(records: Any, field: str, choices: type[TextChoices]) -> list[Any]:
    """Return the first of ``records`` for each value of ``field`` that there is a record of."""
    firsts = (records.filter(**{field: value}).first() for value in choices.values)
    return [record for record in firsts if record]


@page_with_form
def report(request: HttpRequest) -> HttpResponse:
    """Take from a reader what is wrong on a page; what cannot be taken stays in the form, with the reason."""
    form = ReportForm(request)
    if form.is_valid():
        form.save()
        return redirect("report_thanks")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "zone/report.html", {"form": form}, status=status)


@page
def report_thanks(request: HttpRequest) -> HttpResponse:
    """Say that a report has come, and what becomes of it."""
    return render(request, "zone/report_thanks.html")


@page
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show somebody without an account what is not published, by a link that an editor has made."""
    link = link_named(token)
    if link is None:
        raise Http404
    return preview_link(request, link, active_language()) or _closed(request, link)


def _closed(request: HttpRequest, link: PreviewLink) -> HttpResponse:
    if link.revoked_at is not None:
        explanation = _("Whoever sent you the link has closed it.")
    elif not link.is_valid:
        explanation = _("The link has expired. Ask whoever sent it to you for a new one.")
    else:
        explanation = _("What the link led to has been removed.")
    context = {"title": _("This preview has ended"), "explanation": explanation}
    response = render(request, "gone.html", context, status=HTTPStatus.GONE)
    response.headers["Cache-Control"] = "no-store"
    return response


@page
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


@page
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the content can be read: ``SELECT 1`` would succeed on a database file that is gone."""
    try:
        Park.objects.exists()
    except DatabaseError:
        return JsonResponse({"status": "the database cannot be read"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return JsonResponse({"status": "ok"})


@page
def robots(request: HttpRequest) -> HttpResponse:
    """Tell robots what to leave alone and where the sitemap is."""
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@page
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask for it unasked to the icon of the site."""
    return redirect(static("zone/img/icon-192.png"))


@page
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the site to a phone that puts it on its home screen."""
    icons = [
        {"src": static("zone/img/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("zone/img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("zone/img/icon-512.png"), "sizes": "512x512", "type": "image/png"},
    ]
    description = {
        "name": _("Hetao Shenzhen-Hong Kong Science and Technology Innovation Cooperation Zone"),
        "short_name": _("Hetao"),
        "lang": HTML_LANGUAGES[active_language()],
        "start_url": reverse("home"),
        "display": "minimal-ui",
        "icons": icons,
    }
    return JsonResponse(description, content_type="application/manifest+json")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request makes no sense."""
    return _error(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the person may not do this."""
    return _error(request, HTTPStatus.FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form came without its token."""
    return _error(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page."""
    return _error(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke on our side; asks the database for nothing."""
    return _error(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def _error(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    texts = {
        HTTPStatus.BAD_REQUEST: (
            _("We could not read your request"),
            _("The address has something in it that makes no sense."),
        ),
        HTTPStatus.FORBIDDEN: (
            _("You may not do this"),
            _("Log in, or go back and load the page again before you send the form."),
        ),
        HTTPStatus.NOT_FOUND: (
            _("There is no such page"),
            _("It may have been withdrawn, or the address has a mistake in it."),
        ),
        HTTPStatus.METHOD_NOT_ALLOWED: (_("This page can only be read"), _("Nothing can be sent to this address.")),
        HTTPStatus.INTERNAL_SERVER_ERROR: (_("Something went wrong on our side"), _("Please try again in a minute.")),
    }
    title, explanation = texts[status]
    return render(request, "error.html", {"title": title, "explanation": explanation, "error": True}, status=status)
