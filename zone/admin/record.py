"""What the pages of all records have in common: their form, their list, and who may do what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zone import workflow
from zone.admin.actions import ActionsAdmin
from zone.admin.checks import RecordAdminChecks
from zone.admin.columns import checked, sources, translations, updated, with_drafts, with_number_of_sources
from zone.admin.conflicts import conflict_page
from zone.admin.forms import CHECKS, RecordForm, row_forms, show_problems, takes_anything
from zone.admin.history import compare_page, history_page, restore_version
from zone.admin.list_filters import STATUS_FILTERS, MissingTextFilter, NotCheckedFilter, OutdatedFilter, UnsourcedFilter
from zone.admin.occasions import occasion_of
from zone.admin.open_forms import REOPEN, OpenFormsAdmin, forget
from zone.admin.permissions import may_delete, may_translate
from zone.admin.pictures import ask_again, keep_uploads
from zone.admin.preview_links import links_page
from zone.admin.previewing import preview_page, previews_of
from zone.admin.record_pages import addresses_of
from zone.admin.saving import Contradiction, SentTwice, answers_of, open_form, opening_of, save, sent_before
from zone.admin.steps import BUTTONS, STEPS, outcome, state_of, steps_offered, take_step
from zone.admin.texts import TextsAdmin, row
from zone.admin.withdrawal import withdraw_page
from zone.history import content_of, draft_of
from zone.models import Source, Version
from zone.models.claim import Claim
from zone.models.record import SourcedRecord
from zone.publishing import Status, may_publish
from zone.snapshots import problems
from zone.translation import translated_columns

Section = tuple[Any, Any]
"""A part of a form with its heading, as ``fieldsets`` takes it."""

PUBLICATION: Section = (_("Publication"), {"fields": ("slug", ("publish_at", "expire_at"))})
PICTURE: Section = (
    _("Picture"),
    {
        "fields": (
            ("picture", "picture_ppoi"),
            row("picture_alternative"),
            row("picture_caption"),
            ("picture_credit", "picture_licence"),
        )
    },
)
EVIDENCE: Section = (_("Sources"), {"fields": ("sources", ("checked_on", "editor_note"))})
EDITING: Section = (_("Editing"), {"fields": (("checked_on", "editor_note"),)})
TRANSLATION: Section = (_("State of the translations"), {"fields": (CHECKS,)})
DATES: Section = (_("Dates of the record"), {"fields": (("created_at", "updated_at"),)})

STATE_COLUMNS = (translations, sources, checked, updated)
STATE_FILTERS = (UnsourcedFilter, NotCheckedFilter, MissingTextFilter, OutdatedFilter, *CHECKS)


UNSEEN = _("Somebody else has changed this since you opened it. Look at it again before you take the next step.")
"""Nobody publishes what they have not seen."""


class RecordAdmin(OpenFormsAdmin, TextsAdmin, ActionsAdmin):
    """The pages of one noun."""

    form = RecordForm
    slug_from: ClassVar[tuple[str, ...]] = ("name_en",)
    checks_class = RecordAdminChecks
    autocomplete_fields: ClassVar[tuple[str, ...]] = ("sources",)
    readonly_fields = ("created_at", "updated_at")
    list_filter: ClassVar[tuple[Any, ...]] = (*STATUS_FILTERS, *STATE_FILTERS)
    list_per_page = 50
    search_help_text = _("Search names in all languages and slugs.")
    change_form_template = "admin/zone/record_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the steps that buttons take outside the form."""
        name = self.model._meta.model_name
        views: dict[str, tuple[str, Any]] = {
            "step/<str:step>": ("step", self.step_view),
            "restore/<int:version_id>": ("restore", self.restore_view),
            "compare": ("compare", self.compare_view),
            "withdraw": ("withdraw", self.withdraw_view),
            "links": ("links", self.links_view),
            "preview/<str:language>": ("preview", self.preview_view),
        }
        own = [
            path(f"<path:object_id>/{address}/", self.admin_site.admin_view(view), name=f"zone_{name}_{page}")
            for address, (page, view) in views.items()
        ]
        unsaved = self.admin_site.admin_view(self.preview_view)
        return [path("add/preview/<str:language>/", unsaved, name=f"zone_{name}_preview"), *own, *super().get_urls()]

    # What is shown

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        records = with_drafts(super().get_queryset(request))
        return with_number_of_sources(records) if issubclass(self.model, SourcedRecord) else records

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[RecordForm]:
        form = cast(type[RecordForm], super().get_form(request, obj, change, **{**self.form_texts(), **kwargs}))
        form.user, form.slug_from = request.user, self.slug_from
        form.is_draft = takes_anything(request, obj)
        return form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        given = super().get_formset_kwargs(request, obj, inline, prefix)
        return {**given, "queryset": None}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Return nothing: no address of ours fills in a form, and what others write there may be no key of a record."""
        return {}

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        """Propose the slug of a new record while its name is typed."""
        return {} if obj else {"slug": self.slug_from}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the record; in its form, with what its draft makes of it."""
        record = super().get_object(request, object_id, from_field)
        is_form = request.resolver_match is not None and request.resolver_match.url_name in self._forms()
        return open_form(request, record) if record is not None and is_form else record

    def _forms(self) -> tuple[str, str]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return (f"{name}_change", f"{name}_add")

    def view_on_site(self, obj: Any) -> str | None:
        """Return where visitors see the record, if they see it."""
        record = obj._opened.record if hasattr(obj, "_opened") else obj
        return record.get_absolute_url() if record.is_public else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say from which version the form was opened, what is missing, and which steps can be taken."""
        opened = getattr(context.get("original"), "_opened", None)
        if opened is not None and "check" in request.GET and request.method == "GET":
            self._show_what_is_missing(context, opened)
        if context["errors"]:
            ask_again(context["adminform"].form, context["errors"])
        answers = answers_of(request)
        context |= {
            "opened": opened,
            "state": state_of(opened) if opened else None,
            "base": answers.get("base", "") if answers is not None else opened.current.pk if opened else "",
            "comment": answers.get("comment", "") if answers is not None else "",
            "steps": steps_offered(self, request, opened),
            "can_save": self.has_change_permission(request) if opened else self.has_add_permission(request),
            "addresses": addresses_of(self.model),
            "previews": previews_of(self.model, opened.record.pk if opened else None),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _show_what_is_missing(self, context: dict[str, Any], opened: Any) -> None:
        found = problems(self.model, opened.record.pk, content_of(opened.current))
        formsets = [one.formset for one in context["inline_admin_formsets"]]
        show_problems(found, context["adminform"].form, formsets)
        context["missing"] = found

    # Pages beside the form

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        return history_page(self, request, object_id)

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Compare the draft with the published version, or two versions."""
        return compare_page(self, request, object_id)

    def restore_view(self, request: HttpRequest, object_id: str, version_id: int) -> HttpResponse:
        """Make of an old version what the record is to become."""
        return restore_version(self, request, object_id, version_id)

    def preview_view(self, request: HttpRequest, language: str, object_id: str | None = None) -> HttpResponse:
        """Show the public page of the form as it stands."""
        return preview_page(self, request, language, object_id)

    def links_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show and make the links by which somebody without an account reads the draft."""
        return links_page(self, request, object_id)

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, and take the record from the public."""
        return withdraw_page(self, request, object_id)

    # Who may do what

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        readonly = tuple(self.readonly_fields)
        if self.only_translates(request):
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            return tuple(name for name in shown if name not in (*translated_columns(self.model), *CHECKS))
        return readonly if may_publish(request.user, self.model) else (*readonly, "publish_at", "expire_at")

    def only_translates(self, request: HttpRequest) -> bool:
        """Return whether the user may change the texts and nothing else."""
        return not self.has_edit_permission(request) and may_translate(request.user, self.model)

    def has_edit_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change more than texts."""
        return super().has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_edit_permission(request, obj) or may_translate(request.user, self.model)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may publish and withdraw."""
        return may_publish(request.user, self.model)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or may_delete(request.user, obj))

    # What happens when it is saved

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or save the form; where somebody else has changed the same, ask what is to be kept."""
        if request.FILES and (self.has_edit_permission(request) or self.has_add_permission(request)):
            keep_uploads(self.model, request)
        adds = request.method == "POST" and object_id is None and REOPEN not in request.POST
        if adds:
            object_id = self._added_by(request)
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
        except Contradiction as contradiction:
            return conflict_page(self, request, contradiction)
        except SentTwice:
            return self.changeform_view(request, None, form_url, extra_context)
        except IntegrityError:
            # Somebody was quicker with the same slug: the form says so when it looks again.
            return super().changeform_view(request, object_id, form_url, extra_context)
        asks_again = "adminform" in (getattr(response, "context_data", None) or {})
        if adds and object_id is None and asks_again and self._added_by(request):
            # The other click of a double one was quicker, and the slug that is taken is that of the same record.
            return self.changeform_view(request, None, form_url, extra_context)
        return response

    def _added_by(self, request: HttpRequest) -> str | None:
        """Return the key of the record that the form has added before."""
        kind = Version.objects.filter(content_type__app_label="zone", content_type__model=self.opts.model_name)
        before = sent_before(request, kind)
        return str(before.object_id) if before is not None else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave the saving to :meth:`save_related`, which has the rows too."""

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:
        """Save the record with its rows and relations, and take the step of the button that was pressed."""
        record = save(request, form, formsets)
        forget(cast(User, request.user), self.model, form.instance.pk, opening_of(request))
        form.instance.pk = record.pk
        self.warn_of_hidden_claims(request, formsets)
        step = next((step for button, step in BUTTONS.items() if button in request.POST), None)
        if step is not None and getattr(request, "has_unseen", False):
            messages.warning(request, UNSEEN)
        elif step is not None:
            self._step(request, record, step)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Return nothing: the versions are the log."""
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave Django's log empty: the versions are the log."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave Django's log empty: the versions are the log."""

    def _step(self, request: HttpRequest, record: Any, step: str) -> None:
        """Take ``step``; where it is refused, say why and leave what was saved as it is."""
        try:
            with transaction.atomic():
                done = take_step(step, record, occasion_of(request, request.POST.get("comment", "").strip()))
        except workflow.Refused as refusal:
            messages.error(request, str(refusal.message))
            request.is_incomplete = bool(refusal.problems)  # type: ignore[attr-defined]
            return
        request.step_was_taken = True  # type: ignore[attr-defined]
        messages.success(request, outcome(step, done))

    def step_view(self, request: HttpRequest, object_id: str, step: str) -> HttpResponse:
        """Take a step with a record as it was saved, if nobody has changed it since the page was shown."""
        record = super().get_object(request, unquote(object_id))
        if record is None or step not in STEPS:
            raise Http404
        if request.method != "POST" or not self.has_change_permission(request, record):
            raise PermissionDenied
        with transaction.atomic():
            seen = request.POST.get("seen") or request.POST.get("base")
            if seen == str(workflow.current_version(workflow.lock(record)).pk):
                self._step(request, record, step)
            else:
                messages.warning(request, UNSEEN)
        return self.back_to_form(request, record)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return super().response_add(request, obj) if IS_POPUP_VAR in request.POST else self._answer(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return super().response_change(request, obj) if IS_POPUP_VAR in request.POST else self._answer(request, obj)

    def _answer(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say what became of the record, and lead to where the button promised."""
        record = self.model._default_manager.get(pk=obj.pk)
        wants_step = any(button in request.POST for button in BUTTONS)
        step_was_taken = getattr(request, "step_was_taken", False)
        if not step_was_taken:
            messages.success(request, self._saved(record))
        if "_continue" in request.POST or (wants_step and not step_was_taken):
            return self.back_to_form(request, record)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(reverse(f"admin:zone_{self.opts.model_name}_add"))
        return self.response_post_save_change(request, record)

    def back_to_form(self, request: HttpRequest, record: Any) -> HttpResponse:
        """Lead to the form of ``record``, which shows what is missing where that has stopped a step."""
        address = reverse(f"admin:zone_{self.opts.model_name}_change", args=[record.pk])
        return HttpResponseRedirect(f"{address}?check" if getattr(request, "is_incomplete", False) else address)

    def _saved(self, record: Any) -> Any:
        draft = draft_of(record)
        if draft is None or record.status != Status.PUBLISHED:
            text = gettext("“{}” is saved.")
        elif workflow.is_scheduled(record):
            text = gettext(
                "The draft of “{}” is saved. What was published before still goes live, "
                "unless you publish the draft or return the record."
            )
        else:
            text = gettext(
                "The draft of “{}” is saved. Visitors go on seeing the published version until it is published."
            )
        address = reverse(f"admin:zone_{self.opts.model_name}_change", args=[record.pk])
        return format_html(
            text, format_html('<a href="{}">{}</a>', address, str(draft.version.name if draft else record))
        )

    def warn_of_hidden_claims(self, request: HttpRequest, formsets: list[Any]) -> None:
        """Say how many of the rows visitors do not see yet, because their source is not published."""
        cited = [row.source_id for row in row_forms(formsets) if isinstance(row, Claim) and row.source_id]
        public = set(Source.objects.published().filter(pk__in=cited).values_list("pk", flat=True))
        if hidden := [source for source in cited if source not in public]:
            text = ngettext(
                "%(count)d statement waits until its source is published.",
                "%(count)d statements wait until their source is published.",
                len(hidden),
            )
            messages.warning(request, text % {"count": len(hidden)})
