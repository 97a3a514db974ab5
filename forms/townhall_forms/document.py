# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sets what a person signs and what they take home as PDF: PDF/A-3a and PDF/UA-1 at once, the data attached."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path


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
    """BCP 47, for example ``en`` or ``ar``."""
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
    statement: str
    """What the person declares by signing."""
    page_words: str
    """For example ``Page {page} of {pages}``."""
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
    """Envelope id, checkpoint, device signature: long codes."""
    note: str
    """What the slip is good for, in a sentence or two."""
    qr_svg: bytes
    qr_description: str
    """What stands in for the picture when it is read aloud."""
    created: datetime
    content: bytes
    """The receipt for programs, UTF-8; attached as ``receipt.json``."""
    content_description: str


def render_document(model: DocumentModel, fonts: Path) -> bytes:
    """Return the PDF, ending in a newline."""
    raise NotImplementedError


def render_receipt(model: ReceiptModel, fonts: Path) -> bytes:
    """Return the PDF: one page, A6."""
    raise NotImplementedError


def document_text(model: DocumentModel) -> tuple[str, ...]:
    """Return the document's paragraphs in reading order, word for word as set."""
    raise NotImplementedError


def extract_instance(untrusted_pdf: bytes) -> bytes:
    """Return the attached instance; raises AttachmentMissingError."""
    raise NotImplementedError
