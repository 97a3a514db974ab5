# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards by Thales (once Gemalto) with a PKCS#15 application, whichever state they are of: all in one application.

What every such card has is here: certificates, counters, keys. Commands are those that a known client
sent to such cards, byte for byte: dialogues of that client are recorded. It presents the PIN first and names the key
afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.transaction import CardTransaction, PinUse, checked_signature, require_digest
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.tlv import parse_all, value_at

APPLICATION: Final = bytes.fromhex("A000000063504B43532D3135")
"""The name that PKCS#15 gives to its application; cards of many makers have it."""

_BY_PATH: Final = 0x08
_SIGNATURE_TEMPLATE: Final = 0xB6  # for both keys
_COUNTER: Final = 0xDF21
_WAS_SET: Final = 0xDF2F
_SCHEMES: Final = {Scheme.ECDSA: 0x04, Scheme.RSA_PSS: 0x05}
_DIGESTS: Final = {Digest.SHA256: 0x40, Digest.SHA384: 0x50, Digest.SHA512: 0x60}


@dataclass(frozen=True, slots=True)
class ThalesKey:
    """One of a card's two keys."""

    certificate: bytes
    """Path from the master file."""
    key: int
    pin: PinFacts
    algorithm: CardAlgorithm
    signature_bytes: int

    @property
    def number(self) -> int:
        """The algorithm as such cards number it: the hash in the high digit, the scheme in the low one."""
        return _DIGESTS[self.algorithm.digest] | _SCHEMES[self.algorithm.scheme]


def read_counter_of(card: CardTransaction, reference: int, most_tries: int) -> PinTries:
    """Read a retry counter: A0 / DF21, whose first byte counts, and DF2F, which is 0 before the PIN was ever set.

    The card does not tell how many tries there were.

    Raises:
        CardUnreadableError: no counter, or one that cannot be.
    """
    query = bytes((0xA0, 0x03, 0x83, 0x01, reference))
    command = CommandApdu(0x00, Ins.GET_DATA, 0x00, 0xFF, query, le=MAX_SHORT_LE)
    facts = {each.tag: each.value for each in parse_all(value_at(card.expect("GET DATA", command), 0xA0))}
    counter = facts.get(_COUNTER, b"")
    if not counter or counter[0] > most_tries:
        raise CardUnreadableError("impossible retry counter")
    return PinTries(counter[0], most_tries, is_activated=facts.get(_WAS_SET) != b"\0")


class ThalesCard:
    """One card in one transaction; see ``NationalCard``."""

    def __init__(self, card: ApduProcessor, keys: Mapping[PinRole, ThalesKey], most_tries: int) -> None:
        """Take what is known of this kind of card: its keys, and how many tries its PINs have."""
        self._card: Final = CardTransaction(card)
        self._keys: Final = keys
        self._most_tries: Final = most_tries

    def read(self) -> NationalContents:
        """Read both certificates and both retry counters."""
        return NationalContents(
            stated=CardStatement(),
            certificates={role: self.read_certificate(role) for role in self._keys},
            algorithms={role: each.algorithm for role, each in self._keys.items()},
            tries={role: self.read_tries(role) for role in self._keys},
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Read a certificate, in the largest blocks that the card gives."""
        path = self._key(role).certificate
        self._card.select_application(APPLICATION)
        return self._card.read_certificate(self._card.select_file(_BY_PATH, path), MAX_SHORT_LE)

    def read_tries(self, role: PinRole) -> PinTries:
        """Read one retry counter; no try is used."""
        reference = self._key(role).pin.reference
        self._card.select_application(APPLICATION)
        return read_counter_of(self._card, reference, self._most_tries)

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return what this kind of card has; the card is not asked."""
        return self._key(role).pin

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what this kind of card has; the card is not asked."""
        return self._key(role).algorithm

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the authentication key after PIN 1."""
        return self._signature(PinRole.AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the signature key after PIN 2."""
        return self._signature(PinRole.SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def _signature(self, role: PinRole, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        key = self._key(role)
        with wiped(pin):
            require_digest(key.algorithm, digest)
            asked = PinUse(key.pin, lambda: self.read_tries(role), lambda: None)
            if refusal := asked.present(self._card, pin, last_try_confirmed=last_try_confirmed):
                return refusal
        self._card.set_environment(_SIGNATURE_TEMPLATE, key.number, key.key)
        hashed = bytes((0x90, len(digest))) + digest
        self._card.expect("PSO HASH", CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x90, 0xA0, hashed))
        command = CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x9E, 0x9A, le=MAX_SHORT_LE)
        return checked_signature(self._card.expect("PSO CDS", command), key.signature_bytes)

    def _key(self, role: PinRole) -> ThalesKey:
        if role not in self._keys:
            raise CardUnsupportedError
        return self._keys[role]
