from __future__ import annotations

import copy
import pickle

import pytest
from django.utils.translation import override

from tests.factories import OrganisationFactory
from zone.models import Organisation
from zone.translation import Text, TranslationState, text_of, texts_of, translated_columns

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("names", "language", "expected"),
    [
        (("A", "简", "繁"), "zh-hans", ("简", "zh-hans")),
        (("A", "", "繁"), "zh-hans", ("繁", "zh-hant")),
        (("A", "简", ""), "zh-hant", ("简", "zh-hans")),
        (("A", "", ""), "zh-hant", ("A", "en")),
        (("", "简", "繁"), "en", ("繁", "zh-hant")),
        (("", "简", ""), "en", ("简", "zh-hans")),
        (("", "", ""), "en", ("", "en")),
    ],
)
def test_missing_text_falls_back_and_says_its_language(
    names: tuple[str, str, str], language: str, expected: tuple[str, str]
) -> None:
    organisation = Organisation(name_en=names[0], name_zh_hans=names[1], name_zh_hant=names[2])
    text = text_of(organisation, "name", language)
    assert (text, text.language) == expected
    with override(language):
        assert (organisation.name, organisation.name.language) == expected


def test_language_that_is_not_ours_reads_as_english() -> None:
    with override("fr"):
        assert Organisation(name_en="A", name_zh_hans="简").name == "A"


def test_texts_are_given_once_each() -> None:
    organisation = Organisation(name_en="IDEA", name_zh_hans="数字", name_zh_hant="数字")
    assert [(text, text.language) for text in texts_of(organisation, "name")] == [("IDEA", "en"), ("数字", "zh-hans")]


def test_columns_of_all_translated_fields() -> None:
    assert translated_columns(Organisation) == [
        f"{field}_{language}"
        for field in ("name", "parent_name", "summary", "body", "picture_alternative", "picture_caption")
        for language in ("en", "zh_hans", "zh_hant")
    ]


@pytest.mark.django_db
def test_translation_state_follows_the_texts() -> None:
    organisation = OrganisationFactory()
    organisation.mark_translated("zh-hans")
    assert organisation.translation_state("zh-hans") == TranslationState.UNCHECKED
    organisation.zh_hans_check = "checked"
    assert organisation.translation_state("zh-hans") == TranslationState.CHECKED
    organisation.summary_en = "It moved."
    assert organisation.translation_state("zh-hans") == TranslationState.OUTDATED
    organisation.summary_zh_hans = ""
    assert organisation.translation_state("zh-hans") == TranslationState.MISSING


@pytest.mark.django_db
def test_name_that_has_no_official_form_is_not_missing() -> None:
    organisation = OrganisationFactory(name_zh_hans="")
    assert organisation.translation_state("zh-hans") == TranslationState.UNCHECKED


def test_text_keeps_its_language_when_copied() -> None:
    text = copy.deepcopy(pickle.loads(pickle.dumps(Text("字", "zh-hant"))))  # noqa: S301
    assert (text, text.language) == ("字", "zh-hant")
