"""What the secret key has signed: it goes on while the key is rotated, and ends with the former key."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone

from tests.test_settings import value
from zone.models import Park, PreviewLink
from zone.previews import link_named, token_of

pytestmark = pytest.mark.any_database


def test_what_was_signed_is_known_by_the_former_key_until_it_is_dropped(db: None, settings: Any) -> None:
    former, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY, []
    editor, browser = User.objects.create_superuser("editor"), Client()
    browser.force_login(editor)
    reset = default_token_generator.make_token(editor)
    link = PreviewLink.objects.create(
        content_type=ContentType.objects.get_for_model(Park), object_id=1, expires_at=timezone.now()
    )
    token = token_of(link)

    def known() -> tuple[bool, bool, bool]:
        return (
            browser.get("/admin/password_change/").status_code == 200,
            default_token_generator.check_token(editor, reset),
            link_named(token) == link,
        )

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key, and long enough to pass for one " * 2, [former]
    assert known() == (True, True, True)
    # A session that was used meanwhile has been signed anew; what nobody has opened since ends.
    settings.SECRET_KEY_FALLBACKS = []
    assert known() == (True, False, False)
    settings.SECRET_KEY = "a third key, which nothing of all that was signed with " * 2
    assert known() == (False, False, False)


def test_former_keys_come_from_the_environment() -> None:
    assert value("SECRET_KEY_FALLBACKS", SECRET_KEY_FALLBACKS="first, second") == ["first", "second"]
    assert value("SECRET_KEY_FALLBACKS") == []
