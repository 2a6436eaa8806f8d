"""What the web server in front answers itself, where the application is not asked or does not answer, as files."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

FOLDER: Final = "front"
"""In which the files stand among the collected static ones: ``front/zh-hans/413.html``."""


def write(root: Path) -> None:
    """Write the page of each status in each language below ``root``. Raises ``OSError``."""
    for language, _name in settings.LANGUAGES:
        folder = root / FOLDER / language
        folder.mkdir(parents=True, exist_ok=True)
        for status, html in pages(language):
            (folder / f"{status:d}.html").write_text(html, "utf-8")


def pages(language: str) -> Iterator[tuple[HTTPStatus, str]]:
    """Yield each status with its page, for which nothing is asked of the database or known of a request."""
    with translation.override(language):
        for status, (title, explanation, advice) in _texts().items():
            context = {"title": title, "explanation": explanation, "advice": advice, "error": True}
            yield status, render_to_string("front.html", context)


def _texts() -> dict[HTTPStatus, tuple[str, str, str]]:
    """Return for each status its title, what it means, and what to do for whoever was sending a form."""
    return {
        HTTPStatus.BAD_REQUEST: (
            _("We could not read your request"),
            _("The address is too long, or has something in it that makes no sense."),
            "",
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
            _("This is too large to be sent"),
            _("Nothing was saved. All that is sent at once, files included, may have 20 MB at most."),
            _("Go back: what you wrote is still there. Choose smaller files, or send them one after the other."),
        ),
        HTTPStatus.TOO_MANY_REQUESTS: (
            _("Too much was asked for at once"),
            _("More came from your internet address than this site answers. Wait a few seconds, then try again."),
            _("If you were sending a form, nothing was saved. Go back: what you wrote is still there."),
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: (
            _("This page cannot be shown at the moment"),
            _("A part of this site does not answer. Please try again in a minute."),
            _("If you were sending a form, go back: what you wrote is still there. See whether it was saved first."),
        ),
    }
