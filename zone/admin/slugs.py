"""The last part of an address, made from a name."""

from __future__ import annotations

from itertools import chain, count

from django.utils.text import slugify

from zone.models.record import Record


def propose_slug(record: Record, words: str) -> str:
    """Return a slug for ``record`` that no other record of its kind has, made from ``words``.

    Words without Latin letters or digits, such as a Chinese name, give the kind of the record and a number.
    """
    limit = record._meta.get_field("slug").max_length or 0
    base = shorten(slugify(words).replace("_", "-"), limit)
    stem = base or record.stem
    taken = set(
        type(record)
        .objects.filter(slug__startswith=shorten(stem, limit - 4))
        .exclude(pk=record.pk)
        .values_list("slug", flat=True)
    )
    numbered = (f"{shorten(stem, limit - len(str(n)) - 1)}-{n}" for n in count(2 if base else 1))
    return next(slug for slug in chain([base] if base else [], numbered) if slug not in taken)


def shorten(slug: str, limit: int) -> str:
    """Return ``slug`` in at most ``limit`` characters, cut between two words where there are several."""
    words = [word for word in slug.split("-") if word]
    while len(words) > 1 and len("-".join(words)) > limit:
        words.pop()
    return "-".join(words)[:limit]
