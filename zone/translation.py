"""Text in three languages: one column per language, and what to show where a text is missing.

A text that is missing in the reader's language is shown in another one, chosen by :data:`FALLBACKS`, and says so by
its ``language``, so that a template can mark it with the right ``lang`` attribute.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final, cast

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from translated_fields import TranslatedField

ORIGINAL: Final = "en"
TRANSLATIONS: Final = ("zh-hans", "zh-hant")
LANGUAGES: Final = (ORIGINAL, *TRANSLATIONS)
_SUFFIXES: Final = {language: language.replace("-", "_") for language in LANGUAGES}

FALLBACKS: Final = {
    "en": ("en", "zh-hant", "zh-hans"),
    "zh-hans": ("zh-hans", "zh-hant", "en"),
    "zh-hant": ("zh-hant", "zh-hans", "en"),
}

HTML_LANGUAGES: Final = {"en": "en", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}
"""The ``lang`` attribute of each language, after BCP 47."""

LANGUAGE_NAMES: Final = {"en": "English", "zh-hans": "简体中文", "zh-hant": "繁體中文"}
"""Each language in its own words, whatever the language of the reader."""


def column(field: str, language: str) -> str:
    """Return the name of the column that holds ``field`` in ``language``: ``name_zh_hans``."""
    return f"{field}_{_SUFFIXES[language]}"


def suffix(language: str) -> str:
    """Return ``language`` as it stands in the name of a column: ``zh_hans``."""
    return _SUFFIXES[language]


class Text(str):
    """A text together with the language that it is written in (a code of ``LANGUAGES``)."""

    language: str

    def __new__(cls, text: str, language: str) -> Text:
        """Keep ``language`` beside ``text``."""
        self = super().__new__(cls, text)
        self.language = language
        return self

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return (str(self), self.language)


def active_language() -> str:
    """Return the language of the page, or the original language where none of ours is active."""
    language = get_language()
    return language if language in FALLBACKS else ORIGINAL


def text_of(record: models.Model, field: str, language: str | None = None) -> Text:
    """Return ``field`` of ``record`` in ``language`` (default: the page's) or the nearest one that has a text."""
    wanted = language or active_language()
    for candidate in FALLBACKS[wanted]:
        if value := getattr(record, column(field, candidate)):
            return Text(value, candidate)
    return Text("", wanted)


def texts_of(record: models.Model, field: str) -> Iterator[Text]:
    """Yield each different text of ``field`` in the order of ``LANGUAGES``, leaving out the missing ones."""
    seen = set()
    for language in LANGUAGES:
        value = getattr(record, column(field, language))
        if value and value not in seen:
            seen.add(value)
            yield Text(value, language)


def _getter(name: str, field: TranslatedField) -> Callable[[models.Model], Text]:
    return lambda record: text_of(record, name)


def Translated(field: models.Field[Any, Any], **by_language: dict[str, Any]) -> TranslatedField:  # noqa: N802
    """Declare ``field`` once for each language.

    The columns are called ``name_en``, ``name_zh_hans`` and ``name_zh_hant``; ``record.name`` is the text to show.
    ``by_language`` changes arguments of one language's column, for example ``en={"blank": False}``.
    """
    return TranslatedField(
        field, {key.replace("_", "-"): value for key, value in by_language.items()}, attrgetter=_getter
    )


def translated_fields(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names, without a language, of the translated fields that make up the text of ``model``."""
    return _translated_fields(model)


@functools.cache
def _translated_fields(model: Any) -> tuple[str, ...]:
    apart = getattr(model, "apart", ())
    return tuple(
        name for name, value in _class_attributes(model) if isinstance(value, TranslatedField) and name not in apart
    )


def translated_columns(model: type[models.Model]) -> list[str]:
    """Return the names of all columns of ``model`` that hold a text in one language."""
    return [column(name, language) for name in translated_fields(model) for language in LANGUAGES]


def _class_attributes(model: type[models.Model]) -> Iterator[tuple[str, object]]:
    for cls in model.__mro__:
        yield from vars(cls).items()


class TranslationCheck(models.TextChoices):
    """Whether a person has read a translation."""

    UNCHECKED = "unchecked", _("translated, unchecked")
    CHECKED = "checked", _("checked by a person")


class TranslationState(models.TextChoices):
    """What an editor has to know about the translation of a record into one language."""

    MISSING = "missing", _("text missing")
    OUTDATED = "outdated", _("the English text has changed since")
    UNCHECKED = "unchecked", _("not checked yet")
    CHECKED = "checked", _("checked")


class Translatable(models.Model):
    """A record that remembers how far its translations can be trusted.

    ``zh_hans_of`` and ``zh_hant_of`` are fingerprints of the English texts from which the translation was made.
    """

    names_may_be_missing: ClassVar[tuple[str, ...]] = ()
    """Fields whose text is no translation: an official name that has not been seen stays empty."""

    apart: ClassVar[tuple[str, ...]] = ()
    """Translated fields that say something about the record and are not part of its text."""

    added: ClassVar[tuple[str, ...]] = ()
    """Fields that the noun was given after it had been translated. They count from when they hold a text, so that no
    translation looks outdated because of them."""

    zh_hans_check = models.CharField(
        _("Simplified Chinese"),
        max_length=9,
        choices=TranslationCheck,
        default=TranslationCheck.UNCHECKED,
        help_text=_("Choose “checked by a person” only after you have read all Simplified Chinese texts."),
    )
    zh_hant_check = models.CharField(
        _("Traditional Chinese"),
        max_length=9,
        choices=TranslationCheck,
        default=TranslationCheck.UNCHECKED,
        help_text=_("Choose “checked by a person” only after you have read all Traditional Chinese texts."),
    )
    zh_hans_of = models.CharField(max_length=16, blank=True, default="", editable=False)
    zh_hant_of = models.CharField(max_length=16, blank=True, default="", editable=False)

    class Meta:
        abstract = True

    @classmethod
    def to_translate(cls) -> list[str]:
        """Return the translated fields that are incomplete where they have an English text and no other."""
        return [name for name in translated_fields(cls) if name not in cls.names_may_be_missing]

    def original_fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change when any English text of the record changes."""
        texts = {name: getattr(self, column(name, ORIGINAL)) for name in translated_fields(type(self))}
        counted = [text for name, text in texts.items() if text or name not in self.added]
        return hashlib.sha256("\0".join(counted).encode()).hexdigest()[:16]

    @classmethod
    def outdated(cls, language: str) -> models.Q:
        """Return the condition "an English text has changed since it was translated into ``language``".

        The database makes a fingerprint of each record that it looks at: this is for the newsroom.
        """
        made_of = f"{suffix(language)}_of"
        return ~models.Q(**{made_of: ""}) & ~models.Q(**{made_of: _Fingerprint(cls)})

    def mark_translated(self, language: str) -> None:
        """Remember that the texts in ``language`` translate the English texts as they stand now; does not save."""
        setattr(self, f"{suffix(language)}_of", self.original_fingerprint())

    def translation_state(self, language: str) -> TranslationState:
        """Return what is to be done about the texts in ``language``, the most urgent first."""
        for name in self.to_translate():
            if getattr(self, column(name, ORIGINAL)) and not getattr(self, column(name, language)):
                return TranslationState.MISSING
        if getattr(self, f"{suffix(language)}_of") not in ("", self.original_fingerprint()):
            return TranslationState.OUTDATED
        return TranslationState(cast(str, getattr(self, f"{suffix(language)}_check")))


class _Fingerprint(models.Func):
    """What :meth:`Translatable.original_fingerprint` returns of each record, as the database works it out."""

    output_field = models.CharField()

    def __init__(self, model: type[Translatable]) -> None:
        self.names, self.added = translated_fields(model), model.added
        super().__init__(*(models.F(column(name, ORIGINAL)) for name in self.names))

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        return self._sql(compiler, "{}", "char(0)", "''", "SHA256({})")

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._sql(compiler, "convert_to({}, 'UTF8')", "'\\x00'::bytea", "''::bytea", "encode(sha256({}), 'hex')")

    def _sql(self, compiler: Any, text: str, between: str, nothing: str, digest: str) -> tuple[str, list[Any]]:
        columns = [compiler.compile(expression)[0] for expression in self.source_expressions]
        first, *others = (text.format(one) for one in columns)
        parts = [f"{between} || {other}" for other in others]
        for place, name in enumerate(self.names[1:]):
            if name in self.added:
                parts[place] = f"CASE WHEN {columns[place + 1]} = '' THEN {nothing} ELSE {parts[place]} END"
        return f"substr({digest.format(' || '.join([first, *parts]))}, 1, 16)", []
