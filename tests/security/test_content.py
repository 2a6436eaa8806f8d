"""What somebody writes does no harm, whichever door it comes through; where that rests on our word, it is counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.template import Context, Template

from tests import factories
from zone.models import NewsItem
from zone.models.rich_text import DEEPEST, sanitise
from zone.resources import harmless

pytestmark = pytest.mark.any_database

ATTACKS = (
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    '<img src=x onerror="alert(1)">',
    '<p onclick="alert(1)" onmouseover=alert(1) style="position:fixed">a</p>',
    '<a href="javascript:alert(1)">a</a>',
    '<a href="java&#x0A;script:alert(1)">a</a>',
    '<a href=" &#14; javascript:alert(1)">a</a>',
    '<a href="JaVaScRiPt&colon;alert(1)">a</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">a</a>',
    '<a href="vbscript:msgbox(1)">a</a>',
    '<a href="https://example.org/" target="_blank" rel="opener" onfocus=alert(1) autofocus>a</a>',
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'><text>a</text></a></svg>",
    "<svg><script>alert(1)</script><foreignObject><iframe src=javascript:alert(1)></iframe></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math href='javascript:alert(1)'><maction actiontype='statusline#http://x'>a</maction></math>",
    "<style>body { background: url(javascript:alert(1)) }</style><link rel=stylesheet href=//evil.example/x.css>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x>",
    "<form action=//evil.example><input name=a><button formaction=javascript:alert(1)>a</button></form>",
    "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script></template><details open ontoggle=alert(1)>a</details>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]--><?xml-stylesheet href='javascript:alert(1)'?>",
    "<p id=csrfmiddlewaretoken name=cookie class=errornote data-hx-get=/x hx-on:click=alert(1)>a</p>",
    "<h2>{{ text }}{% load static %}</h2>",
    "<plaintext><xmp><script>alert(1)</script>",
)
TAGS = {"a", "blockquote", "br", "em", "h2", "h3", "li", "ol", "p", "strong", "sub", "sup", "ul"}
ATTRIBUTES = {"a": {"href", "rel", "title"}, "ol": {"data-type", "start", "type"}}


LISTS = "<ul><li>" * 9000
DEEP = (
    LISTS,
    "<ul><li>" * 9000 + "</li></ul>" * 9000,
    "<UL ><li data-x='</li>'>" * 9000,
    *(f"<ul>{unread}" * 9000 for unread in ("<!--></ul>-->", '<b a="></ul>">', "<![CDATA[</ul>]]>", "</p></ul2>")),
    "<p>" + "".join(f"<b class={number}>" for number in range(300)) + "</p><p>" * 300,
)
"""What nh3 takes many seconds or much memory for."""
Attacks = tuple[str, ...]
Door = Callable[[Path, Attacks], None]


def harm(html: str) -> list[str]:
    """Return the elements of ``html`` that an editor cannot write."""
    return [
        str(tag)
        for tag in BeautifulSoup(html, "html.parser").find_all(True)
        if tag.name not in TAGS
        or not set(tag.attrs) <= ATTRIBUTES.get(tag.name, set())
        or urlsplit(str(tag.get("href", ""))).scheme not in ("", "http", "https", "mailto")
        or (tag.name == "a" and tag.get("rel") != ["noopener", "noreferrer"])
    ]


def fixture(tmp_path: Path, attacks: Attacks) -> tuple[list[dict[str, Any]], Path]:
    """Return items with ``attacks`` as they stand in a fixture, and where one can be written."""
    texts = [{"title_en": f"News {number}", "body_en": attack} for number, attack in enumerate(attacks)]
    items = [{"slug": f"news-{number}", "date": "2026", **text} for number, text in enumerate(texts)]
    return [{"model": "zone.newsitem", "fields": item} for item in items], tmp_path / "news.json"


def by_loading(tmp_path: Path, attacks: Attacks) -> None:
    items, path = fixture(tmp_path, attacks)
    path.write_text(json.dumps(items))
    call_command("loaddata", str(path), verbosity=0)


def by_importing(tmp_path: Path, attacks: Attacks) -> None:
    items, path = fixture(tmp_path, attacks)
    path.write_text("\n".join(json.dumps(item) for item in items))
    call_command("import_content", str(path), verbosity=0)


def by_saving(tmp_path: Path, attacks: Attacks) -> None:
    for number, attack in enumerate(attacks):
        item = NewsItem(slug=f"news-{number}", date="2026", title_en="News", body_en=attack)
        item.full_clean()
        item.save()


def by_settling(tmp_path: Path, attacks: Attacks) -> None:
    for number, attack in enumerate(attacks):
        factories.NewsItemFactory(slug=f"news-{number}", body_en=attack)
    call_command("settle", verbosity=0)


DOORS = (by_loading, by_importing, by_saving, by_settling)


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
def test_no_door_lets_in_what_an_editor_cannot_write(tmp_path: Path, door: Door) -> None:
    door(tmp_path, ATTACKS)
    kept = list(NewsItem.objects.order_by("pk").values_list("body_en", flat=True))
    assert ([harm(body) for body in kept], kept) == ([[]] * len(ATTACKS), [sanitise(attack) for attack in ATTACKS])


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_came_past_all_doors_is_shown_without_harm(attack: str) -> None:
    shown = Template("{{ text|rich }}").render(Context({"text": attack}))
    assert (harm(shown), shown) == ([], sanitise(attack))


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
def test_no_door_lets_in_what_takes_long_to_read(tmp_path: Path, door: Door) -> None:
    said = "More than 50 lists, quotations or formats lie in each other, or are not closed."
    with pytest.raises((CommandError, ValidationError), match=f"body_en.*{said}"):
        door(tmp_path, (LISTS,))


@pytest.mark.parametrize("text", DEEP)
def test_what_takes_long_to_read_is_shown_as_it_is_written(text: str) -> None:
    shown = sanitise(text)
    assert ("<" in shown, unescape(shown)) == (False, text)


def test_what_is_long_and_not_deep_stays_as_it_is() -> None:
    item = '<p>a<br><em>b</em> <a href="https://example.org/?a=1" rel="noopener noreferrer">c</a></p>'
    flat, deep = item * DEEPEST, f"{'<ul><li>' * 20}{item}{'</li></ul>' * 20}"
    assert [sanitise(f"<!-- Ours. -->{text}") for text in (flat, deep * 2)] == [flat, deep * 2]


def test_link_says_what_we_want_of_it_and_nothing_else() -> None:
    link = '<p><a target="_blank" rel="opener" href="https://example.org/">a</a></p>'
    assert sanitise(link) == '<p><a href="https://example.org/" rel="noopener noreferrer">a</a></p>'


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠1"]
)
def test_no_text_is_computed_by_a_spreadsheet(text: str) -> None:
    assert harmless(text) == f"'{text}"


# What rests on our word

TRUSTED = {
    # Text that has just been sanitised; JSON that cannot close its element; a drawing made of an address's modules.
    ("zone/templatetags/zone.py", "mark_safe("): 3,
    # The two tags between which a change stands.
    ("zone/admin/describing.py", "SafeString("): 4,
}
QUERIES = {
    # Names of tables and columns that models have; each value is a parameter.
    "zone/backups/manifest.py": 1,
    "zone/bulk.py": 1,
    "zone/freshness.py": 4,
    "zone/related.py": 1,
    "zone/search/index.py": 1,
}


def code(*endings: str) -> dict[str, str]:
    """Return the files of the site, by their path, that end so."""
    root = settings.BASE_DIR
    paths = [path for folder in ("hetao", "zone", "templates") for path in (root / folder).rglob("*")]
    texts = [path for path in paths if path.suffix in endings and "migrations" not in path.parts]
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in texts}


def test_every_text_that_is_called_safe_is_known() -> None:
    words = re.compile(r"\b(?:mark_safe|SafeString|SafeText|SafeData|html_safe)\(")
    found = Counter((path, word) for path, text in code(".py").items() for word in words.findall(text))
    assert found == TRUSTED


def test_no_template_leaves_anything_unescaped() -> None:
    words = re.compile(r"\|\s*safe(?:seq)?\b|autoescape|\{%\s*filter\b")
    assert [path for path, text in code(".html", ".xml", ".txt", ".svg").items() if words.search(text)] == []


def test_every_query_that_is_put_together_is_known() -> None:
    """Ruff's S608 finds them; each that is allowed says so in its line."""
    found = Counter(path for path, text in code(".py").items() for _ in re.findall(r"# noqa: S608", text))
    assert found == QUERIES
    words = re.compile(r"\.raw\(|\.extra\(|\bRawSQL\b|\beval\(|\bexec\(|\bpickle\.(?!dumps\()|shell=True|os\.system")
    assert [(path, words.findall(text)) for path, text in code(".py").items() if words.search(text)] == []


def test_script_of_ours_writes_no_html() -> None:
    """What comes from a server or a field is put into the page as text."""
    scripts = {path: text for path, text in code(".js").items() if "/vendor/" not in path}
    words = re.compile(r"\.(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert [path for path, text in scripts.items() if words.search(text)] == []
    assert len(scripts) > 5
