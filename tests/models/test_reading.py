"""What a page reads along with a record."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from zone.models import Organisation, Park

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize(("count", "queries"), [(1, 2), (2, 3), (5, 3)])
def test_relations_take_a_query_each_for_many_records_and_one_in_all_for_one(count: int, queries: int) -> None:
    parks = [factories.ParkFactory() for _number in range(count)]
    for _number in range(count):
        factories.OrganisationFactory(parks=parks)
    with CaptureQueriesContext(connection) as asked:
        found = {one.pk: list(one.parks.all()) for one in Organisation.objects.with_public("parks", "fields")}
    assert (list(found.values()), len(asked)) == ([list(Park.objects.all())] * count, queries)


def test_rows_know_the_record_that_they_belong_to() -> None:
    fact = factories.FactFactory(organisation=factories.OrganisationFactory())
    [record] = Organisation.objects.published().for_detail()
    [found] = record.facts.all()
    with CaptureQueriesContext(connection) as asked:
        assert (found, found.organisation is record) == (fact, True)
    assert len(asked) == 0
