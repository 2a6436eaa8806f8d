"""The rows of a record, edited on the record's own page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from zone.admin.forms import RowForm, RowFormSet, takes_anything
from zone.admin.permissions import may_translate
from zone.admin.texts import TextsAdmin, row
from zone.models import ChangeNote, Departure, Fact, Holiday, Observation, Person, Specification, Stop
from zone.translation import translated_columns


class RowInline(TextsAdmin, admin.StackedInline):
    """Rows in the order of their numbers. Translators change their texts and nothing else."""

    form = RowForm
    formset = RowFormSet
    extra = 0
    classes = ("rows",)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[RowFormSet]:
        formset: Any = super().get_formset(request, obj, **self.form_texts(), **kwargs)
        formset.form.is_draft = takes_anything(request, obj)
        return formset

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or may_translate(request.user, self.parent_model)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if super().has_change_permission(request, obj):
            return ()
        shown = flatten_fieldsets(self.get_fieldsets(request, obj))
        return tuple(name for name in shown if name not in translated_columns(self.model))


class FactInline(RowInline):
    """Facts."""

    model = Fact
    autocomplete_fields = ("source",)
    fieldsets = ((None, {"fields": (row("text"), ("as_of", "source"))}),)
    help_texts = {
        "text": _("One sentence that the source says. No opinion, nothing that follows from it."),
        "source": _("Where it stands. A draft source hides the statement from visitors until it is published."),
    }


class PersonInline(RowInline):
    """People."""

    model = Person
    autocomplete_fields = ("source",)
    fieldsets = ((None, {"fields": (row("name"), row("role"), ("as_of", "source"))}),)
    help_texts = {
        "name": _("The name as the source writes it, without titles."),
        "role": _("The office that the source names, such as “Director”."),
        "source": _("The source that names the person in this role."),
    }


class SpecificationInline(RowInline):
    """Specifications."""

    model = Specification
    autocomplete_fields = ("source",)
    fieldsets = ((None, {"fields": (row("name"), ("value", "unit", "as_of", "source"))}),)
    help_texts = {
        "name": _("What is measured or stated, such as “acceleration voltage”."),
        "value": _("The value as the source gives it, without the unit."),
        "source": _("The source that states the value."),
    }


class ObservationInline(RowInline):
    """Observations."""

    model = Observation
    autocomplete_fields = ("source",)
    fieldsets = (
        (None, {"fields": (("qualifier", "value", "unit", "as_of"), ("source", "is_projection"), row("note"))}),
    )
    help_texts = {
        "qualifier": _("As the source says it: “over 15,000” is “more than”."),
        "value": _("The number in the unit beside it. Never change an old observation: add a new one."),
        "unit": _("What is counted or measured."),
        "source": _("Who says so."),
        "note": _("What the source includes or leaves out, in a few words."),
    }


class StopInline(RowInline):
    """Stops."""

    model = Stop
    autocomplete_fields = ("facility",)
    fieldsets = ((None, {"fields": (row("name"), ("position", "facility"))}),)
    help_texts = {
        "name": _("The name on the sign."),
        "facility": _("The facility at which it stops, where it is on this site."),
    }


class DepartureInline(RowInline):
    """Departures."""

    model = Departure
    autocomplete_fields = ("source",)
    fieldsets = ((None, {"fields": (("direction", "time", "as_of"), ("source", "is_trial", "runs_on"), row("days"))}),)
    help_texts = {
        "direction": _("The bank from which it leaves."),
        "source": _("The timetable, or who announced it."),
    }


class HolidayInline(RowInline):
    """Holidays, and days that are worked instead."""

    model = Holiday
    fieldsets = ((None, {"fields": (("date", "is_worked"), row("name"))}),)
    help_texts = {
        "date": _("A day of the year of the calendar."),
        "name": _("What the source calls the day."),
    }


class ChangeNoteInline(RowInline):
    """Public notes of what was changed, or corrected."""

    model = ChangeNote
    fieldsets = ((None, {"fields": (("kind", "date"), row("text"))}),)
    help_texts = {
        "kind": _("A correction says what was wrong; an update adds what is new."),
        "date": _("The day on which the record was changed."),
    }
