from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path

import polib
import pytest
from django.conf import settings

from tests.programs import python

LOCALES = ("zh_Hans", "zh_Hant")
LOCALE_PATH = Path(settings.LOCALE_PATHS[0])

Message = tuple[str | None, str, str]


def file_of(locale: str, kind: str, folder: Path = LOCALE_PATH) -> Path:
    return folder / locale / "LC_MESSAGES" / f"django.{kind}"


def name(entry: polib.POEntry) -> Message:
    return (entry.msgctxt, entry.msgid, entry.msgid_plural)


def texts(entries: list[polib.POEntry]) -> dict[Message, object]:
    return {name(entry): entry.msgstr_plural or entry.msgstr for entry in entries}


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_is_translated(locale: str) -> None:
    messages = polib.pofile(str(file_of(locale, "po")))
    assert [name(entry) for entry in messages.untranslated_entries()] == []
    assert [name(entry) for entry in messages.fuzzy_entries()] == []
    assert len(messages) > 0


def asked_for(path: Path) -> list[Message]:
    """Return the texts that a module asks for; xgettext passes over those in f-strings."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    found: list[Message] = []
    for call in calls:
        called = getattr(call.func, "id", "").removesuffix("_lazy")
        words = [str(getattr(argument, "value", "")) for argument in call.args]
        if called in ("_", "gettext"):
            found.append((None, words[0], ""))
        elif called == "pgettext":
            found.append((words[0], words[1], ""))
        elif called == "ngettext":
            found.append((None, words[0], words[1]))
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_that_the_code_asks_for_can_be_translated(locale: str) -> None:
    known = {name(entry) for entry in polib.pofile(str(file_of(locale, "po")))}
    modules = [path for folder in ("hetao", "zone") for path in (settings.BASE_DIR / folder).rglob("*.py")]
    asked = {message for path in modules if "migrations" not in path.parts for message in asked_for(path)}
    assert asked - known == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_compiled_messages_are_current(locale: str) -> None:
    written = polib.pofile(str(file_of(locale, "po"))).translated_entries()
    compiled = polib.mofile(str(file_of(locale, "mo")))
    assert texts(list(compiled)) == texts(written)


@pytest.mark.gettext
def test_messages_are_those_of_the_code(tmp_path: Path) -> None:
    for part in ("hetao", "zone", "templates"):
        shutil.copytree(settings.BASE_DIR / part, tmp_path / part)
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    made = python(
        *("manage.py", "makemessages", "--no-obsolete", "--no-location", "-v0"),
        *(f"--locale={locale}" for locale in LOCALES),
        cwd=tmp_path,
        environment={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DEBUG": "true"},
    )
    assert made.stderr == ""
    for locale in LOCALES:
        here = polib.pofile(str(file_of(locale, "po")))
        new = polib.pofile(str(file_of(locale, "po", tmp_path / "zone" / "locale")))
        assert sorted(map(repr, map(name, here))) == sorted(map(repr, map(name, new))), "Run `make messages`."
