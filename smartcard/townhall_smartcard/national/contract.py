# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a driver of a national card does, whatever the card: read without a PIN, and use its two keys with one.

Nothing here is trusted: what the card states is stated, and what a state signed is handed over with the signature.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from townhall_crypto.card_signature import CardAlgorithm
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal


class EvidenceForm(enum.Enum):
    """In which form a state signed."""

    RAW = "raw"
    """The signature value alone, as the certificate's key makes it; ECDSA as DER, RSA as PKCS#1 v1.5."""
    DIGEST_LIST = "digest-list"
    """CMS (RFC 5652), its certificate inside, of SHA-256 digests: the content's is one of them."""
    DIGEST = "digest"
    """The content's digest, which stands in what is signed about IDENTITY."""


class EvidenceAbout(enum.Enum):
    """What the state vouches for."""

    IDENTITY = "identity"
    ADDRESS = "address"
    PHOTO = "photo"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a state signed about the holder, as it lies on the card; who verifies it decides what it is worth."""

    about: EvidenceAbout
    form: EvidenceForm
    content: bytes = field(repr=False)
    """The very bytes that are signed, or whose digest is."""
    signature: bytes = field(repr=False)
    certificate: bytes = field(default=b"", repr=False)
    """DER; empty where a CMS holds it."""


@dataclass(frozen=True, slots=True)
class NationalContents:
    """All that a card says without a PIN. A role that a card has no key or no secret for is not in the mapping."""

    stated: CardStatement
    certificates: Mapping[PinRole, bytes] = field(repr=False)
    """DER, of the keys for AUTHENTICATION and SIGNATURE."""
    algorithms: Mapping[PinRole, CardAlgorithm]
    """What each of those keys does with which digest."""
    tries: Mapping[PinRole, PinTries]
    issuers: tuple[bytes, ...] = field(default=(), repr=False)
    """DER of certificates between those and a root, where the card has them: untrusted, they help to find a way."""
    evidence: tuple[Evidence, ...] = ()


class NationalCard(Protocol):
    """One card in one transaction; every method begins with SELECT, so that each can run alone on a card in any state.

    All raise ``CardUnreadableError`` (or its child ``UnexpectedStatusError``) for answers that no such card gives,
    ``CardUnsupportedError`` for a role that this card has no key for, and whatever the connection below raises.
    """

    def read(self) -> NationalContents:
        """Read all that the card says without a PIN."""
        ...

    def read_certificate(self, role: PinRole) -> bytes:
        """Read the certificate of the authentication or the signature key, DER."""
        ...

    def read_tries(self, role: PinRole) -> PinTries:
        """Read one retry counter; no try is used."""
        ...

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how the PIN of a key is presented; a card that tells is asked."""
        ...

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what the key of ``role`` does with which digest; a card that has several kinds is asked."""
        ...

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the authentication key after its PIN, or tell why the PIN led to nothing.

        The PIN is sent at most once, and wiped, or entered once at the reader. Before that its length is checked and
        its counter read: with one try left the person must have confirmed to know. The signature has the form of
        ``algorithm``'s scheme.

        Raises:
            CardMisuseError: the digest is not as long as ``algorithm`` says.
        """
        ...

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the signature key after its PIN; as ``authenticate`` in all else."""
        ...
