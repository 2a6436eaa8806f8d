"""A backup that is made while people save and upload is restored elsewhere as it was at one moment."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test.client import BOUNDARY, encode_multipart

from tests.admin.forms import Answers, answers
from tests.drills.databases import Databases
from tests.drills.killing import environment, killed
from tests.drills.test_killed_commands import FIXTURES
from tests.pictures import DESCRIBED, photo
from tests.programs import python
from tests.sites import manage, served
from tests.test_machines import FILL, TOKEN
from tests.test_machines import Answers as AsTheyCome

pytestmark = pytest.mark.drill

WRITERS, UPLOADERS = 3, 2
BACKUPS = 4
KILLED = 10
NEVER_CHANGED = ("zone_field", "zone_newsitem", "zone_newsitem_sources", "zone_version", "zone_fact", "auth_user")
"""Tables in which nothing is changed once it is there, as long as only what these writers do is done."""


@dataclass
class Writer:
    """An editor who adds news or fields in the newsroom, and knows when each was sent and acknowledged."""

    site: str
    cookie: str
    number: int
    kind: str
    """``field``, or ``newsitem``, which comes with a picture."""
    form: Answers = field(default_factory=dict)
    sent: dict[str, float] = field(default_factory=dict)
    acknowledged: dict[str, float] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.site}/admin/zone/{self.kind}/add/"

    def write(self, enough: threading.Event) -> None:
        self.form = answers(SimpleNamespace(content=self.ask().read()))
        for number in itertools.count():
            if enough.is_set():
                return
            slug = f"{self.kind}-{self.number}-{number}"
            given: dict[str, Any] = {"csrfmiddlewaretoken": TOKEN, "_opening": f"{slug:-<22}", "slug": slug}
            if self.kind == "field":
                given |= {"name_en": slug}
            else:
                size = (60 + number % 500, 40 + self.number)
                given |= DESCRIBED | {"title_en": slug, "date": "2026", "picture": photo(size)}
            self.sent[slug] = time.monotonic()
            answer = self.ask(encode_multipart(BOUNDARY, self.form | given))
            assert answer.status == 302, answer.read()
            self.acknowledged[slug] = time.monotonic()

    def ask(self, given: bytes | None = None) -> Any:
        said = {"Host": "localhost", "Cookie": self.cookie, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        request = urllib.request.Request(self.address, given, said)  # noqa: S310
        return urllib.request.build_opener(AsTheyCome).open(request, timeout=60)


@contextmanager
def writing(site: str, session: str) -> Iterator[list[Writer]]:
    """Let all write until the block is left."""
    cookie, enough = f"sessionid={session}; csrftoken={TOKEN}", threading.Event()
    kinds = ["field"] * WRITERS + ["newsitem"] * UPLOADERS
    writers = [Writer(site, cookie, number, kind) for number, kind in enumerate(kinds)]
    with ThreadPoolExecutor(len(writers)) as together:
        done = [together.submit(writer.write, enough) for writer in writers]
        try:
            yield writers
        finally:
            enough.set()
        for one in done:
            one.result()


def test_backup_under_load(databases: Databases, tmp_path: Path) -> None:
    address = databases.new()
    variables = environment(tmp_path, address)
    manage(variables, "migrate", "-v0")
    manage(variables, "loaddata", *FIXTURES, "-v0")
    manage(variables, "collectstatic", "-v0", "--noinput")
    session = python("manage.py", "shell", "-v0", "-c", FILL, environment=variables).stdout.strip()
    chance, backups = random.Random(1), []  # noqa: S311
    with served(variables) as server, writing(server.address, session) as writers:
        for _ in range(BACKUPS):
            time.sleep(4)
            begin = time.monotonic()
            said = manage(variables, "backup", str(tmp_path / "backups"))
            backups.append((said.splitlines()[-1].partition(": ")[0], begin, time.monotonic()))
        longest = backups[-1][2] - backups[-1][1]
        for _ in range(KILLED):
            killed(("manage.py", "backup", str(tmp_path / "killed")), variables, longest * chance.uniform(0.3, 0.9))

    for backup, begin, end in backups:
        print(f"\n{type(databases).__name__}: {compared(databases, address, backup, begin, end, writers)}")  # noqa: T201
    left = list((tmp_path / "killed").iterdir())
    print(f"{type(databases).__name__}: {KILLED} backups killed, {len(left)} folders left, ", end="")  # noqa: T201
    whole = [path for path in left if (path / "manifest.json").exists() and not path.name.endswith(".unfinished")]
    for path in {*left} - {*whole}:
        done = python("manage.py", "restore", str(path), environment=environment(tmp_path / "no", databases.new()))
        assert "There is no whole backup" in done.stderr
    print(f"{len(left) - len(whole)} of them refused by restore")  # noqa: T201


def compared(
    databases: Databases, live: str, backup: str, begin: float, end: float, writers: list[Writer]
) -> dict[str, object]:
    """Restore ``backup`` elsewhere, and compare it with what went on while it was made."""
    folder = Path(backup).with_name(f"restored-{Path(backup).name}")
    address = databases.new()
    variables = environment(folder, address)
    folder.mkdir()
    assert "every table and file is what it was" in manage(variables, "restore", backup)

    kept = {
        slug
        for kind in ("field", "newsitem")
        for (slug,) in databases.ask(address, f"SELECT slug FROM zone_{kind} WHERE slug LIKE '{kind}-%'")  # noqa: S608
    }
    before = {slug for writer in writers for slug, moment in writer.acknowledged.items() if moment < begin}
    after = {slug for writer in writers for slug, moment in writer.sent.items() if moment > end}
    assert before - kept == set()
    assert kept & after == set()
    for writer in writers:  # Nobody's saves have a gap.
        slugs = list(writer.sent)
        assert sorted(kept & set(slugs)) == sorted(slugs[: len(kept & set(slugs))])

    for table in NEVER_CHANGED:
        question = f"SELECT * FROM {table}"  # noqa: S608
        assert set(map(repr, databases.ask(address, question))) <= set(map(repr, databases.ask(live, question)))
    named = [name for (name,) in databases.ask(address, "SELECT picture FROM zone_newsitem WHERE picture <> ''")]
    files = checksums(folder / "media")
    assert set(named) <= files.keys()
    assert files.items() <= checksums(Path(backup).parents[1] / "media").items()
    manage(variables, "rebuild_search", "--check")
    return {
        "acknowledged before it began": len(before),
        "in it": len(kept),
        "sent while it was made": len({slug for one in writers for slug in one.sent}) - len(before) - len(after),
        "files": len(files),
        "seconds": round(end - begin, 1),
    }


def checksums(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
