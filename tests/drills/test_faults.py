"""What readers and editors are told while a part of the site fails, with the fault made for real.

Each test prints a line of the table in ``.readme/faults.md``: ``make drill`` with ``-s`` shows it.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from bs4 import BeautifulSoup
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests import servers, sites
from tests.admin.forms import answers
from tests.drills.fronts import NGINX
from tests.drills.watching import Sight, Site, database_on, heals, look, site, warm
from tests.pictures import photo
from tests.programs import python
from tests.test_machines import TOKEN, ask, is_file
from zone.models.picture import NOT_ANSWERING

pytestmark = pytest.mark.drill

SHEET = "zone/css/base.css"


def watch(fault: str, found: Site, make: Callable[[], object], heal: Callable[[], object]) -> Sight:
    """Look at the site before, during and after a fault; an editor saves meanwhile, and again afterwards."""
    warm(found)
    before = look(found)
    assert all(statuses == {200} for statuses in before.statuses.values()), before
    name = f"Name {secrets.token_hex(4)} of an editor"
    make()
    try:
        during = look(found)
        answer = found.save(name)
        healthy_name = name if answer.status == 302 else ""
        if healthy_name and during.statuses["other"] == {200}:
            assert name in sites.get(f"{found.address}/en/fields/newsroom/")
        again = look(found)
    finally:
        heal()
    healed = heals(found)
    time.sleep(1)  # So long a worker may read the generation of a file that is not at its place any more.
    print(f"\n| {fault} | {before} | {during} | {answer.status} | {healed:.1f} s |")  # noqa: T201
    if healthy_name and during.statuses["other"] != {200}:
        # What is known is of another generation since then, and nobody can tell whether it holds.
        assert again.statuses == during.statuses | {"known": {503}}
    else:
        assert again.statuses == during.statuses
    if not healthy_name:
        assert answer.status == 503
        assert f'name="name_en" value="{name}"' in answer.body.decode()
        assert found.save(name).status == 302
    assert name in sites.get(f"{found.address}/en/fields/newsroom/")
    found.open_form()
    return during


# SQLite, on a disk of its own


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


class Disk:
    """A small disk that can break: a file with a file system in it."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image, self.folder = image, folder
        with image.open("wb") as file:
            file.truncate(256 * 1024 * 1024)
        run("mkfs.ext4", "-q", "-O", "^has_journal", str(image))
        folder.mkdir()
        self.mount()

    def mount(self) -> None:
        self.device = run("losetup", "--find", "--show", str(self.image))
        run("mount", "-o", "errors=remount-ro", self.device, str(self.folder))

    def umount(self) -> None:
        run("umount", "--lazy", str(self.folder))
        run("losetup", "--detach", self.device)

    def repair(self) -> None:
        self.umount()
        subprocess.run(["e2fsck", "-f", "-y", str(self.image)], capture_output=True, check=False)  # noqa: S603, S607
        self.mount()

    def fill(self) -> None:
        """Write until nothing more fits."""
        size = 1024 * 1024
        with (self.folder / "filler").open("wb", buffering=0) as file:
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 2

    def break_down(self) -> None:
        """Have the kernel find an error on the disk, whereupon nobody may write to it any more."""
        Path("/sys/fs/ext4", Path(self.device).name, "trigger_fs_error").write_text("1")


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    folder = tmp_path_factory.mktemp("disk")
    try:
        found = Disk(folder / "image", folder / "site")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"A disk cannot be mounted here: {error}")
    yield found
    found.umount()


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk for a part of what the site writes."""
    try:
        found = Disk(tmp_path / "image", tmp_path / "disk")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"A disk cannot be mounted here: {error}")
    tmp_path.chmod(0o755)
    yield found
    found.umount()


@pytest.fixture(scope="module")
def on_sqlite(disk: Disk) -> Iterator[Site]:
    with site(sites.variables(disk.folder)) as found:
        yield found


ALL_COME = {"known": {200}, "other": {200}, "search": {200}}
KNOWN_COME = {"known": {200}, "other": {503}, "search": {503}}


def test_disk_is_full(on_sqlite: Site, disk: Disk) -> None:
    during = watch("disk full (SQLite)", on_sqlite, disk.fill, (disk.folder / "filler").unlink)
    assert during.statuses == ALL_COME
    assert during.parts["disk"] == "cannot be written to: No space left on device"


def test_disk_is_read_only(on_sqlite: Site, disk: Disk) -> None:
    during = watch("disk read-only (SQLite)", on_sqlite, disk.break_down, disk.repair)
    assert during.statuses == ALL_COME
    assert during.parts["disk"] == "cannot be written to: Read-only file system"


def test_database_is_locked(on_sqlite: Site, disk: Disk) -> None:
    with closing(sqlite3.connect(disk.folder / "site.sqlite3", isolation_level=None)) as database:
        during = watch(
            "database locked (SQLite)", on_sqlite, lambda: database.execute("BEGIN IMMEDIATE"), database.rollback
        )
    assert during.statuses == ALL_COME


def send_with_picture(found: Site, name: str) -> Any:
    """Send the form of a new organisation with a picture, as a browser does."""
    place = f"{found.address}/admin/zone/organisation/add/"
    form = answers(SimpleNamespace(content=ask(place, cookie=found.cookie).body))
    written = {"name_en": name, "slug": "pictured", "kind": "company", "role": "tenant", "presence": "operating"}
    given = form | written | {"csrfmiddlewaretoken": TOKEN, "picture": photo()}
    return ask(place, encode_multipart(BOUNDARY, given), cookie=found.cookie, content_type=MULTIPART_CONTENT)


def test_disk_of_the_uploads_is_full(tmp_path: Path, other_disk: Disk) -> None:
    media = other_disk.folder / "media"
    media.mkdir()
    with site(sites.variables(tmp_path) | {"MEDIA_ROOT": str(media)}) as found:
        refused: list[Any] = []

        def fill() -> None:
            other_disk.fill()
            refused.append(send_with_picture(found, "Typed with a picture"))

        during = watch("disk of the uploads full", found, fill, (other_disk.folder / "filler").unlink)
        assert during.statuses == ALL_COME
        assert during.parts["disk"] == "cannot be written to: No space left on device"
        page = BeautifulSoup(refused[0].body, "html.parser")
        told = [errors.get_text(" ", strip=True) for errors in page.select(".errorlist li")]
        print(f"| the upload | {refused[0].status} | {told} |")  # noqa: T201
        assert (refused[0].status, told) == (200, [str(NOT_ANSWERING)])
        assert answers(SimpleNamespace(content=refused[0].body))["name_en"] == "Typed with a picture"
        assert list(media.rglob("*.*")) == []
        assert send_with_picture(found, "Typed with a picture").status == 302
        assert len(list((media / "organisation").iterdir())) == 1


def is_file_of_nginx(found: Site, path: str) -> bool:
    return is_file(ask(f"{found.address}{path}"))


@NGINX
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_disk_of_the_page_files_breaks(tmp_path: Path, other_disk: Disk, fault: str) -> None:
    pages = other_disk.folder / "pages"
    environment = sites.variables(tmp_path) | {
        "BEHIND_PROXY": "true",
        "PAGE_FILES": str(pages),
        "PAGE_LINK": str(tmp_path / "now"),
    }
    make, heal = (
        (other_disk.fill, (other_disk.folder / "filler").unlink)
        if fault == "full"
        else (other_disk.break_down, other_disk.repair)
    )
    with site(environment, behind=tmp_path) as found:
        is_served = partial(is_file_of_nginx, found, "/en/fields/newsroom/")
        eventually(is_served)
        during = watch(f"disk of the page files {fault}", found, make, heal)
        assert during.statuses == ALL_COME
        eventually(is_served)


def eventually(holds: Callable[[], bool]) -> None:
    def look_once() -> None:
        if not holds():
            raise OSError

    servers.wait_until(look_once, seconds=15)


def move(files: list[Path], to: Path) -> None:
    for file in files:
        file.rename(to / file.name)


@pytest.mark.parametrize("there_is", ["nothing", "rubbish"])
def test_file_of_the_database_is_gone(on_sqlite: Site, disk: Disk, there_is: str) -> None:
    away = disk.folder / "away"
    away.mkdir(exist_ok=True)

    def take_away() -> None:
        move(list(disk.folder.glob("site.sqlite3*")), away)
        if there_is == "rubbish":
            (disk.folder / "site.sqlite3").write_bytes(secrets.token_bytes(100_000))

    def put_back() -> None:
        made = {file.name for file in disk.folder.glob("site.sqlite3*")}
        for name in made:
            (disk.folder / name).unlink()
        move(list(away.iterdir()), disk.folder)
        assert there_is == "rubbish" or not made

    during = watch(f"{there_is} in the place of the database file (SQLite)", on_sqlite, take_away, put_back)
    assert during.statuses == KNOWN_COME


# PostgreSQL, a server of our own


class Cluster:
    """A server of PostgreSQL that can be stopped, and stands still on demand."""

    def __init__(self, folder: Path) -> None:
        [self.programs] = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
        self.folder, self.port = folder, sites.free_port()
        self.address = f"postgres://postgres@127.0.0.1:{self.port}"
        self._as_postgres(
            "initdb", "-D", str(folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"
        )

    def _as_postgres(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        if getpass.getuser() == "root":
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        self._as_postgres(
            "pg_ctl", "start", "-w", "-s", "-D", str(self.folder), "-l", f"{self.folder}/log", "-o", options
        )

    def stop(self) -> None:
        self._as_postgres("pg_ctl", "stop", "-w", "-s", "-D", str(self.folder), "-m", "immediate")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and all that it has started."""
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for one in [first, *map(int, children)]:
            os.kill(one, number)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not Path("/usr/lib/postgresql").exists():
        pytest.skip("PostgreSQL is not installed.")
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())  # noqa: S607
    if getpass.getuser() == "root":
        shutil.chown(folder, "postgres")
    found = Cluster(folder)
    found.start()
    yield found
    found.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["0", "4"], ids=["no pool", "pool"])
def on_postgresql(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with ExitStack() as stack:
        address = stack.enter_context(database_on(cluster.address, f"site_{request.param}"))
        variables = sites.variables(tmp_path_factory.mktemp("site"))
        environment = variables | {"DATABASE_URL": address, "DATABASE_POOL": request.param}
        yield stack.enter_context(site(environment))


def kind(found: Site) -> str:
    return "PostgreSQL, pool" if found.environment["DATABASE_POOL"] != "0" else "PostgreSQL"


def test_database_is_down(on_postgresql: Site, cluster: Cluster) -> None:
    during = watch(f"database down ({kind(on_postgresql)})", on_postgresql, cluster.stop, cluster.start)
    assert during.statuses == KNOWN_COME


def test_database_hangs(on_postgresql: Site, cluster: Cluster) -> None:
    during = watch(
        f"database hangs ({kind(on_postgresql)})",
        on_postgresql,
        lambda: cluster.signal(signal.SIGSTOP),
        lambda: cluster.signal(signal.SIGCONT),
    )
    assert during.statuses == KNOWN_COME


@NGINX
@pytest.mark.parametrize("fault", ["down", "hangs"])
def test_database_fails_behind_nginx(cluster: Cluster, tmp_path: Path, fault: str) -> None:
    """What is 503 comes in the reader's language from the applications; nginx says the same where they take long."""
    make, heal = (
        (cluster.stop, cluster.start)
        if fault == "down"
        else (partial(cluster.signal, signal.SIGSTOP), partial(cluster.signal, signal.SIGCONT))
    )
    tmp_path.chmod(0o755)
    with database_on(cluster.address, f"front_{fault}") as address:
        environment = sites.variables(tmp_path) | {"BEHIND_PROXY": "true", "DATABASE_URL": address}
        with site(environment, behind=tmp_path, applications=2) as found:
            during = watch(f"database {fault} (PostgreSQL, nginx, two servers)", found, make, heal)
            assert during.statuses == KNOWN_COME


@pytest.mark.parametrize("tables", ["", "zone_generation, "], ids=["content", "content and generation"])
def test_tables_are_locked(on_postgresql: Site, tables: str) -> None:
    """As a migration does it that makes a table anew. That of the generation is read before everything else."""
    statement = f"LOCK TABLE {tables}zone_postinglist, zone_organisation IN ACCESS EXCLUSIVE MODE"
    with psycopg.connect(on_postgresql.environment["DATABASE_URL"]) as database:
        during = watch(
            f"tables locked: {tables}content ({kind(on_postgresql)})",
            on_postgresql,
            lambda: database.execute(statement),
            database.rollback,
        )
    assert during.statuses["known"] == {200}


# Static files


@pytest.mark.parametrize("fault", ["an entry is missing", "rubbish"])
def test_manifest_of_the_static_files_is_broken(tmp_path: Path, fault: str) -> None:
    """It is read when a server starts: here by a second one."""
    environment = sites.variables(tmp_path)
    manifest = tmp_path / "static" / "staticfiles.json"
    with site(environment) as whole:
        told = json.loads(manifest.read_text())
        collected = told["paths"].pop(SHEET)
        manifest.write_text(json.dumps(told) if fault == "an entry is missing" else "{")
        with sites.served(environment) as server:
            found = replace(whole, address=server.address, pid=server.pid)
            warm(found)
            during = look(found)
            answer = found.save("Name of an editor")
            assert (answer.status, ask(f"{found.address}/static/{SHEET}").status) == (302, 404)
            assert python("manage.py", "collectstatic", "-v0", "--noinput", environment=environment).returncode == 0
            healed = heals(found)
            after = look(found)
            print(f"\n| manifest: {fault} | {during} | {answer.status} | {healed:.1f} s | {after} |")  # noqa: T201
            assert during.statuses == after.statuses == ALL_COME
            assert (during.parts["static files"], after.parts["static files"]) == (
                f"missing: {SHEET}" if fault == "an entry is missing" else "were not collected",
                "ok",
            )
            # Kept pages have the plain name, new ones that of the file.
            assert ask(f"{found.address}/static/{SHEET}").headers["Location"] == f"/static/{collected}"
            assert ask(f"{found.address}/static/{collected}").status == 200
            assert f"/static/{collected}" in sites.get(f"{found.address}/en/organisations/?year=1")


# Redis


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="Redis is not installed.")
def test_redis_hangs_and_goes_down(tmp_path: Path) -> None:
    port = sites.free_port()
    environment = sites.variables(tmp_path) | {"CACHE_URL": f"redis://127.0.0.1:{port}/0"}
    with ExitStack() as stack:
        server = stack.enter_context(servers.redis(port, tmp_path))
        found = stack.enter_context(site(environment))
        hang, go_on = (partial(server.send_signal, number) for number in (signal.SIGSTOP, signal.SIGCONT))
        start = partial(stack.enter_context, servers.redis(port, tmp_path))
        for fault, make, heal in (("hangs", hang, go_on), ("down", server.kill, start)):
            during = watch(f"Redis {fault}", found, make, heal)
            assert during.statuses == ALL_COME
            assert during.parts["cache"] == "does not answer"


# The clock

_FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@pytest.mark.skipif(_FAKETIME is None, reason="libfaketime is not installed.")
@pytest.mark.parametrize("jump", ["+1d", "-1d"])
def test_clock_jumps(jump: str, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    environment = sites.variables(tmp_path) | {
        "LD_PRELOAD": str(_FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
    }
    with site(environment) as found:

        def put(to: str) -> None:
            """Put the clock. Where that makes a day of the time since the login was used, it has ended."""
            clock.write_text(to)
            logins_ended.append(ask(found.place, cookie=found.cookie).status == 302)
            found.log_in()

        logins_ended: list[bool] = []
        during = watch(f"clock {jump}", found, partial(put, jump), partial(put, "+0"))
        print(f"| the login has ended when the clock jumps, and when it is put right | {logins_ended} |")  # noqa: T201
        assert during.statuses == ALL_COME
        assert logins_ended == ([True, False] if jump == "+1d" else [False, True])
        for number in range(3):  # Edits are seen at once, whatever the clock has done.
            clock.write_text([jump, "+0", jump][number])
            found.log_in()
            assert found.save(f"Name{number} after a jump").status == 302
            assert f"Name{number} after a jump" in sites.get(f"{found.address}/en/fields/newsroom/")
            found.open_form()
            time.sleep(0.1)
