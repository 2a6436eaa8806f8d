from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from zone.models import AuditEntry
from zone.models.audit import Event

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NEW = "a lantern over seven bridges"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the passwords that will be typed, one after the other."""
    typed: list[str] = []
    rest: Iterator[str] = iter(typed)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(rest))
    return typed


class TerminalInput(io.StringIO):
    """Says that somebody sits at it."""

    def isatty(self) -> bool:
        return True


def run(name: str, *words: str, **options: Any) -> None:
    call_command(name, *words, stdout=io.StringIO(), stderr=io.StringIO(), **options)


def trail() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("event", "subject", "by"))


def test_account_that_may_do_everything_is_in_the_trail(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_superuser("older")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)
    run("createsuperuser", username="newer", email="newer@example.org", interactive=False)
    assert (trail(), User.objects.get(username="newer").check_password(NEW)) == ([(Event.ADDED, "newer", "")], True)
    changes = AuditEntry.objects.get().changes
    assert (changes["is_superuser"], changes["email"]) == ([None, True], [None, "newer@example.org"])
    assert NEW not in str(changes)


def test_account_that_was_not_made_is_not_in_the_trail() -> None:
    User.objects.create_superuser("older")
    with pytest.raises(CommandError, match="already taken"):
        run("createsuperuser", username="older", email="", interactive=False)
    assert trail() == []


def test_password_that_was_changed_is_in_the_trail(answers: list[str]) -> None:
    User.objects.create_user("somebody")
    answers += [NEW, NEW]
    run("changepassword", "somebody")
    assert (trail(), User.objects.get().check_password(NEW)) == ([(Event.PASSWORD_CHANGED, "somebody", "")], True)


def test_password_of_whoever_is_logged_in_there_is_meant_where_nobody_is_named(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "somebody")
    User.objects.create_user("somebody")
    answers += [NEW, NEW]
    run("changepassword")
    assert trail() == [(Event.PASSWORD_CHANGED, "somebody", "")]


@pytest.fixture
def a_trail_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be written into the trail, as when somebody kills the command before it is."""

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AuditEntry, "save", killed)


@pytest.mark.usefixtures("a_trail_that_ends")
def test_no_account_is_made_without_the_trail() -> None:
    with pytest.raises(KeyboardInterrupt):
        run("createsuperuser", username="newer", email="newer@example.org", interactive=False)
    assert not User.objects.exists()


@pytest.mark.usefixtures("a_trail_that_ends")
def test_no_password_is_changed_without_the_trail(answers: list[str]) -> None:
    User.objects.create_user("somebody")
    answers += [NEW, NEW]
    with pytest.raises(KeyboardInterrupt):
        run("changepassword", "somebody")
    assert not User.objects.get().check_password(NEW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", [("createsuperuser", "--username=a", "--email=a@b.example"), ("changepassword", "b")])
def test_nothing_is_locked_while_a_command_waits_for_an_answer(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    User.objects.create_user("b")
    locked: list[bool] = []

    def answer(*_: Any, **__: Any) -> str:
        locked.append(connection.in_atomic_block)
        return NEW

    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr("sys.stdin", TerminalInput())
    run(*words)
    assert (locked, AuditEntry.objects.count()) == ([False, False], 1)


def test_password_that_was_not_changed_is_not_in_the_trail(answers: list[str]) -> None:
    User.objects.create_user("somebody", password=NEW)
    answers += ["short"] * 6
    with pytest.raises(CommandError, match="Aborting"):
        run("changepassword", "somebody")
    assert (trail(), User.objects.get().check_password(NEW)) == ([], True)
