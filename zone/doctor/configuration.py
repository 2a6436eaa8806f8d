"""The settings, the file that they come from, and the packages."""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core import checks
from packaging.requirements import Requirement

_EXPLAINED: Final = "https://docs.djangoproject.com/en/5.2/ref/checks/#security explains it."
_LOCAL: Final = {"localhost", "127.0.0.1", "[::1]"}
_LISTENED_TO: Final = _LOCAL | {"::1"}


def purpose() -> Iterator[checks.CheckMessage]:
    """Look at whether the set-up is a developer's: ``DEBUG`` is right there, and shows code and settings to others."""
    is_alone = set(settings.ALLOWED_HOSTS) <= _LOCAL and settings.BIND in _LISTENED_TO and not settings.BEHIND_PROXY
    if not settings.DEBUG:
        yield checks.Info("DEBUG is off: a page for an error says nothing of code and settings.")
    elif is_alone:
        yield checks.Warning(
            "This is a set-up for development: DEBUG is on, and only this machine is answered.",
            hint="For readers, take DEBUG out of .env; what production needs besides is below.",
        )
    else:
        yield checks.Error(
            "DEBUG is on, and others than this machine are answered: an error shows them code and settings.",
            hint="Take DEBUG out of .env, and restart the site.",
        )


def deployment() -> Iterator[checks.CheckMessage]:
    """Look at what Django itself says of a site in production: key, HTTPS, cookies, ``DEBUG`` and the models."""
    messages = [message for message in checks.run_checks(include_deployment_checks=True) if not message.is_silenced()]
    for message in messages:
        kind = checks.Error if message.is_serious() else checks.Warning
        sentence = " ".join(str(message.msg).split()).partition(". ")[0].removesuffix(".")
        yield kind(f"{sentence} ({message.id}).", hint=message.hint or _EXPLAINED)
    if not messages:
        yield checks.Info("manage.py check --deploy finds nothing.")


def hosts() -> Iterator[checks.CheckMessage]:
    """Look at the names under which the site answers."""
    names = settings.ALLOWED_HOSTS
    if "*" in names:
        yield checks.Warning("ALLOWED_HOSTS takes any name.", hint="Name the hosts under which readers know the site.")
    elif set(names) <= _LOCAL:
        yield checks.Warning(
            f"ALLOWED_HOSTS ({', '.join(names)}) knows this machine alone.",
            hint="Set it to the hosts under which readers know the site.",
        )
    else:
        yield checks.Info(f"The site answers as {', '.join(names)}.")


def proxy() -> Iterator[checks.CheckMessage]:
    """Look at whether HTTPS, the proxy and where the server listens go together."""
    if settings.SECURE_SSL_REDIRECT and not settings.BEHIND_PROXY:
        yield checks.Error(
            "HTTPS is on without BEHIND_PROXY: every page leads to itself.",
            hint="Let a proxy speak HTTPS and set BEHIND_PROXY=true, or HTTPS=false on a machine of your own.",
        )
    elif settings.BEHIND_PROXY and settings.BIND not in _LISTENED_TO:
        yield checks.Warning(
            f"With BEHIND_PROXY, whoever reaches {settings.BIND}:{settings.PORT} can pass for any address.",
            hint="Let the firewall admit the proxy alone.",
        )
    else:
        yield checks.Info("BEHIND_PROXY is on." if settings.BEHIND_PROXY else "No proxy is believed.")


def secrets() -> Iterator[checks.CheckMessage]:
    """Look at who may read the file with the keys and passwords."""
    path = Path(os.environ.get("ENV_FILE", settings.BASE_DIR / ".env"))
    if not path.is_file():
        yield checks.Info("There is no .env: the variables come from the environment.")
    elif (mode := path.stat().st_mode & 0o777) & 0o077:
        yield checks.Error(f"Others than its owner can use {path} (mode {mode:o}).", hint=f"chmod 600 {path}")
    else:
        yield checks.Info(f"{path} belongs to its owner alone.")


def packages() -> Iterator[checks.CheckMessage]:
    """Look at whether the packages are those that this release was tested with."""
    wrong = list(_wrong_packages((settings.BASE_DIR / "requirements.txt").read_text("utf-8")))
    if wrong:
        yield checks.Error(
            f"Not as in requirements.txt: {', '.join(wrong)}.",
            hint="pip install --require-hashes -r requirements.txt, and restart the site.",
        )
    else:
        yield checks.Info("The packages are those of requirements.txt.")


def _wrong_packages(locked: str) -> Iterator[str]:
    for line in re.findall(r"^([A-Za-z0-9].*?) *\\?$", locked, re.MULTILINE):
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{wanted.name} is missing"
        else:
            if not wanted.specifier.contains(version, prereleases=True):
                yield f"{wanted.name} is {version}"
