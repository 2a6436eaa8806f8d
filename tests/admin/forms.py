"""The admin's forms, read and sent as a browser does."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag
from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from lxml.html import HTMLParser, document_fromstring

Answers = dict[str, Any]


def address(record: models.Model | type[models.Model], page: str) -> str:
    """Return the address of a page of the admin: ``changelist`` and ``add`` of a model, or a page of a record."""
    arguments = [record.pk] if isinstance(record, models.Model) else []
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=arguments)


def soup(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def form_of(response: Any) -> Tag:
    form = soup(response).select_one("#content-main form")
    assert form is not None
    return form


def answers(response: Any) -> Answers:
    """Return what a browser would send if somebody pressed "Save" at once."""
    # The tree of lxml takes a tenth of the time that the other one takes.
    form = document_fromstring(response.content, HTMLParser(encoding="utf-8")).xpath("//*[@id='content-main']//form")[0]
    found: Answers = {}
    for field in form.xpath(".//input[@name] | .//select[@name] | .//textarea[@name]"):
        name, kind = field.get("name"), field.get("type")
        if "__prefix__" in name or kind in ("submit", "file", "button"):
            continue
        if field.tag == "textarea":
            found[name] = field.text_content().removeprefix("\n")
        elif field.tag == "select":
            chosen = [option.attrib["value"] for option in field.xpath(".//option[@selected]")]
            offered = [option.attrib["value"] for option in field.xpath(".//option")]
            found[name] = chosen if "multiple" in field.attrib else [*chosen, *offered, ""][0]
        elif kind != "checkbox" or "checked" in field.attrib:
            found[name] = field.get("value", "on" if kind == "checkbox" else "")
    return found


def save(client: Client, record: models.Model, **changes: Any) -> HttpResponse:
    """Open the form of ``record``, change some answers and press "Save"."""
    path = address(record, "change")
    return client.post(path, answers(client.get(path)) | changes)  # type: ignore[return-value]


def publish(client: Client, record: models.Model, **changes: Any) -> HttpResponse:
    """Open the form of ``record``, change some answers and press "Publish"."""
    return save(client, record, **changes, _publish="Publish")


def add(client: Client, model: type[models.Model], **given: Any) -> HttpResponse:
    """Open the form of a new record, fill it in and press "Save"."""
    path = address(model, "add")
    return client.post(path, answers(client.get(path)) | given)  # type: ignore[return-value]


def run(client: Client, action: str, *records: models.Model) -> HttpResponse:
    """Choose an action for records of a list, as if the list offered it."""
    path = address(type(records[0]), "changelist")
    given = {"action": action, "_selected_action": [record.pk for record in records], "index": 0}
    return client.post(path, given)  # type: ignore[return-value]


def send_again(client: Client, response: Any) -> HttpResponse:
    """Press the button of the page that says that nothing was saved."""
    form: Any = soup(response).select_one("main form")
    given: dict[str, Any] = {}
    for field in form.select("input"):
        given.setdefault(field["name"], []).append(field["value"])
    return client.post(form["action"], given)  # type: ignore[return-value]


def errors(response: Any) -> dict[str, str]:
    """Return what a refused form says, by the field at which it says so."""
    said: dict[str, str] = {}
    for listing in soup(response).select("#content-main ul.errorlist"):
        identity = str(listing.get("id", "")).removeprefix("id_").removesuffix("_error")
        said[identity] = listing.get_text(" ", strip=True)
    return said
