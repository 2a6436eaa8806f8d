"""The packages: each has a reason in the README, and a licence that goes with ours; all of them can be written down."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from packaging.requirements import Requirement

from tests.programs import run

pytestmark = pytest.mark.any_database

COMPATIBLE: Final = {
    "Apache 2",
    "Apache License 2.0",
    "Apache Software License",
    "Apache-2.0",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "MIT",
    "MIT License",
    "MIT-CMU",
    "PSF-2.0",
    "Unlicense",
}
"""Licences that ask for nothing but to be kept with the package."""
EXPLAINED: Final = {"certifi": "Mozilla Public License 2.0 (MPL 2.0)"} | dict.fromkeys(
    ("psycopg", "psycopg-binary", "psycopg-pool"), "LGPL-3.0-only"
)
"""Those of which ``.readme/licences.md`` says why they can be used as well."""


def read(path: str) -> str:
    return (settings.BASE_DIR / path).read_text("utf-8")


def locked(path: str = "requirements.txt") -> list[str]:
    return [Requirement(line).name for line in re.findall(r"^([A-Za-z0-9].*?) *\\?$", read(path), re.MULTILINE)]


def table(heading: str) -> set[str]:
    """Return the packages in the first column of the table in the README that begins with ``heading``."""
    rows = read("README.md").partition(f"| {heading} | for |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    names = ",".join(row.split("|")[1] for row in rows).lower().split(",")
    return {name.split()[0] for name in names}


def licence(package: str) -> str:
    said = importlib.metadata.metadata(package)
    classified = [name.rpartition(" :: ")[2] for name in said.get_all("Classifier") or [] if "License" in name]
    return said["License-Expression"] or ", ".join(classified) or said["License"].splitlines()[0]


@pytest.mark.parametrize(
    ("heading", "groups", "file"),
    [("package", None, "requirements.txt"), ("to develop", "dev", "requirements-dev.txt")],
)
def test_every_package_has_its_reason_in_the_readme(heading: str, groups: str | None, file: str) -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    lines = project["optional-dependencies"][groups] if groups else project["dependencies"]
    asked_for = {Requirement(line).name.lower() for line in lines}
    assert table(heading) >= asked_for
    assert table(heading) <= {name.lower() for name in locked(file)}


def test_every_locked_package_has_a_licence_that_goes_with_ours() -> None:
    told = dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", read(".readme/licences.md"), re.MULTILINE))
    del told["package"]
    assert list(told) == locked()
    installed = {distribution.name.lower() for distribution in importlib.metadata.distributions()}
    # Some are for other versions of Python.
    assert {name: said for name, said in told.items() if name in installed} == {
        name: licence(name) for name in told if name in installed
    }
    assert {name: said for name, said in told.items() if EXPLAINED.get(name, said) != said} == {}
    others = {name: said for name, said in told.items() if name not in EXPLAINED}
    assert {name: said for name, said in others.items() if not COMPATIBLE & set(re.split(", | AND | OR ", said))} == {}
    for said in others.values():
        assert " AND " not in said or set(said.split(" AND ")) <= COMPATIBLE


def test_what_the_site_consists_of_is_written_as_cyclonedx(tmp_path: Path) -> None:
    [command] = re.findall(r"^\t@\$\(BIN\)/cyclonedx-py (.*)$", read("Makefile"), re.MULTILINE)
    file = tmp_path / "sbom.json"
    program = Path(sys.executable).with_name("cyclonedx-py")
    # It compares what it writes with the schema of CycloneDX, and fails where they differ.
    done = run(str(program), *command.replace("$(FILE)", str(file)).split(), environment={"PYTHONWARNINGS": "ignore"})
    assert (done.returncode, done.stderr) == (0, "")
    written = json.loads(file.read_text("utf-8"))
    assert (written["bomFormat"], written["metadata"]["component"]["name"]) == ("CycloneDX", "hetao")
    assert [part["name"].lower() for part in written["components"]] == locked()
