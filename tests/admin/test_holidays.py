"""A year of holidays is taken from a file: whole, as a draft, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.admin.forms import address, answers, save, soup
from zone import workflow
from zone.history import Occasion, content_of, draft_of
from zone.models import Holiday, HolidayCalendar, Version

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

LINES = "2026-01-01,New Year,元旦,元旦\n2026-01-04,Working day,补班,補班,worked"
IMPORT = "/admin/zone/holidaycalendar/import/"


def take_over(client: Client, **given: Any) -> Any:
    """Open the page, fill it in and press the button."""
    source = given.pop("source", None) or factories.SourceFactory()
    filled = {"region": "mainland", "year": "2026", "source": source.pk, "as_of": "2025-11", "lines": LINES, **given}
    return client.post(IMPORT, answers(client.get(IMPORT)) | filled)


def said(response: Any) -> list[str]:
    return [item.get_text(strip=True) for item in soup(response).select("#content-main ul.errorlist li")]


def days(calendar: HolidayCalendar) -> list[tuple[int, str, str, bool]]:
    return [(row.number, str(row.date), row.name_zh_hans, row.is_worked) for row in calendar.holidays.all()]  # type: ignore[attr-defined]


def upload(name: str, summary: str) -> SimpleUploadedFile:
    event = f"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n"
    return SimpleUploadedFile(name, f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n".encode())


@pytest.mark.parametrize(("role", "status"), [("Editor", 200), ("Publisher", 200), ("Translator", 403)])
def test_who_writes_calendars_opens_the_page(desk: Any, role: str, status: int) -> None:
    assert desk(role).get(IMPORT).status_code == status
    listing = soup(desk(role).get(address(HolidayCalendar, "changelist")))
    assert len(listing.select(f'.object-tools a[href="{IMPORT}"]')) == (status == 200)


def test_lines_become_a_draft_with_its_source_and_version(editor: Client) -> None:
    source = factories.SourceFactory()

    response = take_over(editor, source=source)

    calendar = HolidayCalendar.objects.get()
    assert response.headers["Location"] == address(calendar, "change")
    assert (calendar.status, calendar.slug, str(calendar.as_of)) == ("draft", "mainland-2026", "2025-11")
    assert list(calendar.sources.all()) == [source]
    assert days(calendar) == [(1, "2026-01-01", "元旦", False), (2, "2026-01-04", "补班", True)]
    assert list(Version.objects.values_list("action", "by__username")) == [("added", "editor")]


def test_files_become_a_draft(editor: Client) -> None:
    files = {"file_en": upload("en.ics", "National Day"), "file_zh_hans": upload("sc.ics", "国庆日")}

    take_over(editor, region="hong-kong", lines="", **files)

    calendar = HolidayCalendar.objects.get()
    assert (calendar.slug, days(calendar)) == ("hong-kong-2026", [(1, "2026-10-01", "国庆日", False)])


def test_what_was_taken_over_is_published_like_any_record(publisher: Client) -> None:
    take_over(publisher)

    save(publisher, HolidayCalendar.objects.get(), _publish="Publish")

    assert HolidayCalendar.objects.get().is_public


def test_of_a_published_year_the_draft_is_changed_and_days_keep_their_numbers(
    editor: Client, django_user_model: Any
) -> None:
    calendar = factories.HolidayCalendarFactory(region="mainland", year=2026, slug="old")
    for date in ("2026-05-01", "2026-01-04"):
        factories.HolidayFactory(calendar=calendar, date=date)

    take_over(editor)

    draft = draft_of(calendar)
    assert (HolidayCalendar.objects.count(), Holiday.objects.count(), draft is not None) == (1, 2, True)
    rows = content_of(draft.version)["rows"]["holidays"]  # type: ignore[union-attr]
    assert {number: row["date"] for number, row in rows.items()} == {"3": "2026-01-01", "2": "2026-01-04"}
    chief = django_user_model.objects.create(username="chief", is_superuser=True)
    workflow.publish(calendar, Occasion(by=chief))
    assert [(number, date) for number, date, _name, _worked in days(calendar)] == [(3, "2026-01-01"), (2, "2026-01-04")]


def test_number_of_a_day_that_was_taken_out_is_not_given_again(editor: Client) -> None:
    take_over(editor)
    take_over(editor, lines="2026-01-01,New Year,元旦,元旦")
    take_over(editor, lines="2026-01-01,New Year,元旦,元旦\n2026-05-01,Labour Day,劳动节,勞動節")
    assert [(number, date) for number, date, _name, _worked in days(HolidayCalendar.objects.get())] == [
        (1, "2026-01-01"),
        (3, "2026-05-01"),
    ]


def test_year_in_the_trash_is_left_there(editor: Client) -> None:
    factories.HolidayCalendarFactory(region="mainland", year=2026, slug="mainland-2026", status="trashed")

    take_over(editor)

    assert set(HolidayCalendar.objects.values_list("slug", "status")) == {
        ("mainland-2026", "trashed"),
        ("mainland-2026-2", "draft"),
    }


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"lines": "2026-01-01,A\nnever,B"}, ["Line 2: “never” is no date such as 2026-01-31."]),
        ({"lines": ""}, ["Give either files or lines."]),
        ({"lines": LINES, "file_en": "en"}, ["Give either files or lines."]),
        ({"lines": "", "file_zh_hant": "tc"}, ["The file in English is needed; the others are added to it."]),
        ({"region": "moon"}, ["Select a valid choice. moon is not one of the available choices."]),
        ({"year": "20x6"}, ["Enter a whole number."]),
        ({"as_of": "last week"}, ["“last week” is not a date. Write 2024, 2024-06 or 2024-06-13."]),
        ({"lines": "2026-01-01,A\0"}, ["Null characters are not allowed."]),
    ],
)
def test_what_cannot_be_taken_over_changes_nothing_and_says_why(
    editor: Client, given: dict[str, Any], problems: list[str]
) -> None:
    files = {name: upload("a.ics", value) for name, value in given.items() if name.startswith("file_")}

    response = take_over(editor, **given | files)

    assert (response.status_code, HolidayCalendar.objects.count(), Version.objects.count()) == (200, 0, 0)
    assert [problem for problem in said(response) if problem in problems] == problems


def test_source_in_the_trash_cannot_be_named(editor: Client) -> None:
    source = factories.SourceFactory(status="trashed")

    response = take_over(editor, source=source)

    assert (response.status_code, HolidayCalendar.objects.count()) == (200, 0)


def test_large_file_is_refused(editor: Client) -> None:
    large = SimpleUploadedFile("en.ics", b"x" * 200_001)

    assert said(take_over(editor, lines="", file_en=large)) == ["A file of holidays has less than 200 kB."]


def test_new_calendar_is_named_by_region_and_year(editor: Client) -> None:
    path = reverse("admin:zone_holidaycalendar_add")

    editor.post(path, answers(editor.get(path)) | {"region": "hong-kong", "year": "2027"})

    assert HolidayCalendar.objects.get().slug == "hong-kong-2027"
