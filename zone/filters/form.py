"""What the address of a list asks, as a form reads it."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NOT_A_CHOICE: Final = _("This is not one of the choices, so it was left out.")


class Choice(forms.CharField):
    """One of the values of a facet. What they are called is not for the form: the page shows that by panels."""

    def __init__(self, values: Container[str], **arguments: Any) -> None:
        """Take what may be chosen."""
        super().__init__(**arguments)
        self.values = values

    def validate(self, value: str) -> None:
        """Raise ``ValidationError`` for what cannot be chosen."""
        super().validate(value)
        if value and value not in self.values:
            raise ValidationError(NOT_A_CHOICE, code="invalid_choice")


class Choices(forms.Field):
    """Any number of values of a facet, of which the ones that exist count."""

    widget = forms.MultipleHiddenInput

    def __init__(self, values: Container[str], **arguments: Any) -> None:
        """Take what may be chosen."""
        super().__init__(**arguments)
        self.values = values

    def clean(self, value: Any) -> list[str]:
        """Return the values that exist; that there were others, the form says."""
        return [one for one in dict.fromkeys(value) if one in self.values]


class FinderForm(forms.Form):
    """What the address asks, field by field."""

    def clean(self) -> None:
        """Say what cannot be one by one: choices that do not exist among those that do, and years in disorder."""
        for name, field in self.fields.items():
            if isinstance(field, Choices) and set(self[name].data) - {"", *self.cleaned_data[name]}:
                chosen = self.cleaned_data[name]
                self.add_error(name, NOT_A_CHOICE)
                self.cleaned_data[name] = chosen
        first, last = (self.cleaned_data.get(name) for name in ("from", "to"))
        if first and last and first > last:
            self.add_error("to", _("This is before the first year, so it was left out."))
