from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.drills.databases import Databases, Files, cluster
from tests.drills.fronts import Front, front_in


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Databases]:
    """Return where a drill makes its databases: once files, once a cluster of its own."""
    folder = tmp_path_factory.mktemp("drill")
    if request.param == "sqlite":
        yield Files(folder)
        return
    with cluster(folder) as found:
        yield found


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with front_in(tmp_path_factory.mktemp("front")) as found:
        yield found
