"""Files and lines that name the holidays of a year: read whole, or refused with the entry and the reason."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from zone.holiday_files import Entry, read_files, read_lines

pytestmark = pytest.mark.any_database

NAMES = {"en": "The first day of January", "zh-hans": "一月一日", "zh-hant": "一月一日"}

REPEATS = "it has a rule of repetition or a duration; each day has to stand by itself"


def file(*events: str) -> bytes:
    """Return a calendar as Hong Kong's government writes it."""
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nPRODID:-//1823 Call Centre//EN\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n".encode()


def day(date: str, name: str, end: str = "") -> str:
    ends = f"DTEND;VALUE=DATE:{end}\r\n" if end else ""
    return f"DTSTART;VALUE=DATE:{date}\r\n{ends}TRANSP:TRANSPARENT\r\nUID:{date}@1823.gov.hk\r\nSUMMARY:{name}"


def refused(*arguments: object, read: object = read_files) -> list[str]:
    with pytest.raises(ValidationError) as error:
        read(*arguments)  # type: ignore[operator]
    return error.value.messages


def test_files_in_three_languages_become_one_calendar() -> None:
    files = {language: file(day("20260101", name, "20260102")) for language, name in NAMES.items()}
    assert read_files(files, 2026) == [Entry(datetime.date(2026, 1, 1), NAMES)]


def test_of_several_years_one_is_taken_and_of_several_days_each() -> None:
    content = file(day("20251225", "Christmas", "20251227"), day("20261001", "National Day", "20261004"))
    assert [str(one.date) for one in read_files({"en": content}, 2026)] == ["2026-10-01", "2026-10-02", "2026-10-03"]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (day("20261399", "A day"), "its date cannot be read"),
        ("SUMMARY:A day", "its date cannot be read"),
        (day("20260101", "A day") + "\r\nRRULE:FREQ=YEARLY", REPEATS),
        (day("20260101", "A day") + "\r\nDURATION:P1D", REPEATS),
        ("DTSTART:20260101T080000Z\r\nSUMMARY:A day", "it has a time of day; a holiday is a whole day"),
        (day("20260101", "A day", "20260101"), "it ends before it begins, or lasts longer than a month"),
        (day("20260101", "A day", "20270101"), "it ends before it begins, or lasts longer than a month"),
        (day("20260501", "A day"), "the file has this day twice"),
        ("DTSTART;VALUE=TIME:080000\r\nSUMMARY:A day", "it has a time of day; a holiday is a whole day"),
    ],
)
def test_entry_that_cannot_be_read_is_named(event: str, problem: str) -> None:
    content = file(day("20260501", "Labour Day"), event)
    assert refused({"en": content}, 2026) == [f"English, entry 2 (A day): {problem}."]


def test_entry_with_two_names_has_none() -> None:
    assert refused({"en": file(day("20260101", "A day") + "\r\nSUMMARY:Another")}, 2026) == [
        "English, entry 1 (—): it has no name."
    ]


def test_entry_without_a_name_is_refused() -> None:
    assert refused({"en": file(day("20260101", ""))}, 2026) == ["English, entry 1 (—): it has no name."]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html></html>",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\nTZID:Elsewhere\r\nEND:VTIMEZONE\r\n",
        b"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE,20260101\r\nEND:VEVENT\r\n",
        b"BEGIN:VEVENT\r\nDTSTART;TZID=a,b:20260101\r\nEND:VEVENT\r\n",
    ],
)
def test_file_of_another_kind_is_refused(content: bytes) -> None:
    assert refused({"en": content}, 2026) == ["English: this is no iCalendar file."]


def test_day_that_is_missing_in_one_language_is_named() -> None:
    files = {"en": file(day("20260101", "A"), day("20260501", "B")), "zh-hant": file(day("20260101", "甲"))}
    assert refused(files, 2026) == ["2026-05-01 does not stand in all of the files."]


def test_file_of_other_years_is_refused() -> None:
    assert refused({"en": file(day("20250101", "A"))}, 2026) == ["There is no day of 2026 in it."]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(content: bytes) -> None:
    with pytest.raises(ValidationError):
        read_files({"en": content}, 2026)


@given(st.sampled_from(["DTSTART", "DTEND", "SUMMARY", "RDATE", "DURATION"]), st.text(max_size=40))
def test_no_value_of_an_entry_breaks_the_reading(name: str, value: str) -> None:
    try:
        entries = read_files({"en": file(day("20260101", "A day") + f"\r\n{name}:{value}")}, 2026)
    except ValidationError:
        return
    assert [str(one.date) for one in entries][:1] == ["2026-01-01"]


def test_lines_become_a_calendar() -> None:
    text = "2026-02-17,Lunar New Year,春节,農曆年初一\r\n\r\n2026/2/14, Working day, 补班, 補班, worked\n"
    assert read_lines(text, 2026) == [
        Entry(datetime.date(2026, 2, 17), {"en": "Lunar New Year", "zh-hans": "春节", "zh-hant": "農曆年初一"}),
        Entry(datetime.date(2026, 2, 14), {"en": "Working day", "zh-hans": "补班", "zh-hant": "補班"}, is_worked=True),
    ]


def test_lines_may_come_from_a_spreadsheet_and_in_one_language() -> None:
    assert read_lines("2026-02-17\tLunar New Year, first day", 2026) == [
        Entry(datetime.date(2026, 2, 17), {"en": "Lunar New Year, first day"})
    ]


def test_every_line_that_cannot_be_read_is_named() -> None:
    text = "1 January,A\n2026-02-30,B\n2026-03-01\n2026-04-04,C,,,free\n2026-05-01,D"
    assert refused(text, 2026, read=read_lines) == [
        "Line 1: “1 January” is no date such as 2026-01-31.",
        "Line 2: “2026-02-30” is no date such as 2026-01-31.",
        "Line 3: the English name is missing.",
        "Line 4: after the three names only the word “worked” may follow.",
    ]


def test_lines_that_no_calendar_can_hold_are_named() -> None:
    text = f"2026-05-01,A\n2026-05-01,B\n2027-01-01,C\n2026-05-04,D,,,worked\n2026-05-05,{'E' * 101}"
    assert refused(text, 2026, read=read_lines) == [
        "2026-05-01: this day stands there twice.",
        "2027-01-01: this is not a day of 2026.",
        "2026-05-04: Only a Saturday or Sunday can be worked instead.",
        "2026-05-05: Ensure this value has at most 100 characters (it has 101).",
    ]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    with pytest.raises(ValidationError):
        read_lines(text, 2026)
