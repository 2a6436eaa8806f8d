"""What a release is called follows from all that its pages follow from."""

from __future__ import annotations

from pathlib import Path

import pytest

from hetao import release, settings

pytestmark = pytest.mark.any_database


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the top of a small project, for which the settings stand."""
    for name in ("hetao/settings.py", "templates/zone/home.html", "zone/views.py", "requirements.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    monkeypatch.setattr(settings, "STATIC_ROOT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "changed", ["hetao/settings.py", "templates/zone/home.html", "zone/new.py", "requirements.txt", "staticfiles.json"]
)
def test_release_with_another_file_is_another(base: Path, changed: str) -> None:
    before = release.fingerprint()
    assert release.fingerprint() == before
    (base / changed).write_text("changed")
    assert release.fingerprint() != before


def test_release_with_another_setting_is_another_unless_it_is_of_the_machine(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = release.fingerprint()
    monkeypatch.setattr(settings, "PORT", 1)
    assert release.fingerprint() == before
    monkeypatch.setattr(settings, "MAP_TILES", "https://tiles.example.org/{z}/{x}/{y}.png")
    assert release.fingerprint() != before
