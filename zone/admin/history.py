"""The history of one record: what was changed when and by whom, restoring a version, and comparing two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zone.admin.describing import (
    Change,
    Difference,
    describe_all,
    describe_changes,
    labels_in_short,
    moment_in_words,
    name_of,
    problems_in_words,
)
from zone.admin.keys import key_of
from zone.admin.occasions import explained, occasion_of
from zone.admin.record_pages import record_page
from zone.history import draft_of, versions_of
from zone.labels import label_of
from zone.merging import Content, changes, merge
from zone.models import Draft, Version
from zone.models.draft import DraftState
from zone.models.record import Record
from zone.models.version import Action
from zone.publishing import PUBLISHERS_OWN, Status, may_publish
from zone.snapshots import blank, completed, take
from zone.workflow import HIDDEN, Refused, lock, restore

VERSIONS_ON_A_PAGE = 20

Step = tuple[int, bool, str]
"""A version without its content: its key, whether it is of a draft, and what was done."""


# Which version follows upon which


def predecessors(steps: Iterable[Step]) -> Iterator[tuple[int, int | None]]:
    """Yield each of ``steps``, the oldest first, with the version that it is compared with.

    A live version follows upon the live version before it; one of a draft upon what the draft said before, or upon
    what it was begun from.
    """
    live = draft = None
    for key, of_draft, action in steps:
        if of_draft:
            yield key, draft or live
            draft = None if action == Action.DISCARDED else key
        else:
            yield key, live
            live = key
            if action in (Action.PUBLISHED, Action.SCHEDULED):  # The draft has become the record.
                draft = None


def _steps(record: Record) -> list[Step]:
    return list(versions_of(record).order_by("id").values_list("pk", "of_draft", "action"))


def _versions(record: Record, keys: Iterable[int | None]) -> dict[int, Version]:
    wanted = [key for key in keys if key is not None]
    versions = versions_of(record).filter(pk__in=wanted).select_related("by").defer("sent", "added_rows")
    return {version.pk: version for version in versions}


def changes_between(model: type[Record], before: Version | None, after: Version) -> list[Change]:
    """Return what ``after`` changed of ``before``; of a first version everything that it says."""
    earlier = completed(model, before.content) if before is not None else blank(model)
    return list(changes(earlier, completed(model, after.content)))


def version_with_changes(version: Version) -> tuple[Version | None, list[Difference]]:
    """Return what ``version`` is compared with, and what it changed of that."""
    model: Any = version.content_type.model_class()
    same_record = Version.objects.filter(content_type_id=version.content_type_id, object_id=version.object_id)
    steps = same_record.filter(pk__lte=version.pk).order_by("id").values_list("pk", "of_draft", "action")
    before = same_record.filter(pk=dict(predecessors(steps))[version.pk] or 0).first()
    return before, describe_changes(model, changes_between(model, before, version))


# What the pages show


@dataclass(frozen=True)
class Entry:
    """A version in words."""

    version: Version
    differences: list[Difference]
    fields: str
    """The first of the changed fields."""
    is_first: bool
    can_restore: bool

    @property
    def when(self) -> str:
        return moment_in_words(self.version.at)

    @property
    def who(self) -> str:
        return name_of(self.version.by)

    @property
    def state(self) -> str:
        return state_in_words(self.version)


def state_in_words(version: Version) -> str:
    """Return what ``version`` is: the record, in its status, or its draft."""
    if version.of_draft:
        states = dict(DraftState.choices)
        return gettext("draft: %(state)s") % {"state": states.get(version.state, version.state)}
    return str(dict(Status.choices).get(version.state, version.state))


def _entries(record: Record, steps: list[Step], page: Iterable[Step], may_restore: bool) -> list[Entry]:
    before = dict(predecessors(steps))
    shown = [key for key, _of_draft, _action in page]
    versions = _versions(record, [*shown, *(before[key] for key in shown)])
    model = type(record)
    groups = [changes_between(model, versions.get(before[key] or 0), versions[key]) for key in shown]
    return [
        Entry(
            versions[key],
            differences,
            labels_in_short(model, [difference.key for difference in differences]),
            is_first=before[key] is None,
            can_restore=may_restore and key != steps[-1][0],
        )
        for key, differences in zip(shown, describe_all(model, groups), strict=True)
    ]


# The pages


def history_page(model_admin: ModelAdmin[Any], request: HttpRequest, object_id: str) -> HttpResponse:
    """Show all versions of a record and of its drafts, the newest first."""
    record = _find(model_admin, request, object_id)
    if record is None:
        return _missing(model_admin, request, object_id)
    steps = _steps(record)
    paginator = Paginator(steps[::-1], VERSIONS_ON_A_PAGE)
    page = paginator.get_page(request.GET.get("p"))
    may_restore = _may_change(request, record) and record.status != Status.TRASHED
    context = {
        "entries": _entries(record, steps, page.object_list, may_restore),
        "page": page,
        "page_numbers": paginator.get_elided_page_range(page.number),
        "newest": steps[-1][0] if steps else None,
        "draft": draft_of(record),
        "goes_into_draft": record.status in PUBLISHERS_OWN,
    }
    return record_page(model_admin, request, record, "zone/history", _("History"), context)


def compare_page(model_admin: ModelAdmin[Any], request: HttpRequest, object_id: str) -> HttpResponse:
    """Show what the draft of a record changes, or what differs between the versions ``from`` and ``to``."""
    record = _find(model_admin, request, object_id)
    if record is None:
        return _missing(model_admin, request, object_id)
    if "from" in request.GET or "to" in request.GET:
        return _compare_versions(model_admin, request, record)
    return _compare_draft(model_admin, request, record)


def _compare_versions(model_admin: ModelAdmin[Any], request: HttpRequest, record: Record) -> HttpResponse:
    keys = [key_of(request.GET.get(name)) for name in ("from", "to")]
    found = _versions(record, keys)
    before, after = (found.get(key or 0) for key in keys)
    if before is None or after is None:
        return record_page(
            model_admin, request, record, "zone/compare", _("Compare"), {"nothing": "versions"}, status=404
        )
    differences = describe_changes(type(record), changes_between(type(record), before, after))
    context = {"before": _entry(before), "after": _entry(after), "differences": differences}
    return record_page(model_admin, request, record, "zone/compare", _("Compare two versions"), context)


def _entry(version: Version) -> Entry:
    return Entry(version, [], "", is_first=False, can_restore=False)


def _compare_draft(model_admin: ModelAdmin[Any], request: HttpRequest, record: Record) -> HttpResponse:
    draft = draft_of(record)
    if draft is None:
        return record_page(model_admin, request, record, "zone/compare", _("Compare"), {"nothing": "draft"})
    live, published, conflicts = _publication(record, draft)
    context = {
        "draft": draft,
        "started_by": name_of(draft.started_by),
        "started": moment_in_words(draft.started_at),
        "written_by": name_of(draft.version.by),
        "written": moment_in_words(draft.version.at),
        "goes_live": moment_in_words(draft.publish_at) if draft.publish_at else "",
        "differences": describe_changes(type(record), changes(live, published)),
        "problem": "\n".join(explained(type(record), draft.problem)),
        "conflicts": gettext(", ").join(label_of(type(record), key) for key in conflicts),
        "steps": _steps_offered(request, record, draft),
    }
    return record_page(model_admin, request, record, "zone/compare", _("Compare the draft"), context)


def _publication(record: Record, draft: Draft) -> tuple[Content, Content, list[str]]:
    """Return what visitors see, what publishing the draft makes of it, and the keys that both have changed."""
    model = type(record)
    live = take(record)
    base, mine = (completed(model, version.content) for version in (draft.base, draft.version))
    merged = merge(base, live, mine, hidden=HIDDEN)
    return live, merged.content, [conflict.key for conflict in merged.conflicts]


def _steps_offered(request: HttpRequest, record: Record, draft: Draft) -> set[str]:
    """Return which steps the user can take from the comparison."""
    if record.status == Status.TRASHED:
        return set()
    is_written = draft.state == DraftState.DRAFT
    offered = {"discard"} if _may_change(request, record) else set()
    if may_publish(request.user, type(record)):
        return offered | ({"publish"} if is_written else {"publish", "return"})
    return offered | ({"submit"} if is_written and _may_edit(request, record) else set())


# Restoring


def restore_version(
    model_admin: ModelAdmin[Any], request: HttpRequest, object_id: str, version_id: str | int
) -> HttpResponse:
    """Make of a version what the record is to become. ``newest`` in the form is the newest version that was shown."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    record = _find(model_admin, request, object_id)
    if record is None:
        return _missing(model_admin, request, object_id)
    if not _may_change(request, record):
        raise PermissionDenied
    try:
        message = _restore(request, record, key_of(version_id))
    except Refused as refused:
        said = [str(refused.message), *problems_in_words(type(record), refused.problems)]
        messages.error(request, " ".join(said))
        return _redirect(record, "history")
    messages.success(request, message)
    return _redirect(record, "change")


@transaction.atomic
def _restore(request: HttpRequest, record: Record, key: int | None) -> str:
    """Restore version ``key`` of ``record`` and return what is to be said. Raises :class:`Refused`."""
    record = lock(record)
    version = versions_of(record).filter(pk=key or 0).first()
    newest = versions_of(record).select_related("by").defer("content").first()
    if version is None or newest is None:
        raise Refused(_("There is no such version of this record."))
    if newest.pk != key_of(request.POST.get("newest")):
        # A double click sends the form twice.
        if newest.action != Action.RESTORED or newest.by != request.user:
            raise Refused(_("The record has been changed since you opened its history. Look at it and restore again."))
    else:
        restore(version, occasion_of(request))
    words = {"when": moment_in_words(version.at)}
    return gettext("Restored what it was on %(when)s.") % words


# What the pages have in common


def _find(model_admin: ModelAdmin[Any], request: HttpRequest, object_id: str) -> Any:
    """Return the record, in the trash or not, or ``None``. Raises ``PermissionDenied`` for who may not see it."""
    model: type[models.Model] = model_admin.model
    key = key_of(unquote(str(object_id)))
    record = model._default_manager.filter(pk=key).first() if key is not None else None
    if not model_admin.has_view_or_change_permission(request, record):
        raise PermissionDenied
    return record


def _missing(model_admin: ModelAdmin[Any], request: HttpRequest, object_id: str) -> HttpResponse:
    return model_admin._get_obj_does_not_exist_redirect(request, model_admin.model._meta, str(object_id))  # type: ignore[attr-defined]


def _may_change(request: HttpRequest, record: Record) -> bool:
    return request.user.has_perm(f"zone.change_{record._meta.model_name}")


def _may_edit(request: HttpRequest, record: Record) -> bool:
    return _may_change(request, record) or request.user.has_perm(f"zone.translate_{record._meta.model_name}")


def _redirect(record: Record, page: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"admin:zone_{record._meta.model_name}_{page}", args=[record.pk]))
