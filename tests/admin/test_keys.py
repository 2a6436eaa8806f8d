"""Primary keys as somebody has sent them: one rule, at every door of the newsroom."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.admin.forms import address
from zone.admin.keys import key_of

pytestmark = pytest.mark.any_database

NO_KEYS = ("0", "-1", str(2**63), "１", "", "abc", "1e400", "1.0", "+1", " 1", "9" * 5000)


@pytest.mark.parametrize("sent", [*NO_KEYS, None, 0, -1, 2**63, 1.0, 1e400, True, [1]])
def test_what_cannot_be_a_key_is_none(sent: object) -> None:
    assert key_of(sent) is None


@pytest.mark.parametrize("key", [1, 12, 2**63 - 1])
def test_a_key_may_come_as_a_number_or_as_its_digits(key: int) -> None:
    assert (key_of(key), key_of(str(key))) == (key, key)


@pytest.mark.django_db
@pytest.mark.parametrize("sent", NO_KEYS)
def test_no_record_is_found_by_what_cannot_be_its_key(publisher: Client, sent: str) -> None:
    field: Any = factories.FieldFactory(pk=1, status="draft")
    form = {"action": "publish", "_selected_action": [sent], "index": 0, "seen": "0"}
    response: Any = publisher.post(address(type(field), "changelist"), form)
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "Nothing was done: one of the chosen records does not exist."
    ]
    field.refresh_from_db()
    assert field.status == "draft"
    if sent:
        assert publisher.get(reverse("admin:zone_field_history", args=[sent])).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("sent", NO_KEYS[1:])
def test_list_that_does_not_say_when_it_was_loaded_changes_nothing(publisher: Client, sent: str) -> None:
    field: Any = factories.FieldFactory(status="draft")
    form = {"action": "publish", "_selected_action": [field.pk], "index": 0, "seen": sent}
    response: Any = publisher.post(address(type(field), "changelist"), form)
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "Nothing was done: it is not known when the list was loaded. Please choose again."
    ]
