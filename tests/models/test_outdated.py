"""Translations whose English text has changed since, as the database finds them."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from zone.content import RECORDS
from zone.translation import column, translated_fields

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [model for model in RECORDS if translated_fields(model)])
def test_database_finds_the_translations_that_are_outdated(model: Any) -> None:
    """It makes the same fingerprint of whatever the English texts are."""
    factory: Any = getattr(factories, f"{model.__name__}Factory")
    names = [column(name, "en") for name in translated_fields(model)]
    texts = [dict.fromkeys(names, ""), dict.fromkeys(names, "Ünï ’%s 的😀"), {names[0]: "'"}, {names[-1]: "x"}]
    records = [factory(**text) for text in texts for _ in range(2)]
    for record in records:
        record.refresh_from_db()
        record.mark_translated("zh-hans")
        record.zh_hant_of = ""
        record.save()
    assert list(model.objects.filter(model.outdated("zh-hans") | model.outdated("zh-hant"))) == []
    changed = records[::2]
    for number, record in enumerate(changed):
        setattr(record, names[number % len(names)], "Changed since")
        record.save()
    assert set(model.objects.filter(model.outdated("zh-hans"))) == set(changed)
    assert {record for record in records if record.translation_state("zh-hans") == "outdated"} <= set(changed)
