# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of the Belgian identity card: applets to 1.7 with RSA keys, 1.8 with keys on P-384; one PIN for both.

The card answers SELECT with no length: a file is read until an answer is short or its end is told. The national
register signed the identity file, and the address with that signature behind it; the identity file holds the photo's
digest.

The signature key wants the PIN as the very command before it, so the key is named before the PIN. No known client reads
how many tries are left: a VERIFY without a PIN costs one on some of these cards.
"""

from dataclasses import replace
from typing import Final

from townhall_crypto.card_signature import LEAST_RSA_BITS, CardAlgorithm, Digest, Scheme, key_of
from townhall_crypto.errors import MalformedError
from townhall_crypto.signature_key import CurveKey
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national.belgian_records import address_in, identity_in, parse_records, photo_digest_in
from townhall_smartcard.national.contract import Evidence, EvidenceAbout, EvidenceForm, NationalContents
from townhall_smartcard.national.digest_info import digest_info
from townhall_smartcard.national.transaction import CardTransaction, checked_signature, require_digest
from townhall_smartcard.pin_format import PinEncoding, PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, refusal_before, wiped
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encoded_length

APPLICATION: Final = bytes.fromhex("A00000003029057000AD13100101FF")
IDENTITY: Final = "3F00DF014031"

_KEYS_FOLDER: Final = "3F00DF00"
_IDENTITY_SIGNATURE: Final = "3F00DF014032"
_ADDRESS: Final = "3F00DF014033"
_ADDRESS_SIGNATURE: Final = "3F00DF014034"
_PHOTO: Final = "3F00DF014035"
_CERTIFICATES: Final = {PinRole.AUTHENTICATION: "3F00DF005038", PinRole.SIGNATURE: "3F00DF005039"}
_ISSUERS: Final = ("3F00DF00503A", "3F00DF00503B")
_REGISTER_CERTIFICATE: Final = "3F00DF00503C"
_KEYS: Final = {PinRole.AUTHENTICATION: 0x82, PinRole.SIGNATURE: 0x83}

_GET_CARD_DATA: Final = CommandApdu(0x80, 0xE4, 0x00, 0x00, le=0x1C)
_APPLET_VERSION: Final = 21  # where it stands in those data
_LONG_KEYS_SINCE: Final = 0x17  # RSA of 2,048 bits
_ELLIPTIC_SINCE: Final = 0x18
_RSA: Final = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
_ELLIPTIC: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
_NUMBERS: Final = {_RSA: 0x01, _ELLIPTIC: 0x02}  # of the card; its RSA takes a DigestInfo and pads it, on every applet
_SIGNATURE_BYTES: Final = {_RSA: (256, 384, 512), _ELLIPTIC: (96,)}

_PIN: Final = PinFacts(
    reference=0x01, shortest=4, longest=12, block_bytes=8, padding=0xFF, encoding=PinEncoding.FORMAT_2
)
_MOST_TRIES: Final = 3
_TRIES: Final = PinTries(_MOST_TRIES, _MOST_TRIES, is_counted=False)

_BLOCK: Final = 0xF8  # as the state's own client reads
_LONGEST_FILE: Final = 0x8000
_SEQUENCE: Final = 0x30
_MISSING: Final = frozenset({StatusWord.FILE_NOT_FOUND, StatusWord.WRONG_PARAMETERS})
_NOTHING_LEFT: Final = frozenset({StatusWord.WRONG_OFFSET, StatusWord.END_OF_FILE, 0x6C00})


def select_path(path: str) -> CommandApdu:
    """Return the command that selects a file by its path from the master file."""
    return CommandApdu(0x00, Ins.SELECT, 0x08, 0x0C, bytes.fromhex(path))


class BelgianCard:
    """One card in one transaction; see ``NationalCard``."""

    def __init__(self, card: ApduProcessor) -> None:
        self._card: Final = CardTransaction(card)
        self._told_version: Final[list[int | None]] = []  # the applet's version, once it was asked for

    def read(self) -> NationalContents:
        """Read identity, address and photo with their signatures, the certificates, and which applet this is."""
        self._begin()
        identity = self._required(IDENTITY)
        address, photo = self._file(_ADDRESS), self._file(_PHOTO)
        records = parse_records(identity)
        stated = identity_in(records)
        certificates = {role: self._certificate(path) for role, path in _CERTIFICATES.items()}
        held = {role: der for role, der in certificates.items() if der}
        return NationalContents(
            stated=_with_more(stated, address, photo),
            certificates=held,
            algorithms={role: found for role, der in held.items() if (found := self._algorithm(der))},
            tries=dict.fromkeys(held, _TRIES),
            issuers=tuple(der for path in _ISSUERS if (der := self._certificate(path))),
            evidence=self._evidence(identity, address, photo, photo_digest_in(records)),
        )

    def read_certificate(self, role: PinRole) -> bytes:
        """Read one certificate."""
        path = _path(role)
        self._begin()
        der = self._certificate(path)
        if not der:
            raise CardUnsupportedError
        return der

    def read_tries(self, role: PinRole) -> PinTries:
        """Return that the card does not tell; it is not asked."""
        _path(role)
        return _TRIES

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how the one PIN is presented; the card is not asked."""
        _path(role)
        return _PIN

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what the key does, as the applet's version says, or its certificate; a short one does nothing here."""
        _path(role)
        self._begin()
        version = self._applet_version()
        if version is not None and version >= _LONG_KEYS_SINCE:
            return _ELLIPTIC if version >= _ELLIPTIC_SINCE else _RSA
        found = self._algorithm(self.read_certificate(role))
        if found is None:
            raise CardUnsupportedError
        return found

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the authentication key; whether this is the last try, the card does not tell."""
        return self._signature(PinRole.AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a digest with the signature key; the PIN is the very command before."""
        return self._signature(PinRole.SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def _signature(
        self,
        role: PinRole,
        pin: Pin,
        digest: bytes,
        *,
        last_try_confirmed: bool,  # noqa: ARG002  # no counter to guard
    ) -> bytes | PinRefusal:
        with wiped(pin):
            algorithm = self.algorithm(role)
            require_digest(algorithm, digest)
            if refusal := refusal_before(pin, _PIN.shortest, _PIN.longest):
                return refusal
            self._card.expect("SELECT folder", select_path(_KEYS_FOLDER))
            named = bytes((0x04, 0x80, _NUMBERS[algorithm], 0x84, _KEYS[role]))
            self._card.expect("MSE SET", CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xB6, named))
            if refusal := self._card.verify(_PIN, pin, _untold):
                return refusal
        data = digest_info(algorithm.digest, digest) if algorithm == _RSA else digest
        command = CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x9E, 0x9A, data, le=MAX_SHORT_LE)
        made = self._card.expect("PSO CDS", command)
        if not made:  # an applet over T=1 keeps it until it is fetched
            made = self._card.expect("GET RESPONSE", CommandApdu(0x00, Ins.GET_RESPONSE, 0x00, 0x00, le=MAX_SHORT_LE))
        return checked_signature(made, *_SIGNATURE_BYTES[algorithm])

    def _begin(self) -> None:
        """Select the folder of the keys; where that is refused, the applet first."""
        if self._card.ask(select_path(_KEYS_FOLDER)).is_ok:
            return
        self._card.expect("SELECT application", CommandApdu(0x00, Ins.SELECT, 0x04, 0x00, APPLICATION))
        self._card.expect("SELECT folder", select_path(_KEYS_FOLDER))

    def _algorithm(self, certificate: bytes) -> CardAlgorithm | None:
        """Return what a key does; None for one that is too short for anybody to believe it."""
        try:
            key = key_of(certificate)
        except MalformedError as exc:
            raise CardUnreadableError("a certificate without a readable key") from exc
        version = self._applet_version()
        if version is not None and (version >= _ELLIPTIC_SINCE) != isinstance(key, CurveKey):
            raise CardUnreadableError("applet and certificate contradict each other")
        if isinstance(key, CurveKey):
            return _ELLIPTIC
        return _RSA if key.key_size >= LEAST_RSA_BITS else None

    def _applet_version(self) -> int | None:
        """Return the applet's version; None where it does not tell. The card is asked once."""
        if not self._told_version:
            answer = self._card.ask(_GET_CARD_DATA)
            told = answer.data if answer.is_ok and len(answer.data) > _APPLET_VERSION else None
            self._told_version.append(None if told is None else told[_APPLET_VERSION])
        return self._told_version[0]

    def _evidence(self, identity: bytes, address: bytes, photo: bytes, photo_digest: bytes) -> tuple[Evidence, ...]:
        signed, register = self._file(_IDENTITY_SIGNATURE), self._certificate(_REGISTER_CERTIFICATE)
        found = [Evidence(EvidenceAbout.IDENTITY, EvidenceForm.RAW, identity, signed, register)]
        if address:
            content = address.rstrip(b"\0") + signed
            signature = self._file(_ADDRESS_SIGNATURE)
            found.append(Evidence(EvidenceAbout.ADDRESS, EvidenceForm.RAW, content, signature, register))
        if photo:
            found.append(Evidence(EvidenceAbout.PHOTO, EvidenceForm.DIGEST, photo, photo_digest))
        return tuple(found)

    def _certificate(self, path: str) -> bytes:
        """Return the certificate in a file that may be longer; nothing where there is none."""
        content = self._file(path)
        if not any(content):
            return b""
        if content[0] != _SEQUENCE or encoded_length(content) > len(content):
            raise CardUnreadableError("the certificate file holds no certificate")
        return content[: encoded_length(content)]

    def _required(self, path: str) -> bytes:
        content = self._file(path)
        if not content:
            raise CardUnreadableError("no identity file")
        return content

    def _file(self, path: str) -> bytes:
        """Return a file; nothing where the card has none."""
        selected = self._card.ask(select_path(path))
        if selected.status in _MISSING:
            return b""
        if not selected.is_ok:
            raise UnexpectedStatusError("SELECT file", selected.status)
        content = bytearray()
        while True:
            at = len(content)
            answer = self._card.ask(CommandApdu(0x00, Ins.READ_BINARY, at >> 8, at & 0xFF, le=_BLOCK))
            if not answer.is_ok and answer.status not in _NOTHING_LEFT:
                raise UnexpectedStatusError("READ BINARY", answer.status)
            if len(answer.data) > _BLOCK or len(content) + len(answer.data) > _LONGEST_FILE:
                raise CardUnreadableError("a file without end")
            content += answer.data
            if len(answer.data) < _BLOCK:
                return bytes(content)


def _untold() -> PinTries:
    """Answer a refusal that does not count: how many tries are left, nobody can ask."""
    raise UnexpectedStatusError("VERIFY", StatusWord.VERIFICATION_FAILED)


def _path(role: PinRole) -> str:
    if role not in _CERTIFICATES:
        raise CardUnsupportedError
    return _CERTIFICATES[role]


def _with_more(stated: CardStatement, address: bytes, photo: bytes) -> CardStatement:
    return replace(stated, address=address_in(parse_records(address)), untrusted_photo=photo)
