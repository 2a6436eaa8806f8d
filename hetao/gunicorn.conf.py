"""How gunicorn serves the site: ``gunicorn -c hetao/gunicorn.conf.py``. What differs by machine is in the settings."""
# ruff: noqa: N999

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gunicorn.http import message, wsgi

from hetao import settings
from hetao.responses import Response

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

wsgi_app = "hetao.wsgi:application"
address = f"[{settings.BIND}]:{settings.PORT}" if ":" in settings.BIND else f"{settings.BIND}:{settings.PORT}"
bind = [address]

# With the application in memory before the workers start, a fault in it ends the start with one message.
preload_app = True
worker_class = "gthread"
workers = settings.WEB_CONCURRENCY
threads = settings.THREADS
# A worker that begins has no page, no template and no translation in memory yet: with a tenth of this, the time for
# that was a quarter of what pages that are kept took.
max_requests = 100_000
max_requests_jitter = 10_000
timeout = 60
graceful_timeout = 20
keepalive = 5

# A search for a whole page of text gets a page of ours, as any request does. gunicorn takes lines of at most 8,190
# bytes, or else of any length: raising its constant is the only way to a limit of our own.
message.MAX_REQUEST_LINE = limit_request_line = 100_000
limit_request_field_size = 100_000  # What is longer, nginx refuses with a page of ours.
http_parser = "python"  # The other one, where somebody installs it, is the one that is not tested here.

wsgi.Response = Response

# Whether to believe X-Forwarded-Proto is for Django to say (BEHIND_PROXY), once.
forwarded_allow_ips = ""
# Its path is the same for all servers of a user, and nothing here uses it.
control_socket_disable = True
accesslog = None
loglevel = "warning"

measures = bool(settings.METRICS_PORT) and not settings.DEBUG
if measures:
    bind.append(f"127.0.0.1:{settings.METRICS_PORT}")
    # The files in which workers count; those of this server, after a reload as before.
    if f"-{os.getpid()}-" not in os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""):
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=f"hetao-metrics-{os.getpid()}-")


def when_ready(server: "Arbiter") -> None:
    """Say where the site is; the workers start next."""
    site = "http://" + address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")  # noqa: S104
    pages = [f"{site}/{language}/" for language, _ in settings.LANGUAGES]
    # The workers share what is loaded here until they write to it, as looking for garbage would.
    gc.collect()
    gc.freeze()
    print("The site is ready; stop it with Ctrl+C:", *pages, f"{site}/admin/ (newsroom)", sep="\n  ", flush=True)  # noqa: T201


def post_worker_init(worker: "Worker") -> None:
    """Let each worker watch over the pages that nginx serves."""
    if settings.PAGE_FILES and not settings.DEBUG:
        worker.wsgi.watch()


def child_exit(server: "Arbiter", worker: "Worker") -> None:
    """Let the pages of a worker that is gone not be counted any more."""
    if measures:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: "Arbiter") -> None:
    """Let nginx serve no pages over which nobody watches, and leave no file behind."""
    if settings.PAGE_FILES:
        Path(settings.PAGE_LINK).unlink(missing_ok=True)
    if measures:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
