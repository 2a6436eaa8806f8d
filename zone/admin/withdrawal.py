"""Taking a record from the public: the reason, which its page then shows, in three languages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zone import workflow
from zone.admin.bulk import changed_by_another, newest_version, seen_in
from zone.admin.occasions import occasion_of, said
from zone.admin.record_pages import record_page
from zone.publishing import Status, may_publish
from zone.translation import HTML_LANGUAGES, LANGUAGE_NAMES, LANGUAGES, column
from zone.workflow import Refused


class ReasonForm(forms.Form):
    """Why a record is withdrawn; a language without a reason shows the nearest one that has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in LANGUAGES:
            attributes = {"lang": HTML_LANGUAGES[language], "class": "vLargeTextField", "rows": 2}
            self.fields[column("reason", language)] = forms.CharField(
                label=f"{capfirst(_('reason'))} · {LANGUAGE_NAMES[language]}",
                max_length=300,
                required=False,
                widget=forms.Textarea(attrs=attributes),
            )

    def clean(self) -> dict[str, Any]:
        """Ask for the reason in at least one language."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(self.reasons().values()):
            raise forms.ValidationError(gettext_lazy("Say why, in at least one language: readers are told."))
        return cleaned

    def reasons(self) -> dict[str, str]:
        """Return the reasons by language, each in one line."""
        return {
            language: " ".join(self.cleaned_data.get(column("reason", language), "").split()) for language in LANGUAGES
        }


def withdraw_page(model_admin: admin.ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask for the reason and withdraw one record, or change the reason of one that is withdrawn."""
    record: Any = model_admin.get_object(request, unquote(object_id))
    if not may_publish(request.user, model_admin.model):
        raise PermissionDenied
    if record is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)  # type: ignore[attr-defined]
    now = {column("reason", language): getattr(record, column("withdrawal_reason", language)) for language in LANGUAGES}
    form = ReasonForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid() and _withdraw(request, record, form):
        messages.success(request, _("“%(record)s” is withdrawn. Its page says why.") % {"record": record})
        return redirect(f"admin:zone_{model_admin.opts.model_name}_change", record.pk)
    is_withdrawn = record.status == Status.WITHDRAWN
    title = _("Change the reason of the withdrawal") if is_withdrawn else _("Withdraw")
    context = {
        "original": record,
        "form": form,
        "explanation": _("Visitors will no longer see the record. Its page will say that it was withdrawn, and why."),
        "button": _("Save the reason") if is_withdrawn else _("Withdraw"),
        "seen": newest_version(),
    }
    return record_page(model_admin, request, record, "ask", title, context)


def _withdraw(request: HttpRequest, record: Any, form: ReasonForm) -> bool:
    """Withdraw ``record``; where that cannot be, say why at the form."""
    seen = seen_in(request)
    if seen is not None and (who := changed_by_another(record, seen, request.user)):
        form.add_error(None, _("%(who)s has changed the record since you opened this page.") % {"who": capfirst(who)})
        return False
    try:
        workflow.withdraw(record, form.reasons(), occasion_of(request))
    except Refused as refused:
        form.add_error(None, list(said(type(record), refused)))
        return False
    return True
