"""A form that is sent when the login has ended: nothing is saved for nobody, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.admin.forms import Answers, address, answers, send_again, soup
from tests.admin.logins import ACCOUNT, LOGIN, PASSWORD, SECOND_FACTOR, person, set_up
from zone.models import Field, Session

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

HERE = "http://testserver"
TYPED = {"name_en": 'Typed "name" <b>&</b> more', "description_en": "Two\r\nlines"}
NOT_SAVED = "What you sent could not be saved"


def browser(origin: str | None = HERE) -> Client:
    """Return a client that says, as a browser does, whose page sends a form."""
    return Client(enforce_csrf_checks=True, headers={"Origin": origin} if origin else {})


def log_in(client: Client) -> None:
    """Give the password of the person, in another tab as it were."""
    client.get(LOGIN)
    given = {"username": "root", "password": PASSWORD, "next": ACCOUNT} | token_of(client)
    assert client.post(LOGIN, given).status_code == 302


def token_of(client: Client) -> Answers:
    return {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}


@pytest.fixture
def client(settings: Any) -> Client:
    """Return a browser in which somebody is logged in."""
    settings.SECOND_FACTOR = False
    person()
    client = browser()
    log_in(client)
    return client


@pytest.fixture
def form() -> str:
    """Return the address of the form of a field of research."""
    return address(factories.FieldFactory(name_en="Old name"), "change")


def filled_in(client: Client, form: str) -> Answers:
    """Open a form, and return what a browser would send of it once somebody has typed."""
    return answers(client.get(form)) | TYPED | {"_publish": "Publish"}


def name() -> str:
    return Field.objects.values_list("name_en", flat=True).get()


def kept(response: Any) -> dict[str, str]:
    """Return what a page has of what was typed."""
    fields = soup(response).select("main input")
    return {str(field["name"]): str(field["value"]) for field in fields if field["name"] in TYPED}


def log_out(client: Client) -> None:
    client.post(reverse("admin:logout"), token_of(client))


def end(client: Client) -> None:
    Session.objects.all().delete()


def lose_every_cookie(client: Client) -> None:
    client.cookies.clear()


@pytest.mark.parametrize("leave", [end, log_out, lose_every_cookie])
def test_form_is_kept_over_the_login(client: Client, form: str, leave: Callable[[Client], None]) -> None:
    given = filled_in(client, form)
    leave(client)
    response: Any = client.post(form, given)
    page = soup(response)
    assert (response.status_code, response.headers["Cache-Control"], name()) == (403, "no-store", "Old name")
    assert (kept(response), page.h1.text) == (TYPED, NOT_SAVED)  # type: ignore[union-attr]
    assert [link["href"] for link in page.select("main a[target=_blank]")] == [LOGIN]
    response = send_again(client, response)
    assert (response.status_code, kept(response), name()) == (403, TYPED, "Old name")
    log_in(client)
    response = send_again(client, response)
    assert (response.status_code, kept(response), name()) == (403, TYPED, "Old name")
    assert soup(response).select("main a[target=_blank]") == []
    assert (send_again(client, response).status_code, name()) == (302, TYPED["name_en"])


def test_form_is_kept_while_the_code_is_asked_for(settings: Any, form: str) -> None:
    settings.SECOND_FACTOR = True
    user, client = person(), Client()
    client.force_login(user)
    set_up(client, user)
    given = filled_in(client, form)
    client.logout()
    client.force_login(user)
    response = client.post(form, given)
    assert (response.status_code, kept(response), name()) == (403, TYPED, "Old name")


def lose_the_token(client: Client) -> None:
    del client.cookies["csrftoken"]


@pytest.mark.parametrize("lose", [log_in, lose_the_token])
def test_form_whose_token_is_no_longer_right_gets_a_new_one(
    client: Client, form: str, lose: Callable[[Client], None]
) -> None:
    given = filled_in(client, form)
    lose(client)
    response = client.post(form, given)
    assert (response.status_code, kept(response), name()) == (403, TYPED, "Old name")
    assert (send_again(client, response).status_code, name()) == (302, TYPED["name_en"])


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_form_of_another_site_is_not_given_back(client: Client, form: str, origin: str | None) -> None:
    other = browser(origin)
    other.cookies = client.cookies
    response = other.post(form, filled_in(client, form) | {"csrfmiddlewaretoken": "a" * 64})
    assert (response.status_code, soup(response).select("main form"), name()) == (403, [], "Old name")
    assert "Typed" not in response.content.decode()


@pytest.mark.parametrize("where", [LOGIN, SECOND_FACTOR])
def test_login_gives_nothing_back(client: Client, where: str) -> None:
    response = client.post(where, {"username": "Typed name", "csrfmiddlewaretoken": "a" * 64})
    assert (response.status_code, "Typed name" in response.content.decode()) == (403, False)


@pytest.mark.parametrize(
    ("given", "headers"),
    [
        ({"name_en": "Typed name"}, {"Sec-Fetch-Mode": "cors"}),
        ({"first_name": "Typed name", "password1": "correct horse"}, {}),
        ({}, {}),
    ],
)
def test_script_a_secret_and_a_form_without_answers_lead_to_the_login(
    client: Client, form: str, given: Answers, headers: dict[str, str]
) -> None:
    end(client)
    response = client.post(form, given | token_of(client), headers=headers)
    assert (response.status_code, response.headers["Location"]) == (302, f"{LOGIN}?next={form}")


def test_who_has_lost_a_right_keeps_the_text(client: Client, form: str) -> None:
    given = filled_in(client, form)
    user: Any = client.get(ACCOUNT).wsgi_request.user
    user.is_superuser = False
    user.save()
    response = client.post(form, given)
    assert (response.status_code, kept(response), name()) == (403, TYPED, "Old name")
    said = "Your account may not do this. Nothing of it is lost: it stands in this page, to copy."
    assert soup(response).select_one("main .lead").text == said  # type: ignore[union-attr]


def test_file_is_not_kept_and_the_page_says_so(client: Client, form: str) -> None:
    given = filled_in(client, form) | {"picture": SimpleUploadedFile("a.png", b"picture")}
    end(client)
    response = client.post(form, given)
    assert "Files are not part of it: you will have to choose them again." in response.content.decode()
    assert kept(response) == TYPED


def test_page_is_bounded_as_a_form_is(client: Client, form: str, settings: Any) -> None:
    given = filled_in(client, form)
    end(client)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = client.post(form, given)
    assert (response.status_code, len(response.content) < 20_000) == (400, True)
