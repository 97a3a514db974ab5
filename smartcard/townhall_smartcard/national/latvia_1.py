# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of the first Latvian identity card (IDEMIA, issued until 2019): RSA keys, both in one application.

The card states nothing of its holder; names and code stand in the certificates. Commands are those that a known client
sent to such a card, byte for byte: a dialogue of that client is recorded.
"""

from dataclasses import dataclass
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnsupportedError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.digest_info import digest_info
from townhall_smartcard.national.idemia import AUTHENTICATION_APPLICATION, MAIN_APPLICATION, read_counter
from townhall_smartcard.national.transaction import CardTransaction, PinUse, checked_signature, require_digest
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped
from townhall_smartcard.processors import ApduProcessor

ALGORITHM: Final = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)

_BY_PATH_NO_ANSWER: Final = (0x09, 0x0C)
_READ_BLOCK: Final = 0xB5
_AUTHENTICATION_TEMPLATE: Final = 0xA4
_RSA_PKCS1: Final = 0x02
_SIGNATURE_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class _KeyUse:
    """How one of the card's two keys is used."""

    certificate: bytes  # path from the master file
    key: int
    counted_in: bytes  # the application in which its PIN is counted
    pin: PinFacts


_KEYS: Final = {
    PinRole.AUTHENTICATION: _KeyUse(
        certificate=bytes.fromhex("ADF1A002"),
        key=0x82,
        counted_in=MAIN_APPLICATION,
        pin=PinFacts(reference=0x01, shortest=4, longest=12, block_bytes=64, padding=0xFF),
    ),
    PinRole.SIGNATURE: _KeyUse(
        certificate=bytes.fromhex("ADF1A001"),
        key=0x81,
        counted_in=AUTHENTICATION_APPLICATION,
        pin=PinFacts(reference=0x81, shortest=6, longest=12, block_bytes=64, padding=0xFF),
    ),
}


class LatvianCardOf2012:
    """One card in one transaction; see ``NationalCard``."""

    def __init__(self, card: ApduProcessor) -> None:
        self._card: Final = CardTransaction(card)

    def read(self) -> NationalContents:
        """Read both certificates and both retry counters."""
        return NationalContents(
            stated=CardStatement(),
            certificates={role: self.read_certificate(role) for role in _KEYS},
            algorithms=dict.fromkeys(_KEYS, ALGORITHM),
            tries={role: self.read_tries(role) for role in _KEYS},
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Read a certificate; its file tells its length in its first bytes alone."""
        path = _use(role).certificate
        self._card.select_application(MAIN_APPLICATION)
        self._card.expect("SELECT certificate", CommandApdu(0x00, Ins.SELECT, *_BY_PATH_NO_ANSWER, path))
        return self._card.read_certificate(self._card.certificate_length(), _READ_BLOCK)

    def read_tries(self, role: PinRole) -> PinTries:
        """Read one retry counter; no try is used."""
        use = _use(role)
        self._card.select_application(use.counted_in)
        return read_counter(self._card, use.pin.reference)

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how PIN 1 or PIN 2 is presented; the card is not asked."""
        return _use(role).pin

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return the same for both keys; the card is not asked."""
        _use(role)
        return ALGORITHM

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a SHA-256 digest with the authentication key after PIN 1."""
        return self._signature(PinRole.AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a SHA-256 digest with the signature key after PIN 2."""
        return self._signature(PinRole.SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def _signature(self, role: PinRole, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        use = _use(role)

        def prepare() -> None:
            self._card.select_application(AUTHENTICATION_APPLICATION)
            self._card.set_environment(_AUTHENTICATION_TEMPLATE, _RSA_PKCS1, use.key)

        with wiped(pin):
            require_digest(ALGORITHM, digest)
            asked = PinUse(use.pin, lambda: self.read_tries(role), prepare)
            if refusal := asked.present(self._card, pin, last_try_confirmed=last_try_confirmed):
                return refusal
        command = CommandApdu(
            0x00, Ins.INTERNAL_AUTHENTICATE, 0x00, 0x00, digest_info(ALGORITHM.digest, digest), le=MAX_SHORT_LE
        )
        return checked_signature(self._card.expect("INTERNAL AUTHENTICATE", command), _SIGNATURE_BYTES)


def _use(role: PinRole) -> _KeyUse:
    if role not in _KEYS:
        raise CardUnsupportedError
    return _KEYS[role]
