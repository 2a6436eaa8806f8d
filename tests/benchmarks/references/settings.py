"""The settings of the site, with the references beside its pages."""

from hetao.settings import *  # noqa: F403
from hetao.settings import INSTALLED_APPS as APPS
from hetao.settings import MIDDLEWARE as OURS

INSTALLED_APPS = [*APPS, "tests.benchmarks.references"]
ROOT_URLCONF = "tests.benchmarks.references.urls"
# What we do before each page must not make the references dearer: only Django's middleware and that of packages.
THEIRS = {"zone.scripts.Policy": "csp.middleware.CSPMiddleware"}
MIDDLEWARE = [THEIRS.get(name, name) for name in OURS if name in THEIRS or not name.startswith("zone.")]
