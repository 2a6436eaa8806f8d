"""Parts of pages that are kept by what they show."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpRequest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from tests.factories import FieldFactory, OrganisationFactory, ParkFactory
from zone.models import Organisation, Park
from zone.templatetags.kept import PARTS, Parts
from zone.translation import Text

pytestmark = pytest.mark.any_database

ROW = Template('{% kept "partials/organisation.html" with organisation=record level=3 %}')
OPTION = Template('{% kept "partials/facet.html" with panel=panel %}')
TITLE = Template('{% kept "partials/language.html" with language=language %}')


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    PARTS.clear()


def row(**changes: Any) -> str:
    record = Organisation.objects.published().for_list().get(slug="x")
    for name, value in changes.items():
        setattr(record, name, value)
    return ROW.render(Context({"record": record}))


def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list to which each template that is rendered from now on adds its name."""
    names: list[str] = []
    render = Template.render

    def noting(self: Template, context: Context) -> Any:
        names.append(str(self.name))
        return render(self, context)

    monkeypatch.setattr(Template, "render", noting)
    return names


@pytest.fixture
def organisation() -> Organisation:
    park = ParkFactory.create(slug="shenzhen", name_en="Shenzhen Park")
    return OrganisationFactory.create(slug="x", name_en="Xylem", parks=[park], fields=[FieldFactory.create(slug="f")])


@pytest.mark.django_db
def test_a_part_is_rendered_once_for_what_it_shows(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    names = rendered(monkeypatch)
    first = row()
    again = row()
    assert (names.count("partials/organisation.html"), first == again, "Xylem" in first) == (1, True, True)


def test_a_part_whose_template_names_something_itself_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = rendered(monkeypatch)
    for _ in range(2):
        Template('{% kept "partials/report_form.html" %}').render(Context())
    assert names.count("partials/report_form.html") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"name_en": "Yarrow"}, "Yarrow"),
        ({"presence": "left"}, "Has left the zone"),
        ({"presence_as_of": "2024-05"}, "May 2024"),
    ],
)
def test_a_changed_record_is_shown_as_it_is(organisation: Organisation, change: dict[str, Any], seen: str) -> None:
    before = row()
    Organisation.objects.filter(slug="x").update(arrived="", **change)
    assert (seen in before, seen in row()) == (False, True)


@pytest.mark.django_db
def test_a_change_of_what_was_fetched_along_is_shown(organisation: Organisation) -> None:
    assert "Shenzhen Park" in row()
    Park.objects.update(name_en="Futian Park")
    assert ("Shenzhen Park" in row(), "Futian Park" in row()) == (False, True)
    Park.objects.update(status="draft")
    assert "Park" not in row()


@pytest.mark.django_db
def test_what_time_alone_makes_public_is_shown(organisation: Organisation, time_machine: Any) -> None:
    template = Template('{% kept "partials/facility.html" with facility=record level=3 %}')
    later = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    park = Park(slug="shenzhen", name_en="Shenzhen Park", status="published", publish_at=later)
    record = organisation
    facility: Any = type(record)._meta.get_field("premises").related_model(pk=1, slug="a", name_en="A", park=park)
    assert "Shenzhen Park" not in template.render(Context({"record": facility}))
    time_machine.move_to(later)
    assert "Shenzhen Park" in template.render(Context({"record": facility}))


@pytest.mark.django_db
def test_each_language_has_its_own_part(organisation: Organisation) -> None:
    english = row()
    with translation.override("zh-hant"):
        assert row() != english
    assert row() == english


@pytest.mark.django_db
def test_a_column_that_only_the_template_reads_is_never_out_of_date(organisation: Organisation) -> None:
    def deferred() -> str:
        record = Organisation.objects.defer("summary_en").for_list().defer("summary_en").get(slug="x")
        return ROW.render(Context({"record": record}))

    Organisation.objects.update(summary_en="First.")
    assert "First." in deferred()
    Organisation.objects.update(summary_en="Second.")
    assert "Second." in deferred()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Text("名", "zh-hans"), Text("名", "zh-hant")),
        ("<b>", mark_safe("<b>")),
        (["a", "b"], ["a", "c"]),
        ({"a": 1}, {"a": 2}),
        (gettext_lazy("News"), gettext_lazy("Figures")),
        (None, ""),
        (1, True),
    ],
)
def test_values_that_look_different_are_different(one: Any, other: Any) -> None:
    def show(label: Any) -> str:
        return OPTION.render(Context({"panel": {"options": [{"label": label}]}}))

    fresh = []
    for value in (one, other):
        PARTS.clear()
        fresh.append(show(value))
    PARTS.clear()
    assert [show(one), show(other)] == fresh


def test_what_nobody_can_compare_is_rendered_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    names = rendered(monkeypatch)
    for _ in range(2):
        TITLE.render(Context({"language": HttpRequest()}))
    assert names.count("partials/language.html") == 2


def test_with_debug_a_part_follows_its_template(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    settings.DEBUG = True
    names = rendered(monkeypatch)
    for _ in range(2):
        TITLE.render(Context({"language": {"name": "English"}}))
    assert names.count("partials/language.html") == 2


def test_what_was_not_asked_for_for_longest_is_forgotten_first() -> None:
    parts = Parts(most=2)
    for name in ("a", "b"):
        parts.keep(name, mark_safe(name))  # noqa: S308
    parts.get("a")
    parts.keep("c", mark_safe("c"))
    assert [parts.get(name) for name in ("a", "b", "c")] == ["a", None, "c"]


@pytest.mark.parametrize(
    "tag",
    [
        "{% kept name %}",
        '{% kept "a.html" with %}',
        '{% kept "a.html" record=record %}',
        '{% kept "a.html" with record=record only %}',
    ],
)
def test_a_wrong_tag_is_refused(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Template(tag)
