"""The pages that nginx shows by itself. What it shows them for is in drills/test_load.py, for that needs nginx."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.test import override_settings
from django.urls import resolve
from django.utils import translation

from tests.conftest import Reader
from zone import front_pages
from zone.management.commands.set_up import collect_static_files
from zone.translation import HTML_LANGUAGES

pytestmark = pytest.mark.any_database

STATUSES = ["400", "413", "429", "503"]


def test_every_page_is_whole_in_every_language_and_asks_the_database_nothing(tmp_path: Path) -> None:
    front_pages.write(tmp_path)
    found = {(file.parent.name, file.stem): file.read_bytes() for file in tmp_path.glob("front/*/*.html")}
    assert sorted(found) == sorted((language, status) for language in HTML_LANGUAGES for status in STATUSES)
    for (language, _status), html in found.items():
        Reader().look_at(response := HttpResponse(html))
        page: BeautifulSoup = response.page  # type: ignore[attr-defined]
        assert page.html is not None
        assert (page.html["lang"], page.find_all("script")) == (HTML_LANGUAGES[language], [])
        assert all(page.select_one(part) for part in ("title", "main h1", "main .lead", "footer"))
        assert len(html) < 8000
        with translation.override(language):
            for link in page.select("nav:not(.languages) a, form"):
                resolve(str(link.get("href") or link["action"]))


def test_no_two_pages_say_the_same() -> None:
    said = {language: dict(front_pages.pages(language)) for language in HTML_LANGUAGES}
    assert len({html for pages in said.values() for html in pages.values()}) == len(HTML_LANGUAGES) * len(STATUSES)


@pytest.mark.parametrize("is_dry", [False, True])
def test_pages_are_written_with_the_static_files(tmp_path: Path, is_dry: bool) -> None:
    with override_settings(STATIC_ROOT=tmp_path, STATICFILES_FINDERS=[]):
        call_command("collectstatic", interactive=False, verbosity=0, dry_run=is_dry)
    assert (tmp_path / "front" / "en" / "413.html").exists() != is_dry


def test_pages_are_written_again_when_no_static_file_is_new(tmp_path: Path) -> None:
    with override_settings(STATIC_ROOT=tmp_path, STATICFILES_FINDERS=[]):
        collect_static_files(tmp_path)
        page = tmp_path / "front" / "zh-hant" / "503.html"
        page.write_text("what the former release said")
        collect_static_files(tmp_path)
        assert "<h1>" in page.read_text("utf-8")


def test_nginx_shows_those_that_are_written() -> None:
    readme = Path(settings.BASE_DIR, "README.md").read_text("utf-8")
    shown = re.findall(r"error_page [\d ]+(?:=\d+ )?/front/\$language/(\d+)\.html;", readme)
    assert sorted(set(shown)) == STATUSES
