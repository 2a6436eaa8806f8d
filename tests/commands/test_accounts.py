from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

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


def test_password_that_was_not_changed_is_not_in_the_trail(answers: list[str]) -> None:
    User.objects.create_user("somebody", password=NEW)
    answers += ["short"] * 6
    with pytest.raises(CommandError, match="Aborting"):
        run("changepassword", "somebody")
    assert (trail(), User.objects.get().check_password(NEW)) == ([], True)
