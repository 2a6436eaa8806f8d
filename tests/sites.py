"""A site of its own that is set up and edited from outside, as that of a machine is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.programs import python

EDIT = """
import sys
from zone.models import Organisation
for line in sys.stdin:
    slug, column, value = line.split()
    Organisation.objects.filter(slug=slug).update(**{column: value})
    print(flush=True)
"""


def variables(folder: Path) -> dict[str, str]:
    """Return the variables of a site that keeps everything in ``folder``."""
    return {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "nothing but a test of the served pages, and long enough",
        "HTTPS": "false",
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "PATH": os.environ["PATH"],
    }


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Run a command of ``manage.py``, which has to succeed without a complaint; return what it says."""
    done = python("manage.py", *arguments, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@contextmanager
def editing(environment: Mapping[str, str]) -> Iterator[Callable[[str, str, str], None]]:
    """Yield what gives a column of an organisation another value, in a process of its own, as another machine would.

    When it returns, the change is committed.
    """
    with subprocess.Popen(  # noqa: S603
        (sys.executable, "manage.py", "shell", "-v0", "-c", EDIT),
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        told, heard = process.stdin, process.stdout
        assert told is not None
        assert heard is not None

        def edit(slug: str, column: str, value: str) -> None:
            print(slug, column, value, file=told, flush=True)
            heard.readline()

        yield edit
        told.close()
