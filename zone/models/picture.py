"""Pictures of records: kept, described, and shown in several sizes."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from imagefield.fields import ImageField, ImageFieldFile, PPOIField

from zone.models.record import Lacking, SourcedRecord, known_choice
from zone.pictures import CUTS, Cut, cleaned, decode, rendition_name, specs
from zone.translation import ORIGINAL, Translated, column


class Licence(models.TextChoices):
    """On which terms we show a picture."""

    UNKNOWN = "", _("not known yet")
    CC_BY = "cc-by-4.0", "CC BY 4.0"
    CC_BY_SA = "cc-by-sa-4.0", "CC BY-SA 4.0"
    CC0 = "cc0-1.0", "CC0 1.0"
    PUBLIC_DOMAIN = "public-domain", _("public domain")
    OPEN_GOVERNMENT = "open-government", _("Open Government Licence")
    PERMISSION = "permission", _("used with permission")
    OWN = "own", _("own work")

    @property
    def address(self) -> str:
        """Return where the terms can be read; nothing where they stand in no public place."""
        return _TERMS.get(self, "")


_TERMS: Final[Mapping[Licence, str]] = {
    Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
    Licence.CC_BY_SA: "https://creativecommons.org/licenses/by-sa/4.0/",
    Licence.CC0: "https://creativecommons.org/publicdomain/zero/1.0/",
}


NOT_ANSWERING: Final = _("The place where pictures are kept does not answer. Try again in a while.")

logger = logging.getLogger(__name__)


# The columns


def unguessable_name(record: models.Model, name: str) -> str:
    """Return where an upload is kept: nobody finds the picture of a draft by guessing what its file was called."""
    return f"{record._meta.model_name}/{secrets.token_hex(16)}{PurePath(name).suffix.lower()}"


class PictureFormField(forms.FileField):
    """An upload that is refused, with the reason, unless it is a picture that can be shown."""

    def to_python(self, data: Any) -> Any:
        """Return the upload. Raises ``ValidationError`` for what is no picture that we take, or could not be kept."""
        upload: Any = super().to_python(data)
        if hasattr(upload, "not_kept"):
            raise upload.not_kept
        if upload and not hasattr(upload, "kept"):
            decode(upload)
            upload.seek(0)
        return upload


@dataclass(frozen=True)
class Shown:
    """A picture in one shape, as an ``img`` element names it."""

    sources: dict[str, str]
    """The addresses with their widths, as ``srcset`` takes them, by format: ``avif``, ``webp``."""
    address: str
    """For whoever knows no ``srcset``: the largest one, in the best known format."""
    width: int
    height: int


class PictureFile(ImageFieldFile):
    """The file of a picture. Its size stands in the record: Django would open files whose size it does not know."""

    @property
    def width(self) -> int | None:
        """Return the width in pixels; ``None`` where it is not known."""
        return self._column(self.field.width_field)

    @property
    def height(self) -> int | None:
        """Return the height in pixels; ``None`` where it is not known."""
        return self._column(self.field.height_field)

    def _column(self, name: str) -> int | None:
        return getattr(self.instance, name)  # type: ignore[no-any-return]

    @property
    def is_known(self) -> bool:
        """Whether there is a picture, with a size."""
        return bool(self.name and self.width and self.height)

    def save(self, name: str, content: File[bytes], save: bool = True) -> None:
        """Keep what :func:`zone.pictures.cleaned` leaves of the picture, with its renditions.

        Raises ``ValidationError`` for what is no picture that we take, and ``OSError`` where it cannot be kept.
        """
        before: PictureFile | None = getattr(content, "kept", None)
        if before is not None:  # By :func:`keep`, before anybody had to wait.
            self._show(str(before.name), before.file, before.width, before.height)
        else:
            form, kept, (width, height) = cleaned(decode(content))
            name = self.field.generate_filename(self.instance, f"picture.{form}")
            self._show(self.storage.save(name, kept, max_length=self.field.max_length), kept, width, height)
            self.make_renditions()
        if save:
            self.instance.save()

    save.alters_data = True  # type: ignore[attr-defined]

    def _show(self, name: str, kept: File[bytes], width: int | None, height: int | None) -> None:
        self.name = name
        setattr(self.instance, self.field.name, name)
        setattr(self.instance, self.field.width_field, width)
        setattr(self.instance, self.field.height_field, height)
        self.file, self._committed = kept, True  # The renditions are made of what is kept, not of what came.

    def make_renditions(self) -> bool:
        """Make the renditions that are not there; return whether all are there now.

        Raises ``OSError`` where the place of the files does not answer.
        """
        # What goes wrong is logged by imagefield, which then returns another name.
        return self.is_known and self.name not in [self.process(name) for name in self.field.formats]

    def rendition_names(self) -> Iterator[str]:
        """Yield where the renditions are kept."""
        if self.is_known:
            yield from (self._process_context(spec).name for spec in self.field.formats.values())

    @property
    def whole(self) -> Shown | None:
        """Return the picture as the page of its record shows it."""
        return self._shown(CUTS[0])

    @property
    def card(self) -> Shown | None:
        """Return the picture as lists show it, cut around its focal point."""
        return self._shown(CUTS[1])

    @property
    def share(self) -> Shown | None:
        """Return the picture as messengers show it beside a link."""
        return self._shown(CUTS[2])

    def _shown(self, cut: Cut) -> Shown | None:
        if not self.is_known:
            return None
        sizes = {cut.size(wanted, self.width, self.height): wanted for wanted in cut.widths}  # type: ignore[arg-type]
        addresses = {
            form.lower(): {size: getattr(self, rendition_name(cut, form, wanted)) for size, wanted in sizes.items()}
            for form in cut.forms
        }
        sources = {
            form: ", ".join(f"{url} {w}w" for (w, _h), url in found.items()) for form, found in addresses.items()
        }
        largest = list(sizes)[-1]
        return Shown(sources, addresses[cut.forms[-1].lower()][largest], *largest)


_SHARE: Final = r"(0(\.\d+)?|1(\.0+)?)"


class FocalPointField(PPOIField):
    """The point of a picture that stays in view when it is cut: its place from the left and the top, from 0 to 1."""

    default_validators = [RegexValidator(rf"^{_SHARE}x{_SHARE}\Z", _("Give two numbers from 0 to 1, as in 0.5x0.5."))]

    def formfield(self, **kwargs: Any) -> Any:
        """Leave it to the form how it asks."""
        return models.CharField.formfield(self, **kwargs)


class PictureField(ImageField):
    """A picture with its width, its height and its focal point."""

    attr_class = PictureFile

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        defaults = {"blank": True, "default": "", "auto_add_fields": True, "upload_to": unguessable_name}
        super().__init__(*args, **{**defaults, **kwargs})

    @property
    def formats(self) -> Any:
        """Return how the renditions are made, by name."""
        return _SPECS

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:
        """Add the columns of the focal point and of the size."""
        if self.ppoi_field is None:  # type: ignore[has-type]
            self.ppoi_field = f"{name}_ppoi"
            help_text = _("The point that stays in view when the picture is cut.")
            FocalPointField(_("focal point"), help_text=help_text).contribute_to_class(cls, self.ppoi_field)
        super().contribute_to_class(cls, name, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        """Let an upload be looked at, whatever it is called."""
        return models.ImageField.formfield(self, **{"form_class": PictureFormField, **kwargs, "max_length": None})

    def _generate_files(self, instance: Any, **kwargs: Any) -> None:
        """Make what is missing after each save. What cannot be made is logged, and stops nobody."""
        try:
            getattr(instance, self.name).make_renditions()
        except OSError:
            logger.exception("Renditions could not be made.")


_SPECS: Final = specs()


def keep(field: PictureField, point: str, upload: Any) -> None:
    """Keep ``upload`` with its renditions around ``point`` now: saving it then takes no time while others wait.

    What is refused stays as it came, and the form says why.
    """
    file = getattr(field.model(**{field.ppoi_field: point}), field.name)
    try:
        file.save(upload.name, upload, save=False)
    except ValidationError:
        upload.seek(0)
    except OSError:
        logger.exception("A picture could not be kept.")
        upload.not_kept = ValidationError(NOT_ANSWERING, code="not_kept")
    else:
        upload.kept = file


# The records


class Illustrated(SourcedRecord):
    """A record with a picture, which readers who cannot see it are told of, and of which all are told whose it is."""

    added: ClassVar[tuple[str, ...]] = ("picture_alternative", "picture_caption")

    picture = PictureField(_("picture"), help_text=_("A picture that we may show, at least 1,200 pixels wide."))
    picture_alternative = Translated(
        models.CharField(
            _("alternative text"),
            max_length=300,
            blank=True,
            default="",
            help_text=_("What the picture shows, for readers who cannot see it."),
        )
    )
    picture_caption = Translated(
        models.CharField(
            _("caption"), max_length=300, blank=True, default="", help_text=_("Who and what, where and when.")
        )
    )
    picture_credit = models.CharField(
        _("credit"), max_length=200, blank=True, default="", help_text=_("Who made the picture.")
    )
    picture_licence = models.CharField(
        _("licence"),
        max_length=15,
        choices=Licence,
        default=Licence.UNKNOWN,
        blank=True,
        help_text=_("On which terms we may show it."),
    )

    class Meta(SourcedRecord.Meta):
        abstract = True
        constraints = [*SourcedRecord.Meta.constraints, known_choice("picture_licence", Licence)]

    def lacking(self) -> Lacking:
        """Return what is missing: a picture needs a text for whoever cannot see it, a credit and a licence."""
        needed: Lacking = {
            column("picture_alternative", ORIGINAL): _("Say what the picture shows."),
            "picture_credit": _("Say who made the picture."),
            "picture_licence": _("Say on which terms we may show the picture."),
        }
        missing = {name: said for name, said in needed.items() if self.picture and not getattr(self, name)}
        return {**super().lacking(), **missing}

    @property
    def licence(self) -> Licence:
        """Return on which terms the picture is shown."""
        return Licence(self.picture_licence)
