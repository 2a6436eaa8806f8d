"""Lines are imported as fixtures are loaded: all or nothing, put right, found and remembered."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tests import factories
from tests.commands.test_content import fact, organisation, state
from tests.pictures import DESCRIBED
from tests.programs import python
from tests.sites import copy_database
from zone import importing, workflow
from zone.history import Occasion
from zone.models import (
    Crossing,
    Facility,
    Fact,
    Field,
    NewsItem,
    Organisation,
    Redirect,
    Source,
    Version,
)
from zone.models.version import Action
from zone.search.finding import find
from zone.search.index import disagreements, rebuild
from zone.snapshots import take

pytestmark = pytest.mark.django_db

Import = Callable[..., str]


def item(slug: str, **fields: Any) -> dict[str, Any]:
    return {"model": "zone.newsitem", "fields": {"slug": slug, "date": "2026", "title_en": f"News {slug}", **fields}}


@pytest.fixture
def take_in(tmp_path: Path) -> Import:
    """Return what imports objects, or lines, and returns what is said."""

    def take_in(*said: Any, **options: Any) -> str:
        lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in said]
        path, out = tmp_path / "content.jsonl", io.StringIO()
        path.write_text("\n".join(lines), "utf-8")
        call_command("import_content", str(path), verbosity=0, stdout=out, **options)
        return out.getvalue()

    return take_in


def test_what_is_imported_is_sanitised_recorded_and_found(take_in: Import) -> None:
    assert take_in(organisation(status="published", body_en="<p>Egret<script>x</script></p>")) == (
        "1 new versions recorded.\n"
    )
    record: Any = Organisation.objects.get()
    assert (record.body_en, record.zh_hans_of) == ("<p>Egret</p>", record.original_fingerprint())
    version = Version.objects.get()
    assert (version.action, version.name, version.content["fields"]["body_en"]) == ("loaded", "Acme", "<p>Egret</p>")
    assert [(hit.model, hit.pk) for hit in find("egret").hits] == [(Organisation, record.pk)]
    assert disagreements() == []


def test_rows_follow_their_record_and_relations_may_lead_forward(
    take_in: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    park, source = factories.ParkFactory(slug="north"), factories.SourceFactory(slug="report")
    lab = {"slug": "lab", "name_en": "Lab", "kind": "laboratory", "building_status": "open", "park": ["north"]}
    ports = [
        {"model": "zone.crossing", "fields": {"slug": one, "facility": [one], "paired_with": [other]}}
        for one, other in (("lab", "hall"), ("hall", "lab"))
    ]
    rebuild()
    take_in(
        {"model": "zone.facility", "fields": {**lab, "operator": ["acme"], "organisations": [["acme"], ["child"]]}},
        {"model": "zone.facility", "fields": {**lab, "slug": "hall"}},
        *ports,
        organisation(slug="child", parent=["acme"], floor="3", premises=["lab"], parks=[["north"]]),
        organisation(parks=[park.pk]),
        fact(),
        fact(number=2, as_of="2024-05"),
    )
    facility, child = Facility.objects.get(slug="lab"), Organisation.objects.get(slug="child")
    acme = Organisation.objects.get(slug="acme")
    assert (facility.operator, set(facility.organisations.all())) == (acme, {acme, child})
    assert (child.parent, child.premises, list(acme.parks.all())) == (acme, facility, [park])
    assert [port.paired_with.slug for port in Crossing.objects.order_by("slug")] == ["lab", "hall"]  # type: ignore[union-attr]
    assert [(one.number, one.source, one.organisation) for one in Fact.objects.order_by("number")] == [
        (1, source, acme),
        (2, source, acme),
    ]
    contents = {
        version.object_id: version.content for version in Version.objects.filter(content_type__model="organisation")
    }
    assert contents == {record.pk: take(record) for record in (acme, child)}
    assert disagreements() == []


def test_nothing_is_there_that_has_to_come_before(take_in: Import) -> None:
    lab = {"slug": "lab", "name_en": "Lab", "kind": "laboratory", "building_status": "open", "park": ["north"]}
    with pytest.raises(CommandError) as refused:
        take_in({"model": "zone.facility", "fields": lab}, fact(), organisation(parent=["mother"]))
    assert str(refused.value).splitlines() == [
        "Nothing was imported.",
        "line 1: zone.facility lab: park: there is no park north",
        "line 2: zone.fact organisation acme number 1: source: there is no source report",
        "line 3: zone.organisation acme: parent: there is no organisation mother",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nonsense", "line 2: "),
        ('{"model": "zone.field", "fields": {"slug": "op', "line 2: "),
        ("[", "line 2: "),
        ("[" * 100_000, "line 2: "),
        ('"text"', "line 2: 'text' is not an object with a model and fields"),
        ({"model": "zone.nosuch", "fields": {}}, "line 2: zone.nosuch: "),
        ({"model": "auth.user", "fields": {"username": "x"}}, "line 2: auth.user: this is no content of the site"),
        (organisation(colour="red"), "line 2: zone.organisation acme: Organisation has no field named 'colour'"),
        (organisation(facts=[]), "line 2: zone.organisation acme: Organisation has no field named 'facts'"),
        (organisation(website="javascript:alert(1)"), "line 2: zone.organisation acme: website: Enter a valid URL."),
        (organisation(kind="firm"), "line 2: zone.organisation acme: kind: Value 'firm' is not a valid choice."),
        (organisation(slug="Big Name"), "line 2: zone.organisation Big Name: slug: "),
        (organisation(name_en=None), "line 2: zone.organisation acme: name_en: 'None' is not what belongs here"),
        (organisation(name_en="a\x01b"), "line 2: zone.organisation acme: name_en: "),
        (organisation(parks=["north"]), "line 2: zone.organisation acme: parks: "),
        (organisation(parks=[["a", "b"]]), "line 2: zone.organisation acme: parks: there is no park ['a', 'b']"),
        (organisation(parks=[2**70]), "line 2: zone.organisation acme: parks: there is no park"),
        ({**organisation(), "pk": 2**70}, "line 2: zone.organisation pk"),
        (organisation(publish_at="0001-01-01T00:00:00+08:00"), "line 2: zone.organisation acme: publish_at: "),
        (
            organisation(publish_at="2026-02-02T00:00Z", expire_at="2026-02-01T00:00Z"),
            "line 2: zone.organisation acme: ",
        ),
        (organisation(status="published", picture="a.png"), "line 2: zone.organisation acme: picture_"),
        (organisation(slug="good"), "line 2: zone.organisation good: the file has this record twice"),
        ({"model": "zone.fact", "fields": {"text_en": "x"}}, "line 2: zone.fact: "),
    ],
)
def test_wrong_line_is_named_and_changes_nothing(take_in: Import, wrong: Any, said: str) -> None:
    before = state()
    with pytest.raises(CommandError) as refused:
        take_in(organisation(slug="good"), wrong, {"model": "zone.field", "fields": {"slug": "new", "name_en": "New"}})
    first, *problems = str(refused.value).splitlines()
    assert (first, [problem[: len(said)] for problem in problems[:1]]) == ("Nothing was imported.", [said])
    assert {problem[:7] for problem in problems} == {"line 2:"}
    assert state() == before


def test_first_problems_are_shown_and_the_others_counted(take_in: Import) -> None:
    wrong = [organisation(slug=f"o-{number}", kind="firm") for number in range(25)]
    with pytest.raises(CommandError) as refused:
        take_in(*wrong, item("about", organisations=[["o-3"]], fields=[["nosuch"]]))
    lines = str(refused.value).splitlines()
    # The item about what was refused is refused for itself only.
    assert (len(lines), lines[1][:7], lines[-1]) == (22, "line 1:", "and 5 more")
    with pytest.raises(CommandError, match="and at least 980 more"):
        take_in(*(organisation(slug=f"o-{number}", kind="firm") for number in range(1100)))


def test_same_record_later_in_the_file_is_refused(take_in: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    factories.FieldFactory(slug="old")
    for slug in ("old", "new"):
        optics = {"model": "zone.field", "fields": {"slug": slug, "name_en": "Optics"}}
        with pytest.raises(CommandError, match=f"line 2: zone.field {slug}: the file has this record twice"):
            take_in(optics, optics)


def test_same_lines_again_change_nothing_and_other_ones_only_what_they_say(take_in: Import) -> None:
    times = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    parks = [factories.ParkFactory(slug=slug) for slug in ("north", "south")]
    factories.SourceFactory(slug="report")
    rebuild()
    record = organisation(parks=[["north"]], **times)
    for _ in range(2):
        take_in(record, fact())
    before = state()
    assert take_in(record, fact()) == "0 new versions recorded.\n"
    assert state() == before

    other = organisation(name_en="Other", parks=[["south"]], **times)
    assert take_in(other) == "1 new versions recorded.\n"
    changed: Any = Organisation.objects.get()
    assert (changed.name_en, list(changed.parks.all()), changed.facts.count()) == ("Other", parks[1:], 1)
    del other["fields"]["parks"]
    take_in(other)
    assert list(changed.parks.all()) == parks[1:]
    assert take_in(fact(text_en="It was.")) == "1 new versions recorded.\n"
    assert [version.changed for version in Version.objects.order_by("pk")] == [
        [],
        ["zh_hans_of", "zh_hant_of", "name_en", "parks"],
        ["facts.1.text_en"],
    ]
    assert disagreements() == []


def test_primary_keys_are_accepted_and_counted_on_from(take_in: Import) -> None:
    park = factories.ParkFactory()
    take_in({"pk": park.pk + 70, **organisation(parks=[park.pk])}, organisation(slug="next"))
    acme = Organisation.objects.get(pk=park.pk + 70)
    assert (acme.slug, list(acme.parks.all())) == ("acme", [park])
    assert factories.OrganisationFactory().pk > acme.pk  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", ["withdrawn", "trashed"])
def test_nothing_comes_back_that_was_taken_away(take_in: Import, status: str) -> None:
    take_in(organisation(status="published"))
    Organisation.objects.update(status=status)
    take_in(organisation(status="published"))
    assert Organisation.objects.values_list("status").get() == (status,)


def test_what_a_person_has_written_is_replaced_only_on_demand(take_in: Import) -> None:
    optics = {"model": "zone.field", "fields": {"slug": "optics", "name_en": "Loaded", "status": "published"}}
    take_in(optics)
    record: Any = Field.objects.get()
    content = take(record)
    content["fields"]["name_en"] = "Written"
    person = Occasion(by=User.objects.create_superuser("root"))
    workflow.keep(record, content, person)
    workflow.publish(record, person)
    with pytest.raises(CommandError, match="--overwrite replaces them:\nWritten"):
        take_in(optics)
    assert Field.objects.values_list("name_en").get() == ("Written",)
    take_in(optics, overwrite=True)
    assert Field.objects.values_list("name_en").get() == ("Loaded",)
    assert Version.objects.order_by("-pk").values_list("action").first() == (Action.LOADED,)


def test_picture_redirect_and_source_come_too(take_in: Import) -> None:
    picture = {"picture": "newsitem/a.jpeg", "picture_width": 6, "picture_height": 4, **DESCRIBED}
    take_in(
        {"model": "zone.source", "fields": {"slug": "paper", "title_original": "Paper", "publisher_original": "Press"}},
        {"model": "zone.redirect", "fields": {"old_path": "/a/", "new_path": "/b/"}},
        item("shown", status="published", sources=[["paper"]], **picture),
    )
    shown = NewsItem.objects.get()
    assert (shown.picture.name, list(shown.sources.all())) == ("newsitem/a.jpeg", [Source.objects.get()])
    assert Redirect.objects.values_list("old_path", "new_path").get() == ("/a/", "/b/")


def test_compressed_file_standard_input_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    optics, acme = (
        json.dumps(one).encode()
        for one in ({"model": "zone.field", "fields": {"slug": "o", "name_en": "O"}}, organisation())
    )
    path = tmp_path / "content.jsonl.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + optics + b"\n\n"))
    call_command("import_content", str(path), verbosity=0, stdout=io.StringIO())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(acme)))
    call_command("import_content", "-", verbosity=0, stdout=io.StringIO())
    assert (Field.objects.count(), Organisation.objects.count()) == (1, 1)
    with pytest.raises(CommandError, match="The file cannot be read"):
        call_command("import_content", str(tmp_path / "nosuch.jsonl"), verbosity=0)


def test_file_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps(organisation()).encode() + b"\n" * 9)
    path = tmp_path / "content.jsonl.gz"
    for damaged in (whole[:-20], whole[:20] + b"\xff" + whole[21:], whole[:-8] + bytes(8), b"{}"):
        path.write_bytes(damaged)
        with pytest.raises(CommandError, match="The file cannot be read"):
            call_command("import_content", str(path), verbosity=0)
    assert not Organisation.objects.exists()


def test_line_that_is_longer_than_any_record_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "content.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(organisation()).encode() + b'\n"' + b"a" * 20_000_000))
    tracemalloc.start()
    with pytest.raises(CommandError, match=r"^Nothing was imported\.\nline 2: it has more than 1,000,000 bytes$"):
        call_command("import_content", str(path), verbosity=0)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert not Organisation.objects.exists()


def test_it_is_said_how_many_lines_were_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("\n" * 10_000)
    call_command("import_content", str(path), stdout=io.StringIO())
    assert " 10,000" in capsys.readouterr().out


STOPPED = """
import sys, time, django
django.setup()
from django.core.management import call_command
from zone.search.index import Following
def stop(index):
    print("halfway", flush=True)
    time.sleep(60)
Following.finish = stop
call_command("import_content", sys.argv[1], verbosity=0)
"""
COUNT = """
import django
django.setup()
from zone.models import Organisation, SearchEntry, Version
print(*(model.objects.count() for model in (Organisation, SearchEntry, Version)))
"""


@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="The other process makes a database of its own.")
def test_import_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "hetao.settings",
        "SECRET_KEY": "x" * 60,
        "ENV_FILE": os.devnull,
    }
    copy_database(tmp_path / "db.sqlite3")
    path = tmp_path / "content.jsonl"
    path.write_text(json.dumps(organisation(status="published")))
    command = [sys.executable, "-c", STOPPED, str(path)]
    process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith("halfway\n")
        process.send_signal(signal.SIGKILL)
    assert python("-c", COUNT, environment=environment).stdout == "0 0 0\n"
    assert python("manage.py", "import_content", str(path), environment=environment).returncode == 0
    assert python("-c", COUNT, environment=environment).stdout == "1 1 1\n"
