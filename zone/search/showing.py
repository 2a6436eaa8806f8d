"""What was found, as it is shown: the words are marked in the heading and in one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from zone.models.record import Record
from zone.search.documents import NOUNS, Document, documents
from zone.search.finding import Findings, Hit
from zone.search.question import Question
from zone.search.words import pieces
from zone.translation import HTML_LANGUAGES, Text, active_language

_EXCERPT: Final = 220
"""How many characters of a sentence are shown."""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n+")


@dataclass
class Part:
    """A piece of a text, which is what was looked for or not."""

    text: str
    is_hit: bool


@dataclass
class Result:
    """A record that was found, as it is shown."""

    record: Any
    heading: list[Part]
    excerpt: list[Part] = field(default_factory=list)
    heading_language: str = ""
    """The ``lang`` attribute, where it is not that of the page."""
    excerpt_language: str = ""


def results(findings: Findings, hits: list[Hit]) -> list[Result]:
    """Return ``hits`` as they are shown: with the words marked in the heading and in a sentence."""
    found: dict[tuple[type[Record], int], Result] = {}
    for model in NOUNS:
        wanted = [hit.pk for hit in hits if hit.model is model]
        if wanted:
            public = model._default_manager.published().filter(pk__in=wanted)  # type: ignore[attr-defined]
            for document in documents(model, public):
                found[model, document.record.pk] = _result(document, findings.question)
    return [found[hit.model, hit.pk] for hit in hits if (hit.model, hit.pk) in found]


def _result(document: Document, question: Question) -> Result:
    heading, sentence = document.record.heading, _best_sentence(document, question)
    return Result(
        document.record,
        _parts(heading, _spans(heading, question)),
        _shortened(_parts(sentence, _spans(sentence, question))) if sentence else [],
        _language(heading),
        _language(sentence),
    )


def _language(text: str) -> str:
    language = getattr(text, "language", active_language())
    return HTML_LANGUAGES.get(language, language) if language != active_language() else ""


def _best_sentence(document: Document, question: Question) -> str:
    """Return the sentence that has most of the words, if it can be in the language of the page; else the summary."""
    language, best, most = active_language(), "", 0.0
    for texts in (document.summary, document.texts):
        for text in texts:
            own = getattr(text, "language", language) == language
            for sentence in _SENTENCE.split(text):
                score = len({word for _start, _end, word in _spans(sentence, question)}) + (0.5 if own else 0)
                if score >= 1 and score > most:
                    best, most = Text(sentence.strip(), getattr(text, "language", language)), score
    return best or getattr(document.record, "summary", "")


def _spans(text: str, question: Question) -> list[tuple[int, int, str]]:
    """Return where in ``text`` stands what was looked for: start, end, word."""
    found = []
    phrases = [phrase for wanted in question.wanted for phrase in wanted.phrases]
    for piece in pieces(text):
        for phrase in phrases:
            for number, word in enumerate(phrase.words):
                if piece.is_han:
                    found += [
                        (piece.start + match.start(), piece.start + match.end(), word)
                        for match in re.finditer(re.escape(word), piece.text)
                    ]
                elif piece.text == word or (
                    phrase.is_open and number == len(phrase.words) - 1 and piece.text.startswith(word)
                ):
                    found.append((piece.start, piece.end, word))
    return sorted(found)


def _parts(text: str, spans: list[tuple[int, int, str]]) -> list[Part]:
    parts: list[Part] = []
    place = 0
    for start, end, _word in spans:
        if end <= place:
            continue
        if start <= place and parts:
            parts[-1].text += text[place:end]
        else:
            parts += [Part(text[place:start], is_hit=False), Part(text[start:end], is_hit=True)]
        place = end
    return [part for part in (*parts, Part(text[place:], is_hit=False)) if part.text]


def _shortened(parts: list[Part]) -> list[Part]:
    """Return a long sentence cut to what surrounds the first words that were looked for."""
    if sum(len(part.text) for part in parts) <= _EXCERPT:
        return parts
    shortened: list[Part] = []
    if not parts[0].is_hit and len(parts[0].text) > _EXCERPT // 3:
        parts = [Part(f"… {parts[0].text[-_EXCERPT // 3 :]}", is_hit=False), *parts[1:]]
    left = _EXCERPT
    for part in parts:
        if len(part.text) > left:
            return [*shortened, Part(f"{part.text[:left]} …", part.is_hit)]
        shortened.append(part)
        left -= len(part.text)
    return shortened
