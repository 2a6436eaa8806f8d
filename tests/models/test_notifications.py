"""Who gets an e-mail when something happens to a record."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from zone import workflow
from zone.history import Occasion

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Return two publishers, an editor, somebody without an address and somebody who has left."""
    roles = {"pia": "Publisher", "paul": "Publisher", "eve": "Editor", "mute": "Publisher", "gone": "Publisher"}
    found = {}
    for name, role in roles.items():
        email = "" if name == "mute" else f"{name}@hetao.example"
        found[name] = User.objects.create_user(name, email, is_active=name != "gone")
        found[name].groups.add(Group.objects.get(name=role))
    return found


def letters() -> dict[str, tuple[str, str]]:
    """Return the subject and the text of what was sent, by who got it."""
    return {letter.to[0]: (str(letter.subject), str(letter.body)) for letter in mail.outbox}


def test_publishers_hear_what_was_submitted(
    people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    field: Any = factories.FieldFactory(name_en="Optics", status="draft")

    with django_capture_on_commit_callbacks(execute=True):
        workflow.submit(field, Occasion(by=people["eve"], comment="Ready.", site="https://hetao.example"))

    text = f"eve: submitted for review.\n\nReady.\n\nhttps://hetao.example/admin/zone/field/{field.pk}/change/"
    letter = ("“Optics”: submitted for review", text)
    assert letters() == {"pia@hetao.example": letter, "paul@hetao.example": letter}


def test_nobody_hears_of_what_they_did_themselves(
    people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        workflow.submit(factories.FieldFactory(status="draft"), Occasion(by=people["pia"]))

    assert set(letters()) == {"paul@hetao.example"}


@pytest.mark.parametrize(("step", "said"), [("send_back", "returned"), ("publish", "published")])
def test_authors_hear_what_became_of_their_work(
    people: dict[str, User],
    step: str,
    said: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    field: Any = factories.FieldFactory(name_en="Optics", status="draft")
    workflow.submit(field, Occasion(by=people["eve"]))
    with django_capture_on_commit_callbacks(execute=True):
        getattr(workflow, step)(field, Occasion(by=people["pia"], comment="Thank you."))

    assert letters() == {"eve@hetao.example": (f"“Optics”: {said}", f"pia: {said}.\n\nThank you.")}


def test_a_step_that_is_refused_sends_nothing(
    people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    organisation: Any = factories.OrganisationFactory(status="draft", sources=[])
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(workflow.Refused):
        workflow.publish(organisation, Occasion(by=people["pia"]))

    assert mail.outbox == []


def test_a_mail_server_that_is_down_undoes_nothing(
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("zone.notifications.send_mail", refuse)
    field: Any = factories.FieldFactory(status="draft")
    with django_capture_on_commit_callbacks(execute=True):
        workflow.submit(field, Occasion(by=people["eve"]))

    field.refresh_from_db()
    assert field.status == "review"
