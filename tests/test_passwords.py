"""What a password may be, wherever one is set."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.admin.forms import errors, soup
from tests.admin.logins import PASSWORD, logged_in, person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def problems(password: str, **names: str) -> list[str]:
    try:
        validate_password(password, User(**names))
    except ValidationError as error:
        return error.messages
    return []


@pytest.mark.parametrize(
    ("names", "password", "name", "field"),
    [
        ({"username": "ada.lee"}, "under Ada.Lee's roof", "ada.lee", "username"),
        ({"username": "press_desk"}, "nobody reads the PRESS", "press", "username"),
        ({"first_name": "Ōtani Ken"}, "there is a ōtani here", "ōtani", "first name"),
        ({"first_name": "Ken"}, "full width is Ｋｅｎ too", "ken", "first name"),
        ({"last_name": "Straße"}, "down a STRASSE at noon", "strasse", "last name"),
        ({"last_name": "李"}, "correct 李 horse battery", "李", "last name"),
        ({"email": "ada@hetao.example"}, "a macadamia nut a day", "ada", "email address"),
    ],
)
def test_a_password_with_a_name_in_it_is_refused_by_that_name(
    names: dict[str, str], password: str, name: str, field: str
) -> None:
    assert problems(password, **names) == [f"The password must not contain “{name}”, which is in the {field}."]


@pytest.mark.parametrize(
    "names",
    [{}, {"username": ""}, {"last_name": "Wu"}, {"email": "@hetao.example"}, {"email": "wu@hetao.example"}],
)
def test_what_is_no_name_or_two_letters_is_in_many_words(names: dict[str, str]) -> None:
    assert problems("wuthering heights of hetao.example", **names) == []


@pytest.mark.parametrize(
    "password",
    [
        "q1w2e3r4t5y6",  # In Django's list.
        "Q1W2E3R4T5Y6",
        "friend of joan",  # In Django's alone.
        "1qaz2wsx3edc4rfv5tgb6yhn",
        "1QAZ2wsx3edc4rfv5tgb6yhn",
        "iloveyou1234",
        "0123456789ApF",  # Not in lower case.
    ],
)
def test_a_password_that_was_leaked_is_refused_as_it_is_typed_and_in_lower_case(password: str) -> None:
    assert problems(password) == ["This password is too common."]


@pytest.mark.parametrize(
    ("password", "word", "left"),
    [
        ("Hetao-2026-11-26!", "hetao", 0),
        ("Ｓｈｅｎｚｈｅｎ 2026!", "shenzhen", 0),
        ("Hong Kong, Hong Kong", "hong kong", 0),
        ("hetao science zone", "hetao", 4),
        ("lok_ma_chau_forever", "lok_ma_chau", 7),
        ("hetao-2026-a!!", "hetao", 1),
        ("walking to Futian", "futian", 9),
        ("河套深港科技创新合作区", "河套", 0),
        ("河套深港科技創新合作區二〇二六年", "河套", 5),
        ("the editor is out", "editor", 8),
        ("sailing shenzhen 1", "shenzhen", 7),
    ],
)
def test_a_password_of_words_of_the_place_and_little_else_is_refused(password: str, word: str, left: int) -> None:
    assert problems(password)[-1:] == [
        f"“{word}” is one of the first words that somebody would try here. What is left of this password without "
        f"such words, digits and signs has {left} of the 12 letters that it takes."
    ]


@pytest.mark.parametrize(
    "password",
    [
        "four geese walk to Shenzhen",
        "I walked out of Futian",  # Twelve letters left.
        "我们四只鹅今天一起慢慢走去深圳吃荔枝",
        "1234 5678 !!!!",  # No such word.
        "hong and kong, both",
        "credit or debit",  # An editor across words, and Hetao in the next one.
        "the tao is one",
    ],
)
def test_a_sentence_with_a_word_of_the_place_in_it_is_taken(password: str) -> None:
    assert problems(password) == []


def test_the_rule_holds_wherever_a_password_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "The password must not contain “sesame”, which is in the username."
    new = "open sesame, open"
    client, sesame = logged_in(person()), person("sesame")
    sent = {"usable_password": "true", "password1": new, "password2": new, "confirm-password": PASSWORD}
    found = [errors(client.post(reverse("admin:auth_user_add"), {"username": "Sesame.Two", **sent}))]
    found.append(errors(client.post(reverse("admin:auth_user_password_change", args=[sesame.pk]), sent)))
    own = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    found.append(errors(logged_in(sesame).post(reverse("admin:password_change"), own)))
    assert [list(one.values()) for one in found] == [[said]] * 3

    def ask(prompt: str) -> str:
        return new

    monkeypatch.setattr("getpass.getpass", ask)
    told = io.StringIO()
    with pytest.raises(CommandError, match="Aborting password change for user"):
        call_command("changepassword", "sesame", stdout=io.StringIO(), stderr=told)
    assert told.getvalue().count(said) == 3
    assert (User.objects.count(), User.objects.get(username="sesame").check_password(PASSWORD)) == (2, True)


def test_the_rule_stands_beside_the_field() -> None:
    page = soup(logged_in(person()).get(reverse("admin:password_change")))
    rules: Any = page.select_one("#id_new_password1_helptext")
    assert [rule.text for rule in rules.select("li")] == [
        "Your password must not contain your user name, your first or last name or what stands before the @ of your "
        "e-mail address, nor be similar to them.",
        "Your password must contain at least 12 characters.",
        "Your password can’t be a commonly used password.",
        "If your password contains a word that is often used here, such as the zone's name, a place nearby or a role "
        "in the newsroom, at least 12 letters must be left without such words, digits and signs.",
        "Your password must be another one than before.",
    ]
