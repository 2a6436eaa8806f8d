from __future__ import annotations

import datetime

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.utils import timezone

from tests.factories import FactFactory, OrganisationFactory, SourceFactory
from zone.models import Fact, Organisation
from zone.publishing import Status

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "publish_at", "expire_at", "public"),
    [
        ("published", None, None, True),
        ("published", NOW, None, True),
        ("published", NOW + MINUTE, None, False),
        ("published", None, NOW, False),
        ("published", None, NOW + MINUTE, True),
        ("published", NOW - MINUTE, NOW + MINUTE, True),
        ("draft", None, None, False),
        ("review", None, None, False),
        ("draft", NOW - MINUTE, None, False),
    ],
)
def test_published_asks_status_and_time(
    status: str, publish_at: datetime.datetime | None, expire_at: datetime.datetime | None, public: bool
) -> None:
    with time_machine.travel(NOW, tick=False):
        record = OrganisationFactory(status=status, publish_at=publish_at, expire_at=expire_at)
        assert list(Organisation.objects.published()) == [record] * public
        assert record.is_public == public


def test_schedule_takes_effect_without_any_job() -> None:
    record = OrganisationFactory(publish_at=NOW, expire_at=NOW + MINUTE)
    for moment, seen in ((NOW - MINUTE, []), (NOW, [record]), (NOW + MINUTE, [])):
        with time_machine.travel(moment, tick=False):
            assert list(Organisation.objects.published()) == seen


def test_record_without_a_status_is_a_draft() -> None:
    record = Organisation.objects.create(slug="new", name_en="New", kind="company", role="tenant", presence="operating")
    assert record.status == Status.DRAFT


def test_claim_with_an_unpublished_source_is_not_public() -> None:
    fact = FactFactory()
    FactFactory(source=SourceFactory(status="draft"))
    FactFactory(source=SourceFactory(expire_at=timezone.now() - MINUTE))
    assert list(Fact.objects.published()) == [fact]


def test_only_publishers_move_into_and_out_of_the_public() -> None:
    publisher = User.objects.create_user("publisher")
    publisher.user_permissions.add(Permission.objects.get(codename="publish_organisation"))
    record = OrganisationFactory(status="draft")
    for user in (User.objects.create_user("editor"), AnonymousUser()):
        record.move_to(Status.REVIEW, user)
        with pytest.raises(PermissionDenied):
            record.move_to(Status.PUBLISHED, user)
        record.move_to(Status.DRAFT, user)
    record.move_to(Status.PUBLISHED, publisher)
    with pytest.raises(PermissionDenied):
        record.move_to(Status.DRAFT, AnonymousUser())
    assert record.status == Status.PUBLISHED


def test_expiry_before_appearance_is_refused_by_form_and_database() -> None:
    record = OrganisationFactory.build(publish_at=NOW, expire_at=NOW)
    with pytest.raises(ValidationError) as refused:
        record.clean()
    assert list(refused.value.message_dict) == ["expire_at"]
    with pytest.raises(IntegrityError):
        OrganisationFactory(publish_at=NOW, expire_at=NOW)
