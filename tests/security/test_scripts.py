"""Which scripts a page may run; that browsers go by it is shown in ``tests/browser/test_scripts.py``."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.template import Context, Engine
from django.test import RequestFactory

from tests import factories
from tests.conftest import Reader
from zone import scripts
from zone.publishing import Status

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LEAFLET = "zone/vendor/leaflet/leaflet.js"


def hash_of(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def written(address: str) -> bytes:
    return Path(finders.find(address.removeprefix("/static/")) or "").read_bytes()


def test_public_pages_may_run_their_scripts_and_no_other(reader: Reader, settings: Any) -> None:
    settings.MAP_TILES = "https://tiles.example.org/{z}/{x}/{y}.png"
    factories.FacilityFactory(slug="place", latitude=22.5, longitude=114, status=Status.PUBLISHED)
    found: dict[str, str] = {}
    for address in ("", "facilities/", "facilities/place/", "search/"):
        response: Any = reader.get(f"/en/{address}")
        page = response.page
        found |= {script["src"]: script["integrity"] for script in page.select("script[src]")}
        found |= {place["data-leaflet"]: place["data-integrity"] for place in page.select("[data-leaflet]")}

    assert found == {address: hash_of(written(address)) for address in found}
    assert len(found) == 6
    assert scripts.allowed() == sorted(f"'{told}'" for told in found.values())


def test_hash_is_that_of_the_collected_file(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "zone.static_files.StaticFiles"}}
    collected = "zone/vendor/leaflet/leaflet.0123.js"
    names = {"version": "1.1", "hash": "", "paths": {LEAFLET: collected}}
    (tmp_path / "staticfiles.json").write_text(json.dumps(names))
    (tmp_path / collected).parent.mkdir(parents=True)
    (tmp_path / collected).write_bytes(b"collected")
    scripts._collected.cache_clear()
    try:
        assert scripts.integrity(LEAFLET) == hash_of(b"collected")
        assert f"'{hash_of(b'collected')}'" in scripts.allowed()
        (tmp_path / collected).unlink()  # As "collectstatic --clear" does.
        assert scripts.integrity(LEAFLET) == ""
        assert f"'{hash_of(b'collected')}'" not in scripts.allowed()
    finally:
        scripts._collected.cache_clear()


def test_script_that_is_not_there_is_not_allowed() -> None:
    assert scripts.integrity("zone/js/nosuch.js") == ""


def test_template_of_the_newsroom_gives_its_scripts_the_nonce_and_what_was_typed_none() -> None:
    source = '<script src="a.js"></script><script\nsrc="b.js"></script>{{ typed }}'
    sources = {"admin/page.html": source, "page.html": source}
    engine = Engine(loaders=[("zone.scripts.Loader", [("django.template.loaders.locmem.Loader", sources)])])
    request: Any = RequestFactory().get("/")
    request.csp_nonce = "once"
    context = Context({"request": request, "typed": "<script>typed()</script>"}, autoescape=False)

    nonces = {
        name: [tag.get("nonce") for tag in BeautifulSoup(page.render(context), "html.parser").find_all("script")]
        for name in sources
        if (page := engine.get_template(name))
    }

    assert nonces == {"admin/page.html": ["once", "once", None], "page.html": [None, None, None]}
