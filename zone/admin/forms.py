"""The forms of records and rows, and what they say as a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models.fields.files import FileField
from django.forms.models import BaseInlineFormSet, ModelChoiceIterator
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from zone.admin.keys import key_of
from zone.admin.slugs import propose_slug
from zone.merging import Content, Fields
from zone.snapshots import Problems, columns, fields_of, may_be_empty, value_of
from zone.translation import (
    LANGUAGES,
    TRANSLATIONS,
    TranslationCheck,
    TranslationState,
    column,
    suffix,
    translated_fields,
)
from zone.trash import refuse_trashed_slug

CHECKS = tuple(f"{suffix(language)}_check" for language in TRANSLATIONS)

NEW_ROW = "new-"
"""How the rows are named that a form adds, until they get a number."""


def _possible_key(value: str) -> str:
    """Return ``value``, or where it cannot be a key one that no record has, so that the form says so at the field."""
    return value if key_of(value) is not None else "0"


def takes_anything(request: HttpRequest, shown: Any) -> bool:
    """Return whether the form of ``shown`` may be incomplete in every way: it fills a draft, or is only previewed."""
    opened = getattr(shown, "_opened", None)
    return getattr(request, "takes_anything", False) or (opened is not None and opened.uses_draft)


class UnfinishedForm(forms.ModelForm):
    """A form that takes what is not finished yet: whether something is missing is asked when it is published."""

    is_draft: ClassVar[bool] = False
    """Whether the form fills a draft, which holds anything, or the tables, which need some values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in {one.name for one in fields_of(self._meta.model)}:
                needed = self._meta.model._meta.get_field(name)
                field.required = field.required and not (self.is_draft or may_be_empty(needed))

    def _widget_data_value(self, widget: forms.Widget, html_name: str) -> Any:
        """Return what was sent for a field; of a relation, what can be a key, as widgets take for granted."""
        value = super()._widget_data_value(widget, html_name)  # type: ignore[misc]
        if not value or not isinstance(getattr(widget, "choices", None), ModelChoiceIterator):
            return value
        return list(map(_possible_key, value)) if isinstance(value, list) else _possible_key(value)

    def said(self, *, keep_files: bool = True) -> Fields:
        """Return the values that were changed in the form, as a snapshot has them; uploads are kept or left out."""
        changed: Fields = {}
        for field in fields_of(self._meta.model):
            if field.name not in self.changed_data or (isinstance(field, FileField) and not keep_files):
                continue
            if field.many_to_many:
                changed[field.name] = sorted(one.pk for one in self.cleaned_data[field.name])
                continue
            if isinstance(field, FileField):
                field.pre_save(self.instance, False)
                measured = columns(self.instance)
                changed |= {name: measured[name] for name in (f"{field.name}_width", f"{field.name}_height")}
            changed[field.name] = value_of(self.instance, field)
        return changed


class RecordForm(UnfinishedForm):
    """The form of a record. ``user`` is who fills it in; ``slug_from`` names the fields that the slug is made from."""

    user: ClassVar[AbstractUser | AnonymousUser]
    slug_from: ClassVar[tuple[str, ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        for language, check in zip(TRANSLATIONS, CHECKS, strict=True):
            if self.instance.pk and self.instance.translation_state(language) == TranslationState.OUTDATED:
                # The check was of another text: choosing "checked" now is a change, and counts as one.
                self.initial[check] = TranslationCheck.UNCHECKED
                if check in self.fields:
                    outdated = _("The English text has changed since this translation was made.")
                    field = self.fields[check]
                    field.help_text = format_html("<strong>{}</strong> {}", outdated, field.help_text)

    def clean(self) -> dict[str, Any]:
        """Propose a slug where none is given, and see to it that the record is called something."""
        cleaned = super().clean() or self.cleaned_data
        if "slug" in self.fields and "slug" not in self.errors and not cleaned.get("slug"):
            cleaned["slug"] = propose_slug(self.instance, self.slug_words(cleaned))
            if cleaned["slug"] != self.initial.get("slug"):
                self.changed_data.append("slug")
        titles = [column(self._meta.model.title_field, language) for language in LANGUAGES]
        needed = titles[0] in self.fields and not self.is_draft
        if needed and not any(cleaned.get(name) or name in self.errors for name in titles):
            self.add_error(titles[0], _("Write it in at least one language."))
        return cleaned

    def clean_slug(self) -> str:
        """Return the slug. Raises ``ValidationError`` for that of a record in the trash, where nobody would find it."""
        slug: str = self.cleaned_data["slug"]
        refuse_trashed_slug(self._meta.model, slug, self.instance.pk)
        return slug

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

    def said(self, *, keep_files: bool = True) -> Fields:
        """Return what was changed, with what follows from it for the state of the translations."""
        changed = super().said(keep_files=keep_files)
        for language in self.touched_languages():
            self.instance.mark_translated(language)
            changed[f"{suffix(language)}_of"] = getattr(self.instance, f"{suffix(language)}_of")
            # What a person has read is not what stands there now.
            changed.setdefault(f"{suffix(language)}_check", TranslationCheck.UNCHECKED)
        return changed


class RowForm(UnfinishedForm):
    """The form of a row."""

    def full_clean(self) -> None:
        """Look at what was changed: a row that nobody has touched says nothing, so it cannot be wrong either."""
        if self.is_bound and not self.changed_data:
            self._errors, self.cleaned_data = forms.utils.ErrorDict(), {}
        else:
            super().full_clean()


class RowFormSet(BaseInlineFormSet):
    """The rows of a record, each known by its number: rows of a draft need not be in the database."""

    @property
    def kind(self) -> str:
        """Return the name by which the record knows its rows: ``facts``."""
        return str(self.fk.remote_field.get_accessor_name())

    def get_queryset(self) -> Any:
        """Return the rows that the form shows; stops stand in the order in which a route passes them."""
        rows = getattr(self.instance, "_rows", {}).get(self.kind, [])
        return sorted(rows, key=lambda row: (getattr(row, "position", None) or 0, row.number))

    def add_fields(self, form: forms.ModelForm[Any], index: int | None) -> None:
        """Add the hidden number of the row in the place of its key."""
        super().add_fields(form, index)
        form.fields.pop("id", None)
        self._pk_field = form._meta.model._meta.get_field("number")
        form.fields["number"] = forms.IntegerField(
            required=False, widget=forms.HiddenInput, initial=form.instance.number
        )

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        if i < self.initial_form_count() and (row := self._row(i)) is not None:
            kwargs["instance"] = row
        form = super(forms.BaseModelFormSet, self)._construct_form(i, **kwargs)  # type: ignore[misc]
        setattr(form.instance, self.fk.name, self.instance)
        return form

    def _row(self, i: int) -> Any:
        rows = self.get_queryset()
        if not self.is_bound:
            return rows[i]
        number = self.data.get(f"{self.add_prefix(i)}-number")
        return next((row for row in rows if str(row.number) == number), None)

    def rows_said(self, base: dict[str, Fields], numbers: Mapping[str, str]) -> dict[str, Fields]:
        """Return the rows after the changes of the form; ``numbers`` are those of rows that it has added before."""
        rows = dict(base)
        for index, form in enumerate(cast("list[RowForm]", self.forms)):
            number = str(form.instance.number) if index < self.initial_form_count() else None
            deleted = self.can_delete and self._should_delete_form(form)  # type: ignore[attr-defined]
            if number is None:
                if form.has_changed() and not deleted:
                    key = f"{NEW_ROW}{index}"
                    rows[numbers.get(key, key)] = columns(form.instance)
            elif number in rows and deleted:
                del rows[number]
            elif number in rows:
                rows[number] = {**rows[number], **form.said()}
        return rows


def content_said(
    base: Content,
    form: UnfinishedForm,
    formsets: Iterable[RowFormSet],
    numbers: Mapping[str, Mapping[str, str]],
    *,
    keep_files: bool = True,
) -> Content:
    """Return what the filled form makes of ``base``, from which it was opened."""
    rows = {**base["rows"]}
    for formset in formsets:
        rows[formset.kind] = formset.rows_said(rows[formset.kind], numbers.get(formset.kind, {}))
    return {"fields": {**base["fields"], **form.said(keep_files=keep_files)}, "rows": rows}


def show_problems(found: Problems, form: UnfinishedForm, formsets: Iterable[RowFormSet]) -> None:
    """Let a form that was not sent show at its fields what is wrong with what it shows."""
    rows: dict[str, Any] = {f"{one.kind}.{row.instance.number}": row for one in formsets for row in one.forms}
    for key, said in found.items():
        place, _dot, name = key.rpartition(".")
        target: Any = rows.get(place, form)
        if target._errors is None:
            target._errors, target.cleaned_data = forms.utils.ErrorDict(), {}
        known = name in target.fields
        target.add_error(name if known else None, said if known or not name else [f"{key}: {one}" for one in said])


def row_forms(formsets: Iterable[RowFormSet]) -> Iterator[models.Model]:
    """Yield the rows of all ``formsets``."""
    return (form.instance for formset in formsets for form in formset.initial_forms + formset.extra_forms)
