from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from hetao.bootstrap import check_port, write_env
from tests.programs import python, run

pytestmark = pytest.mark.any_database

MAKE = shutil.which("make") or "make"


@pytest.fixture
def port_in_use() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_free_port_is_fine(port_in_use: int) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        free = server.getsockname()[1]
    check_port("127.0.0.1", str(free))


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1", "8000 ", "８０００"])
def test_port_is_a_number_of_a_port(port: str) -> None:
    with pytest.raises(SystemExit, match=rf"^PORT: '{port}' is not a number from 1 to 65535\.$"):
        check_port("127.0.0.1", port)


def test_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"^BIND: The server cannot listen on '192\.0\.2\.1': .*\.$"):
        check_port("192.0.2.1", "8000")


def test_make_run_says_in_one_line_that_the_port_is_in_use(port_in_use: int) -> None:
    made = run(MAKE, "run", f"PORT={port_in_use}", environment={"PATH": os.environ["PATH"]})
    ours, makes = made.stderr.splitlines()
    assert (made.returncode, made.stdout) == (2, "")
    assert ours == (
        f"Port {port_in_use} is in use. Stop what uses it, or choose another: make run PORT={port_in_use + 1}"
    )
    assert makes.startswith("make: *** ")


def test_make_run_says_in_one_line_that_python_is_missing() -> None:
    made = run(MAKE, "run", "PYTHONS=python2.7", environment={"PATH": os.environ["PATH"]})
    assert (made.returncode, made.stdout) == (2, "")
    assert re.fullmatch(
        r"Makefile:\d+: \*\*\* Python 3\.11 to 3\.14 with pip and venv is needed and was not found; "
        r"PYTHON=/path/to/python3 names one\.  Stop\.\n",
        made.stderr,
    )


@pytest.mark.parametrize(
    ("pip", "reason"),
    [
        ({"PIP_NO_INDEX": "1"}, "No matching distribution found for hetao-no-such-package==1.0"),
        (
            {"PIP_INDEX_URL": "https://127.0.0.1:9/simple", "PIP_RETRIES": "1"},
            "there is no connection to the package index",
        ),
    ],
)
def test_failed_installation_is_said_in_one_line_and_kept_in_a_file(
    tmp_path: Path, pip: dict[str, str], reason: str
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"hetao-no-such-package==1.0 --hash=sha256:{'0' * 64}\n", "ascii")
    made = python(
        *("-m", "hetao.bootstrap", "install", "requirements.txt"),
        cwd=tmp_path,
        environment={"PYTHONPATH": str(settings.BASE_DIR), "PIP_CONFIG_FILE": os.devnull, **pip},
    )
    assert made.returncode == 1
    assert made.stderr == (
        f"The packages cannot be downloaded and installed: {reason}. "
        "More is in .venv/install.log; run make again when it is solved.\n"
    )
    assert "hetao-no-such-package" in (tmp_path / ".venv" / "install.log").read_text("utf-8")


def test_first_env_is_for_its_owner_and_starts_the_site_without_https(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write_env(file)
    assert file.stat().st_mode & 0o777 == 0o600
    code = "from hetao import settings as s; print(len(s.SECRET_KEY) >= 50, s.DEBUG, s.HTTPS, s.SERVE_MEDIA)"
    assert python("-c", code, environment={"ENV_FILE": str(file)}).stdout == "True False False True\n"


def test_env_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("DEBUG=true\n", "ascii")
    write_env(file)
    assert file.read_text("ascii") == "DEBUG=true\n"


def test_env_of_a_killed_start_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.touch()
    write_env(file)
    assert "SECRET_KEY=" in file.read_text("ascii")


def test_keys_differ(tmp_path: Path) -> None:
    write_env(tmp_path / "one")
    write_env(tmp_path / "two")
    assert (tmp_path / "one").read_text("ascii") != (tmp_path / "two").read_text("ascii")
