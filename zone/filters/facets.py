"""By what a list can be narrowed down: the values of a noun, other records, first letters, years."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import Any, Final, Self

import django_filters
from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pyroaring import AbstractBitMap

from zone.filters.form import Choice, Choices
from zone.models.record import Record
from zone.search.collation import LETTERS, OTHER
from zone.search.facets import INITIAL, YEAR, term
from zone.search.postings import Postings
from zone.traces import remembered
from zone.translation import active_language

NOT_A_YEAR: Final = _("Write a year with four digits, such as 2024.")


class Facet(django_filters.Filter):
    """A choice among the values of a facet: see :data:`zone.search.facets.FACETS`."""

    def __init__(self, label: Any, values: Any = (), several: bool = False, **arguments: Any) -> None:
        super().__init__(label=label, **arguments)
        self.values, self.several = values, several

    def __deepcopy__(self, _memo: Any) -> Self:
        """Return the facet for one request. All that it is made of is the same for each."""
        return copy(self)

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return each value with what it is called."""
        return [(value, str(capfirst(label))) for value, label in self.values.choices]

    @cached_property
    def field(self) -> Any:
        """Return the field of the form, which knows the choices of this moment."""
        kind = Choices if self.several else Choice
        return kind(dict(self.choices), label=self.label, required=False)

    def term(self, value: str) -> str:
        """Return the term of the records that have ``value``."""
        return term(self.field_name, value)

    def keys(self, postings: Postings, value: Any) -> AbstractBitMap:
        """Return the keys of the records that have one of the values chosen."""
        return postings.any_of(map(self.term, value if self.several else [value]))


class RecordFacet(Facet):
    """A choice among the records of another noun, of which rows have those of their own in the list ``shown_as``."""

    def __init__(self, label: Any, noun: type[Record], shown_as: str = "", **arguments: Any) -> None:
        super().__init__(label, **arguments)
        self.noun, self.shown_as = noun, shown_as

    @cached_property
    def options(self) -> dict[str, Record]:
        """Return the records that may be chosen, by slug."""
        # What a page asks further of one of them, it asks for itself.
        return {record.slug: copy(record) for record in _public(self.noun)}

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return the slug and the name of each record that may be chosen."""
        return [(slug, record.heading) for slug, record in self.options.items()]

    def term(self, value: str) -> str:
        """Return the term of the records that have to do with the one with the slug ``value``."""
        return term(self.field_name, self.options[value].pk)


@remembered
def _public(noun: type[Record]) -> list[Any]:
    return list(noun.objects.published().for_link())


class ApartFacet(RecordFacet):
    """One of the many records of a noun, which the address names and no form offers."""

    @cached_property
    def options(self) -> dict[str, Record]:
        """Return the record that is asked for, if there is one."""
        asked = self.parent.data.get(self.field_name, "")
        found = self.noun.objects.published().filter(slug=asked).first() if asked else None
        return {asked: found} if found else {}


class InitialFacet(Facet):
    """A choice among the beginnings of names: letters, or in Traditional Chinese numbers of strokes."""

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """Return each beginning that there is, the letters first."""
        values = self.parent.postings.values(self._facet)
        return [(value, self._called(value)) for value in sorted(values, key=lambda value: (value == OTHER, value))]

    def between(self, value: str) -> tuple[str | None, str | None]:
        """Return from which key on, and below which, the names lie that begin so."""
        if value in (OTHER, LETTERS):
            return None, None
        # Bounds are letters and digits, which stand in the same order in every collation; signs do not.
        if value.isdecimal():
            return value, f"{int(value) + 1:02}"
        return value, chr(ord(value) + 1) if value < "z" else None

    def term(self, value: str) -> str:
        """Return the term of the records whose names begin so in the language of the page."""
        return term(self._facet, value)

    @property
    def _facet(self) -> str:
        return f"{INITIAL}.{active_language()}"

    @staticmethod
    def _called(value: str) -> str:
        if value in (OTHER, LETTERS):
            return gettext("A–Z") if value == LETTERS else gettext("other")
        return gettext("%(strokes)d strokes") % {"strokes": int(value)} if value.isdecimal() else value.upper()


class YearFilter(django_filters.Filter):
    """The first or the last year of a range."""

    field_class = forms.IntegerField

    def __init__(self, label: Any, parameter: str) -> None:
        attributes = {"inputmode": "numeric", "maxlength": 4}
        errors = dict.fromkeys(("invalid", "min_value", "max_value"), NOT_A_YEAR)
        super().__init__(label=label, widget=forms.TextInput(attributes), error_messages=errors)
        self.extra |= {"min_value": 1000, "max_value": 9999}
        self.is_first = parameter == "from"

    def keys(self, postings: Postings, value: int) -> AbstractBitMap:
        """Return the keys of the records of the year and of those on its side."""
        years = map(int, postings.values(YEAR))
        wanted = (year for year in years if (year >= value if self.is_first else year <= value))
        return postings.any_of(term(YEAR, f"{year:04}") for year in wanted)
