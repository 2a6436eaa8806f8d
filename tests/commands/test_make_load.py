"""Content in great numbers, to measure with."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command

from tests import factories
from tests.conftest import Reader
from zone.content import RECORDS
from zone.models import Facility, NewsItem, Organisation
from zone.search.index import disagreements

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


def make(**counts: int) -> None:
    call_command("make_load", **counts)


def test_made_up_content_is_read_and_found_in_three_languages(reader: Reader) -> None:
    make(organisations=30, facilities=5, news=20)
    assert [model.objects.published().count() for model in (Organisation, Facility, NewsItem)] == [30, 5, 20]
    assert disagreements() == []
    last = Organisation.objects.latest("pk").pk
    assert factories.OrganisationFactory().pk == last + 1
    for language, words in (("en", "laboratory"), ("zh-hans", "实验室"), ("zh-hant", "實驗室")):
        page = BeautifulSoup(reader.get(f"/{language}/facilities/?q={words}").content, "html.parser")
        assert len(page.select("main article")) == 5


def test_the_same_seed_makes_the_same_content() -> None:
    names = []
    for seed in (1, 1, 2):
        make(organisations=5, seed=seed)
        names.append(list(Organisation.objects.order_by("slug").values_list("name_en", "arrived")))
        for model in reversed(RECORDS):
            model._default_manager.all().delete()
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("counts", [{}, {"news": -1}, {"news": 1, "organisations": -5}])
def test_wrong_numbers_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(CommandError, match="Say how many to make"):
        make(**counts)


def test_nothing_is_made_twice() -> None:
    make(organisations=1)
    with pytest.raises(CommandError, match="made-up content already"):
        make(organisations=1)
    assert Organisation.objects.count() == 1
