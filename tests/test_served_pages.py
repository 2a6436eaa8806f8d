"""The site as it is served: two workers of one server and one of another, over one database in a file."""

from __future__ import annotations

import random
import re
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from tests.servers import get, served
from tests.sites import editing, manage, variables

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is a file of its own.")

SLUGS = ("a", "b", "c")
GONE = "This page has been withdrawn"
FILL = f"""
from zone.models import Organisation
for slug in {SLUGS}:
    Organisation.objects.create(
        slug=slug, name_en=slug, kind="company", role="tenant", presence="operating", status="published"
    )
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a site with three organisations in a database of its own."""
    environment = variables(tmp_path)
    for command in (("migrate", "-v0"), ("collectstatic", "-v0", "--noinput"), ("shell", "-v0", "-c", FILL)):
        manage(environment, *command)
    return environment


def shown(address: str) -> str:
    """Return what stands over a page."""
    try:
        page = get(address)
    except urllib.error.HTTPError as gone:
        page = gone.read().decode()
    [name] = re.findall("<h1>(.*)</h1>", page)
    return str(name)


@pytest.mark.parametrize("edits", [40, pytest.param(1000, marks=pytest.mark.benchmark)])
def test_no_worker_of_no_server_shows_a_page_that_is_older_than_the_last_edit(
    environment: dict[str, str], edits: int
) -> None:
    chance = random.Random(1)  # noqa: S311
    names, status = {slug: slug for slug in SLUGS}, dict.fromkeys(SLUGS, "published")
    with ExitStack() as stack:
        addresses = [stack.enter_context(served(environment, workers)) for workers in (2, 1)]
        edit = stack.enter_context(editing(environment))
        readers = stack.enter_context(ThreadPoolExecutor(6))
        stale = []
        for number in range(edits):
            slug = chance.choice(SLUGS)
            if chance.random() < 0.3:
                status[slug] = "published" if status[slug] == "withdrawn" else "withdrawn"
                edit(slug, "status", status[slug])
            else:
                names[slug] = f"Name{number}"
                edit(slug, "name_en", names[slug])
            right = names[slug] if status[slug] == "published" else GONE
            pages = readers.map(shown, [f"{address}/en/organisations/{slug}/" for address in addresses * 3])
            stale += [number for name in pages if name != right]
    assert stale == []
