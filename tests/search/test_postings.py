"""The posting lists follow the content, whatever of it changes, and two processes at once lose nothing of them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from pyroaring import BitMap

from tests import factories
from zone import workflow
from zone.filters.nouns import OrganisationFinder
from zone.history import Occasion, content_of, live_version
from zone.models import Facility, Field, KeyFigure, NewsItem, Organisation, PostingList
from zone.search import listing, postings
from zone.search.facets import heirs, term
from zone.search.finding import find, matching
from zone.search.index import disagreements, rebuild, refresh
from zone.search.listing import Found, Tier, reader
from zone.search.narrowing import narrow
from zone.search.postings import Known, Postings, lists_of, move

DAY = datetime.timedelta(days=1)


def keys(model: type[Any], facet: str, value: object) -> list[int]:
    return list(Postings(model)[term(facet, value)])


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
    assert (keys(NewsItem, "park", south.pk), list(Postings(NewsItem).public)) == ([], [item.pk])
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
    PostingList.objects.filter(term="public").update(bitmap=BitMap([7]).serialize(), digest="of another")

    move(Organisation, {1: {"public", "kind=company"}}, {1: {"public", "kind=funder"}})

    lists = Postings(Organisation)
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


def test_a_change_is_passed_on_only_to_what_follows_from_it(db: None) -> None:
    field, park = factories.FieldFactory(), factories.ParkFactory()
    lab: Any = factories.OrganisationFactory(parks=[park], fields=[field])
    about = factories.NewsItemFactory(organisations=[lab])
    there: Any = factories.FacilityFactory(organisations=[lab])
    gone = {lab.pk: {"public", term("park", park.pk)}}, {lab.pk: {"public"}}
    assert heirs(Organisation, *gone) == {KeyFigure: set(), NewsItem: {about.pk}}
    other = {lab.pk: {"public", term("field", field.pk)}}, {lab.pk: {"public"}}
    assert heirs(Organisation, *other) == {NewsItem: {about.pk}, Facility: {there.pk}}
    assert heirs(Organisation, {lab.pk: {"public", "kind=company"}}, {lab.pk: {"public"}}) == {}


def test_figures_stay_in_the_park_of_their_scope_whatever_else_its_slug_was(chief: Occasion) -> None:
    park: Any = factories.ParkFactory(slug="north")
    figure = factories.KeyFigureFactory(scope="shenzhen", label_en="Kingfisher")
    rebuild()
    everything = find("kingfisher")
    assert narrow(everything, "", "north").findings.hits == []
    content = content_of(live_version(park))
    workflow.keep(park, {**content, "fields": {**content["fields"], "slug": "shenzhen"}}, chief)
    workflow.publish(park, chief)
    assert [hit.pk for hit in narrow(everything, "", "shenzhen").findings.hits] == [figure.pk]
    assert disagreements() == []


def test_what_is_called_so_is_found_among_very_many(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    called = factories.OrganisationFactory(name_en="Photon").pk
    others = [factories.OrganisationFactory(summary_en="It counts photons.").pk for _ in range(5)]
    rebuild()
    monkeypatch.setattr("zone.search.finding.CANDIDATES", 3)
    public = Postings(Organisation).public
    by_relevance = matching(Organisation, "photon", public, by_relevance=True)
    assert [list(tier) for tier in by_relevance.tiers] == [[called], [called, *others[2:]]]
    [unordered] = matching(Organisation, "photon", public, by_relevance=False).tiers
    assert list(unordered) == [called, *others[2:]]


@pytest.mark.parametrize("few", [0, 1000])
def test_pages_of_equal_names_hold_every_record_once(db: None, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    made = {factories.OrganisationFactory(name_en="Same").pk for _ in range(50)}
    rebuild()
    monkeypatch.setattr(listing, "_FEW", few)
    finder = OrganisationFinder(QueryDict())
    pages = [one.pk for start in range(0, 50, 7) for one in finder.found[start : start + 7]]
    assert (len(pages), set(pages)) == (50, made)


@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize("places", [slice(0, 3), slice(2, 5), slice(4, 9), slice(7, 9), slice(9, 20), slice(3, 3)])
def test_any_part_of_a_list_is_in_its_order_however_it_is_read(
    db: None, monkeypatch: pytest.MonkeyPatch, few: int, places: slice
) -> None:
    names = [factories.FieldFactory(name_en=f"{letter}").pk for letter in "jcahbgdfei"]
    monkeypatch.setattr(listing, "_FEW", few)
    fields: Any = factories.FieldFactory._meta.model
    first, second = BitMap(names[:4]), BitMap(names[1:9])
    tiers = [Tier(keys, fields.objects.all()) for keys in (first, second)]
    found = Found(fields, reader(fields.objects.published), ["name_en"], tiers)
    assert [one.name_en for one in found[places]] == list("achjbdefg"[places])
    assert (len(found), found[4].name_en) == (9, "b")


def test_records_that_have_gone_since_are_left_out(db: None) -> None:
    pks = [factories.FieldFactory(name_en=name).pk for name in "abc"]
    fields: Any = factories.FieldFactory._meta.model
    fields.objects.filter(pk=pks[1]).update(status="draft")
    found = Found(fields, reader(fields.objects.published), ["name_en"], [Tier(BitMap(pks), fields.objects.all())])
    assert [one.name_en for one in found[:3]] == ["a", "c"]


def test_a_list_that_is_known_is_not_fetched_again(db: None) -> None:
    pk = factories.FieldFactory().pk
    rebuild()
    rows = PostingList.objects.filter(term="public")
    assert list(Postings(Field).public) == [pk]
    rows.update(bitmap=BitMap([pk, 7]).serialize())
    assert list(Postings(Field).public) == [pk]
    rows.update(digest="of another")
    assert list(Postings(Field).public) == sorted({pk, 7})


def test_what_a_transaction_has_written_is_seen_in_it_and_not_after_it_is_undone(db: None) -> None:
    kept = factories.FieldFactory().pk
    rebuild()
    with transaction.atomic():
        move(Field, {}, {kept + 1: {"public"}})
        assert list(Postings(Field).public) == [kept, kept + 1]
        transaction.set_rollback(True)
    assert list(Postings(Field).public) == [kept]


def test_what_is_about_one_record_is_read_only_when_it_is_asked_for(db: None, django_assert_num_queries: Any) -> None:
    lab: Any = factories.OrganisationFactory()
    item = factories.NewsItemFactory(organisations=[lab])
    rebuild()
    lists = Postings(NewsItem)
    with django_assert_num_queries(1):
        assert list(lists[term("organisation", lab.pk)]) == [item.pk]
    with django_assert_num_queries(0):
        assert list(lists[term("organisation", lab.pk)]) == [item.pk]


@pytest.mark.any_database
def test_lists_are_read_while_another_thread_reads_the_first_of_a_noun(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[int, Known] = {}

    class Lists(Known):
        def __contains__(self, term: object) -> bool:
            known[1] = {}
            return False

    known[0] = Lists()
    monkeypatch.setattr(postings, "_known", known)
    assert lists_of(["park"], ["park=1"]) == {"park=1": {}}
