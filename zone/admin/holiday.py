"""The holidays of a year, written by hand or taken from what a government has published."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zone import workflow
from zone.admin.columns import checked, draft, named, sources, state, updated
from zone.admin.forms import RecordForm
from zone.admin.list_filters import STATUS_FILTERS, NotCheckedFilter, UnsourcedFilter
from zone.admin.occasions import occasion_of
from zone.admin.record import DATES, EVIDENCE, PUBLICATION, RecordAdmin
from zone.admin.rows import HolidayInline
from zone.admin.slugs import propose_slug
from zone.history import Occasion, content_of, last_number
from zone.holiday_files import Entry, read_files, read_lines
from zone.merging import Content, Fields
from zone.models import HolidayCalendar, Source
from zone.models.holiday import Region
from zone.partial_dates import validate_partial_date
from zone.publishing import Status
from zone.snapshots import blank, columns
from zone.translation import LANGUAGE_NAMES, LANGUAGES, ORIGINAL, suffix
from zone.turns import take_turn


class HolidayCalendarForm(RecordForm):
    """The form of a calendar, whose slug is its region and year."""

    def slug_words(self, cleaned: dict[str, Any]) -> str:
        """Return the region and the year."""
        return f"{cleaned.get('region') or ''} {cleaned.get('year') or ''}"


@admin.register(HolidayCalendar)
class HolidayCalendarAdmin(RecordAdmin):
    """The calendars, one a year and region. A published one is complete."""

    form = HolidayCalendarForm
    slug_from = ()
    change_list_template = "admin/zone/holiday_list.html"
    list_display = (named("year"), state, draft, "region", "year", sources, checked, updated)
    list_filter = (*STATUS_FILTERS, "region", UnsourcedFilter, NotCheckedFilter)
    search_fields = ("slug",)
    search_help_text = _("Search slugs, such as “hong-kong-2026”.")
    inlines = (HolidayInline,)
    fieldsets = ((None, {"fields": (("region", "year", "as_of"),)}), EVIDENCE, PUBLICATION, DATES)
    help_texts = {
        "region": _("Whose holidays they are."),
        "year": _(
            "Publish it when all holidays of the year are there: on every other day visitors are told “no holiday”."
        ),
        "slug": _("Left empty it is made from the region and the year."),
    }

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Propose nothing: the slug is made when it is saved."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which a whole year is taken from a file."""
        page = self.admin_site.admin_view(self.import_view)
        return [path("import/", page, name="zone_holidaycalendar_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the holidays of a year, and make of them a draft that somebody looks at and publishes."""
        if not (self.has_add_permission(request) and self.has_edit_permission(request)):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            return self._imported(request, form)
        title = gettext("Take the holidays of a year from a file")
        context = {"title": title, "opts": self.opts, "form": form, "media": form.media}
        template = "admin/zone/holiday_import.html"
        return TemplateResponse(request, template, {**self.admin_site.each_context(request), **context})

    def _imported(self, request: HttpRequest, form: ImportForm) -> HttpResponse:
        entries: list[Entry] = form.cleaned_data["entries"]
        record = keep_year(form.cleaned_data, entries, occasion_of(request))
        text = ngettext(
            "%(count)d day was taken over. Compare it with the source, then publish.",
            "%(count)d days were taken over. Compare them with the source, then publish.",
            len(entries),
        )
        messages.success(request, text % {"count": len(entries)})
        return HttpResponseRedirect(reverse("admin:zone_holidaycalendar_change", args=[record.pk]))


class ImportForm(forms.Form):
    """Asks whose holidays they are, who says so, and for either files or lines that name the days."""

    LARGEST = 200_000
    """Bytes that a file of holidays may have; Hong Kong's have about 20,000. A spiteful one is read for 1.5 s."""

    region = forms.ChoiceField(label=_("Region"), choices=Region)
    year = forms.IntegerField(
        label=_("Year"), min_value=2000, max_value=2100, help_text=_("Of a file of several years, this one is taken.")
    )
    source = forms.ModelChoiceField(
        label=_("Source"),
        queryset=Source.objects.none(),
        widget=AutocompleteSelect(HolidayCalendar._meta.get_field("sources"), admin.site),
        help_text=_("Who has published the holidays."),
    )
    as_of = forms.CharField(
        label=_("As of"),
        required=False,
        empty_value=None,
        validators=[validate_partial_date],
        help_text=_("When it was announced: 2024, 2024-06 or 2024-06-13."),
    )
    file_en, file_zh_hans, file_zh_hant = (
        forms.FileField(label=f"iCalendar · {LANGUAGE_NAMES[language]}", required=False) for language in LANGUAGES
    )
    lines = forms.CharField(
        label=_("Or lines"),
        required=False,
        max_length=20_000,
        widget=AdminTextareaWidget(attrs={"rows": 8}),
        help_text=_(
            "One day a line: 2026-01-31, English name, Simplified Chinese name, Traditional Chinese name; "
            "after a weekend day that is worked instead, a fifth column: worked. Or copied from a spreadsheet."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.kept()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Read the days. All that is wrong is said at once, and nothing is taken over then."""
        cleaned = super().clean() or self.cleaned_data
        files = {one: file for one in LANGUAGES if (file := cleaned.get(f"file_{suffix(one)}"))}
        lines = cleaned.get("lines", "").strip()
        if bool(files) == bool(lines):
            raise ValidationError(_("Give either files or lines."), code="files_or_lines")
        if files and ORIGINAL not in files:
            raise ValidationError(_("The file in English is needed; the others are added to it."), code="no_english")
        if any(file.size > self.LARGEST for file in files.values()):
            raise ValidationError(_("A file of holidays has less than 200 kB."), code="too_large")
        if "year" in cleaned:
            contents = {language: file.read() for language, file in files.items()}
            read = read_files(contents, cleaned["year"]) if files else read_lines(lines, cleaned["year"])
            cleaned["entries"] = read
        return cleaned


@transaction.atomic
def keep_year(said: dict[str, Any], entries: list[Entry], occasion: Occasion) -> Any:
    """Keep ``entries`` as all days of the calendar that ``said`` names, in its draft while visitors see it.

    A day that is there already keeps its number. Returns the record.
    """
    take_turn()  # Two clicks on the button would make two calendars of the year.
    of_year = HolidayCalendar.objects.kept().filter(region=said["region"], year=said["year"])
    record = of_year.filter(status=Status.PUBLISHED).first() or of_year.first()
    content = content_of(workflow.current_version(record)) if record else blank(HolidayCalendar)
    content["fields"] |= {"region": said["region"], "year": said["year"], "as_of": said["as_of"]}
    content["fields"]["sources"] = sorted({*content["fields"]["sources"], said["source"].pk})
    content["rows"]["holidays"] = _rows(content, entries, last_number(record, "holidays") if record else 0)
    if record is not None:
        return workflow.keep(record, content, occasion)
    content["fields"]["slug"] = propose_slug(HolidayCalendar(), f"{said['region']} {said['year']}")
    return workflow.add(HolidayCalendar, content, occasion)


def _rows(content: Content, entries: list[Entry], last: int) -> dict[str, Fields]:
    before = content["rows"]["holidays"]
    numbers = {row["date"]: number for number, row in before.items()}
    following = last + 1
    rows: dict[str, Fields] = {}
    for entry in entries:
        number = numbers.get(entry.date.isoformat())
        if number is None:
            number, following = str(following), following + 1
        rows[number] = columns(entry.holiday())
    return rows
