"""Forms that show again what was typed into them before they were closed.

They send what the closed form would have sent, and say nothing about mistakes until somebody saves them.
"""

from __future__ import annotations

from typing import Any

from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import QueryDict


def query_dict(answers: list[list[str]]) -> QueryDict:
    """Return the kept ``answers`` as Django hands over those of a form that is sent."""
    data = QueryDict(mutable=True)
    for name, value in answers:
        data.appendlist(name, value)
    return data


def restored_form(form_class: type[ModelForm], data: QueryDict) -> type[ModelForm]:
    """Return ``form_class`` such that its form holds ``data`` wherever the record is shown."""

    class RestoredForm(form_class):  # type: ignore[misc, valid-type]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(data=data, **kwargs)

        def full_clean(self) -> None:
            self._errors = ErrorDict()

    return RestoredForm


def restored_formset(formset_class: type[BaseInlineFormSet], data: QueryDict) -> type[BaseInlineFormSet]:
    """Return ``formset_class`` such that its rows are those of ``data``, if ``data`` has any of this kind."""

    class RestoredFormSet(formset_class):  # type: ignore[misc, valid-type]
        def __init__(self, **kwargs: Any) -> None:
            known = f"{kwargs['prefix']}-TOTAL_FORMS" in data
            super().__init__(**kwargs, **({"data": data} if known else {}))
            if known:
                for form in self.forms:
                    form._errors = ErrorDict()
                # The admin pairs rows and forms by their place: a row may have been deleted or added meanwhile.
                self._queryset = [form.instance for form in self.initial_forms]

        def full_clean(self) -> None:
            self._errors: list[Any] = []
            self._non_form_errors = ErrorList()

    return RestoredFormSet
