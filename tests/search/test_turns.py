"""Two people change different records at once, of which one follows from the other: the index misses neither.

SQLite lets one transaction write at a time by itself, and in memory it is not shared by two that write.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from tests import factories
from zone import workflow
from zone.history import Occasion, content_of, live_version
from zone.models import NewsItem, Organisation
from zone.search.facets import term
from zone.search.index import disagreements, rebuild, refresh
from zone.search.postings import Postings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chief() -> Occasion:
    if connection.vendor == "sqlite":
        pytest.skip("The database in memory is not shared by two connections that both write.")
    return Occasion(by=User.objects.create_superuser("chief"))


def at_once(first: Callable[[], Any], second: Callable[[], Any]) -> list[BaseException]:
    """Do ``first``, and ``second`` before the transaction of the first has ended; return what went wrong."""
    begun, errors = threading.Event(), []

    def do(work: Callable[[], Any], is_first: bool) -> None:
        try:
            if not is_first:
                assert begun.wait(10)
            with transaction.atomic():
                work()
                if is_first:
                    begun.set()
                    time.sleep(0.5)
        except BaseException as error:
            errors.append(error)
            begun.set()
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(work, work is first)) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return errors


def drafted(record: Any, chief: Occasion, **fields: Any) -> None:
    """Give ``record`` a draft with other ``fields``."""
    content = content_of(live_version(record))
    workflow.keep(record, {**content, "fields": {**content["fields"], **fields}}, chief)


@pytest.mark.parametrize("is_news_first", [True, False])
def test_news_are_published_while_what_they_are_about_is_withdrawn(chief: Occasion, is_news_first: bool) -> None:
    park = factories.ParkFactory()
    lab: Any = factories.OrganisationFactory(parks=[park])
    item: Any = factories.NewsItemFactory(organisations=[lab], status="draft")
    rebuild()
    works = (lambda: workflow.publish(item, chief)), (lambda: workflow.withdraw(lab, {"en": "Wrong."}, chief))
    assert at_once(*(works if is_news_first else reversed(works))) == []
    assert (list(Postings(NewsItem)[term("park", park.pk)]), disagreements()) == ([], [])


def test_two_organisations_of_one_item_are_changed(chief: Occasion) -> None:
    parks, fields = factories.ParkFactory.create_batch(2), factories.FieldFactory.create_batch(2)
    first, second = factories.OrganisationFactory(parks=parks[:1]), factories.OrganisationFactory(fields=fields[:1])
    item: Any = factories.NewsItemFactory(organisations=[first, second])
    rebuild()
    drafted(first, chief, parks=[parks[1].pk])
    drafted(second, chief, fields=[fields[1].pk])
    assert at_once(lambda: workflow.publish(first, chief), lambda: workflow.publish(second, chief)) == []
    lists = Postings(NewsItem)
    terms = [term("park", one.pk) for one in parks] + [term("field", one.pk) for one in fields]
    assert [list(lists[one]) for one in terms] == [[], [item.pk], [], [item.pk]]
    assert disagreements() == []


def test_the_index_is_made_anew_while_somebody_publishes(chief: Occasion) -> None:
    old, new = factories.OrganisationFactory(), factories.OrganisationFactory(status="draft")
    rebuild()
    live_version(new)
    assert at_once(rebuild, lambda: workflow.publish(new, chief)) == []
    assert (list(Postings(Organisation).public), disagreements()) == ([old.pk, new.pk], [])


def test_a_scheduled_draft_goes_live_once_the_index_has_been_made_anew(chief: Occasion) -> None:
    lab: Any = factories.OrganisationFactory(name_en="Old")
    rebuild()
    moment = timezone.now() + datetime.timedelta(hours=1)
    drafted(lab, chief, name_en="New", publish_at=moment.isoformat())
    workflow.publish(lab, chief)
    with time_machine.travel(moment):
        assert at_once(rebuild, workflow.publish_due) == []
        workflow.publish_due()  # As the next request does; the first one may not have waited.
        lab.refresh_from_db()
        assert (lab.name_en, disagreements()) == ("New", [])


def test_readers_do_not_wait_for_who_writes(chief: Occasion) -> None:
    now = timezone.now()
    lab: Any = factories.OrganisationFactory(publish_at=now + datetime.timedelta(hours=1))
    other = factories.OrganisationFactory(status="draft")
    rebuild()
    live_version(other)
    taken: list[float] = []

    def read() -> None:
        start = time.monotonic()
        refresh()
        taken.append(time.monotonic() - start)

    with time_machine.travel(now + datetime.timedelta(hours=2)):
        assert at_once(lambda: workflow.publish(other, chief), read) == []
        assert taken[0] < 0.4
        refresh()
        assert (list(Postings(Organisation).public), disagreements()) == ([lab.pk, other.pk], [])
