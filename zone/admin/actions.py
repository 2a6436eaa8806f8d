"""What can be done to several records of a list at once: each action is a step of the workflow."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from zone import workflow
from zone.admin.bulk import Step, newest_version, perform, seen_in
from zone.admin.keys import key_of
from zone.admin.trash import TRASHED, TrashAdmin, loss
from zone.admin.withdrawal import ReasonForm
from zone.history import Occasion, content_of, draft_of, live_version, record_version
from zone.merging import Content
from zone.models.version import Action
from zone.publishing import PUBLISHERS_OWN, may_publish
from zone.snapshots import take, write
from zone.workflow import Refused

Records = QuerySet[Any]
Answer = HttpResponse | None


class ActionForm(helpers.ActionForm):
    """Django's choice of an action, which remembers what the editor could know when the list was loaded."""

    seen = forms.CharField(label="", required=False, widget=forms.HiddenInput, initial=newest_version)


class CommentForm(forms.Form):
    """What has to be changed, told to the authors."""

    comment = forms.CharField(
        label=gettext_lazy("What has to be changed"),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4}),
    )


@admin.action(permissions=["publish"], description=gettext_lazy("Publish"))
def publish(model_admin: ActionsAdmin, request: HttpRequest, queryset: Records) -> Answer:
    """Publish the records or their drafts."""
    done = ngettext_lazy("%(count)d record was published.", "%(count)d records were published.", "count")
    scheduled = ngettext_lazy(
        "%(count)d record was scheduled and goes live later.",
        "%(count)d records were scheduled and go live later.",
        "count",
    )
    return _perform(request, queryset, workflow.publish, done, scheduled=scheduled)


@admin.action(permissions=["change"], description=gettext_lazy("Submit for review"))
def submit(model_admin: ActionsAdmin, request: HttpRequest, queryset: Records) -> Answer:
    """Ask the publishers to publish the records or their drafts."""
    done = ngettext_lazy(
        "%(count)d record was submitted for review.", "%(count)d records were submitted for review.", "count"
    )
    return _perform(request, queryset, workflow.submit, done)


@admin.action(permissions=["publish"], description=gettext_lazy("Return to the authors…"))
def send_back(model_admin: ActionsAdmin, request: HttpRequest, queryset: Records) -> Answer:
    """Return the records or their drafts with a comment."""
    form = CommentForm(request.POST if "post" in request.POST else None)
    if form.is_valid():
        done = ngettext_lazy(
            "%(count)d record was returned to its authors.",
            "%(count)d records were returned to their authors.",
            "count",
        )
        return _perform(request, queryset, workflow.send_back, done, form.cleaned_data["comment"])
    texts = {"title": _("Return to the authors"), "button": _("Return"), "form": form}
    return _ask(model_admin, request, queryset, "send_back", texts)


@admin.action(permissions=["publish"], description=gettext_lazy("Withdraw…"))
def withdraw(model_admin: ActionsAdmin, request: HttpRequest, queryset: Records) -> Answer:
    """Take the records from the public, with a reason."""
    form = ReasonForm(request.POST if "post" in request.POST else None)
    if form.is_valid():
        reasons = form.reasons()
        done = ngettext_lazy("%(count)d record was withdrawn.", "%(count)d records were withdrawn.", "count")
        return _perform(request, queryset, lambda record, occasion: workflow.withdraw(record, reasons, occasion), done)
    explanation = _(
        "Visitors will no longer see these records. Their pages will say that they were withdrawn, and why."
    )
    texts = {"title": _("Withdraw"), "button": _("Withdraw"), "form": form, "explanation": explanation}
    return _ask(model_admin, request, queryset, "withdraw", texts)


@admin.action(permissions=["edit"], description=gettext_lazy("Mark as checked today"))
def mark_as_checked(model_admin: ActionsAdmin, request: HttpRequest, queryset: Records) -> Answer:
    """Say that the records were compared with their sources today."""
    done = ngettext_lazy(
        "%(count)d record was marked as checked today.", "%(count)d records were marked as checked today.", "count"
    )
    return _perform(request, queryset, check_today, done)


@admin.action(permissions=["delete"], description=gettext_lazy("Move to the trash…"))
def delete_selected(model_admin: ActionsAdmin, request: HttpRequest, queryset: Records) -> Answer:
    """Move the records to the trash, in the place of Django's action of this name."""
    if "post" in request.POST:
        return _perform(request, queryset, workflow.trash, TRASHED)
    lost = loss(model_admin.admin_site, model_admin.model, queryset)
    texts = {"title": _("Move to the trash"), "button": _("Move to the trash"), "loss": lost}
    return _ask(model_admin, request, queryset, "delete_selected", texts)


ACTIONS = (publish, submit, send_back, withdraw, mark_as_checked, delete_selected)


class ActionsAdmin(TrashAdmin):
    """The pages of a kind of record of which several can be changed at once."""

    actions = ACTIONS
    action_form = ActionForm

    def response_action(self, request: HttpRequest, queryset: Records, *args: Any) -> Answer:
        """Run the chosen action; refuse what is no choice of records."""
        if len(selected_in(request)) < len(request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)):
            messages.error(request, _("Nothing was done: one of the chosen records does not exist."))
            return None
        return super().response_action(request, queryset, *args)


def check_today(record: Any, occasion: Occasion) -> None:
    """Say that ``record`` was compared with its sources today: at once, or in its draft if others publish it."""
    if not occasion.by.has_perm(f"zone.change_{record._meta.model_name}"):
        raise PermissionDenied
    at_once = record.status in PUBLISHERS_OWN and may_publish(occasion.by, type(record))
    current = live_version(record) if at_once else workflow.current_version(record)
    before, today = content_of(current), timezone.localdate().isoformat()
    if before["fields"]["checked_on"] == today:
        raise Refused(_("It was marked as checked today already."))
    content: Content = {**before, "fields": {**before["fields"], "checked_on": today}}
    if not at_once:
        draft = draft_of(record)
        # Nobody has compared the draft with what was published since.
        workflow.keep(record, content, occasion, base=draft.base if draft is not None else None)
        return
    written = write(type(record), record.pk, content)
    record_version(written, take(written), Action.CHANGED, occasion, before=before)


# How an action runs


def selected_in(request: HttpRequest) -> list[int]:
    """Return the primary keys of the chosen records; what is none is left out."""
    chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
    return [key for key in map(key_of, chosen) if key is not None]


def _perform(
    request: HttpRequest,
    queryset: Records,
    step: Step,
    done: Promise,
    comment: str = "",
    *,
    scheduled: Promise | None = None,
) -> Answer:
    if (seen := seen_in(request)) is None:
        return _refuse(request)
    records = list(queryset.order_by("pk"))
    perform(request, records, step, done, scheduled=scheduled, seen=seen, comment=comment)
    gone = len({*selected_in(request)} - {record.pk for record in records})
    if gone and request.POST.get("select_across") != "1":
        text = ngettext(
            "%(count)d record is no longer in this list, and was left alone: somebody has changed it since.",
            "%(count)d records are no longer in this list, and were left alone: somebody has changed them since.",
            gone,
        )
        messages.warning(request, text % {"count": gone})
    return None


def _refuse(request: HttpRequest) -> Answer:
    messages.error(request, _("Nothing was done: it is not known when the list was loaded. Please choose again."))
    return None


def _ask(
    model_admin: ActionsAdmin, request: HttpRequest, queryset: Records, action: str, texts: dict[str, Any | Promise]
) -> Answer:
    """Ask before the action is performed; the answer comes to the list once more."""
    if seen_in(request) is None:
        return _refuse(request)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "action": action,
        "names": [str(record) for record in queryset.order_by("pk")],
        "selected": selected_in(request),
        "select_across": request.POST.get("select_across", "0"),
        "seen": request.POST.get("seen", ""),
        **texts,
    }
    return TemplateResponse(request, "admin/ask.html", context)
