# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the visit has of a document that staff check: in its memory only, until they leave, time passes, or another."""

from dataclasses import dataclass, field

from townhall_crypto.state_trust import StateTrust, StateTrustFiles
from townhall_kiosk.document_check.comparison import Field
from townhall_kiosk.documents.card_report import CardReport
from townhall_smartcard.emrtd.lds.mrz import Mrz
from townhall_smartcard.picture.messages import PictureRefusal, Pixels


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document, read and judged, beside what is printed on it. Personal data: no repr."""

    report: CardReport = field(repr=False)
    printed: Mrz = field(repr=False)
    chip: Mrz | None = field(repr=False)
    """None: the chip's own zone cannot be read; the verdict says what that means."""
    differing: frozenset[Field] = frozenset()
    face: Pixels | PictureRefusal | None = field(default=None, repr=False)
    """None: the chip has shown no picture."""


@dataclass(slots=True)
class DocumentDesk:
    """Filled from the top down."""

    typed: str = field(default="", repr=False)
    zone: Mrz | None = field(default=None, repr=False)
    found: CheckedDocument | None = None
    trust: tuple[StateTrustFiles, StateTrust] | None = field(default=None, repr=False)
    """Whom the kiosk believes, as loaded from these files; nothing of anybody, so it stays until staff leave."""

    def forget_document(self) -> None:
        """Drop all of the document."""
        self.typed, self.zone, self.found = "", None, None

    def clear(self) -> None:
        """Staff have left."""
        self.forget_document()
        self.trust = None
