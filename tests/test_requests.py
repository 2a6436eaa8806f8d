from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import RequestFactory

from hetao import wsgi
from tests import factories
from zone.search.index import rebuild

pytestmark = pytest.mark.any_database


def answer(address: str, content_type: str) -> tuple[str, bytes]:
    """Return what Django, as it is served, answers: its status and the page."""
    said: list[str] = []
    environ = RequestFactory().get(address).environ | {"CONTENT_TYPE": content_type}
    start: Any = lambda status, *_: said.append(status)  # noqa: E731
    page = b"".join(wsgi.django(environ, start))
    return said[0], page


@pytest.mark.parametrize("charset", ["cp037", "hex", "nosuch", "utf-8"])
def test_charset_that_a_request_names_makes_no_other_address_of_it(db: None, charset: str) -> None:
    chosen, _other = factories.OrganisationFactory(role="operator"), factories.OrganisationFactory(role="tenant")
    rebuild()
    status, page = answer("/en/organisations/?role=operator", f"text/plain; charset={charset}")
    titles = [link.get_text(strip=True) for link in BeautifulSoup(page, "html.parser").select("article h3 a")]
    assert (status, titles) == ("200 OK", [chosen.name_en])
