"""A process that is killed in the middle of publishing leaves the old version or the new one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from tests import factories
from zone.history import Occasion, draft_of
from zone.models import Organisation
from zone.snapshots import take
from zone.workflow import keep

PUBLISH = """
import django, sys, time
django.setup()
from django.contrib.auth.models import User
from zone import snapshots, workflow
from zone.history import Occasion
from zone.models import Organisation
halfway = sys.argv[1] == "stop"
write_rows = snapshots._write_rows
def stop_halfway(*arguments):
    if halfway:
        print("halfway", flush=True)
        time.sleep(60)
    write_rows(*arguments)
snapshots._write_rows = stop_halfway
workflow.publish(Organisation.objects.get(), Occasion(by=User.objects.get()))
"""
SHOW = """
import django
django.setup()
from zone.history import draft_of
from zone.models import Organisation
record = Organisation.objects.get()
print(record.name_en, record.facts.get().text_en, [park.slug for park in record.parks.all()], draft_of(record))
"""


@pytest.fixture
def environment(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a process that uses what the test has in its database."""
    organisation: Any = factories.OrganisationFactory(name_en="old", parks=[factories.ParkFactory(slug="old")])
    factories.FactFactory(organisation=organisation, text_en="old")
    content = take(organisation)
    content["fields"] |= {"name_en": "new", "parks": [factories.ParkFactory(slug="new").pk]}
    content["rows"]["facts"]["1"]["text_en"] = "new"
    keep(organisation, content, Occasion(by=User.objects.create_superuser("root")))
    assert draft_of(Organisation.objects.get()) is not None
    if connection.vendor == "sqlite":
        path = tmp_path / "db.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        address = f"sqlite:///{path}"
    else:
        address = os.environ["TEST_DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "hetao.settings",
        "SECRET_KEY": "x" * 60,
        "ENV_FILE": os.devnull,
    }


def run(program: str, environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(  # noqa: S603
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_publishing_is_whole_or_has_not_happened(environment: dict[str, str]) -> None:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", PUBLISH, "stop"],
        env=environment,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "halfway\n"
        assert run(SHOW, environment) == "old old ['old'] new: being written"
        process.send_signal(signal.SIGKILL)
    assert run(SHOW, environment) == "old old ['old'] new: being written"

    run(PUBLISH, environment, "through")

    assert run(SHOW, environment) == "new new ['new'] None"
