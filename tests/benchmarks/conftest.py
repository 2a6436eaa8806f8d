"""The site that is measured: the real content, set up once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sites import manage, variables


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Set a site up as ``make run`` does; return its variables."""
    environment = variables(Path(tmp_path_factory.mktemp("site")))
    manage(environment, "set_up")
    return environment
