"""What the pages of the login say in Chinese, where it is Django that speaks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.admin.forms import soup
from tests.admin.logins import LOGIN, PASSWORD, SECOND_FACTOR, person, send

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PASSWORD_CHANGE = reverse("admin:password_change")
STRANGE = re.compile(r"[a-z]{2,}|[.,:;!?()'\"]|%", re.IGNORECASE)
"""What is English, or a sign of it."""


def said(response: Any) -> list[str]:
    return [text.text.strip() for text in soup(response).select(".errornote, .errorlist li, .help, form > div > p")]


@pytest.mark.parametrize(("language", "of_the_other"), [("zh-hans", "你"), ("zh-hant", "您")])
def test_whatever_is_wrong_with_a_login_is_told_in_good_chinese(
    settings: Any, language: str, of_the_other: str
) -> None:
    settings.SECOND_FACTOR = True
    user = person(first_name="河套河套河套河套河套河套")
    TOTPDevice.objects.create(user=user)
    client = Client(headers={"accept-language": language})
    found = [send(name, "wrong", client) for name in ("root", "", "a\0")]
    client.force_login(user)
    found += [client.post(SECOND_FACTOR, {"code": code}) for code in ("", "0", "a\0", "9" * 41)]
    settings.SECOND_FACTOR = False
    for new in ("short", "q1w2e3r4t5y6", user.first_name, ""):
        sent = {"old_password": "wrong" if new else PASSWORD, "new_password1": new, "new_password2": new[:20]}
        found.append(client.post(PASSWORD_CHANGE, sent))
    User.objects.update(is_staff=False)
    found.append(client.get(LOGIN))

    texts = [said(response) for response in found]
    assert [len(lines) > 0 for lines in texts] == [True] * 12
    lines = {line for lines in texts for line in lines}
    assert [line for line in lines if STRANGE.search(line.replace("root", "")) or of_the_other in line] == []
