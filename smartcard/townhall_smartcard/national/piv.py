# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards with a PIV application (NIST SP 800-73-4), the Common Access Card among them: one PIN, one key a purpose.

Such cards have ATRs of every maker: the application tells them. What a key does is what its certificate says.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme, key_of
from townhall_crypto.errors import MalformedError
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.digest_info import digest_info
from townhall_smartcard.national.piv_objects import certificate_in, statement_in
from townhall_smartcard.national.transaction import CardTransaction, PinUse, checked_signature, require_digest
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord, tries_left
from townhall_smartcard.tlv import encode, value_at

APPLICATION: Final = bytes.fromhex("A00000030800001000")
"""Without the version at its end (part 1 §2.2)."""
SELECT_APPLICATION: Final = CommandApdu(0x00, Ins.SELECT, 0x04, 0x00, APPLICATION, le=MAX_SHORT_LE)

_PIN: Final = PinFacts(reference=0x80, shortest=6, longest=8, block_bytes=8, padding=0xFF)
_USUAL_TRIES: Final = 3  # the card does not tell how many there were
_CARD_IDENTIFIER: Final = bytes.fromhex("5FC102")
_OBJECT: Final = 0x53
_TEMPLATE: Final = 0x7C
_CHALLENGE: Final = 0x81
_RESPONSE: Final = 0x82
_MISSING: Final = frozenset({StatusWord.FILE_NOT_FOUND, StatusWord.REFERENCE_NOT_FOUND})


@dataclass(frozen=True, slots=True)
class PivKey:
    """One of a card's keys."""

    reference: int
    certificate: bytes
    """The data object that holds it."""

    @property
    def read(self) -> CommandApdu:
        """The command that reads the certificate."""
        return _get_data(self.certificate)


@dataclass(frozen=True, slots=True)
class _KeyKind:
    """What a key is: its number in commands (SP 800-78-4 §6.2), and what it does."""

    number: int
    algorithm: CardAlgorithm
    bytes_wide: int
    """Of the modulus, or of a coordinate."""


def _get_data(identifier: bytes) -> CommandApdu:
    return CommandApdu(0x00, Ins.GET_DATA, 0x3F, 0xFF, encode(0x5C, identifier), le=MAX_SHORT_LE)


KEYS: Final = {
    PinRole.AUTHENTICATION: PivKey(0x9A, bytes.fromhex("5FC105")),
    PinRole.SIGNATURE: PivKey(0x9C, bytes.fromhex("5FC10A")),
}


class PivCard:
    """One card in one transaction; see ``NationalCard``. Many such cards lack the signature key."""

    def __init__(self, card: ApduProcessor) -> None:
        self._card: Final = CardTransaction(card)

    def read(self) -> NationalContents:
        """Read the card's identifier, the certificates that it has, and the counter of its one PIN."""
        self._select()
        stated = self._object(_get_data(_CARD_IDENTIFIER))
        objects = {role: self._object(key.read) for role, key in KEYS.items()}
        certificates = {role: certificate_in(content) for role, content in objects.items() if content}
        tries = self._tries()
        return NationalContents(
            stated=statement_in(stated) if stated else CardStatement(),
            certificates=certificates,
            algorithms={role: _kind_of(each).algorithm for role, each in certificates.items()},
            tries=dict.fromkeys(certificates, tries),
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Read one certificate."""
        key = _key(role)
        self._select()
        content = self._object(key.read)
        if not content:
            raise CardUnsupportedError
        return certificate_in(content)

    def read_tries(self, role: PinRole) -> PinTries:
        """Read the counter of the one PIN, which serves both keys."""
        _key(role)
        self._select()
        return self._tries()

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how the one PIN is presented; the card is not asked."""
        _key(role)
        return _PIN

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what the key does, as its certificate says."""
        return _kind_of(self.read_certificate(role)).algorithm

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the PIV authentication key (9A)."""
        return self._signature(PinRole.AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the digital signature key (9C); no command comes between its PIN and it."""
        return self._signature(PinRole.SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def _signature(self, role: PinRole, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        with wiped(pin):
            kind = _kind_of(self.read_certificate(role))
            require_digest(kind.algorithm, digest)
            asked = PinUse(_PIN, self._tries, lambda: None)
            if refusal := asked.present(self._card, pin, last_try_confirmed=last_try_confirmed):
                return refusal
        is_curve = kind.algorithm.scheme is Scheme.ECDSA
        challenge = digest if is_curve else _padded(kind, digest)
        data = encode(_TEMPLATE, encode(_RESPONSE, b"") + encode(_CHALLENGE, challenge))
        command = CommandApdu(
            0x00, Ins.GENERAL_AUTHENTICATE_TEMPLATE, kind.number, _key(role).reference, data, le=MAX_SHORT_LE
        )
        made = value_at(self._card.expect("GENERAL AUTHENTICATE", command), _TEMPLATE, _RESPONSE)
        if is_curve:
            return checked_signature(_plain(made, kind.bytes_wide), 2 * kind.bytes_wide)
        return checked_signature(made, kind.bytes_wide)

    def _select(self) -> None:
        self._card.expect("SELECT application", SELECT_APPLICATION)

    def _object(self, command: CommandApdu) -> bytes:
        """Return what a data object holds; nothing where the card has none, or an empty one."""
        answer = self._card.ask(command)
        if answer.status in _MISSING:
            return b""
        if not answer.is_ok:
            raise UnexpectedStatusError("GET DATA", answer.status)
        return value_at(answer.data, _OBJECT)

    def _tries(self) -> PinTries:
        """Ask by a VERIFY without a PIN (part 2 §3.2.1): 63Cx counts, 9000 is a PIN that is open, with all tries."""
        status = self._card.ask(CommandApdu(0x00, Ins.VERIFY, 0x00, _PIN.reference)).status
        if status == StatusWord.OK:
            return PinTries(_USUAL_TRIES, _USUAL_TRIES)
        left = 0 if status == StatusWord.AUTHENTICATION_METHOD_BLOCKED else tries_left(status)
        if left is None:
            raise UnexpectedStatusError("VERIFY without a PIN", status)
        return PinTries(left, max(left, _USUAL_TRIES))


def _key(role: PinRole) -> PivKey:
    if role not in KEYS:
        raise CardUnsupportedError
    return KEYS[role]


def _kind_of(certificate: bytes) -> _KeyKind:
    """Return what a certificate's key is.

    Raises:
        CardUnreadableError: it has none that can be read.
        CardUnsupportedError: it is of no kind that PIV knows.
    """
    try:
        key = key_of(certificate)
    except MalformedError as exc:
        raise CardUnreadableError("a certificate without a readable key") from exc
    if isinstance(key, rsa.RSAPublicKey):
        number = {2048: 0x07, 3072: 0x05}.get(key.key_size)
        algorithm = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
        wide = key.key_size // 8
    elif isinstance(key.curve.named, ec.SECP256R1):
        number, algorithm, wide = 0x11, CardAlgorithm(Scheme.ECDSA, Digest.SHA256), 32
    elif isinstance(key.curve.named, ec.SECP384R1):
        number, algorithm, wide = 0x14, CardAlgorithm(Scheme.ECDSA, Digest.SHA384), 48
    else:
        raise CardUnsupportedError
    if number is None:
        raise CardUnsupportedError
    return _KeyKind(number, algorithm, wide)


def _padded(kind: _KeyKind, digest: bytes) -> bytes:
    """Return what the card's RSA is to be applied to (RFC 8017 §9.2): such cards pad nothing."""
    info = digest_info(kind.algorithm.digest, digest)
    return b"\x00\x01" + b"\xff" * (kind.bytes_wide - len(info) - 3) + b"\x00" + info


def _plain(untrusted: bytes, bytes_wide: int) -> bytes:
    """Return r || s of a signature that the card gives as DER (part 2 appendix A.4)."""
    try:
        r, s = decode_dss_signature(untrusted)
        return r.to_bytes(bytes_wide, "big") + s.to_bytes(bytes_wide, "big")
    except (ValueError, OverflowError):
        raise CardUnreadableError("impossible signature") from None
