# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What one visit has collected. It lies in the visit's memory only; the process's end is its wipe."""

from dataclasses import dataclass

from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_forms.transaction import IdentityEvidence
from townhall_kiosk.receipt import SignedReceipt
from townhall_smartcard.identity import Identity
from townhall_smartcard.messages import CardContents


@dataclass(slots=True)
class Document:
    """The document before and after the card signed it, and its pages as pictures of these very bytes."""

    unsigned: bytes
    pages: tuple[bytes, ...]
    text: str
    signed: bytes | None = None


@dataclass(slots=True)
class Desk:
    """Filled from the top down as the visit goes on."""

    contents: CardContents | None = None
    identity: Identity | None = None
    evidence: IdentityEvidence | None = None
    service: Service | None = None
    form: FormSession | None = None
    document: Document | None = None
    receipt: SignedReceipt | None = None

    def clear(self) -> None:
        """Drop everything, so that no later screen can show it."""
        self.contents = self.identity = self.evidence = None
        self.service = self.form = self.document = self.receipt = None
