"""Narrowing down what was found to one noun and one park, with how much each choice would leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from zone.models import Park
from zone.search.documents import NOUNS
from zone.search.facets import term
from zone.search.finding import Findings
from zone.search.postings import lists_of


@dataclass
class Choice:
    """A choice, how many results it leaves, and where it leads: to the results that it leaves, or back."""

    name: Any
    count: int
    is_chosen: bool
    address: str


@dataclass
class Narrowed:
    """What is left, and what can be chosen. Values that are no choices are left out, and said."""

    findings: Findings
    nouns: list[Choice] = field(default_factory=list)
    parks: list[Choice] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def narrow(everything: Findings, noun: str, park: str) -> Narrowed:
    """Return of ``everything`` what is of ``noun``, a stem, and in ``park``, a slug; empty ones narrow nothing."""
    if not everything.hits:
        return Narrowed(everything)
    stems = {model.stem: model._meta.verbose_name_plural for model in NOUNS}
    there_are = Park.objects.published()
    # Figures that count in one half of the zone have the slug of its park as their scope.
    terms = {one: (term("park", one.pk), term("scope", one.slug)) for one in there_are}
    lists = lists_of(("park", "scope"), (one for both in terms.values() for one in both))
    parks = {one.slug: (one.name, everything.among([lists[its] for its in terms[one]])) for one in there_are}
    wrong = [value for value, known in ((noun, stems), (park, parks)) if value and value not in known]
    noun, park = noun if noun in stems else "", park if park in parks else ""
    there = parks[park][1] if park else everything
    counts = {model.stem: count for model, count in there.counts.items()}

    def of_noun(found: Findings) -> Findings:
        return found.of(noun) if noun else found

    def address(chosen_noun: str, chosen_park: str) -> str:
        values = {"q": everything.words, "noun": chosen_noun, "park": chosen_park}
        return f"?{urlencode({name: value for name, value in values.items() if value}, errors='replace')}"

    nouns = [
        Choice(name, counts.get(stem, 0), stem == noun, address("" if stem == noun else stem, park))
        for stem, name in stems.items()
        if stem in counts or stem == noun
    ]
    of_parks = [
        Choice(name, len(of_noun(found).hits), slug == park, address(noun, "" if slug == park else slug))
        for slug, (name, found) in parks.items()
    ]
    return Narrowed(of_noun(there), nouns, of_parks, wrong)
