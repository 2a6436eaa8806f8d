"""The posting lists follow the content, whatever of it changes, and two processes at once lose nothing of them."""

from __future__ import annotations

import datetime
import threading
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from pyroaring import BitMap

from tests import factories
from zone import workflow
from zone.history import Occasion, content_of, live_version
from zone.models import NewsItem, Organisation, PostingList
from zone.search import listing
from zone.search.facets import term
from zone.search.index import disagreements, rebuild, refresh
from zone.search.listing import Found
from zone.search.postings import Postings, move

DAY = datetime.timedelta(days=1)


def keys(model: type[Any], facet: str, value: object) -> list[int]:
    return list(Postings.of(model)[term(facet, value)])


@pytest.fixture
def chief(db: None) -> Occasion:
    return Occasion(by=User.objects.create_superuser("chief"))


def test_news_leave_a_park_with_the_organisation_that_they_are_about(chief: Occasion) -> None:
    north, south = factories.ParkFactory(), factories.ParkFactory()
    lab: Any = factories.OrganisationFactory(parks=[north])
    item = factories.NewsItemFactory(organisations=[lab])
    rebuild()
    assert keys(NewsItem, "park", north.pk) == [item.pk]

    content = content_of(live_version(lab))
    workflow.keep(lab, {**content, "fields": {**content["fields"], "parks": [south.pk]}}, chief)
    assert keys(NewsItem, "park", north.pk) == [item.pk]
    workflow.publish(lab, chief)
    assert (keys(NewsItem, "park", north.pk), keys(NewsItem, "park", south.pk)) == ([], [item.pk])

    workflow.withdraw(lab, {"en": "Wrong."}, chief)
    assert (keys(NewsItem, "park", south.pk), list(Postings.of(NewsItem).public)) == ([], [item.pk])
    assert disagreements() == []


def test_what_appears_and_expires_by_itself_is_counted_from_then_on(db: None) -> None:
    now = timezone.now()
    park = factories.ParkFactory()
    lab: Any = factories.OrganisationFactory(parks=[park], publish_at=now + DAY, expire_at=now + 3 * DAY)
    item = factories.NewsItemFactory(organisations=[lab])
    rebuild()
    seen = []
    for days in (0, 2, 4):
        with time_machine.travel(now + days * DAY):
            refresh()
            seen.append((keys(Organisation, "park", park.pk), keys(NewsItem, "park", park.pk)))
    assert seen == [([], []), ([lab.pk], [item.pk]), ([], [])]


def test_lists_that_nothing_moves_into_are_not_written(db: None, django_assert_num_queries: Any) -> None:
    move(Organisation, {}, {1: {"public", "kind=company"}, 2: {"public"}})
    PostingList.objects.filter(term="public").update(bitmap=BitMap([7]).serialize())

    move(Organisation, {1: {"public", "kind=company"}}, {1: {"public", "kind=funder"}})

    lists = Postings.of(Organisation)
    assert {name: list(lists[name]) for name in ("public", "kind=company", "kind=funder")} == {
        "public": [7],
        "kind=company": [],
        "kind=funder": [1],
    }


def test_the_check_finds_a_list_that_is_wrong(db: None) -> None:
    factories.FieldFactory(slug="quantum")
    rebuild()
    PostingList.objects.filter(term="public").update(bitmap=BitMap([7]).serialize())
    assert disagreements() == ["fields, in their posting lists"]


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_change_a_list_at_once_both_count() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("The database in memory is not shared by two connections that both write.")
    both = threading.Barrier(2)

    def add(key: int) -> None:
        try:
            with transaction.atomic():
                both.wait(10)
                move(Organisation, {}, {key: {"public", f"kind={key}"}})
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=(key,)) for key in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(Postings.of(Organisation).public) == [1, 2]


@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize("places", [slice(0, 3), slice(2, 5), slice(4, 9), slice(7, 9), slice(9, 20), slice(3, 3)])
def test_any_part_of_a_list_is_in_its_order_however_it_is_read(
    db: None, monkeypatch: pytest.MonkeyPatch, few: int, places: slice
) -> None:
    names = [factories.FieldFactory(name_en=f"{letter}").pk for letter in "jcahbgdfei"]
    monkeypatch.setattr(listing, "_FEW", few)
    fields: Any = factories.FieldFactory._meta.model
    first, second = BitMap(names[:4]), BitMap(names[1:9])
    found = Found(fields.objects.published(), fields.objects.order_by("name_en"), [first, second])
    assert [one.name_en for one in found[places]] == list("achjbdefg"[places])
    assert (len(found), found[4].name_en) == (9, "b")


def test_records_that_have_gone_since_are_left_out(db: None) -> None:
    pks = [factories.FieldFactory(name_en=name).pk for name in "abc"]
    fields: Any = factories.FieldFactory._meta.model
    fields.objects.filter(pk=pks[1]).update(status="draft")
    found = Found(fields.objects.published(), fields.objects.order_by("name_en"), [BitMap(pks)])
    assert [one.name_en for one in found[:3]] == ["a", "c"]
