"""Files that programmes fetch again and again, as gunicorn answers: the cache of pages knows who has them already."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import RequestFactory

from tests import factories
from tests.security.application import Application
from tests.views.test_gtfs import TODAY, full_route

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

ADDRESSES = ("/en/getting-here/mainland.ics", "/gtfs.zip")


@pytest.fixture
def holiday() -> Any:
    """Return a holiday, on which no route runs that is in the feed."""
    full_route()
    return factories.HolidayFactory(calendar__region="mainland")


def ask(application: Application, address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return application.answer(RequestFactory(headers=headers).get(address).environ)  # type: ignore[attr-defined]


@pytest.mark.parametrize("address", ADDRESSES)
@time_machine.travel(TODAY, tick=False)
def test_file_is_not_sent_again_where_the_reader_has_it(holiday: Any, address: str) -> None:
    application = Application()
    _, headers, _ = ask(application, address)
    tag = {"if_none_match": headers["etag"]}
    assert (ask(application, address, **tag)[0], ask(Application(), address, **tag)[0]) == (304, 304)
    type(holiday).objects.update(name_en="Another name")
    factories.DepartureFactory(route=full_route(), runs_on="daily")
    assert ask(Application(), address, **tag)[0] == 200


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "headers", [{}, {"if_modified_since": "Thu, 26 Nov 2026 00:00:00 GMT"}, {"if_none_match": "*"}]
)
@time_machine.travel(TODAY, tick=False)
def test_file_has_the_tag_of_the_cache_or_none(holiday: Any, address: str, headers: dict[str, str]) -> None:
    """With any other, who has got it past the cache would be sent the file again by the cache."""
    application = Application()
    tag = ask(application, address, **headers)[1].get("etag")
    assert tag in (None, ask(application, address)[1]["etag"])
