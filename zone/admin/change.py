"""Notes of changes, and old addresses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zone.admin.columns import named
from zone.admin.permissions import may_translate
from zone.admin.texts import TextsAdmin, row
from zone.models import ChangeNote, Redirect
from zone.settling import record_versions

SUBJECTS = ChangeNote.owners


@admin.display(description=pgettext_lazy("subject", "about"))
def subject(note: ChangeNote) -> str:
    """Name the record that the note is about."""
    return str(note.owner)


class ChangeNoteForm(forms.ModelForm):
    """The form of a note."""

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the rule of the one record to the model, which says it in words that an editor understands."""
        return super()._get_validation_exclusions() | set(SUBJECTS)  # type: ignore[misc]


@admin.register(ChangeNote)
class ChangeNoteAdmin(TextsAdmin, admin.ModelAdmin):
    """Public notes of changes and corrections."""

    form = ChangeNoteForm
    list_display = (named("text_en"), subject, "kind", "date")
    list_filter = ("kind",)
    list_select_related = SUBJECTS
    date_hierarchy = "date"
    search_fields = row("text")
    autocomplete_fields = SUBJECTS
    fieldsets = (
        (
            _("Record"),
            {
                "fields": SUBJECTS,
                "description": _("Choose the one record that the note is about. It cannot be changed later."),
            },
        ),
        (None, {"fields": (("kind", "date"), row("text"))}),
    )
    help_texts = {
        "kind": _("A correction says what was wrong; an update adds what is new."),
        "date": _("The day on which the record was changed."),
    }

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**self.form_texts(), **kwargs})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or may_translate(request.user, ChangeNote)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep a note with its record, whose history counts it, and translators to the texts."""
        if obj is None:
            return ()
        rest = () if super().has_change_permission(request, obj) else ("kind", "date")
        return (*SUBJECTS, *rest)

    def save_model(self, request: HttpRequest, obj: ChangeNote, form: forms.ModelForm[Any], change: bool) -> None:
        """Save the note as a change of its record."""
        super().save_model(request, obj, form, change)
        if form.has_changed():
            _touch(obj.owner, request)

    def delete_model(self, request: HttpRequest, obj: ChangeNote) -> None:
        """Delete the note, which changes its record."""
        record = obj.owner
        super().delete_model(request, obj)
        _touch(record, request)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete the notes, which changes their records."""
        records = [note.owner for note in queryset.select_related(*SUBJECTS)]
        super().delete_queryset(request, queryset)
        for record in records:
            _touch(record, request)


def _touch(record: Any, request: HttpRequest) -> None:
    """Date and record the change of ``record`` that its notes show."""
    record.updated_at = timezone.now()
    record.save(update_fields=["updated_at"])
    record_versions(type(record).objects.filter(pk=record.pk), by=request.user)


class RedirectForm(forms.ModelForm):
    """The form of a redirect."""

    def clean(self) -> dict[str, Any]:
        """Say at the field that a redirect must lead somewhere else, and straight there."""
        cleaned = super().clean() or self.cleaned_data
        new_path = cleaned.get("new_path")
        if new_path and cleaned.get("old_path") == new_path:
            self.add_error("new_path", _("The new address is the old one."))
        elif Redirect.objects.filter(old_path=new_path).exists():
            self.add_error("new_path", _("That address has moved itself. Write the one where readers find it now."))
        return cleaned


@admin.register(Redirect)
class RedirectAdmin(admin.ModelAdmin):
    """Old addresses. Those of changed slugs are made when the record is saved."""

    form = RedirectForm
    list_display = ("old_path", "new_path")
    search_fields = ("old_path", "new_path")
    fields = ("old_path", "new_path")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        help_texts = {
            "old_path": _("The address that is no longer used, without site and language: /organisations/old-name/"),
            "new_path": _("Where readers find it now, without site and language: /organisations/new-name/"),
        }
        return super().get_form(request, obj, change, **{"help_texts": help_texts, **kwargs})
