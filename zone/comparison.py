"""Facilities side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.http import urlencode

from zone.models import Facility, Specification
from zone.translation import Text, text_of

MOST: Final = 3
"""How many facilities stand side by side: more do not fit on a page, nor into a head."""
_OFFERED: Final = 8
_LOOKED_FOR: Final = 100


@dataclass(frozen=True)
class Choice:
    """A facility, and the parameters of the address by which it is put in or taken out."""

    facility: Facility
    parameters: str


@dataclass(frozen=True)
class Property:
    """A specification that at least one facility has: its name, and the values of each facility."""

    name: Text
    values: list[list[Specification]]


@dataclass(frozen=True)
class Comparison:
    """At most ``MOST`` facilities, what they are compared by, and what might be put beside them."""

    chosen: list[Choice]
    properties: list[Property]
    offered: list[Choice]
    is_cut: bool
    """Whether more were asked for than are shown."""

    @property
    def facilities(self) -> list[Facility]:
        """Return what is compared, in the order in which it was chosen."""
        return [choice.facility for choice in self.chosen]


def compare(slugs: Iterable[str]) -> Comparison:
    """Return the comparison of the public facilities that have ``slugs``; what is not public is passed over."""
    wanted = [slug for slug in dict.fromkeys(slugs) if "\0" not in slug]  # PostgreSQL refuses to be asked for it.
    found = {one.slug: one for one in Facility.objects.published().for_detail().filter(slug__in=wanted[:_LOOKED_FOR])}
    ordered = [found[slug] for slug in wanted if slug in found]
    facilities = ordered[:MOST]
    return Comparison(
        chosen=[Choice(one, _parameters(other for other in facilities if other != one)) for one in facilities],
        properties=_properties(facilities),
        offered=_offered(facilities),
        is_cut=len(ordered) > MOST,
    )


def _parameters(facilities: Iterable[Facility]) -> str:
    return urlencode([("facility", one.slug) for one in facilities])


def _properties(facilities: list[Facility]) -> list[Property]:
    """Return the specifications by name, which facilities share if they are called the same in English."""
    named: dict[str, Property] = {}
    for number, facility in enumerate(facilities):
        for specification in facility.specifications.all():
            key = text_of(specification, "name", "en").casefold()
            shared = named.setdefault(key, Property(specification.name, [[] for _ in facilities]))
            shared.values[number].append(specification)
    return list(named.values())


def _offered(facilities: list[Facility]) -> list[Choice]:
    """Return facilities of the kind of the first one; none where there is no room for another."""
    if not facilities or len(facilities) == MOST:
        return []
    others = Facility.objects.published().for_list().exclude(pk__in=[one.pk for one in facilities])
    alike = others.filter(kind=facilities[0].kind)
    return [Choice(one, _parameters([*facilities, one])) for one in alike[:_OFFERED]]
