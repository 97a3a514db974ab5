# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a desk and the process around a vendor's module say to each other.

Every request has one answer. A PIN travels in ``UseKey`` only, as bytes that can be wiped. Whatever comes from that
process is untrusted: foreign code runs in it.
"""

import enum
from typing import Final

import msgspec

from townhall_crypto.card_signature import Digest, Scheme
from townhall_smartcard.messages import PinTries
from townhall_smartcard.pins import PinRefusalReason

DESCRIPTION_BYTES: Final = 64
"""How much of a reader's name fits into what a module tells of a slot (PKCS#11 v2.40 §3.2, CK_SLOT_INFO)."""


class ShowKeys(msgspec.Struct, frozen=True, tag=True):
    """Load the module and show what its tokens in the reader of this name hold; no PIN."""

    reader: str


class UseKey(msgspec.Struct, frozen=True, tag=True):
    """Sign ``digest`` with the key of the certificate ``number`` that ``ShowKeys`` brought."""

    number: int
    scheme: Scheme
    hashed_by: Digest
    digest: bytes
    pin: bytearray  # both ends wipe theirs; empty where the reader has keys of its own
    last_try_confirmed: bool = False

    def __repr__(self) -> str:
        """Show no secret, and not how long it is."""
        return f"{type(self).__name__}(number={self.number}, scheme={self.scheme})"


class ShownCertificate(msgspec.Struct, frozen=True):
    """A certificate on a token, and what the token says of its own PIN and mechanisms."""

    certificate: bytes  # DER
    has_key: bool
    """The token shows a key beside it; most hide private keys before a PIN."""
    tries: PinTries | None
    """None: the token wants no PIN."""
    schemes: frozenset[Scheme]
    has_pin_pad: bool = False
    """The PIN is entered at the reader's own keys."""
    untrusted_number: str = ""
    """What the token calls its serial number; of many cards the number that is printed on them."""

    def __repr__(self) -> str:
        """Show no personal data."""
        return f"{type(self).__name__}({len(self.certificate)} bytes, {self.tries})"


class KeysShown(msgspec.Struct, frozen=True, tag=True):
    """All certificates of the tokens in that reader; a certificate's number is its place."""

    certificates: tuple[ShownCertificate, ...]


class Made(msgspec.Struct, frozen=True, tag=True):
    """What the key made of the digest; nobody has verified it yet."""

    untrusted_signature: bytes


class PinUseless(msgspec.Struct, frozen=True, tag=True):
    """The PIN led to nothing; ``tries_left`` is meant for WRONG alone."""

    reason: PinRefusalReason
    tries_left: int = 0


class ModuleFailure(enum.Enum):
    """Why a module did not do what was asked."""

    UNLOADABLE = "unloadable"
    NO_TOKEN = "no-token"  # noqa: S105 - a token of PKCS#11 is a card
    GONE = "gone"
    REFUSED = "refused"


class ModuleFailed(msgspec.Struct, frozen=True, tag=True):
    """It was not done; ``return_value`` is the name of what the module returned, as the library calls it."""

    failure: ModuleFailure
    return_value: str = ""


ModuleRequest = ShowKeys | UseKey
ModuleAnswer = KeysShown | Made | PinUseless | ModuleFailed
