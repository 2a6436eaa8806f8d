"""A record in which somebody's SQL has put rubbish costs nobody a list, nor its own page more than its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests import factories
from tests.conftest import Reader
from zone.search.index import rebuild

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_database,  # PostgreSQL takes no text for a number.
]


@pytest.mark.parametrize(
    ("factory", "column", "plural"),
    [
        (factories.SourceFactory, "published", "sources"),
        (factories.FacilityFactory, "floor_area_m2", "facilities"),
        (factories.FacilityFactory, "building_status", "facilities"),
        (factories.OrganisationFactory, "arrived", "organisations"),
        (factories.NewsItemFactory, "date", "news"),
        (factories.KeyFigureFactory, "updated_at", "figures"),
    ],
)
def test_lists_come_whatever_stands_in_a_record(reader: Reader, factory: Any, column: str, plural: str) -> None:
    broken, _whole = factory(slug="broken"), factory(slug="whole")
    rebuild()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(f"UPDATE {broken._meta.db_table} SET {column} = 'rubbish' WHERE id = %s", [broken.pk])  # noqa: S608
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
    reader.raise_request_exception = False
    for address in ("/en/", f"/zh-hant/{plural}/", "/en/timeline/", f"/en/{plural}/whole/"):
        assert reader.get(address).status_code == 200, address
    assert f"/{plural}/whole/" in reader.get(f"/en/{plural}/").content.decode()
    assert reader.get(f"/en/{plural}/broken/").status_code in (200, 500)
