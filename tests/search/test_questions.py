"""Sixty questions to the real content, and what has to be found: all that has the words, the best of it first."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import opencc
import pytest
from django.utils import translation

from zone.models.record import Record
from zone.search.documents import NOUNS, documents
from zone.search.finding import find
from zone.search.index import disagreements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]

TO_SIMPLIFIED = opencc.OpenCC("t2s")

QUESTIONS = (
    # language, words, what has to be first, what a record has to say for that it must be found (a regular expression
    # for each word, in small letters and Simplified characters)
    ("en", "quantum", "field/quantum", [r"\bquantum\b"]),
    ("en", "HKUST", "organisation/hkust-shcir", [r"\bhkust\b"]),
    ("en", "xtalpi", "organisation/xtalpi", [r"\bxtalpi\b"]),
    ("en", "CityU", "organisation/cityu-futian", [r"\bcityu\b"]),
    ("en", "cityu building", "facility/cityu-ips-building", [r"\bcityu\b", r"\bbuildings?\b"]),
    ("en", "72,000", "facility/cityu-ips-building", [r"\b72,?000\b"]),
    ("en", "72000 square metres", "facility/cityu-ips-building", [r"\b72,?000\b", r"\bsquare\b", r"\bmetres?\b"]),
    ("en", "researchers", "figure/researchers-shenzhen", [r"\bresearchers?\b"]),
    ("en", "AstraZeneca", "organisation/astrazeneca", [r"\bastrazeneca\b"]),
    ("en", "SIQA", "organisation/siqa", [r"\bsiqa\b"]),
    ("en", "medical devices", "field/medical-devices", [r"\bmedical\b", r"\bdevices?\b"]),
    ("en", "bridges", "facility/eastern-connecting-bridge", [r"\bbridges?\b"]),
    (
        "en",
        "the one-zone two-parks",
        "news/cooperation-arrangement-2021",
        [r"\bone\b", r"\bzones?\b", r"\btwo\b", r"\bparks?\b"],
    ),
    ("en", '"Physical Sciences"', "organisation/cityu-institute-of-physical-sciences", [r"\bphysical sciences?\b"]),
    ("en", "ＨＫＳＴＰ", "organisation/hkstp", [r"\bhkstp\b"]),
    ("en", "drug discovery", "facility/drug-discovery-pilot-platform", [r"\bdrugs?\b", r"\bdiscovery\b"]),
    ("en", "state council", "news/state-council-plan", [r"\bstate\b", r"\bcouncil\b"]),
    ("en", "data exchange", "organisation/shenzhen-data-exchange", [r"\bdata\b", r"\bexchanges?\b"]),
    ("en", "robot platform", "facility/cuhk-medical-robot-platform", [r"\brobots?\b", r"\bplatforms?\b"]),
    ("en", "晶泰科技", "organisation/xtalpi", ["晶泰科技"]),
    ("zh-hans", "量子", "field/quantum", ["量子"]),
    ("zh-hans", "晶泰科技", "organisation/xtalpi", ["晶泰科技"]),
    ("zh-hans", "香港科学园", "facility/hkstp-shenzhen-branch", ["香港科学园"]),
    ("zh-hans", "87公顷", "facility/hsitp-park", [r"\b87", "公顷"]),
    ("zh-hans", "生物医药", "facility/international-biomedical-park", ["生物医药"]),
    ("zh-hans", "科研人员", "figure/researchers-shenzhen", ["科研人员"]),
    ("zh-hans", "港科大", "organisation/hkust-shcir", ["港科大|香港科技大学"]),
    ("zh-hans", "芯片", "organisation/china-resources-life-health-institute", ["芯片|晶片"]),
    ("zh-hans", "国务院", "news/state-council-plan", ["国务院"]),
    ("zh-hans", "ＡＩ药物", "organisation/xtalpi", [r"(?<![a-z])ai(?![a-z])", "药物"]),
    ("zh-hans", "机械人", "field/robotics", ["机械人|机器人"]),
    ("zh-hans", "阿斯利康", "organisation/astrazeneca", ["阿斯利康"]),
    ("zh-hans", "皇岗口岸", "facility/huanggang-port", ["皇岗口岸"]),
    ("zh-hans", "数据交易所", "organisation/shenzhen-data-exchange", ["数据交易所"]),
    ("zh-hans", "城市大学 电子显微镜", "organisation/cityu-futian", ["城市大学", "电子显微镜"]),
    ("zh-hans", "桥", "facility/western-connecting-bridge", ["桥"]),
    ("zh-hans", "72,000平方米", "facility/cityu-ips-building", ["72,?000", "平方米"]),
    ("zh-hans", "晶泰 XtalPi", "organisation/xtalpi", ["晶泰", r"xtalpi"]),
    ("zh-hans", "药", "organisation/enkang-pharma-hk", ["药"]),
    ("zh-hans", "医疗器械", "field/medical-devices", ["医疗器械"]),
    ("zh-hant", "量子", "field/quantum", ["量子"]),
    ("zh-hant", "晶泰科技", "organisation/xtalpi", ["晶泰科技"]),
    ("zh-hant", "落馬洲", "facility/lok-ma-chau-control-point", ["落马洲"]),
    ("zh-hant", "機械人", "field/robotics", ["机械人|机器人"]),
    ("zh-hant", "城市大學", "organisation/cityu-futian", ["城市大学"]),
    ("zh-hant", "橋", "facility/western-connecting-bridge", ["桥"]),
    ("zh-hant", "國務院", "news/state-council-plan", ["国务院"]),
    ("zh-hant", "阿斯利康", "organisation/astrazeneca", ["阿斯利康"]),
    ("zh-hant", "72,000平方米", "facility/cityu-ips-building", ["72,?000", "平方米"]),
    ("zh-hant", "生物醫藥", "facility/international-biomedical-park", ["生物医药"]),
    ("zh-hant", "港科大", "organisation/hkust-shcir", ["港科大|香港科技大学"]),
    ("zh-hant", "數據", "field/data", ["数据"]),
    ("zh-hant", "晶片", "organisation/china-resources-life-health-institute", ["芯片|晶片"]),
    ("zh-hant", "皇崗口岸", "facility/huanggang-port", ["皇岗口岸"]),
    ("zh-hant", "蝦", None, ["虾"]),
    ("zh-hant", "AI 藥物", "organisation/xtalpi", [r"(?<![a-z])ai(?![a-z])", "药物"]),
    ("zh-hant", "HKUST 研究院", "organisation/hkust-shcir", [r"\bhkust\b", "研究院"]),
    ("zh-hant", "科研人員", "figure/researchers-shenzhen", ["科研人员"]),
    ("zh-hant", "quantum", "field/quantum", [r"\bquantum\b"]),
    ("zh-hant", "穿梭巴士", "route/hsitp-shuttle", ["穿梭巴士"]),
)

ANSWERS: dict[str, list[str]] = json.loads(Path(__file__).with_name("answers.json").read_text())
"""All that is found, in its order: every database has to give the same."""


@pytest.fixture(scope="module")
def texts(content: None, django_db_blocker: Any) -> dict[str, str]:
    """Return the whole text of each record in small letters and Simplified characters, by noun and slug."""
    with django_db_blocker.unblock():
        return {
            f"{model.stem}/{document.record.slug}": TO_SIMPLIFIED.convert(
                "\n".join(map("\n".join, document.parts)).lower()
            )
            for model in NOUNS
            for document in documents(model, model._default_manager.all())
        }


def found(words: str) -> list[str]:
    def name(model: type[Record], pk: int) -> str:
        return f"{model.stem}/{model._default_manager.get(pk=pk).slug}"  # type: ignore[attr-defined]

    return [name(hit.model, hit.pk) for hit in find(words).hits]


def test_a_load_is_followed() -> None:
    assert disagreements() == []


def test_there_are_sixty_questions() -> None:
    assert Counter(question[0] for question in QUESTIONS) == {"en": 20, "zh-hans": 20, "zh-hant": 20}


@pytest.mark.parametrize(("language", "words", "first", "said"), QUESTIONS)
def test_all_that_has_the_words_is_found_and_the_best_is_first(
    texts: dict[str, str], language: str, words: str, first: str | None, said: list[str]
) -> None:
    with translation.override(language):
        results = found(words)
    assert results == ANSWERS[words]
    expected = {name for name, text in texts.items() if all(re.search(one, text) for one in said)}
    assert expected - set(results) == set()
    assert next(iter(results), None) == first
