"""Whatever is done to a record, in whatever order: visitors see what a simple model says, whole, and nothing else."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from zone import workflow
from zone.admin.actions import check_today
from zone.history import Occasion, draft_of, versions_of
from zone.merging import Content
from zone.models import Organisation, Redirect, Version
from zone.models.version import Action
from zone.search.index import disagreements, rebuild
from zone.snapshots import take
from zone.undoing import undo

pytestmark = pytest.mark.django_db

START = datetime.datetime(2026, 11, 22, 9, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


@dataclass
class Text:
    """What somebody wrote. An empty text cannot be published."""

    words: str
    publish_at: datetime.datetime | None = None


@dataclass
class Draft(Text):
    due: datetime.datetime | None = None
    state: str = "draft"


class Model:
    """What a record should be after each step, said as simply as can be."""

    def __init__(self) -> None:
        self.text, self.status = Text("begin"), "draft"
        self.draft: Draft | None = None
        self.now = START

    @property
    def is_public(self) -> bool:
        return self.status == "published" and (self.text.publish_at is None or self.text.publish_at <= self.now)

    @property
    def seen(self) -> str | None:
        return self.text.words if self.is_public else None

    def edit(self, text: Text) -> bool:
        if self.status == "trashed":
            return False
        if self.draft is not None or self.status in ("published", "withdrawn"):
            state = "review" if self.draft is not None and self.draft.state == "review" else "draft"
            self.draft = Draft(text.words, text.publish_at, state=state)
        else:
            self.text = text
        return True

    def submit(self) -> bool:
        if self.status == "trashed":
            return False
        if self.draft is not None:
            possible = self.draft.state == "draft"
            self.draft.state = "review" if possible else self.draft.state
            return possible
        possible = self.status == "draft"
        self.status = "review" if possible else self.status
        return possible

    def send_back(self) -> bool:
        if self.status == "trashed":
            return False
        if self.draft is not None and self.draft.state != "draft":
            self.draft.state, self.draft.due = "draft", None
            return True
        is_scheduled = self.status == "published" and not self.is_public
        possible = is_scheduled or (self.draft is None and self.status == "review")
        self.status = "draft" if possible else self.status
        return possible

    def publish(self) -> bool:
        if self.status == "trashed" or (self.draft is None and self.status == "published"):
            return False
        text = self.draft or self.text
        if not text.words:
            return False
        if self.draft is not None and self.is_public and text.publish_at is not None and text.publish_at > self.now:
            self.draft.state, self.draft.due = "scheduled", text.publish_at
        else:
            self.text, self.status, self.draft = Text(text.words, text.publish_at), "published", None
        return True

    def withdraw(self) -> bool:
        later = self.text.publish_at is not None and self.text.publish_at > self.now
        if self.status not in ("published", "withdrawn") or later:
            return False
        self.status = "withdrawn"
        self.unschedule()
        return True

    def discard(self) -> bool:
        if self.draft is None or self.status == "trashed":
            return False
        self.draft = None
        return True

    def trash(self) -> bool:
        possible = self.status != "trashed"
        self.status = "trashed"
        self.unschedule()
        return possible

    def recover(self) -> bool:
        possible = self.status == "trashed"
        self.status = "draft" if possible else self.status
        return possible

    def unschedule(self) -> None:
        if self.draft is not None and self.draft.state == "scheduled":
            self.draft.state, self.draft.due = "draft", None

    def wait(self, hours: int) -> None:
        self.now += hours * HOUR
        if self.draft is not None and self.draft.due is not None and self.draft.due <= self.now:
            self.text, self.draft = Text(self.draft.words, self.draft.publish_at), None


class Newsroom:
    """The same steps, taken with a real record."""

    def __init__(self, record: Any, publisher: User, editor: User) -> None:
        self.record, self.publisher, self.editor = record, publisher, editor

    def content(self, text: Text) -> Content:
        draft = draft_of(self.record)
        content: Content = draft.version.content if draft is not None else take(self.record)
        content["fields"]["name_en"] = text.words
        content["fields"]["publish_at"] = text.publish_at.isoformat() if text.publish_at else None
        content["rows"]["facts"]["1"]["text_en"] = text.words
        return content

    def step(self, name: str, *arguments: Any) -> bool:
        by = self.editor if name in ("submit", "discard", "recover") else self.publisher
        try:
            getattr(workflow, name)(self.record, *arguments, Occasion(by=by, comment="Because."))
        except workflow.Refused:
            return False
        return True

    @property
    def seen(self) -> str | None:
        """Return what visitors see; fails on a mixture of two versions."""
        record: Any = Organisation.objects.published().filter(pk=self.record.pk).first()
        if record is None:
            return None
        assert [fact.text_en for fact in record.facts.all()] == [record.name_en]
        return str(record.name_en)


@pytest.fixture
def newsroom(db: None) -> Newsroom:
    """Return a newsroom with a record that nobody has published."""
    source = factories.SourceFactory()
    record: Any = factories.OrganisationFactory(
        status="draft", name_en="begin", sources=[source], fields=[], presence_source=source
    )
    factories.FactFactory(organisation=record, text_en="begin", source=source)
    rebuild()
    return Newsroom(record, member("Publisher"), member("Editor"))


def member(role: str) -> User:
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    return user


def text_of(version: Version) -> Text:
    fields = version.content["fields"]
    moment = datetime.datetime.fromisoformat(fields["publish_at"]) if fields["publish_at"] else None
    return Text(fields["name_en"], moment)


HOURS = st.integers(1, 4)
WRITE = st.tuples(st.just("edit"), st.sampled_from(["ant", "bee", "cat", ""]), st.none() | HOURS)
PLAIN = st.sampled_from(["submit", "send_back", "publish", "publish", "withdraw", "discard", "trash", "recover"])
STEP = st.one_of(
    WRITE,
    WRITE,
    st.tuples(PLAIN),
    st.tuples(PLAIN),
    st.tuples(st.just("restore"), st.integers(0, 30)),
    st.tuples(st.just("wait"), HOURS),
)


@pytest.mark.any_database
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=10))
def test_visitors_see_what_the_model_says_after_any_sequence_of_steps(newsroom: Newsroom, steps: list[Any]) -> None:
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        model = Model()
        for step in steps:
            take_both(model, newsroom, clock, *step)
            assert newsroom.seen == model.seen
            newsroom.record.refresh_from_db(fields=["status"])
            draft = draft_of(newsroom.record)
            assert newsroom.record.status == model.status
            assert (draft and draft.state) == (model.draft and model.draft.state)
        assert disagreements() == []
        transaction.set_rollback(True)
    newsroom.record.refresh_from_db()


def take_both(model: Model, newsroom: Newsroom, clock: Any, step: str, *arguments: Any) -> None:
    """Take ``step`` in the model and in the newsroom; both take it, or both refuse."""
    if step == "wait":
        model.wait(*arguments)
        clock.move_to(model.now)
        workflow.publish_due()
    elif step == "edit":
        words, hours = arguments
        text = Text(words, model.now + hours * HOUR if hours else None)
        assert newsroom.step("keep", newsroom.content(text)) == model.edit(text)
    elif step == "restore":
        versions = list(versions_of(newsroom.record))
        if versions:
            version = versions[arguments[0] % len(versions)]
            text = text_of(version)
            assert restored(newsroom, version) == model.edit(text)
    elif step == "withdraw":
        assert newsroom.step("withdraw", {"en": "Wrong."}) == model.withdraw()
    else:
        assert newsroom.step(step) == getattr(model, step)()


def restored(newsroom: Newsroom, version: Version) -> bool:
    try:
        workflow.restore(version, Occasion(by=newsroom.editor))
    except workflow.Refused:
        return False
    return True


def test_what_visitors_have_never_seen_is_taken_off_its_schedule(newsroom: Newsroom) -> None:
    with time_machine.travel(START, tick=False) as clock:
        newsroom.step("keep", newsroom.content(Text("ant", START + HOUR)))
        newsroom.step("publish")
        newsroom.step("keep", newsroom.content(Text("bee")))
        with pytest.raises(workflow.Refused) as refused:
            workflow.withdraw(newsroom.record, {"en": "Wrong."}, Occasion(by=newsroom.publisher))
        assert newsroom.step("send_back")
        assert not newsroom.step("send_back")
        clock.move_to(START + 2 * HOUR)
        workflow.publish_due()
        assert newsroom.seen is None
        draft = draft_of(newsroom.record)
        assert (draft and draft.version.content["fields"]["name_en"]) == "bee"
        newsroom.step("publish")
        assert newsroom.seen == "bee"
    assert refused.value.message == "Visitors have not seen it yet: return it to its authors, or move it to the trash."


@pytest.mark.parametrize(("hours", "told"), [(None, "published"), (1, "scheduled")])
def test_authors_are_told_whether_it_is_public_or_goes_live_later(
    newsroom: Newsroom, hours: int | None, told: str, django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.filter(username="Editor").update(email="editor@example.org")
    workflow.submit(newsroom.record, Occasion(by=newsroom.editor))
    newsroom.step("keep", newsroom.content(Text("ant", timezone.now() + hours * HOUR if hours else None)))
    with django_capture_on_commit_callbacks(execute=True):
        newsroom.step("publish")
    assert [letter.subject for letter in mail.outbox] == [f"“ant”: {told}"]


# Undoing


@pytest.mark.any_database
@pytest.mark.parametrize("status", ["draft", "review", "published", "withdrawn"])
@pytest.mark.parametrize("step", ["submit", "send_back", "publish", "trash", "discard"])
@pytest.mark.parametrize("has_draft", [False, True])
def test_an_undone_step_leaves_everything_as_it_was(
    newsroom: Newsroom, status: str, step: str, has_draft: bool
) -> None:
    Organisation.objects.filter(pk=newsroom.record.pk).update(status=status)
    newsroom.record.refresh_from_db()
    if has_draft and status == "published":
        newsroom.step("keep", newsroom.content(Text("ant")))
    before = state(newsroom.record)
    batch = uuid.uuid4()
    try:
        getattr(workflow, step)(newsroom.record, Occasion(by=newsroom.publisher, comment="No.", batch=batch))
    except workflow.Refused:
        return

    undone, left = undo(batch, Occasion(by=newsroom.publisher))

    assert (undone, left) == (1, [])
    assert state(newsroom.record) == before
    assert undo(batch, Occasion(by=newsroom.publisher))[0] == 0


def state(record: Any) -> tuple[Any, ...]:
    draft = draft_of(record)
    return take(record), draft and (draft.state, draft.publish_at, draft.problem, draft.version.content)


WRONG = {"en": "Wrong."}


def take_in_a_batch(newsroom: Newsroom, step: Callable[..., Any], *arguments: Any) -> uuid.UUID:
    batch = uuid.uuid4()
    step(newsroom.record, *arguments, Occasion(by=newsroom.publisher, batch=batch))
    newsroom.record.refresh_from_db()
    return batch


def scheduled(newsroom: Newsroom) -> None:
    """Publish the record, and let a draft of it wait for its time."""
    newsroom.step("publish")
    newsroom.step("keep", newsroom.content(Text("ant", timezone.now() + HOUR)))
    newsroom.step("publish")
    newsroom.record.refresh_from_db()


STEPS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (check_today, ()),
    (workflow.withdraw, (WRONG,)),
    (workflow.trash, ()),
    (workflow.discard, ()),
]


@pytest.mark.parametrize(("step", "arguments"), STEPS)
def test_undoing_lets_a_draft_wait_for_its_time_again(newsroom: Newsroom, step: Any, arguments: Any) -> None:
    scheduled(newsroom)
    before = state(newsroom.record)
    batch = take_in_a_batch(newsroom, step, *arguments)

    assert undo(batch, Occasion(by=newsroom.publisher)) == (1, [])

    assert state(newsroom.record) == before


@pytest.mark.parametrize(("step", "arguments"), [(check_today, ()), (workflow.trash, ())])
def test_undoing_leaves_a_draft_alone_that_had_lost_its_time_before(
    newsroom: Newsroom, step: Any, arguments: Any
) -> None:
    scheduled(newsroom)
    newsroom.step("withdraw", WRONG)
    newsroom.record.refresh_from_db()
    before, versions = state(newsroom.record), versions_of(newsroom.record).filter(of_draft=True).count()
    batch = take_in_a_batch(newsroom, step, *arguments)

    assert undo(batch, Occasion(by=newsroom.publisher)) == (1, [])

    assert state(newsroom.record) == before
    assert versions_of(newsroom.record).filter(of_draft=True).count() == versions


def test_undoing_gives_a_draft_no_time_that_it_had_lost_before(newsroom: Newsroom) -> None:
    scheduled(newsroom)
    newsroom.step("withdraw", WRONG)
    batch = take_in_a_batch(newsroom, workflow.submit)

    assert undo(batch, Occasion(by=newsroom.publisher)) == (1, [])

    draft: Any = draft_of(newsroom.record)
    assert (draft.state, draft.publish_at) == ("draft", None)


def test_undoing_leaves_a_draft_alone_whose_time_was_over(newsroom: Newsroom) -> None:
    scheduled(newsroom)
    with time_machine.travel(timezone.now() + 2 * HOUR, tick=False):
        Organisation.objects.update(name_en="LOADED")
        workflow.publish_due()
        before = state(newsroom.record)
        assert before[1][0] == "draft"
        batch = take_in_a_batch(newsroom, workflow.trash)

        assert undo(batch, Occasion(by=newsroom.publisher)) == (1, [])

        assert state(newsroom.record) == before


def test_an_undone_step_says_what_it_changes_of_the_draft(newsroom: Newsroom) -> None:
    newsroom.step("publish")
    newsroom.step("keep", newsroom.content(Text("ant")))
    batch = take_in_a_batch(newsroom, workflow.publish)
    undo(batch, Occasion(by=newsroom.publisher))
    again: Any = draft_of(newsroom.record)
    assert {"name_en", "facts.1.text_en"} == {*again.version.changed}
    batch = take_in_a_batch(newsroom, workflow.submit)

    undo(batch, Occasion(by=newsroom.publisher))

    draft: Any = draft_of(newsroom.record)
    assert (draft.version.action, draft.version.changed) == (Action.UNDONE, [])


def test_undoing_a_trashing_says_that_the_draft_stays_the_same(newsroom: Newsroom) -> None:
    scheduled(newsroom)
    batch = take_in_a_batch(newsroom, workflow.trash)

    undo(batch, Occasion(by=newsroom.publisher))

    draft: Any = draft_of(newsroom.record)
    assert (draft.version.action, draft.version.changed) == (Action.UNDONE, [])


def test_what_was_changed_since_is_not_undone(newsroom: Newsroom) -> None:
    batch = uuid.uuid4()
    workflow.submit(newsroom.record, Occasion(by=newsroom.publisher, batch=batch))
    newsroom.step("keep", newsroom.content(Text("newer")))

    undone, left = undo(batch, Occasion(by=newsroom.publisher))

    assert (undone, [version.action for version in left]) == (0, [Action.SUBMITTED])
    assert take(newsroom.record)["fields"]["status"] == "review"


def test_a_record_is_dated_when_it_is_published(newsroom: Newsroom) -> None:
    Organisation.objects.update(updated_at=START)

    newsroom.step("publish")

    newsroom.record.refresh_from_db()
    assert abs(newsroom.record.updated_at - timezone.now()) < HOUR


def test_an_undone_step_does_not_lose_a_draft_that_is_older_than_a_change_of_the_record(newsroom: Newsroom) -> None:
    newsroom.step("publish")
    newsroom.step("keep", newsroom.content(Text("ant")))
    Organisation.objects.update(short_name="LOADED")
    batch = uuid.uuid4()
    workflow.publish(newsroom.record, Occasion(by=newsroom.publisher, batch=batch))

    assert undo(batch, Occasion(by=newsroom.publisher)) == (1, [])

    draft = draft_of(newsroom.record)
    assert draft is not None
    assert draft.version.content["fields"]["name_en"] == "ant"
    newsroom.record.refresh_from_db()
    assert (newsroom.record.name_en, newsroom.record.short_name) == ("begin", "LOADED")


def test_what_has_not_appeared_yet_is_not_withdrawn(newsroom: Newsroom) -> None:
    Organisation.objects.update(status="published", publish_at=timezone.now() + HOUR)

    with pytest.raises(workflow.Refused):
        workflow.withdraw(newsroom.record, {"en": "Wrong."}, Occasion(by=newsroom.publisher))


def test_the_address_of_a_withdrawn_record_leads_on_when_it_comes_back_under_another(newsroom: Newsroom) -> None:
    Organisation.objects.update(status="withdrawn", slug="old")
    content = take(newsroom.record)
    content["fields"]["slug"] = "new"
    newsroom.step("keep", content)

    assert newsroom.step("publish") is True

    assert Redirect.objects.values_list("old_path", "new_path").get() == ("/organisations/old/", "/organisations/new/")
