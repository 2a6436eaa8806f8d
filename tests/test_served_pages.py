"""The site as it is served: two workers of one server and one of another, over one database in a file.

What nginx would serve is looked up as it would be; nginx itself is in test_machines.py.
"""

from __future__ import annotations

import random
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from tests.servers import shell, wait_until
from tests.sites import copy_database, get, manage, served, variables

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is a file of its own.")

SLUGS = ("a", "b", "c")
FILL = f"""
from zone.models import Organisation
for slug in {SLUGS}:
    Organisation.objects.create(
        slug=slug, name_en=slug, kind="company", role="tenant", presence="operating", status="published"
    )
"""
EDIT = """
import sys
from zone.models import Organisation
for line in sys.stdin:
    slug, name = line.split()
    Organisation.objects.filter(slug=slug).update(name_en=name)
    print(flush=True)
"""


@pytest.fixture
def environment(db: None, tmp_path: Path) -> dict[str, str]:
    """Return the variables of a site with three organisations in a database of its own."""
    copy_database(tmp_path / "site.sqlite3")
    environment = variables(tmp_path) | {"BEHIND_PROXY": "true", "PAGE_FILES": str(tmp_path / "pages")}
    for command in (("collectstatic", "-v0", "--noinput"), ("shell", "-v0", "-c", FILL)):
        manage(environment, *command)
    return environment


@pytest.mark.parametrize("edits", [40, pytest.param(1000, marks=pytest.mark.benchmark)])
def test_no_worker_of_no_server_shows_a_page_that_is_older_than_the_last_edit(
    environment: dict[str, str], edits: int
) -> None:
    chance = random.Random(1)  # noqa: S311
    files = Path(environment["PAGE_FILES"], "now", "http", "localhost", "en", "organisations")
    with ExitStack() as stack:
        addresses = [stack.enter_context(served(environment, workers)).address for workers in (2, 1)]
        edit = stack.enter_context(shell(environment, EDIT))
        readers = stack.enter_context(ThreadPoolExecutor(6))
        stale = []
        for number in range(edits):
            slug = chance.choice(SLUGS)
            edit(f"{slug} Name{number}")
            file = files / slug / "index.html"
            pages = [file.read_text()] if file.exists() else []
            pages += readers.map(get, [f"{address}/en/organisations/{slug}/" for address in addresses * 3])
            stale += [number for page in pages if not re.search(rf"<h1>Name{number}</h1>", page)]
            if number % 4 == 0:
                wait_until(file.read_text, seconds=2)
    assert stale == []
