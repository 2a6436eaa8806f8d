"""Previews: the real public page of something that is not public, rendered from a snapshot, with nothing written.

An editor sees the form that is open; somebody without an account sees a record by a signed link that expires. A link
names its :class:`~zone.models.PreviewLink` and opens the page of that one record; what the page links to is the
ordinary public site.
"""

from __future__ import annotations

import datetime
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.files.storage import default_storage
from django.core.handlers.wsgi import WSGIRequest
from django.core.signing import BadSignature, Signer
from django.db import DataError, IntegrityError, transaction
from django.db.models.fields.files import FileField
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from zone.history import content_of, draft_of
from zone.labels import label_of
from zone.merging import Content
from zone.models import PreviewLink
from zone.models.record import Record
from zone.publishing import Status
from zone.snapshots import Problems, problems, take, without_lost_relations, write
from zone.translation import LANGUAGES

logger = logging.getLogger(__name__)

_SALT: Final = "zone.previews"

_SAME_SITE: Final[tuple[str, ...]] = (
    "HTTP_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.url_scheme",
)
"""What the request for a page of this site has in common with the request for its preview."""

_CSRF: Final = "csrfmiddlewaretoken"


@dataclass(frozen=True)
class Bar:
    """What stands above a preview: what is shown, as of when, and the ways to the other languages."""

    addresses: Mapping[str, str]
    """The address of the preview in each language."""
    at: datetime.datetime
    """When what is shown was written."""
    until: datetime.datetime | None = None
    """When the link stops opening. Without it, the preview is of a form that has not been saved."""
    values: tuple[tuple[str, str], ...] = ()
    """What the form said, to be sent again for another language."""
    token: str = ""
    """What shows that the form was sent from our page."""
    kind: Any = ""
    record: Record | None = None


def preview_form(
    request: HttpRequest,
    model: type[Record],
    pk: int | None,
    content: Content,
    language: str,
    addresses: Mapping[str, str],
    mistakes: Problems | None = None,
) -> HttpResponse:
    """Answer with the public page of what the form in ``request`` says, ``content``, which is not saved.

    ``addresses`` are those to which the form has to be sent for each language. Where the form has ``mistakes``, they
    are said instead.
    """
    sent = request.POST.lists()
    values = tuple((name, str(value)) for name, values in sent for value in values if name != _CSRF)
    bar = Bar(addresses, at=timezone.now(), values=values, token=get_token(request))
    response = render_preview(request, model, pk, content, language, bar, mistakes)
    # With "no-referrer" browsers would send the form for another language from the origin "null", which is refused.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def preview_link(request: HttpRequest, link: PreviewLink, language: str) -> HttpResponse | None:
    """Answer with the page of the record that ``link`` leads to as it is in the newsroom now, or ``None``."""
    record: Any = link.record
    if not link.is_valid or record is None or record.status == Status.TRASHED:
        return None
    draft = draft_of(record)
    content, at = (content_of(draft.version), draft.version.at) if draft else (take(record), record.updated_at)
    addresses = {code: address_of(link, code) for code in LANGUAGES}
    bar = Bar(addresses, at=at, until=link.expires_at)
    return render_preview(request, type(record), record.pk, content, language, bar)


def render_preview(
    request: HttpRequest,
    model: type[Record],
    pk: int | None,
    content: Content,
    language: str,
    bar: Bar,
    mistakes: Problems | None = None,
) -> HttpResponse:
    """Answer with the public page that ``content`` would have in ``language`` if it were published; write nothing.

    ``pk`` is ``None`` for a record that does not exist yet. What the tables cannot hold gets a page that says so.
    """
    content = _as_published(model, without_lost_relations(model, content))
    bar = replace(bar, kind=model._meta.verbose_name)
    with translation.override(language):
        found = mistakes or problems(model, pk, content, lenient=True)
        response = _unshown(request, model, bar, found) if found else _public_page(request, model, pk, content, bar)
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _as_published(model: type[Record], content: Content) -> Content:
    """Return ``content`` as a public record has it: without its schedule, and without files that are not there."""
    fields = {**content["fields"], "status": Status.PUBLISHED.value, "publish_at": None, "expire_at": None}
    fields["slug"] = fields["slug"] or "preview"
    for field in model._meta.concrete_fields:
        if isinstance(field, FileField) and fields[field.name] and not _is_there(fields[field.name]):
            fields[field.name] = ""
    return {**content, "fields": fields}


def _is_there(file: str) -> bool:
    try:
        return default_storage.exists(file)
    except OSError:
        logger.exception("A picture could not be looked for.")
        return False


def _public_page(request: HttpRequest, model: type[Record], pk: int | None, content: Content, bar: Bar) -> HttpResponse:
    try:
        with transaction.atomic():
            record = write(model, pk, content)
            response = _visit(request, record, replace(bar, record=record))
            transaction.set_rollback(True)
    except (IntegrityError, DataError) as error:
        return _unshown(request, model, bar, {"": [str(error)]})
    if response is None:
        hidden = gettext("Visitors would not find it: what it belongs to is not public.")
        return _unshown(request, model, bar, {"": [hidden]})
    return response


def _visit(request: HttpRequest, record: Record, bar: Bar) -> HttpResponse | None:
    """Return what a visitor gets at the address of ``record``, or ``None`` where that is not its page."""
    path = urlsplit(record.get_absolute_url()).path
    view, arguments, named = resolve(path)
    try:
        response = view(_visitor(request, path, bar), *arguments, **named)
    except Http404:
        return None
    return response if response.status_code == HTTPStatus.OK else None


def _visitor(request: HttpRequest, path: str, bar: Bar) -> HttpRequest:
    """Return the request of somebody unknown for ``path`` on the site that ``request`` was sent to."""
    same = {name: request.META[name] for name in _SAME_SITE if name in request.META}
    visitor = WSGIRequest({**same, "REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": io.BytesIO()})
    visitor.preview = bar  # type: ignore[attr-defined]
    return visitor


def _unshown(request: HttpRequest, model: type[Record], bar: Bar, found: Problems) -> HttpResponse:
    """Answer with a page that says, field by field, why there is nothing to be shown yet."""
    said = [(label_of(model, key), messages) for key, messages in found.items()]
    return render(_visitor(request, "/", bar), "preview_problems.html", {"problems": said})


# Links


def token_of(link: PreviewLink) -> str:
    """Return the part of the address that names ``link`` and that nobody can guess."""
    return Signer(salt=_SALT).sign(str(link.pk))


def address_of(link: PreviewLink, language: str) -> str:
    """Return the address of the preview in ``language``, without the site."""
    with translation.override(language):
        return reverse("preview", args=[token_of(link)])


def link_named(token: str) -> PreviewLink | None:
    """Return the link that ``token`` names, valid or not; ``None`` for what we have not signed."""
    try:
        pk = Signer(salt=_SALT).unsign(token)
    except BadSignature:
        return None
    return PreviewLink.objects.select_related("content_type").filter(pk=pk).first()
