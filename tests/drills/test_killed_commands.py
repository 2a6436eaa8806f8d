"""What loads, imports or publishes and is killed by ``kill -9`` at any moment has happened wholly or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.drills.databases import Databases, State, generation, state
from tests.drills.killing import environment, killed, moments, run
from tests.sites import manage

pytestmark = pytest.mark.drill

FIXTURES = [str(path) for path in sorted(Path(settings.BASE_DIR, "fixtures").glob("*.json"))]
VISITS = 60
"""How often somebody comes after a kill, at most, before nothing is left to do. Each is a process of its own, to which
the 2 s for what is due may not suffice for a single draft where others use the processors."""
RECORDS = 12
"""How many records are published at once."""

PREPARE = f"""
from django.contrib.auth.models import User
from django.test import Client
from zone import workflow
from zone.history import Occasion
from zone.models import Organisation
from zone.snapshots import take
chief = User.objects.create_superuser("chief")
Client().force_login(chief)
for organisation in Organisation.objects.order_by("pk")[:{RECORDS}]:
    content = take(organisation)
    content["fields"]["name_en"] += " anew"
    workflow.keep(organisation, content, Occasion(by=chief))
"""
SCHEDULE = """
import datetime
from zone.models import Draft
Draft.objects.update(state="scheduled", publish_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
"""
VISIT = """
import django
django.setup()
from django.test import Client
assert Client().get("/robots.txt", headers={"host": "localhost"}).status_code == 200
"""
BULK = f"""
import django
django.setup()
from django.test import Client
from zone.models import Draft, Session, Version
client = Client(headers={{"host": "localhost"}})
client.cookies["sessionid"] = Session.objects.get().session_key
chosen = list(Draft.objects.values_list("object_id", flat=True))
assert len(chosen) == {RECORDS}
given = {{"action": "publish", "_selected_action": chosen, "index": 0, "seen": Version.objects.latest("pk").pk}}
answer = client.post("/admin/zone/organisation/", given)
assert answer.status_code == 302
assert not Draft.objects.exists()
"""


@pytest.fixture(scope="module")
def empty(databases: Databases, tmp_path_factory: Any) -> str:
    """Return the address of a database without content."""
    address = databases.new()
    manage(environment(tmp_path_factory.mktemp("site"), address), "migrate", "-v0")
    return address


@pytest.fixture(scope="module")
def full(databases: Databases, empty: str, tmp_path_factory: Any) -> str:
    """Return the address of a database with the real content, and with drafts."""
    address = databases.copy(empty)
    variables = environment(tmp_path_factory.mktemp("site"), address)
    manage(variables, "loaddata", *FIXTURES, "-v0")
    manage(variables, "shell", "-v0", "-c", PREPARE)
    return address


def drill(databases: Databases, before: str, command: Sequence[str], folder: Path, name: str) -> None:
    """Kill ``command`` at many moments; each time the database is what it was, or what it becomes undisturbed."""
    after = databases.copy(before)
    longest = run(command, environment(folder, after))
    known = {"before": state(databases, before), "after": state(databases, after)}
    assert known["before"] != known["after"]
    manage(environment(folder, after), "rebuild_search", "--check")  # The index is a part of the state.
    found: Counter[str] = Counter()
    for moment in moments(longest, 0.3, seed=len(name)):
        address = databases.copy(before)
        was_killed = killed(command, environment(folder, address), moment)
        one = which(known, state(databases, address))
        counted = generation(databases, address) > generation(databases, before)
        assert counted == (one == "after")
        assert was_killed or one == "after"
        found[f"{one}, {'killed' if was_killed else 'ended'}"] += 1
    print(f"\n{type(databases).__name__}, {name}: {dict(found)}")  # noqa: T201


def which(known: dict[str, State], found: State) -> str:
    for name, one in known.items():
        if one == found:
            return name
    differing = {name: [table for table in one if one[table] != found.get(table)] for name, one in known.items()}
    raise AssertionError(f"Neither: {differing}")


def test_loaddata(databases: Databases, empty: str, tmp_path: Path) -> None:
    drill(databases, empty, ("manage.py", "loaddata", *FIXTURES, "-v0"), tmp_path, "loaddata")


def test_import_content(databases: Databases, empty: str, full: str, tmp_path: Path) -> None:
    lines = tmp_path / "content.jsonl"
    manage(environment(tmp_path, databases.copy(full)), "dump_content", "--lines", str(lines))
    drill(databases, empty, ("manage.py", "import_content", str(lines), "-v0"), tmp_path, "import_content")


def test_publishing_many(databases: Databases, full: str, tmp_path: Path) -> None:
    drill(databases, full, ("-c", BULK), tmp_path, "bulk publish")


def visited(databases: Databases, address: str, variables: dict[str, str]) -> float:
    """Come until no draft is left, as a visit takes only so long, and return the seconds of the longest visit.

    Nobody waits for the server to notice that who had the turn is gone.
    """
    taken: list[float] = []
    while databases.ask(address, "SELECT count(*) FROM zone_draft") != [(0,)]:
        assert len(taken) < VISITS
        taken.append(run(("-c", VISIT), variables))
    return max(taken, default=0)


def test_publication_on_schedule(databases: Databases, full: str, tmp_path: Path) -> None:
    """Each draft takes effect by itself: those that a crash has left take effect at the next visit."""
    before = databases.copy(full)
    manage(environment(tmp_path, before), "shell", "-v0", "-c", SCHEDULE)
    after = databases.copy(before)
    longest = visited(databases, after, environment(tmp_path, after))
    end, left = state(databases, after), Counter[int]()
    for moment in moments(longest, 0.3, seed=4):
        address = databases.copy(before)
        variables = environment(tmp_path, address)
        killed(("-c", VISIT), variables, moment)
        [[drafts]] = databases.ask(address, "SELECT count(*) FROM zone_draft")
        [[names]] = databases.ask(address, "SELECT count(*) FROM zone_organisation WHERE name_en LIKE '% anew'")
        assert drafts + names == RECORDS
        manage(variables, "rebuild_search", "--check")
        visited(databases, address, variables)
        assert which({"end": end}, state(databases, address)) == "end"
        left[drafts] += 1
    print(f"\n{type(databases).__name__}, scheduled: drafts left after the kill {dict(sorted(left.items()))}")  # noqa: T201
