"""The desk: what waits for whom, and at what cost."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from tests import factories
from tests.admin.conftest import ROLES
from tests.admin.forms import address, soup
from tests.admin.test_pages import NOUNS
from zone import workflow
from zone.history import Occasion, content_of, draft_of, live_version
from zone.models import Draft, NewsItem
from zone.templatetags.newsroom import newsroom_time, until

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

NOW = datetime.datetime(2027, 3, 2, 21, 48, tzinfo=datetime.UTC)

Member = Callable[[str], User]


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def look(client: Client, **query: str) -> Any:
    response = client.get(reverse("admin:index"), query)
    assert response.status_code == 200
    return soup(response)


def section(client: Client, key: str, **query: str) -> Tag:
    found = look(client, **query).select_one(f"section#{key}")
    assert found is not None
    return found


def listed(client: Client, key: str, **query: str) -> list[str]:
    """Return what a list of the desk says, entry by entry."""
    return [item.get_text(" ", strip=True) for item in section(client, key, **query).select("li")]


def names(client: Client, key: str, **query: str) -> list[str]:
    return [link.get_text(strip=True) for link in section(client, key, **query).select("li > a")]


def written(record: Any, by: User, **fields: Any) -> Draft:
    """Let somebody change ``record``, and return the draft that this makes."""
    content = content_of(workflow.current_version(record))
    workflow.keep(record, {**content, "fields": {**content["fields"], **fields}}, Occasion(by=by))
    draft = draft_of(record)
    assert draft is not None
    return draft


def fill(noun: str, member: Member) -> None:
    """Put something of ``noun`` into every list of the desk."""
    editor, publisher = member("Editor"), member("Publisher")
    factory: Any = NOUNS[noun]
    workflow.submit(factory(status="draft"), Occasion(by=editor))
    workflow.submit(written(factory(), editor, editor_note="x").record, Occasion(by=editor))
    workflow.publish(factory(status="draft"), Occasion(by=publisher))
    own = factory()
    for person in (publisher, editor, member("superuser"), member("Translator")):
        written(own, person, editor_note=str(person))
    Draft.objects.filter(object_id=own.pk).update(problem="Sources: missing")
    time = (NOW + datetime.timedelta(hours=5)).isoformat()
    workflow.publish(written(factory(), editor, publish_at=time).record, Occasion(by=publisher))
    factory(publish_at=NOW + datetime.timedelta(days=40), expire_at=NOW + datetime.timedelta(days=41))
    factory(expire_at=NOW + datetime.timedelta(days=2), checked_on=None)


# Cost


def test_the_desk_takes_at_most_15_queries_however_much_lies_on_it(desk: Any, member: Member) -> None:
    clients = {role: desk(role) for role in (*ROLES, "superuser")}
    ContentType.objects.get_for_models(*apps.get_models())  # A process asks for them once, and keeps them.

    def queries() -> dict[str, list[str]]:
        taken = {}
        for role, client in clients.items():
            with CaptureQueriesContext(connection) as found:
                page = look(client)
            taken[role] = [query["sql"] for query in found]
        shown.append(len(page.select("#scheduled li")))
        return taken

    shown: list[int] = []
    empty = queries()
    for noun in NOUNS:
        fill(noun, member)
    one = queries()
    for noun in ("field", "source", "organisation"):
        for _ in range(4):
            fill(noun, member)
    five = queries()

    assert max(len(taken) for found in (empty, one) for taken in found.values()) <= 15
    assert {role: len(taken) for role, taken in five.items()} == {role: len(taken) for role, taken in one.items()}
    assert (shown[0], shown[-1]) == (0, 10)
    assert [sql for taken in five.values() for sql in taken if '"content"' in sql] == []


# What lies on it


def test_a_publisher_sees_what_waits_with_who_submitted_it_when_and_why(publisher: Client, member: Member) -> None:
    editor = member("Editor")
    editor.first_name, editor.last_name = "Mei", "Lin"
    editor.save()
    field: Any = factories.FieldFactory(name_en="Optics", status="draft")
    live: Any = factories.FieldFactory(name_en="Acoustics")
    workflow.submit(field, Occasion(by=editor, comment="Please <b>look</b>"))
    written(live, editor, name_en="Sound")
    workflow.submit(live, Occasion(by=editor))
    written(live, member("superuser"), name_en="Sounds")

    assert listed(publisher, "waiting") == [
        "Optics field submitted for review by Mei Lin, 3 March 2027, 05:48 Please <b>look</b>",
        "Sounds field submitted for review by Mei Lin, 3 March 2027, 05:48",
    ]
    links = [link["href"] for link in section(publisher, "waiting").select("li > a")]
    assert links == [address(field, "change"), address(live, "change")]


def test_what_was_published_returned_or_trashed_waits_no_longer(publisher: Client, member: Member) -> None:
    editor, judge = Occasion(by=member("Editor")), Occasion(by=member("Publisher"), comment="No")
    for step in (workflow.publish, workflow.send_back, workflow.trash):
        field: Any = factories.FieldFactory(status="draft")
        workflow.submit(field, editor)
        step(field, judge)
    live: Any = factories.FieldFactory()
    written(live, member("Editor"), name_en="Sound")
    workflow.submit(live, editor)
    workflow.trash(live, judge)

    assert listed(publisher, "waiting") == []
    assert "Nothing waits for you." in section(publisher, "waiting").get_text()


@pytest.mark.parametrize(("role", "sees"), [("Editor", False), ("Translator", False), ("Publisher", True)])
def test_only_those_who_may_publish_have_something_to_review(desk: Any, role: str, sees: bool) -> None:
    factories.FieldFactory(status="review")

    assert bool(look(desk(role)).select("#waiting")) is sees


def test_a_publisher_of_one_kind_reviews_that_kind_only(member: Member, client: Client) -> None:
    judge = User.objects.create_user("judge", is_staff=True)
    judge.groups.add(Group.objects.get(name="Editor"))
    judge.user_permissions.add(Permission.objects.get(codename="publish_field"))
    factories.FieldFactory(slug="optics", status="review")
    factories.ParkFactory(status="review")
    client.force_login(judge)

    assert names(client, "waiting") == ["optics"]


def test_my_drafts_are_what_i_wrote_last_with_the_returned_ones_first(
    editor: Client, publisher: Client, member: Member
) -> None:
    me, judge = member("Editor"), member("Publisher")
    drafts: list[Any] = [factories.FieldFactory(name_en=name, status="draft") for name in ("A", "B", "C", "D")]
    live: Any = factories.FieldFactory(name_en="E")
    for record in drafts:
        workflow.keep(record, content_of(live_version(record)), Occasion(by=me))
    for record in (drafts[0], drafts[2]):
        workflow.submit(record, Occasion(by=me))
    workflow.send_back(drafts[0], Occasion(by=judge, comment="Who says so?"))
    workflow.keep(drafts[1], content_of(live_version(drafts[1])), Occasion(by=judge))
    written(live, me, name_en="E, anew")

    found: Any = section(editor, "mine").select("li")
    assert [
        (
            item.a.get_text(),
            item.select_one(".badge").get_text(),
            [one.get_text(strip=True) for one in item.select("blockquote")],
        )
        for item in found
    ] == [
        ("A", "returned", ["Who says so?"]),
        ("E, anew", "being written", []),
        ("C", "in review", []),
        ("D", "draft", []),
    ]
    assert names(publisher, "mine") == ["B"]


def test_a_draft_that_i_began_stays_mine_when_others_go_on_writing(editor: Client, member: Member) -> None:
    live: Any = factories.FieldFactory(name_en="Optics")
    written(live, member("Editor"), name_en="Light")
    written(live, member("superuser"), name_en="Light and sound")

    assert names(editor, "mine") == ["Light and sound"]


def test_a_published_record_is_no_draft_of_mine(publisher: Client, member: Member) -> None:
    field: Any = factories.FieldFactory(status="draft")
    workflow.keep(field, content_of(live_version(field)), Occasion(by=member("Publisher")))
    workflow.publish(field, Occasion(by=member("Publisher")))

    assert listed(publisher, "mine") == []


@pytest.mark.parametrize("role", ["Editor", "Publisher", "Translator"])
def test_everybody_sees_what_could_not_go_live_and_why(desk: Any, member: Member, role: str) -> None:
    news: Any = factories.NewsItemFactory(title_en="A new port")
    draft = written(news, member("superuser"), publish_at=(NOW + datetime.timedelta(hours=1)).isoformat())
    workflow.publish(news, Occasion(by=member("superuser")))
    draft = Draft.objects.get(pk=draft.pk)
    draft.version.content["fields"]["sources"] = []
    draft.version.save()
    with time_machine.travel(NOW + datetime.timedelta(hours=2)):
        workflow.publish_due()
        client = desk(role)

        [said] = listed(client, "failed")
    assert said == (
        "A new port news item It cannot be published yet. Sources: A published record needs at least one source."
    )


def test_scheduled_says_when_in_hong_kong_time_and_how_long_it_is_until_then(editor: Client, member: Member) -> None:
    live: Any = factories.FieldFactory(name_en="Optics")
    written(live, member("Editor"), publish_at=(NOW + datetime.timedelta(hours=3, minutes=12)).isoformat())
    workflow.publish(live, Occasion(by=member("Publisher")))
    factories.FieldFactory(slug="later", publish_at=NOW + datetime.timedelta(days=40))
    factories.FieldFactory(slug="ending", expire_at=NOW + datetime.timedelta(days=6, hours=1))
    factories.FieldFactory(slug="lasting", expire_at=NOW + datetime.timedelta(days=8))
    factories.FieldFactory(slug="over", expire_at=NOW - datetime.timedelta(days=1))

    assert listed(editor, "scheduled") == [
        "Optics field goes live on 3 March 2027, 09:00 Hong Kong time, in 3 h 12 min",
        "ending field expires on 9 March 2027, 06:48 Hong Kong time, in 6 d 1 h",
        "later field goes live on 12 April 2027, 05:48 Hong Kong time, in 40 d 0 h",
    ]


def test_what_was_published_last_leads_to_its_public_page(publisher: Client, member: Member) -> None:
    judge = member("Publisher")
    news: Any = factories.NewsItemFactory(title_en="A new port", slug="a-new-port", status="draft")
    crossing: Any = factories.CrossingFactory(facility__slug="futian", facility__name_en="Futian", status="draft")
    gone: Any = factories.FieldFactory(name_en="Gone", status="draft")
    for record in (gone, news, crossing):
        workflow.publish(record, Occasion(by=judge))
    workflow.withdraw(gone, {"en": "Wrong"}, Occasion(by=judge))

    found = section(publisher, "published")
    links = [str(link["href"]) for link in found.select("li > a")]
    assert [publisher.get(link).headers["Location"] for link in links] == [
        "/en/facilities/futian/",
        "/en/news/a-new-port/",
    ]
    assert [item.get_text(" ", strip=True) for item in found.select("li")][2] == (
        "Gone field not public any more published by publisher, 3 March 2027, 05:48"
    )


def test_a_record_that_was_published_twice_stands_once(publisher: Client, member: Member) -> None:
    judge = member("Publisher")
    field: Any = factories.FieldFactory(name_en="Photonics", status="draft")
    workflow.publish(field, Occasion(by=judge))
    workflow.withdraw(field, {"en": "Wrong"}, Occasion(by=judge))
    workflow.publish(field, Occasion(by=judge))
    assert listed(publisher, "published") == ["Photonics field published by publisher, 3 March 2027, 05:48"]


def test_what_went_live_by_its_schedule_is_published_when_its_time_came(publisher: Client, member: Member) -> None:
    judge = member("Publisher")
    for name, minutes in (("First", 60), ("Second", 0), ("Last", 120)):
        later = NOW + datetime.timedelta(minutes=minutes)
        workflow.publish(factories.FieldFactory(name_en=name, status="draft", publish_at=later), Occasion(by=judge))
    with time_machine.travel(NOW + datetime.timedelta(minutes=90), tick=False):
        assert listed(publisher, "published") == [
            "First field published by publisher, 3 March 2027, 06:48",
            "Second field published by publisher, 3 March 2027, 05:48",
        ]


def test_ten_are_shown_and_all_on_demand(publisher: Client) -> None:
    factories.FieldFactory.create_batch(12, status="review")

    found = section(publisher, "waiting")
    [link] = found.select("p > a")
    assert (len(found.select("li")), link["href"]) == (10, "?all=waiting#waiting")
    assert len(section(publisher, "waiting", all="waiting").select("li")) == 12
    assert len(section(publisher, "waiting", all="nosuch").select("li")) == 10


def test_what_needs_attention_is_counted_and_leads_to_the_list(superuser: Client) -> None:
    factories.FieldFactory(checked_on=None)
    factories.NewsItemFactory(sources=[], summary_zh_hant="", checked_on=NOW.date())
    factories.NewsItemFactory(sources=[], status="trashed")
    outdated: Any = factories.ParkFactory(checked_on=NOW.date())
    outdated.mark_translated("zh-hans")
    outdated.name_en = "Written anew"
    outdated.save()

    rows = {
        row.th.get_text(): [cell.get_text(strip=True) for cell in row.select("td")]  # type: ignore[union-attr]
        for row in section(superuser, "attention").select("tbody tr")
    }
    assert rows == {
        "Fields": ["", "1", "", "", "", ""],
        "News": ["1", "", "", "1", "", ""],
        "Parks": ["", "", "", "", "1", ""],
    }
    for link in section(superuser, "attention").select("tbody a"):
        response = superuser.get(str(link["href"]))
        assert (response.status_code, len(soup(response).select("#result_list tbody tr"))) == (200, 1)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_count_leads_to_a_list_of_as_many(superuser: Client, noun: str) -> None:
    record: Any = NOUNS[noun]()
    record.checked_on = None
    record.zh_hant_of = "of other texts"
    for name in ("name_zh_hans", "title_zh_hans", "label_zh_hans"):
        if hasattr(record, name) and name in {field.name for field in record._meta.fields}:
            setattr(record, name, "")
    record.save()
    if hasattr(record, "sources"):
        record.sources.clear()

    for link in section(superuser, "attention").select("tbody a"):
        rows = soup(superuser.get(str(link["href"]))).select("#result_list tbody tr")
        assert (str(link["href"]), len(rows)) == (link["href"], int(link.get_text()))


def test_an_empty_desk_is_friendly(publisher: Client) -> None:
    page = look(publisher)

    assert [item.get_text(strip=True) for item in page.select(".desk section > p.quiet")] == [
        "Nothing waits for you. Everything that was submitted has been seen.",
        "You have nothing unfinished. What you write and do not publish stands here.",
        "Everything that was scheduled went live on time.",
        "Nothing is going to appear or to expire by itself in the next days.",
        "No reader waits for an answer.",
        "Nothing has been published in the newsroom yet.",
        "Everything has its sources, was checked and is translated.",
    ]


def test_nothing_is_shown_to_somebody_without_rights(client: Client) -> None:
    client.force_login(User.objects.create_user("new", is_staff=True))
    factories.FieldFactory(name_en="Optics", status="review")

    page = look(client)

    assert (page.select(".desk-lists section"), page.select(".desk a")) == ([], [])


@pytest.mark.parametrize("role", ["Editor", "Publisher", "Translator"])
def test_history_and_trash_are_one_click_away(desk: Any, role: str) -> None:
    links = {str(link["href"]) for link in look(desk(role)).select(".desk nav a")}

    assert links == {reverse("admin:zone_version_changelist"), reverse("admin:trash")}


def test_the_desk_speaks_the_language_of_the_editor(publisher: Client) -> None:
    factories.NewsItemFactory(publish_at=NOW + datetime.timedelta(days=1))

    response = publisher.get(reverse("admin:index"), headers={"accept-language": "zh-hant"})

    [time] = soup(response).select("#scheduled time")
    assert (time.get_text(), time["datetime"]) == ("2027年3月4日05:48", "2027-03-04T05:48+08:00")


def test_the_name_of_a_record_cannot_bring_markup_onto_the_desk(publisher: Client, member: Member) -> None:
    news: Any = factories.NewsItemFactory(title_en="<script>alert(1)</script>", status="draft")
    workflow.submit(news, Occasion(by=member("Editor"), comment="<img src=x>"))

    found = section(publisher, "waiting")

    assert (found.select("script, img"), names(publisher, "waiting")) == ([], ["<script>alert(1)</script>"])
    assert NewsItem.objects.count() == 1


# Times


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"minutes": -1}, ""),
        ({"seconds": 20}, "in less than a minute"),
        ({"minutes": 12}, "in 12 min"),
        ({"hours": 3, "minutes": 12, "seconds": 59}, "in 3 h 12 min"),
        ({"days": 2, "hours": 5, "minutes": 7}, "in 2 d 5 h"),
    ],
)
def test_until_says_how_long_it_takes(after: dict[str, int], said: str) -> None:
    assert until(timezone.now() + datetime.timedelta(**after)) == said


def test_until_says_nothing_of_no_time() -> None:
    assert (until(None), newsroom_time(None)) == ("", "")


@pytest.mark.parametrize(("language", "said"), [("en", "3 March 2027, 05:48"), ("zh-hans", "2027年3月3日05:48")])
def test_a_moment_is_in_hong_kong_time_and_the_language_of_the_page(language: str, said: str) -> None:
    with translation.override(language):
        assert newsroom_time(NOW) == f'<time datetime="2027-03-03T05:48+08:00">{said}</time>'
