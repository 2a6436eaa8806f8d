"""Pictures in a form: what was chosen is shown, and its focal point is set by a click or with two sliders."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorList
from django.forms.widgets import Script
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from zone.models.picture import PictureField, PictureFile, keep
from zone.pictures import FORMATS

_AXES = (_("From the left"), _("From the top"))
_CHOOSE_AGAIN = _("Choose the picture again: a file cannot be kept in a form that comes back.")


class PictureInput(AdminFileWidget):
    """An upload with the picture that is there."""

    class Media:
        js = (Script("zone/admin/pictures.js", defer=True),)

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        types = ",".join(f"image/{form.lower()}" for form in FORMATS)
        super().__init__({"accept": types, **(attrs or {})})

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the input below the picture; the script puts there what is chosen before it is sent."""
        shown = value.whole if isinstance(value, PictureFile) else None
        preview = (
            format_html('<img src="{}" width="{}" height="{}" alt="">', shown.address, shown.width, shown.height)
            if shown
            else ""
        )
        return format_html(
            '<div data-picture="{}"><div class="picture-preview" data-picture-preview>{}</div>{}</div>',
            f"{name}_ppoi",
            preview,
            super().render(name, value, attrs, renderer),
        )


class FocalPointInput(forms.MultiWidget):
    """Two sliders, in percent."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        slider = {"type": "range", "min": 0, "max": 100, "step": 1}
        super().__init__([forms.NumberInput(slider), forms.NumberInput(slider)], attrs)

    def decompress(self, value: str | None) -> list[int]:
        """Return the percentages that ``0.3x0.5`` stands for."""
        try:
            return [round(float(part) * 100) for part in (value or "").split("x", 1)]
        except ValueError:
            return [50, 50]

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the sliders, each with what it is called."""
        parts = self.get_context(name, value, attrs)["widget"]["subwidgets"]
        sliders = [
            (label, slider.render(part["name"], part["value"], part["attrs"], renderer))
            for label, slider, part in zip(_AXES, self.widgets, parts, strict=True)
        ]
        return format_html_join("", '<label class="focal-axis">{} {}</label>', sliders)


class FocalPointFormField(forms.MultiValueField):
    """A focal point, as it is kept: ``0.3x0.5``."""

    widget = FocalPointInput

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        axes = [forms.IntegerField(min_value=0, max_value=100) for _axis in _AXES]
        super().__init__(axes, **{**kwargs, "required": False})

    def compress(self, data_list: list[int | None]) -> str:
        """Return the point; the centre where nothing was sent."""
        left, top = (50 if one is None else one for one in data_list or (None, None))
        return f"{left / 100:g}x{top / 100:g}"


def keep_uploads(model: type[models.Model], request: HttpRequest) -> None:
    """Decode, keep and cut the pictures that came, which takes seconds, before the turn to write is taken."""
    for field in model._meta.concrete_fields:
        upload = request.FILES.get(field.name)
        if isinstance(field, PictureField) and upload is not None and not hasattr(upload, "kept"):
            keep(field, _point(request, str(field.ppoi_field)), upload)


def ask_again(form: forms.BaseForm, said: ErrorList) -> None:
    """Ask for each picture that came with a form that comes back, and add this to what is ``said`` to be wrong."""
    for name in form.files:
        if name in form.fields and name not in form.errors:
            form.add_error(name, _CHOOSE_AGAIN)
            said.append(_CHOOSE_AGAIN)


def _point(request: HttpRequest, name: str) -> str:
    point = FocalPointFormField(max_length=20)
    try:
        return str(point.clean(point.widget.value_from_datadict(request.POST, {}, name)))  # type: ignore[call-arg, arg-type]
    except ValidationError:
        return point.compress([])
