"""Prepare what the site needs to run; whatever is there already stays as it is."""

from __future__ import annotations

import hashlib
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction

from zone import front_pages
from zone.audit import changes_between, record, state_of
from zone.content import RECORDS
from zone.models import PostingList, Version
from zone.models.audit import Event
from zone.passwords import given
from zone.progress import progress, say
from zone.search.index import rebuild
from zone.statistics import take_statistics

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What a person can copy from a screen without taking one for another."""


class Command(BaseCommand):
    """Prepare database, content, static files and first account, each only where it is missing."""

    help = "Prepare the database, the content, the static files and a first account. What is there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is left to do; stopped halfway, it goes on the next time."""
        try:
            with stopped_at_once():
                set_up()
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"DATABASE_URL: The database cannot be used: {reason}") from error


@contextmanager
def stopped_at_once() -> Iterator[None]:
    """Let Ctrl+C end the process: as an exception it can be lost, where it comes while Python tidies up."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def set_up() -> None:
    """Take the steps in their order."""
    with progress("Bringing the database up to date"):
        call_command("migrate", verbosity=0, interactive=False)
    load_content(settings.BASE_DIR / "fixtures")
    index_content()
    take_statistics()
    collect_static_files(Path(settings.STATIC_ROOT))
    create_first_account()


def load_content(folder: Path) -> None:
    """Load the fixtures into a database that has never had content."""
    if Version.objects.exists() or any(model._default_manager.exists() for model in RECORDS):
        say("The content is there, and stays as it is.\n")
        return
    with progress(f"Loading the content from {folder.name}/"):
        call_command("loaddata", *sorted(map(str, folder.glob("*.json"))), verbosity=0)


def index_content() -> None:
    """Index the content for the search where that has never been done: the site is older than its search."""
    if PostingList.objects.exists() or not any(model._default_manager.exists() for model in RECORDS):
        return
    with progress("Indexing the content for the search"):
        rebuild()


def collect_static_files(folder: Path) -> None:
    """Collect the static files, unless they are those that were collected the last time."""
    stamp = folder / "collected.sha256"
    fingerprint = static_fingerprint()
    try:
        if stamp.exists() and stamp.read_text("ascii") == fingerprint:
            front_pages.write(folder)  # What they say is in no static file.
            say("The static files are up to date.\n")
            return
        with progress("Collecting and compressing the static files"):
            call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(fingerprint, "ascii")
    except OSError as error:
        raise CommandError(f"STATIC_ROOT: The static files cannot be written: {error}") from error


def static_fingerprint() -> str:
    """Return what differs whenever collecting would give other files."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list(StaticFilesConfig.ignore_patterns):
            with storage.open(path) as file:
                digest.update(path.encode() + b"\0" + file.read())
    return digest.hexdigest()


@transaction.atomic
def create_first_account() -> None:
    """Create an account that may do everything, if there is none at all, and show its password this once."""
    users = get_user_model()._default_manager
    if users.exists():
        return
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))
    editor = users.create_superuser("editor", password=password)
    if settings.HTTPS:  # On somebody's own computer nobody else has seen it.
        editor.password = given(password)
        editor.save(update_fields=["password"])
    editor.groups.set(Group.objects.filter(name="Publisher"))
    record(Event.ADDED, editor.get_username(), changes=changes_between({}, state_of(editor)))
    # Shown before it is committed: killed in between, the next run makes a new account with a new password.
    say(
        "The first account of the newsroom may do everything, creating other accounts included.\n"
        f"  user name: editor\n  password:  {password}   (shown only this once)\n"
    )
