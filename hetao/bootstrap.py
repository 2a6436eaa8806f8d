"""What ``make`` needs before Django is there: a free port, the packages and the file ``.env``.

Whatever is wrong is said in one line. Uses the standard library only.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from zone.progress import progress, say

VENV: Final = Path(".venv")
PYTHON: Final = VENV / "bin" / "python"
LOG: Final = VENV / "install.log"
UNFINISHED: Final = VENV / "unfinished"
"""Stands while packages are being installed, and stays behind where that was killed."""

FIRST_ENV: Final = """\
# Written by `make run` for this machine; the README lists every variable.
SECRET_KEY={key}
DEBUG=false
HTTPS=false
SERVE_MEDIA=true
"""


def check_port(host: str, port: str) -> None:
    """Stop unless the server can listen on ``port`` of ``host``."""
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        sys.exit(f"PORT: {port!r} is not a number from 1 to 65535.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((host, int(port)))
        except OSError as error:
            sys.exit(_why_not(host, int(port), error))


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"Port {port} is in use. Stop what uses it, or choose another: make run PORT={other}"
    if error.errno == errno.EACCES:
        return f"Port {port} is for the administrator only. Choose another: make run PORT=8000"
    return f"BIND: The server cannot listen on {host!r}: {error.strerror}."


def install(requirements: Path) -> None:
    """Bring the virtual environment to ``requirements``, or stop with a line that says why not."""
    if UNFINISHED.exists() or not _works("-m", "pip", "--version"):
        with progress(f"Creating the virtual environment {VENV} with Python {sys.version.split()[0]}"):
            _run("The virtual environment cannot be created", sys.executable, "-m", "venv", "--clear", str(VENV))
    count = requirements.read_text("utf-8").count("==")
    UNFINISHED.touch()
    with progress(f"Downloading and installing {count} packages from {requirements}"):
        _run(
            "The packages cannot be downloaded and installed",
            *(str(PYTHON), "-m", "pip", "install", "--no-input", "--progress-bar=off", "--disable-pip-version-check"),
            # Python compiles what it uses when it uses it, which is a third of what is installed.
            *("--require-hashes", "--no-deps", "--no-compile", "--requirement", str(requirements)),
        )
    UNFINISHED.unlink()


def _works(*arguments: str) -> bool:
    try:
        return subprocess.run([PYTHON, *arguments], capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


def _run(problem: str, *command: str) -> None:
    """Run ``command``; where it fails, stop with ``problem``, its last error and the file with all it said."""
    result = subprocess.run(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    if result.returncode == 0:
        return
    VENV.mkdir(exist_ok=True)
    LOG.write_text(result.stdout, "utf-8")
    sys.exit(f"{problem}: {_reason(result.stdout)}. More is in {LOG}; run make again when it is solved.")


def _reason(output: str) -> str:
    if "connection broken by" in output:
        return "there is no connection to the package index"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["no reason was given"])[-1].removeprefix("ERROR: ").rstrip(".")


def write_env(path: Path) -> None:
    """Write the first ``.env``, readable by its owner only; leave one that is there as it is."""
    if path.exists() and path.stat().st_size:
        return
    say(f"Writing {path} with a random secret key.\n")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(FIRST_ENV.format(key=secrets.token_urlsafe(50)))


def main(action: str, *arguments: str) -> None:
    """Do what the Makefile asks for."""
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(f"PYTHON: {sys.executable} is Python {sys.version.split()[0]}; 3.11 or newer is needed.")
    if action == "ready":
        check_port(os.environ.get("BIND", "127.0.0.1"), os.environ.get("PORT", "8000"))
        if "ENV_FILE" not in os.environ:
            write_env(Path(".env"))
    elif action == "install":
        install(Path(*arguments))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Stopped; run make again to go on.")
