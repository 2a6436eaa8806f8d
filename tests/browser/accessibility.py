"""What axe finds wrong with a page: https://github.com/dequelabs/axe-core."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WIDTH = "document.documentElement.scrollWidth"

_RULES: dict[Literal["light", "dark"], list[str]] = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast"],  # Nothing else depends on the colours.
}


_AT_REST = "() => Promise.all(document.getAnimations().map((animation) => animation.finished))"
"""Waits until colours have stopped changing into one another."""

_RUN = "([context, options]) => axe.run(context ?? document, options).then((result) => result.violations)"


def violations(
    page: Page, everything_in: Literal["light", "dark"] | None = None, colours: bool = True, **context: list[list[str]]
) -> list[Any]:
    """Return the rules that ``page`` breaks in light and in dark colours, and where.

    With ``everything_in`` all rules are checked in that scheme alone; without ``colours`` all but the one of contrast,
    which takes as long as they do. ``context`` restricts the check to a part of the page: selectors to ``include`` or
    ``exclude``.
    """
    found: list[Any] = []
    page.evaluate(AXE_SCRIPT)
    schemes = {everything_in: _RULES["light"]} if everything_in else _RULES
    for scheme, rules in schemes.items():
        page.emulate_media(color_scheme=scheme)
        page.evaluate(_AT_REST)
        # The style sheets would be read for rules that are not run.
        options = {"runOnly": rules, "resultTypes": ["violations"], "preload": {"assets": ["media"]}}
        options |= {} if colours else {"rules": {"color-contrast": {"enabled": False}}}
        broken = page.evaluate(_RUN, [context or None, options])
        found += [(page.url, scheme, one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in broken]
    return found
