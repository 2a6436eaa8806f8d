"""Two people change the same record: nobody's work is lost without being asked."""

from __future__ import annotations

import copy
import io
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from PIL import Image

from tests import factories
from tests.admin.forms import Answers, address, answers, save, soup
from zone import workflow
from zone.history import Occasion, draft_of, versions_of
from zone.merging import Content
from zone.models import OpenForm, Organisation, Version
from zone.snapshots import take

pytestmark = pytest.mark.django_db


def now(record: Any) -> Content:
    """Return what the record, or its draft, is now."""
    draft = draft_of(record)
    content: Content = draft.version.content if draft is not None else take(record)
    return content


class Scene:
    """An organisation with two facts, two people and two parks, opened by Ann and by Ben."""

    def __init__(self, status: str, ann: User, ben: User) -> None:
        self.record: Any = factories.OrganisationFactory(
            status=status, short_name="OLD", name_zh_hans="旧名", parks=factories.ParkFactory.create_batch(2)
        )
        factories.FactFactory(organisation=self.record, text_en="First.", text_zh_hant="第一")
        factories.FactFactory(organisation=self.record, text_en="Second.", text_zh_hant="第二")
        factories.PersonFactory(organisation=self.record)
        self.park: Any = factories.ParkFactory()
        self.other: Any = factories.ParkFactory()
        self.source: Any = factories.SourceFactory()
        self.ann, self.ben = self.client(ann), self.client(ben)
        form = answers(self.ann.get(self.path))
        self.forms = {self.ann: dict(form), self.ben: form | {"_opening": "opened-by-ben-today"}}

    @property
    def path(self) -> str:
        return address(self.record, "change")

    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def send(self, client: Client, change: Change, mine: bool) -> Any:
        form = change(self, dict(self.forms[client]), mine)
        self.forms[client] = form
        return client.post(self.path, form)

    def parks(self) -> list[int]:
        return sorted(self.record.parks.values_list("pk", flat=True))


Scenes = Callable[[str], Scene]
Change = Callable[[Scene, Answers, bool], Answers]


@pytest.fixture(scope="module")
def untouched(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Scene]]:
    """Make a scene of each status once for all tests, and take it away after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        people = [
            User.objects.create_superuser(name, first_name=full_name)
            for name, full_name in (("ann", "Ann Lee"), ("ben", "Ben Ho"))
        ]
        yield {status: Scene(status, *people) for status in ("draft", "published")}
        transaction.set_rollback(True)


@pytest.fixture
def scenes(untouched: dict[str, Scene]) -> Scenes:
    """Return a function that returns the scene of a status as it was made: what a test does there is rolled back."""
    return lambda status: copy.deepcopy(untouched[status])


def text(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"short_name": "MINE" if mine else "THEIRS"}


def other_text(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"website": f"https://{'mine' if mine else 'theirs'}.example/"}


def translated(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"name_zh_hans": "我的新名" if mine else "他的新名"}


def rich(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"body_zh_hant": f"<p>{'我' if mine else '他'}寫的</p>"}


def relation_added(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"parks": [*form["parks"], str((scene.park if mine else scene.other).pk)]}


def relation_removed(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"parks": form["parks"][:1] if mine else form["parks"][1:]}


def row_changed(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"facts-0-text_en": "Mine." if mine else "Theirs."}


def row_translated(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"facts-0-text_zh_hant": "我" if mine else "他"}


def row_deleted(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"facts-0-DELETE": "on"}


def other_row_deleted(scene: Scene, form: Answers, mine: bool) -> Answers:
    return form | {"facts-1-DELETE": "on"}


def row_added(scene: Scene, form: Answers, mine: bool) -> Answers:
    new = {"facts-TOTAL_FORMS": "3", "facts-2-number": "", "facts-2-source": str(scene.source.pk)}
    return form | new | {"facts-2-text_en": "Mine, new." if mine else "Theirs, new."}


CHANGES: tuple[Change, ...] = (
    text,
    other_text,
    translated,
    rich,
    relation_added,
    relation_removed,
    row_changed,
    row_translated,
    row_deleted,
    other_row_deleted,
    row_added,
)
CONTRADICT = {
    *((change, change) for change in (text, other_text, translated, rich, relation_added, relation_removed)),
    *((change, change) for change in (row_changed, row_translated)),
    *itertools.permutations((relation_added, relation_removed)),
    *itertools.permutations((row_changed, row_deleted)),
    *itertools.permutations((row_translated, row_deleted)),
}
"""The pairs of changes of which one would undo a part of the other."""


KINDS = (text, translated, relation_added, relation_removed, row_changed, row_deleted, row_added)
PAIRS: list[tuple[Change, Change]] = [
    *itertools.product(KINDS, KINDS),
    *(
        (text, other_text),
        (other_text, rich),
        (rich, rich),
        (row_changed, row_translated),
        (row_translated, row_deleted),
    ),
    *((row_deleted, other_row_deleted), (other_row_deleted, row_added), (rich, row_translated)),
]
"""Every kind of change after every other one, and what is near to one another."""


@pytest.mark.any_database
@pytest.mark.parametrize(("theirs", "mine"), PAIRS, ids=lambda change: change.__name__)
def test_of_two_changes_both_hold_or_the_second_person_is_asked(scenes: Scenes, theirs: Change, mine: Change) -> None:
    # Every second pair is tried on a record that visitors see.
    scene = scenes(("draft", "published")[PAIRS.index((theirs, mine)) % 2])
    assert scene.send(scene.ben, theirs, mine=False).status_code == 302
    after_theirs = now(scene.record)

    response = scene.send(scene.ann, mine, mine=True)

    if (theirs, mine) in CONTRADICT:
        assert response.status_code == 409
        assert now(scene.record) == after_theirs
        assert "Ben Ho" in soup(response).text
        return
    assert response.status_code == 302
    after = now(scene.record)
    for change, by_me in ((theirs, False), (mine, True)):
        expected = change(scene, {"parks": [], "facts-0-DELETE": ""}, by_me)
        assert holds(after, expected, by_me), change.__name__
    if (theirs, mine) == (row_added, row_added):
        assert [row["text_en"] for row in after["rows"]["facts"].values()] == [
            *("First.", "Second."),
            *("Theirs, new.", "Mine, new."),
        ]


def holds(content: Content, change: Answers, by_me: bool) -> bool:
    """Return whether ``content`` has what ``change`` has said."""
    fields, facts = content["fields"], content["rows"]["facts"]
    found = []
    for name, value in change.items():
        if name in ("short_name", "website", "name_zh_hans", "body_zh_hant"):
            found.append(fields[name] == value)
        elif name == "parks":
            found.append({int(pk) for pk in value} <= set(fields["parks"]))
        elif name.startswith("facts-2-text"):
            found.append(value in [row["text_en"] for row in facts.values()])
        elif name.endswith("DELETE") and value:
            found.append(str(int(name[6]) + 1) not in facts)
        elif match := re.fullmatch(r"facts-([01])-(text_\w+)", name):
            found.append(facts[str(int(match[1]) + 1)][match[2]] == value)
    return all(found) and bool(found)


def choose(response: Any, choice: str) -> Answers:
    """Fill in the page that asks, with the same choice everywhere."""
    page = soup(response)
    given: Answers = {}
    for field in page.select("#content-main form input[type=hidden]"):
        given.setdefault(str(field["name"]), []).append(str(field.get("value", "")))
    for field in page.select("#content-main form input[type=radio]"):
        if field["value"] == choice:
            given[str(field["name"])] = choice
    return given


@pytest.mark.any_database
@pytest.mark.parametrize(("choice", "status"), [("mine", "draft"), ("mine", "published"), ("theirs", "published")])
@pytest.mark.parametrize("change", [text, translated, rich, relation_added, relation_removed, row_changed])
def test_what_is_chosen_is_kept(scenes: Scenes, change: Change, choice: str, status: str) -> None:
    scene = scenes(status)
    scene.send(scene.ben, change, mine=False)
    after_theirs = now(scene.record)
    asked = scene.send(scene.ann, change, mine=True)

    response = scene.ann.post(scene.path, choose(asked, choice))

    assert response.status_code == 302
    after = now(scene.record)
    if choice == "theirs":
        assert after == after_theirs
    else:
        assert holds(after, change(scene, {"parks": []}, True), True)
        assert not holds(after, change(scene, {"parks": []}, False), False) or change is relation_removed


@pytest.mark.any_database
@pytest.mark.parametrize(("theirs", "mine"), list(itertools.permutations((row_changed, row_deleted))))
@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_a_deleted_row_that_somebody_has_changed_is_asked_about(
    scenes: Scenes, theirs: Change, mine: Change, choice: str
) -> None:
    scene = scenes("draft")
    scene.send(scene.ben, theirs, mine=False)
    asked = scene.send(scene.ann, mine, mine=True)

    assert scene.ann.post(scene.path, choose(asked, choice)).status_code == 302

    deleted = (mine if choice == "mine" else theirs) is row_deleted
    left = [fact.text_en for fact in scene.record.facts.order_by("number")]
    assert left == ["Second."] if deleted else [["Mine.", "Theirs."][choice == "theirs"], "Second."]


def test_both_sides_of_a_relation_can_be_kept(scenes: Scenes) -> None:
    scene = scenes("draft")
    scene.send(scene.ben, relation_added, mine=False)
    before = scene.parks()
    asked = scene.send(scene.ann, relation_added, mine=True)

    scene.ann.post(scene.path, choose(asked, "both"))

    assert scene.parks() == sorted([*before, scene.park.pk])


def test_what_was_chosen_counts_only_between_the_versions_that_were_shown(scenes: Scenes) -> None:
    scene = scenes("draft")
    scene.send(scene.ben, text, mine=False)
    asked = scene.send(scene.ann, text, mine=True)
    save(scene.ben, scene.record, short_name="NEWER")

    response = scene.ann.post(scene.path, choose(asked, "mine"))

    scene.record.refresh_from_db()
    assert (response.status_code, scene.record.short_name) == (409, "NEWER")


def test_a_choice_that_is_none_is_asked_for_again(scenes: Scenes) -> None:
    scene = scenes("draft")
    scene.send(scene.ben, text, mine=False)
    asked = scene.send(scene.ann, text, mine=True)

    for given in ("everything", "both", ""):
        answer = choose(asked, "mine") | {"choice:short_name": given}
        assert scene.ann.post(scene.path, answer).status_code == 409


@pytest.mark.parametrize("base", ["", "0", "999999999", "-1", "x", "9" * 400, "１"])
def test_a_form_that_does_not_say_what_it_is_based_on_loses_nothing(scenes: Scenes, base: str) -> None:
    scene = scenes("draft")
    scene.forms[scene.ann] |= {"base": base, "_opening": ""}

    response = scene.send(scene.ann, text, mine=True)

    scene.record.refresh_from_db()
    assert (response.status_code, scene.record.short_name) == (409, "OLD")


def test_a_form_cannot_be_based_on_the_version_of_another_record(scenes: Scenes) -> None:
    scene = scenes("draft")
    other: Any = factories.OrganisationFactory(status="draft")
    scene.ann.get(address(other, "change"))
    scene.forms[scene.ann] |= {"base": str(versions_of(other)[0].pk), "_opening": ""}

    assert scene.send(scene.ann, text, mine=True).status_code == 409


def test_a_change_behind_the_forms_back_is_seen_too(scenes: Scenes) -> None:
    scene = scenes("draft")
    Organisation.objects.filter(pk=scene.record.pk).update(short_name="DATABASE")

    response = scene.send(scene.ann, text, mine=True)

    scene.record.refresh_from_db()
    assert (response.status_code, scene.record.short_name) == (409, "DATABASE")


@pytest.mark.parametrize(("button", "status"), [("_publish", "draft"), ("_publish", "published"), ("_submit", "draft")])
def test_nobody_publishes_what_they_have_not_seen(scenes: Scenes, button: str, status: str) -> None:
    scene = scenes(status)
    scene.send(scene.ben, translated, mine=False)

    form = text(scene, dict(scene.forms[scene.ann]), True) | {button: "yes"}
    response: Any = scene.ann.post(scene.path, form)

    scene.record.refresh_from_db()
    assert (response.status_code, response.url, scene.record.status) == (302, scene.path, status)
    fields = now(scene.record)["fields"]
    assert (fields["short_name"], fields["name_zh_hans"]) == ("MINE", "他的新名")
    assert save(scene.ann, scene.record, **{button: "yes"}).status_code == 302
    scene.record.refresh_from_db()
    assert scene.record.status == ("review" if button == "_submit" else "published")
    assert (draft_of(scene.record), scene.record.short_name) == (None, "MINE")


@pytest.mark.any_database
@pytest.mark.parametrize("step", ["publish", "discard", "submit"])
@pytest.mark.parametrize("seen", ["older", "0", "", "x"])
def test_a_step_is_not_taken_with_what_somebody_else_has_changed_since(scenes: Scenes, step: str, seen: str) -> None:
    scene = scenes("published")
    save(scene.ann, scene.record, short_name="SEEN")
    draft = draft_of(scene.record)
    assert draft is not None
    given = str(draft.version_id) if seen == "older" else seen
    save(scene.ben, scene.record, short_name="UNSEEN")

    scene.ann.post(f"/admin/zone/organisation/{scene.record.pk}/step/{step}/", {"seen": given})

    after = draft_of(scene.record)
    assert after is not None
    assert (after.state, after.version.content["fields"]["short_name"]) == ("draft", "UNSEEN")
    scene.record.refresh_from_db()
    assert scene.record.short_name == "OLD"


# One person, twice


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_double_click_saves_once(scenes: Scenes, change: Change) -> None:
    scene = scenes(("draft", "published")[CHANGES.index(change) % 2])
    form = change(scene, dict(scene.forms[scene.ann]), True)

    scene.ann.post(scene.path, form)
    after, count = now(scene.record), versions_of(scene.record).count()
    response = scene.ann.post(scene.path, form)

    assert (response.status_code, now(scene.record), versions_of(scene.record).count()) == (302, after, count)


def test_going_back_and_sending_again_changes_what_was_changed_then(scenes: Scenes) -> None:
    scene = scenes("draft")
    form = row_added(scene, dict(scene.forms[scene.ann]), True) | {
        "short_name": "ONE",
        "website": "https://one.example/",
    }
    scene.ann.post(scene.path, form)
    save(scene.ben, scene.record, email="ben@one.example")

    scene.ann.post(scene.path, form | {"short_name": "TWO", "website": "", "facts-2-text_en": "Better."})

    scene.record.refresh_from_db()
    assert (scene.record.short_name, scene.record.website, scene.record.email) == ("TWO", "", "ben@one.example")
    assert [fact.text_en for fact in scene.record.facts.order_by("number")] == ["First.", "Second.", "Better."]


def test_two_tabs_of_one_person_are_two_forms(scenes: Scenes) -> None:
    scene = scenes("draft")
    second = answers(scene.ann.get(scene.path))

    assert scene.send(scene.ann, text, mine=True).status_code == 302
    assert scene.ann.post(scene.path, translated(scene, dict(second), True)).status_code == 302

    scene.record.refresh_from_db()
    assert (scene.record.short_name, scene.record.name_zh_hans) == ("MINE", "我的新名")
    assert scene.ann.post(scene.path, text(scene, dict(second), False)).status_code in (302, 409)


def test_rows_that_both_have_added_keep_their_numbers_when_a_form_is_sent_again(scenes: Scenes) -> None:
    scene = scenes("draft")
    scene.send(scene.ben, row_added, mine=False)
    scene.send(scene.ann, row_added, mine=True)

    scene.ann.post(scene.path, scene.forms[scene.ann] | {"facts-2-text_en": "Mine, better."})

    assert [(fact.number, fact.text_en) for fact in scene.record.facts.order_by("number")] == [
        (1, "First."),
        (2, "Second."),
        (3, "Theirs, new."),
        (4, "Mine, better."),
    ]


def test_saving_what_nobody_has_changed_leaves_no_trace(scenes: Scenes) -> None:
    scene = scenes("published")
    before = Version.objects.count()

    save(scene.ann, scene.record)

    assert (Version.objects.count(), draft_of(scene.record)) == (before, None)


# What an attacker of the first draft of this found


def test_a_number_that_a_row_had_is_never_given_to_another_one(scenes: Scenes) -> None:
    scene = scenes("draft")
    scene.send(scene.ben, other_row_deleted, mine=False)
    save(
        scene.ben,
        scene.record,
        **{"facts-TOTAL_FORMS": "2", "facts-1-text_en": "Another.", "facts-1-source": scene.source.pk},
    )

    response = scene.ann.post(scene.path, scene.forms[scene.ann] | {"facts-1-as_of": "2019"})

    assert response.status_code == 409
    assert [(fact.number, fact.as_of, fact.text_en) for fact in scene.record.facts.order_by("number")] == [
        (1, "2025-06-30", "First."),
        (3, None, "Another."),
    ]


def test_the_draft_that_is_kept_against_a_load_can_be_published(scenes: Scenes) -> None:
    scene = scenes("published")
    save(scene.ann, scene.record, short_name="DRAFT")
    Organisation.objects.filter(pk=scene.record.pk).update(short_name="LOADED")

    asked = save(scene.ann, scene.record)
    assert asked.status_code == 409
    assert scene.ann.post(scene.path, choose(asked, "mine")).status_code == 302
    assert save(scene.ann, scene.record, _publish="yes").status_code == 302

    scene.record.refresh_from_db()
    assert scene.record.short_name == "DRAFT"


def test_what_is_sent_to_a_record_in_the_trash_is_kept(scenes: Scenes) -> None:
    scene = scenes("draft")
    form = answers(scene.ann.get(scene.path)) | {"short_name": "AN HOUR OF WORK"}
    workflow.trash(scene.record, Occasion(by=User.objects.get(username="ben")))

    assert scene.ann.post(scene.path, form).status_code == 302

    [kept] = OpenForm.objects.exclude(data=None)
    assert (kept.user.username, dict(kept.data or [])["short_name"]) == ("ann", "AN HOUR OF WORK")


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("factory", "kind"),
    [
        (lambda: factories.ObservationFactory().figure, "observations"),
        (lambda: factories.DepartureFactory().route, "departures"),
        (lambda: factories.StopFactory().route, "stops"),
        (lambda: factories.SpecificationFactory().facility, "specifications"),
        (lambda: factories.PersonFactory().organisation, "people"),
        (lambda: factories.CrossingFactory(), "facility"),
    ],
)
def test_the_form_of_a_draft_opens_whatever_is_missing_in_it(superuser: Client, factory: Any, kind: str) -> None:
    record = factory()
    path = address(record, "change")
    form = answers(superuser.get(path))
    kept = ("_MANAGEMENT", "_FORMS", "-number", "csrf", "base", "_opening", "-id")
    empty = {name: "" for name in form if not any(part in name for part in kept) and kind in name}

    assert superuser.post(path, form | empty).status_code == 302
    assert superuser.get(path).status_code == 200
    assert superuser.get(f"{path}?check").status_code == 200
    assert superuser.get(address(record, "history")).status_code == 200
    assert superuser.get(path.replace("change", "compare")).status_code == 200


# Files, which a browser cannot send a second time


def picture(colour: str, size: tuple[int, int] = (640, 480)) -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    return SimpleUploadedFile(f"{colour}.png", written.getvalue(), "image/png")


@pytest.mark.any_database
@pytest.mark.parametrize("status", ["draft", "published"])
def test_an_upload_is_passed_on_by_the_page_that_asks(scenes: Scenes, status: str) -> None:
    scene = scenes(status)
    scene.send(scene.ben, text, mine=False)

    asked = scene.ann.post(scene.path, scene.forms[scene.ann] | {"short_name": "MINE", "logo": picture("red")})
    assert asked.status_code == 409
    chosen = answers(asked) | {"choice:short_name": "theirs"}
    assert scene.ann.post(scene.path, chosen).status_code == 302

    fields = now(scene.record)["fields"]
    assert (fields["short_name"], fields["logo_width"], fields["logo_height"]) == ("THEIRS", 640, 480)
    assert default_storage.open(fields["logo"]).read() == picture("red").open().read()


@pytest.mark.any_database
@pytest.mark.parametrize(("choice", "size"), [("mine", (300, 480)), ("theirs", (640, 600))])
@pytest.mark.parametrize("status", ["draft", "published"])
def test_of_two_uploads_one_is_kept_with_its_size(
    scenes: Scenes, status: str, choice: str, size: tuple[int, int]
) -> None:
    scene = scenes(status)
    scene.ann.post(scene.path, scene.forms[scene.ann] | {"logo": picture("blue", (300, 600))})
    forms = {client: answers(client.get(scene.path)) for client in (scene.ann, scene.ben)}
    scene.ben.post(scene.path, forms[scene.ben] | {"logo": picture("green", (640, 600))})

    asked = scene.ann.post(scene.path, forms[scene.ann] | {"logo": picture("red", (300, 480))})
    assert asked.status_code == 409
    assert scene.ann.post(scene.path, answers(asked) | {"choice:logo": choice}).status_code == 302

    fields = now(scene.record)["fields"]
    with Image.open(default_storage.open(fields["logo"])) as kept:
        assert kept.size == (fields["logo_width"], fields["logo_height"]) == size


def test_nobody_makes_up_an_upload(scenes: Scenes) -> None:
    scene = scenes("draft")
    scene.send(scene.ben, text, mine=False)
    asked = scene.ann.post(scene.path, scene.forms[scene.ann] | {"short_name": "MINE", "logo": picture("red")})

    forged = answers(asked) | {"choice:short_name": "mine", "uploads": signing.dumps({"logo": "../../etc/passwd"})}
    assert scene.ann.post(scene.path, forged).status_code == 302

    assert (now(scene.record)["fields"]["short_name"], now(scene.record)["fields"]["logo"]) == ("MINE", "")
