from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

ROLES = ("Editor", "Publisher", "Translator")


@pytest.fixture
def member(db: None) -> Callable[[str], User]:
    """Return a function that returns the one user with a role: a group's name, or "superuser"."""

    def member(role: str) -> User:
        user, created = User.objects.get_or_create(
            username=role.lower(), defaults={"is_staff": True, "is_superuser": role == "superuser"}
        )
        if created and role in ROLES:
            user.groups.add(Group.objects.get(name=role))
        return user

    return member


@pytest.fixture
def desk(member: Callable[[str], User]) -> Callable[[str], Client]:
    """Return a function that returns a client at which somebody with a role is logged in."""

    def desk(role: str) -> Client:
        client = Client()
        client.force_login(member(role))
        return client

    return desk


@pytest.fixture
def superuser(desk: Callable[[str], Client]) -> Any:
    return desk("superuser")


@pytest.fixture
def editor(desk: Callable[[str], Client]) -> Any:
    return desk("Editor")


@pytest.fixture
def publisher(desk: Callable[[str], Client]) -> Any:
    return desk("Publisher")


@pytest.fixture
def translator(desk: Callable[[str], Client]) -> Any:
    return desk("Translator")
