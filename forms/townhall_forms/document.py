# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sets what people sign, take home and report as PDF/A-3a and PDF/UA-1 in one file; the one user of typst.

Words and data reach the typesetter as one JSON text and are placed as strings, never as markup; see
``document_words`` for what is done to each. Fonts are those of the given folder and no others.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

import typst

from townhall_forms.document_attachments import extract_instance, extract_receipt, extract_report
from townhall_forms.document_letters import letters_of
from townhall_forms.document_words import Shown, shown_value, shown_words
from townhall_forms.errors import DocumentFailedError

__all__ = [
    "Direction",
    "DocumentModel",
    "Line",
    "ReceiptModel",
    "ReportModel",
    "ReportTable",
    "document_text",
    "extract_instance",
    "extract_receipt",
    "extract_report",
    "readable",
    "render_document",
    "render_receipt",
    "render_report",
]

_Json: TypeAlias = "str | list[_Json] | dict[str, _Json]"

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SETTING: Final = Lock()  # a compiler sets one page at a time


class Direction(Enum):
    """Where a line of the page begins."""

    LEFT_TO_RIGHT = "ltr"
    RIGHT_TO_LEFT = "rtl"


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what is shown beside it, both in the page's language."""

    label: str
    shown: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DocumentModel:
    """Everything on the pages of a document, already in the person's language; personal data stay out of ``repr``."""

    title: str
    language: str
    """BCP 47, for example ``en``, ``ar`` or ``pt-BR``."""
    direction: Direction
    issuer: str
    """The town or agency that the document is for: the letterhead."""
    answers_title: str
    question_column: str
    answer_column: str
    answers: tuple[Line, ...] = field(repr=False)
    signature_title: str
    facts: tuple[Line, ...] = field(repr=False)
    """Who signs (name, personal code as on the certificate), service, form version, place, date and time."""
    statement: str = field(repr=False)
    """What the person declares by signing."""
    page_words: str
    """For example ``Page {page} of {pages}``, in this order."""
    created: datetime
    """With a time zone; whole seconds are kept."""
    instance: bytes = field(repr=False)
    """The form's instance, UTF-8 XML; attached as ``instance.xml``."""
    instance_description: str


@dataclass(frozen=True, slots=True)
class ReceiptModel:
    """Everything on the slip that a person takes home. It has no place for a name or an answer, and gets none."""

    title: str
    language: str
    direction: Direction
    issuer: str
    number: Line
    facts: tuple[Line, ...]
    """Service, place, date and time."""
    proofs: tuple[Line, ...]
    """Envelope id, checkpoint, device signature: long codes, set small."""
    note: str
    """What the slip is good for, in a sentence or two."""
    qr_svg: bytes
    qr_description: str
    """What stands in for the picture when it is read aloud."""
    created: datetime
    content: bytes
    """The receipt for programs, UTF-8; attached as ``receipt.json``."""
    content_description: str


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A heading and the lines below it."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ReportModel:
    """Everything on a report of a machine; nothing of a person."""

    title: str
    language: str
    direction: Direction
    issuer: str
    tables: tuple[ReportTable, ...]
    note: str
    proof: Line
    page_words: str
    created: datetime
    content: bytes
    """The report for programs, UTF-8; attached as ``report.json``."""
    content_description: str


def render_document(model: DocumentModel, fonts: Path) -> bytes:
    """Return the PDF, ending in a newline; the same model and fonts give the same bytes.

    Raises:
        DocumentFailedError: the typesetter refused, a font is missing, the instance is not UTF-8, or ``created`` has no
            time zone. Its text holds nothing of the model.
    """
    return _set("document.typ", _document_data(model, fonts), model.created, fonts)


def render_receipt(model: ReceiptModel, fonts: Path) -> bytes:
    """Return the PDF: one page of A6, ending in a newline; raises DocumentFailedError, also when it needs more."""
    letters = _letters(fonts)
    data: dict[str, _Json] = {
        **_frame(model, letters),
        "number": _line(model.number, letters),
        "facts": [_line(fact, letters) for fact in model.facts],
        "proofs": [_line(proof, letters) for proof in model.proofs],
        "note": _placed(shown_words(model.note, letters)),
        "qr_svg": _decoded(model.qr_svg),
        "qr_description": model.qr_description,
        "attachment": _decoded(model.content),
        "attachment_description": model.content_description,
    }
    return _set("receipt.typ", data, model.created, fonts)


def render_report(model: ReportModel, fonts: Path) -> bytes:
    """Return the PDF on pages of A4, ending in a newline; raises DocumentFailedError as ``render_document`` does."""
    letters = _letters(fonts)
    data: dict[str, _Json] = {
        **_frame(model, letters),
        "tables": [
            {
                "title": _placed(shown_words(table.title, letters)),
                "lines": [_line(line, letters) for line in table.lines],
            }
            for table in model.tables
        ],
        "note": _placed(shown_words(model.note, letters)),
        "proof": _line(model.proof, letters),
        "page_words": _page_words(model.page_words),
        "attachment": _decoded(model.content),
        "attachment_description": model.content_description,
    }
    return _set("report.typ", data, model.created, fonts)


def readable(text: str, fonts: Path) -> str:
    """Return a value as a document would show it, in one line: for words from outside on any screen."""
    return shown_value(text, _letters(fonts)).spoken


def document_text(model: DocumentModel, fonts: Path) -> tuple[str, ...]:
    """Return the document's paragraphs in reading order, word for word as they are set: for reading aloud."""
    letters = _letters(fonts)

    def said(words: str) -> str:
        return shown_words(words, letters).spoken

    def line(line: Line) -> str:
        return f"{said(line.label)}: {shown_value(line.shown, letters).spoken}"

    return (
        said(model.issuer),
        said(model.title),
        said(model.answers_title),
        *(line(answer) for answer in model.answers),
        said(model.signature_title),
        said(model.statement),
        *(line(fact) for fact in model.facts),
    )


def _document_data(model: DocumentModel, fonts: Path) -> dict[str, _Json]:
    letters = _letters(fonts)
    words = {
        name: _placed(shown_words(text, letters))
        for name, text in (
            ("answers_title", model.answers_title),
            ("question_column", model.question_column),
            ("answer_column", model.answer_column),
            ("signature_title", model.signature_title),
            ("statement", model.statement),
        )
    }
    return {
        **_frame(model, letters),
        **words,
        "answers": [_line(answer, letters) for answer in model.answers],
        "facts": [_line(fact, letters) for fact in model.facts],
        "page_words": _page_words(model.page_words),
        "attachment": _decoded(model.instance),
        "attachment_description": model.instance_description,
    }


def _frame(model: DocumentModel | ReceiptModel | ReportModel, letters: frozenset[int]) -> dict[str, _Json]:
    language, _, region = model.language.partition("-")
    return {
        "title": _placed(shown_words(model.title, letters)),
        "issuer": _placed(shown_words(model.issuer, letters)),
        "language": language,
        "region": region,
        "direction": model.direction.value,
    }


def _line(line: Line, letters: frozenset[int]) -> _Json:
    return {
        "label": _placed(shown_words(line.label, letters)),
        "shown": _placed(shown_value(line.shown, letters)),
    }


def _placed(shown: Shown) -> _Json:
    return {"lines": list(shown.lines), "direction": shown.direction}


def _page_words(pattern: str) -> _Json:
    before, page, rest = pattern.partition("{page}")
    between, pages, after = rest.partition("{pages}")
    if not (page and pages):
        raise DocumentFailedError("the page words lack {page} or {pages}")
    return [before, between, after]


def _decoded(attachment: bytes) -> str:
    try:
        return attachment.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentFailedError("what is to be attached is not UTF-8") from None


def _set(template: str, data: Mapping[str, _Json], created: datetime, fonts: Path) -> bytes:
    if created.tzinfo is None:
        raise DocumentFailedError("a document is created at a time with a time zone")
    try:
        with _SETTING:
            pdf, warnings = _compiler(fonts).compile_with_warnings(
                _source(template),
                format="pdf",
                sys_inputs={"data": json.dumps(data)},
                pdf_standards=["a-3a", "ua-1"],
                timestamp=int(created.timestamp()),
            )
    except (typst.TypstError, OSError):
        # The typesetter's text may quote an answer; it goes no further.
        raise DocumentFailedError("the typesetter refused the document") from None
    if warnings or not isinstance(pdf, bytes):
        raise DocumentFailedError("the typesetter was not certain of the document")
    # typst ends with "%%EOF"; a signature's update must begin on a line of its own (ISO 19005-3 §6.1.9).
    return pdf + b"\n"


@lru_cache(maxsize=4)
def _source(template: str) -> bytes:
    """A template with what all share before it: one text, so that setting a page reads no file."""
    return (_TEMPLATES / "common.typ").read_bytes() + (_TEMPLATES / template).read_bytes()


@lru_cache(maxsize=4)
def _compiler(fonts: Path) -> typst.Compiler:
    """Made once: a new one looks at its folder, and a locked process sees no folder."""
    return typst.Compiler(root=_TEMPLATES, font_paths=_fonts(fonts), ignore_system_fonts=True)


@lru_cache(maxsize=4)
def _fonts(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


@lru_cache(maxsize=4)
def _letters(folder: Path) -> frozenset[int]:
    try:
        return letters_of(folder)
    except (ValueError, OSError):
        raise DocumentFailedError("the fonts cannot be read") from None
