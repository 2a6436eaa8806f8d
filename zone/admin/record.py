"""What the pages of all records have in common: their form, their list, and who may do what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from js_asset import Media

from zone.admin.actions import ACTIONS
from zone.admin.columns import checked, sources, translations, updated, with_number_of_sources
from zone.admin.list_filters import MissingTextFilter, NotCheckedFilter, UnsourcedFilter
from zone.admin.permissions import may_delete, may_translate
from zone.admin.slugs import propose_slug
from zone.admin.texts import TextsAdmin
from zone.models.claim import Claim
from zone.models.record import Record, SourcedRecord
from zone.publishing import PROPOSED, Status, may_publish
from zone.redirects import redirect_from
from zone.settling import record_versions
from zone.translation import (
    TRANSLATIONS,
    TranslationCheck,
    TranslationState,
    column,
    suffix,
    translated_columns,
    translated_fields,
)

CHECKS = tuple(f"{suffix(language)}_check" for language in TRANSLATIONS)

Section = tuple[Any, Any]
"""A part of a form with its heading, as ``fieldsets`` takes it."""

PUBLICATION: Section = (_("Publication"), {"fields": ("slug", ("status", "publish_at", "expire_at"))})
EVIDENCE: Section = (_("Sources"), {"fields": ("sources", ("checked_on", "editor_note"))})
EDITING: Section = (_("Editing"), {"fields": (("checked_on", "editor_note"),)})
TRANSLATION: Section = (_("State of the translations"), {"fields": (CHECKS,)})
DATES: Section = (_("Dates of the record"), {"fields": (("created_at", "updated_at"),)})

STATE_COLUMNS = (translations, sources, checked, updated)
STATE_FILTERS = (UnsourcedFilter, NotCheckedFilter, MissingTextFilter, *CHECKS)


class RecordForm(forms.ModelForm):
    """The form of a record. ``user`` is who fills it in; ``slug_from`` names the fields that the slug is made from."""

    user: ClassVar[AbstractUser | AnonymousUser]
    slug_from: ClassVar[tuple[str, ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if isinstance(status := self.fields.get("status"), forms.ChoiceField):
            # Only what is offered is cut down: a forged choice shall meet move_to() in clean_status().
            status.widget.choices = [choice for choice in Status.choices if self._may_choose(choice[0])]  # type: ignore[attr-defined]
        for language, check in zip(TRANSLATIONS, CHECKS, strict=True):
            if self.instance.pk and self.instance.translation_state(language) == TranslationState.OUTDATED:
                # The check was of another text: choosing "checked" now is a change, and counts as one.
                self.initial[check] = TranslationCheck.UNCHECKED

    def clean_status(self) -> str:
        """Return the status. Raises ``PermissionDenied`` for one that the user may not give."""
        status = Status(self.cleaned_data["status"])
        self.instance.move_to(status, by=self.user)
        return status

    def clean(self) -> dict[str, Any]:
        """Propose a slug where none is given."""
        cleaned = super().clean() or self.cleaned_data
        if "slug" in self.fields and "slug" not in self.errors and not cleaned.get("slug"):
            cleaned["slug"] = propose_slug(self.instance, self.slug_words(cleaned))
        if cleaned.get("status") == Status.PUBLISHED and "sources" in cleaned and not cleaned["sources"]:
            self.add_error("sources", _("A published record needs at least one source."))
        return cleaned

    def slug_words(self, cleaned: dict[str, Any]) -> str:
        """Return the words that the slug is made from."""
        return " ".join(str(cleaned.get(name) or "") for name in self.slug_from)

    def touched_languages(self) -> list[str]:
        """Return the languages of which a text was changed, or which were marked as checked."""
        names = translated_fields(self._meta.model)
        return [
            language
            for language, check in zip(TRANSLATIONS, CHECKS, strict=True)
            if any(column(name, language) in self.changed_data for name in names)
            or (check in self.changed_data and self.cleaned_data[check] == TranslationCheck.CHECKED)
        ]

    def _may_choose(self, status: str) -> bool:
        return status in PROPOSED or may_publish(self.user, self._meta.model)


class RecordAdmin(TextsAdmin, admin.ModelAdmin):
    """The pages of one noun."""

    form = RecordForm
    slug_from: ClassVar[tuple[str, ...]] = ("name_en",)
    actions = ACTIONS
    autocomplete_fields: ClassVar[tuple[str, ...]] = ("sources",)
    readonly_fields = ("created_at", "updated_at")
    list_filter: ClassVar[tuple[Any, ...]] = ("status", *STATE_FILTERS)
    list_per_page = 50
    search_help_text = _("Search names in all languages and slugs.")

    # What is shown

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        records = super().get_queryset(request)
        return with_number_of_sources(records) if issubclass(self.model, SourcedRecord) else records

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[RecordForm]:
        form = cast(type[RecordForm], super().get_form(request, obj, change, **{**self.form_texts(), **kwargs}))
        form.user, form.slug_from = request.user, self.slug_from
        return form

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        """Propose the slug of a new record while its name is typed."""
        return {} if obj else {"slug": self.slug_from}

    def view_on_site(self, obj: Any) -> str | None:
        """Return where visitors see the record, if they see it."""
        return obj.get_absolute_url() if obj.is_public else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Give what the rich text editors write into the page the nonce without which browsers refuse it."""
        if getattr(context["media"], "_importmap", None):
            nonce = str(request.csp_nonce)  # type: ignore[attr-defined]
            context |= {"media": Media.from_media(context["media"], nonce=nonce), "editor_nonce": nonce}
        return super().render_change_form(request, context, *args, **kwargs)

    # Who may do what

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        readonly = tuple(self.readonly_fields)
        if self.only_translates(request):
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            return tuple(name for name in shown if name not in (*translated_columns(self.model), *CHECKS))
        if may_publish(request.user, self.model):
            return readonly
        is_published = obj is not None and obj.status == Status.PUBLISHED
        return (*readonly, "publish_at", "expire_at", *(("status",) if is_published else ()))

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

    def save_model(self, request: HttpRequest, obj: Any, form: RecordForm, change: bool) -> None:
        """Save the record, remember what its translations were made from, and let an old address lead to the new."""
        for language in form.touched_languages():
            obj.mark_translated(language)
            check = f"{suffix(language)}_check"
            if check not in form.changed_data:
                # What a person has read is not what stands there now.
                setattr(obj, check, TranslationCheck.UNCHECKED)
        super().save_model(request, obj, form, change)
        was_published = form.initial.get("status", obj.status) == Status.PUBLISHED
        if change and was_published and obj.is_public and "slug" in form.changed_data:
            redirect_from(form.initial["slug"], obj)

    def save_related(
        self, request: HttpRequest, form: RecordForm, formsets: list[BaseInlineFormSet], change: bool
    ) -> None:
        """Save rows and relations, then date and record the whole as a version."""
        super().save_related(request, form, formsets, change)
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            form.instance.updated_at = timezone.now()
            form.instance.save(update_fields=["updated_at"])
        self.record_version(request, form.instance)
        self.warn_of_hidden_claims(request, formsets)

    def warn_of_hidden_claims(self, request: HttpRequest, formsets: list[BaseInlineFormSet]) -> None:
        """Say how many of the rows visitors do not see yet, because their source is not published."""
        rows = [form.instance for formset in formsets for form in formset.initial_forms + formset.extra_forms]
        hidden = [row for row in rows if isinstance(row, Claim) and row.pk and not row.source.is_public]
        if hidden:
            text = ngettext(
                "%(count)d statement waits until its source is published.",
                "%(count)d statements wait until their source is published.",
                len(hidden),
            )
            messages.warning(request, text % {"count": len(hidden)})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the record after recording what it was, so that it can be brought back."""
        self.record_version(request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """Delete the records after recording what they were."""
        record_versions(self.model._default_manager.filter(pk__in=queryset.values("pk")), by=request.user)
        super().delete_queryset(request, queryset)

    def record_version(self, request: HttpRequest, record: Record) -> None:
        """Record the state of ``record`` and its rows, if it differs from the last one."""
        record_versions(self.model._default_manager.filter(pk=record.pk), by=request.user)
