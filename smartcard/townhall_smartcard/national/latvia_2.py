# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of the second Latvian identity card (IDEMIA, both chips): RSA keys at first, elliptic ones later.

Each of its two applications has a directory that says where the certificate lies and of which kind the key is. The card
states nothing of its holder; names and code stand in the certificates.
"""

from dataclasses import dataclass
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnsupportedError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.digest_info import digest_info
from townhall_smartcard.national.directory import (
    CERTIFICATES,
    OBJECT_DIRECTORY,
    PRIVATE_KEYS,
    PrivateKey,
    certificate_file,
    directory_file,
    private_key,
)
from townhall_smartcard.national.idemia import (
    AUTHENTICATION_APPLICATION,
    MAIN_APPLICATION,
    SIGNATURE_APPLICATION,
    read_counter,
)
from townhall_smartcard.national.transaction import CardTransaction, PinUse, checked_signature, require_digest
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped
from townhall_smartcard.processors import ApduProcessor

_RSA: Final = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
_ELLIPTIC: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
_SIGNATURE_BYTES: Final = {Scheme.RSA_PKCS1: (256, 384, 512), Scheme.ECDSA: (96,)}
_BY_IDENTIFIER: Final = 0x02
_DIRECTORY_BLOCKS: Final = (MAX_SHORT_LE,)
_CERTIFICATE_BLOCKS: Final = (0xC0, MAX_SHORT_LE)  # the Alcor AU9540 reader fails at longer answers


@dataclass(frozen=True, slots=True)
class _KeyUse:
    """How one of the card's two keys is used."""

    application: bytes
    counted_in: bytes  # the application in which its PIN is counted
    pin: PinFacts
    template: int  # of MANAGE SECURITY ENVIRONMENT
    algorithms: dict[Scheme, int]  # as the card numbers them there
    key: int  # where the directory names none
    operation: CommandApdu  # without its data
    card_pads: bool  # an RSA signature: else it takes a DigestInfo


_KEYS: Final = {
    PinRole.AUTHENTICATION: _KeyUse(
        application=AUTHENTICATION_APPLICATION,
        counted_in=MAIN_APPLICATION,
        pin=PinFacts(reference=0x01, shortest=4, longest=12, block_bytes=12, padding=0xFF),
        template=0xA4,
        algorithms={Scheme.RSA_PKCS1: 0x02, Scheme.ECDSA: 0x04},
        key=0x81,
        operation=CommandApdu(0x00, Ins.INTERNAL_AUTHENTICATE, 0x00, 0x00, le=MAX_SHORT_LE),
        card_pads=False,
    ),
    PinRole.SIGNATURE: _KeyUse(
        application=SIGNATURE_APPLICATION,
        counted_in=SIGNATURE_APPLICATION,
        pin=PinFacts(reference=0x85, shortest=6, longest=12, block_bytes=12, padding=0xFF),
        template=0xB6,
        algorithms={Scheme.RSA_PKCS1: 0x42, Scheme.ECDSA: 0x54},
        key=0x9F,
        operation=CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x9E, 0x9A, le=MAX_SHORT_LE),
        card_pads=True,
    ),
}


class LatvianCardOf2019:
    """One card in one transaction; see ``NationalCard``."""

    def __init__(self, card: ApduProcessor) -> None:
        self._card: Final = CardTransaction(card)
        self._directories: Final[dict[PinRole, bytes]] = {}
        self._private_keys: Final[dict[PinRole, PrivateKey]] = {}

    def read(self) -> NationalContents:
        """Read both certificates, of which kind the keys are, and both retry counters."""
        return NationalContents(
            stated=CardStatement(),
            certificates={role: self.read_certificate(role) for role in _KEYS},
            algorithms={role: self.algorithm(role) for role in _KEYS},
            tries={role: self.read_tries(role) for role in _KEYS},
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Read a certificate from where the application's directory says that it is."""
        use = _use(role)
        self._card.select_application(MAIN_APPLICATION)
        self._card.select_application(use.application)
        directory = self._read_directory(role, CERTIFICATES)
        length = self._card.select_file(_BY_IDENTIFIER, certificate_file(directory))
        return self._card.read_certificate(length, *_CERTIFICATE_BLOCKS)

    def read_tries(self, role: PinRole) -> PinTries:
        """Read one retry counter; no try is used."""
        use = _use(role)
        self._card.select_application(use.counted_in)
        return read_counter(self._card, use.pin.reference)

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how PIN 1 or PIN 2 is presented; the card is not asked."""
        return _use(role).pin

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what kind of key the application's directory names; the card is asked once."""
        if role not in self._private_keys:
            self._card.select_application(_use(role).application)
        return _algorithm_of(self._private_key(role))

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the authentication key after PIN 1."""
        return self._signature(PinRole.AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the signature key after PIN 2."""
        return self._signature(PinRole.SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def _signature(self, role: PinRole, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        use = _use(role)

        def prepare() -> None:
            if use.counted_in != use.application:
                self._card.select_application(use.application)
            key = self._private_key(role)
            algorithm = _algorithm_of(key)
            require_digest(algorithm, digest)
            reference = use.key if key.reference is None else key.reference
            self._card.set_environment(use.template, use.algorithms[algorithm.scheme], reference)

        with wiped(pin):
            asked = PinUse(use.pin, lambda: self.read_tries(role), prepare)
            if refusal := asked.present(self._card, pin, last_try_confirmed=last_try_confirmed):
                return refusal
        algorithm = _algorithm_of(self._private_key(role))
        takes_info = algorithm.scheme is Scheme.RSA_PKCS1 and not use.card_pads
        data = digest_info(algorithm.digest, digest) if takes_info else digest
        signature = self._card.expect("key operation", use.operation.with_data(data))
        return checked_signature(signature, *_SIGNATURE_BYTES[algorithm.scheme])

    def _private_key(self, role: PinRole) -> PrivateKey:
        """Return what the directory of the selected application says of its key."""
        if role not in self._private_keys:
            self._private_keys[role] = private_key(self._read_directory(role, PRIVATE_KEYS))
        return self._private_keys[role]

    def _read_directory(self, role: PinRole, kind: int) -> bytes:
        """Read a directory of the selected application, by way of the one that names all."""
        if role not in self._directories:
            self._directories[role] = self._read_file(OBJECT_DIRECTORY)
        return self._read_file(directory_file(self._directories[role], kind))

    def _read_file(self, identifier: bytes) -> bytes:
        return self._card.read_selected(self._card.select_file(_BY_IDENTIFIER, identifier), *_DIRECTORY_BLOCKS)


def _use(role: PinRole) -> _KeyUse:
    if role not in _KEYS:
        raise CardUnsupportedError
    return _KEYS[role]


def _algorithm_of(key: PrivateKey) -> CardAlgorithm:
    return _ELLIPTIC if key.is_elliptic else _RSA
