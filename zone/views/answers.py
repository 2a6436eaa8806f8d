"""What views have in common: which methods a page takes, how a list and a record become a page, what is gone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from zone.belonging import parts_of
from zone.databases.prepared import prepared
from zone.filters.finder import Finder
from zone.models import Redirect
from zone.models.record import Record
from zone.page_cache import FOR_EVERYBODY
from zone.paging import page_of
from zone.partial_dates import PartialDate
from zone.publishing import Status
from zone.related import related
from zone.structured_data import describe
from zone.traces import Memory
from zone.views.errors import error

View = Callable[..., HttpResponseBase]

MOST_PAGES: Final = 200
"""How many pages of records a process remembers: of some 40 kB each."""
PAGES: Final = Memory(MOST_PAGES)
"""Those that were asked for last. They help readers with a session, whose pages the cache of pages neither has nor
keeps: editors, and whoever sends any cookie of that name."""


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
            response = error(request, HTTPStatus.METHOD_NOT_ALLOWED)
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
    finder = finder_class(request.GET)
    return render(request, template, {"finder": finder, "page": page_of(finder.found, request.GET)})


def detail_page(request: HttpRequest, model: type[Record], slug: str, template: str) -> HttpResponse:
    """Answer with the page of the record of ``model`` that has ``slug``, or lead to where it has moved."""

    def show() -> bytes | None:
        record = _found(model, slug)
        if record is None:
            return None
        parts = parts_of(record)
        news = parts["news"].records if "news" in parts else ()
        shown = {"record": record, "related": related(record, news), "structured_data": describe(request, record)}
        return render_to_string(template, parts | shown, request).encode()

    is_kept_elsewhere, is_passing = FOR_EVERYBODY in request.META, settings.DEBUG or hasattr(request, "preview")
    content = show() if is_kept_elsewhere or is_passing else PAGES.recall(request.build_absolute_uri(), show)
    return HttpResponse(content) if content is not None else _not_public(request, model, slug)


def answer_with(
    request: HttpRequest, model: type[Record], slug: str, show: Callable[[Any], HttpResponse]
) -> HttpResponse:
    """Answer with what ``show`` makes of the record of ``model`` that has ``slug``, or lead to where it has moved."""
    record = _found(model, slug)
    return show(record) if record else _not_public(request, model, slug)


def _found(model: type[Record], slug: str) -> Any:
    """Return the public record that has ``slug``, with all that its page shows, or ``None``."""
    return next(iter(_public(model)(slug)), None)


@functools.cache
def _public(model: Any) -> Callable[[str], Iterable[Any]]:
    """Return what finds the public record of ``model`` that has a slug, with all that its page shows."""
    return prepared(lambda slug: model.objects.published().for_detail().filter(slug=slug))


def _not_public(request: HttpRequest, model: type[Record], slug: str) -> HttpResponse:
    response = _moved(request) or _gone(request, model, slug)
    # Browsers keep both for ever where nothing is said, and a record may come back to its address.
    response.headers["Cache-Control"] = "no-cache"
    return response


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


def file_answer(content: str | bytes, content_type: str, name: str) -> HttpResponse:
    """Answer with a file to keep."""
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
    charset = "; charset=utf-8" if isinstance(content, str) else ""
    return HttpResponse(content, content_type=f"{content_type}{charset}", headers=headers)
