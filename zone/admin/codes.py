"""The field for a code of the second factor, and what it says to a wrong one."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zone import second_factor


class CodeField(forms.CharField):
    """Takes the six digits of an app, or a recovery code; how it is grouped does not matter."""

    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        if options.pop("is_first", False):
            attributes["autofocus"] = "autofocus"
        given = {"label": _("Code"), "max_length": 40, "widget": forms.TextInput(attrs=attributes)}
        super().__init__(**{**given, **options})


class CodeForm(forms.Form):
    """Asks for a code."""

    code = CodeField(is_first=True)


def refused_code(user: Any) -> ValidationError:
    """Return what is said to a wrong code, and for how long the next one has to wait."""
    said = [gettext("That code is not right, or it has been used before. Wait for the next one.")]
    if until := second_factor.waits_until(user):
        seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
        text = ngettext(
            "Codes are taken again in %(count)d second.", "Codes are taken again in %(count)d seconds.", seconds
        )
        said.append(text % {"count": seconds})
    return ValidationError(said, code="code")
