"""The form of a new record is sent twice: by a double click, or after going back."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.admin.forms import address, answers, errors
from zone.models import Field, Park

pytestmark = pytest.mark.django_db


def test_a_double_click_adds_one_record(superuser: Client) -> None:
    path = address(Park, "add")
    form = answers(superuser.get(path)) | {"name_en": "Third park"}

    first, second = superuser.post(path, form), superuser.post(path, form)

    assert (first.status_code, second.status_code) == (302, 302)
    assert list(Park.objects.values_list("slug", flat=True)) == ["third-park"]


def test_going_back_to_the_form_of_a_new_record_changes_the_record(superuser: Client) -> None:
    path = address(Park, "add")
    form = answers(superuser.get(path)) | {"name_en": "Third park"}
    superuser.post(path, form)

    response = superuser.post(path, form | {"name_zh_hans": "第三园区", "slug": "third-park"})

    assert (response.status_code, errors(response)) == (302, {})
    assert list(Park.objects.values_list("slug", "name_zh_hans")) == [("third-park", "第三园区")]


def test_an_opened_form_of_somebody_else_is_not_taken_for_ones_own(superuser: Client, publisher: Client) -> None:
    path = address(Park, "add")
    form = answers(superuser.get(path)) | {"name_en": "Third park"}
    superuser.post(path, form)

    publisher.post(path, form | {"name_en": "Other park", "slug": ""})

    assert sorted(Park.objects.values_list("slug", flat=True)) == ["other-park", "third-park"]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_time_add_one_record() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("The database in memory is not shared by two connections that both write.")
    user = User.objects.create_superuser("ann")
    clients = [Client() for _ in range(3)]
    for client in clients:
        client.force_login(user)
    path = address(Field, "add")
    form = answers(clients[0].get(path)) | {"name_en": "Optics", "slug": ""}
    start = threading.Barrier(len(clients))
    found: list[Any] = []

    def click(client: Client) -> None:
        try:
            start.wait()
            response = client.post(path, form)
            found.append((response.status_code, response.headers.get("Location")))
        finally:
            connection.close()

    clicks = [threading.Thread(target=click, args=[client]) for client in clients]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()

    assert list(Field.objects.values_list("name_en", flat=True)) == ["Optics"]
    assert found == [(302, address(Field, "changelist"))] * 3
