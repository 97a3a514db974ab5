# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of the Estonian ID card of the 2018 generation (IDEMIA, both chips).

Every public method begins with SELECT, so that each can run alone on a card in any state. Commands are those of the
card's known clients, byte for byte: what nobody sends, nobody has tried.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins, ResponseApdu
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import (
    BLOCKED,
    LAST_TRY_UNCONFIRMED,
    Pin,
    PinRefusal,
    present_pin,
    refusal_before,
    wiped,
)
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encoded_length, value_at

MAIN_APPLICATION: Final = bytes.fromhex("A000000077010800070000FE00000100")
AUTHENTICATION_APPLICATION: Final = bytes.fromhex("E828BD080FF2504F5420415750")
SIGNATURE_APPLICATION: Final = b"QSCD Application"
PERSONAL_DATA_FOLDER: Final = bytes.fromhex("5000")
CERTIFICATE_PATHS: Final = {
    PinRole.AUTHENTICATION: bytes.fromhex("ADF13401"),
    PinRole.SIGNATURE: bytes.fromhex("ADF2341F"),
}

DIGEST_BYTES: Final = 48
NUMBER_BYTES: Final = 48
SIGNATURE_BYTES: Final = 2 * NUMBER_BYTES
POINT_BYTES: Final = 1 + 2 * NUMBER_BYTES
P384_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
PINS: Final = {
    PinRole.AUTHENTICATION: PinFacts(reference=0x01, shortest=4, longest=12, block_bytes=12, padding=0xFF),
    PinRole.SIGNATURE: PinFacts(reference=0x85, shortest=5, longest=12, block_bytes=12, padding=0xFF),
    PinRole.UNBLOCKING: PinFacts(reference=0x02, shortest=8, longest=12, block_bytes=12, padding=0xFF),
}
LONGEST_PIN: Final = max(each.longest for each in PINS.values())
SHORTEST_PIN: Final = {role: each.shortest for role, each in PINS.items()}

_BY_AID_NO_ANSWER: Final = (0x04, 0x0C)
_BY_CHILD_NO_ANSWER: Final = (0x01, 0x0C)
_BY_PATH_WITH_FCP: Final = (0x09, 0x04)
_READ_BLOCK: Final = 0xC0  # the Alcor AU9540 reader fails at longer answers
_LONGEST_CERTIFICATE: Final = 8192
_FIRST_REMARK: Final = 10
_LAST_RECORD: Final = 15
_COUNTER_REFERENCE: Final = {PinRole.AUTHENTICATION: 1, PinRole.UNBLOCKING: 2, PinRole.SIGNATURE: 5}
_MOST_TRIES: Final = 15  # what 63Cx can tell


@dataclass(frozen=True, slots=True)
class _KeyUse:
    """How one of the card's two keys is used."""

    role: PinRole
    application: bytes
    environment: CommandApdu
    operation: CommandApdu  # without its data


_AUTHENTICATION: Final = _KeyUse(
    PinRole.AUTHENTICATION,
    AUTHENTICATION_APPLICATION,
    CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA4, bytes.fromhex("800104840181")),
    CommandApdu(0x00, Ins.INTERNAL_AUTHENTICATE, 0x00, 0x00, le=256),
)
_SIGNATURE: Final = _KeyUse(
    PinRole.SIGNATURE,
    SIGNATURE_APPLICATION,
    CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xB6, bytes.fromhex("80015484019F")),
    CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x9E, 0x9A, le=256),
)
_AGREEMENT: Final = _KeyUse(
    PinRole.AUTHENTICATION,
    AUTHENTICATION_APPLICATION,
    CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xB8, bytes.fromhex("8004FF300400840181")),
    CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, 0x80, 0x86, le=256),  # DECIPHER, ISO/IEC 7816-8 §11.6
)
_NO_PADDING: Final = b"\x00"
_CHALLENGE_BYTES: Final = 8


@dataclass(frozen=True, slots=True, repr=False)
class StatedData:
    """The personal data file: stated by the card, not signed by anybody."""

    surname: str
    given_names: str
    sex: str
    citizenship: str
    birth: str  # as printed: "08 01 1980 EST"
    personal_code: str
    document_number: str
    expiry_date: str  # as printed: "DD MM YYYY"
    issuing_date: str


@dataclass(frozen=True, slots=True)
class EstonianContents:
    """All that the card says without a PIN."""

    stated: StatedData
    certificates: dict[PinRole, bytes] = field(repr=False)
    tries: dict[PinRole, PinTries]


class EstonianIdCard:
    """One card in one transaction.

    All methods raise ``CardUnreadableError`` (or its child ``UnexpectedStatusError``) for answers that no such card
    gives, and whatever the connection below raises.
    """

    def __init__(self, card: ApduProcessor) -> None:
        self._card = card

    def read(self) -> EstonianContents:
        """Read the personal data file, both certificates and the three retry counters."""
        self._select(MAIN_APPLICATION)
        tries = {role: self._tries(role) for role in (PinRole.AUTHENTICATION, PinRole.UNBLOCKING)}
        stated = self._stated()
        certificates = {role: self.read_certificate(role) for role in CERTIFICATE_PATHS}
        self._select(SIGNATURE_APPLICATION)
        tries[PinRole.SIGNATURE] = self._tries(PinRole.SIGNATURE)
        return EstonianContents(stated, certificates, tries)

    def read_stated(self) -> StatedData:
        """Read records 1 to 9 of the personal data file."""
        self._select(MAIN_APPLICATION)
        return self._stated()

    def read_remarks(self) -> tuple[str, ...]:
        """Read records 10 to 15 (kind of residence permit, notes) as far as the card has them."""
        self._select(MAIN_APPLICATION)
        self._select_folder()
        records = (self._record(number, is_required=False) for number in range(_FIRST_REMARK, _LAST_RECORD + 1))
        return tuple(record for record in records if record)

    def read_certificate(self, role: PinRole) -> bytes:
        """Read the certificate of the authentication or the signature key, DER."""
        self._select(MAIN_APPLICATION)
        control_parameters = self._expect_ok(
            "SELECT certificate", CommandApdu(0x00, Ins.SELECT, *_BY_PATH_WITH_FCP, CERTIFICATE_PATHS[role], le=256)
        )
        length = value_at(control_parameters, 0x62, 0x80)
        if len(length) != 2 or not 0 < int.from_bytes(length, "big") <= _LONGEST_CERTIFICATE:
            raise CardUnreadableError("impossible length of a certificate file")
        certificate = self._read_binary(int.from_bytes(length, "big"))
        if certificate[0] != 0x30 or encoded_length(certificate) != len(certificate):
            raise CardUnreadableError("the certificate file holds no certificate")
        return certificate

    def read_tries(self, role: PinRole) -> PinTries:
        """Read one retry counter; no try is used."""
        self._select(SIGNATURE_APPLICATION if role is PinRole.SIGNATURE else MAIN_APPLICATION)
        return self._tries(role)

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a SHA-384 digest with the authentication key after PIN 1; see ``_use_key``."""
        return self._signature(_AUTHENTICATION, pin, digest, last_try_confirmed=last_try_confirmed)

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Sign a SHA-384 digest with the signature key after PIN 2; see ``_use_key``."""
        return self._signature(_SIGNATURE, pin, digest, last_try_confirmed=last_try_confirmed)

    def agree(self, pin: Pin, point: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Return the x that ECDH with ``point`` (uncompressed) gives by the authentication key after PIN 1."""
        with wiped(pin):
            if len(point) != POINT_BYTES:
                raise CardMisuseError(f"point of {len(point)} bytes")
            answer = self._use_key(_AGREEMENT, pin, _NO_PADDING + point, last_try_confirmed=last_try_confirmed)
        if isinstance(answer, bytes) and len(answer) != NUMBER_BYTES:
            raise CardUnreadableError("impossible outcome of an agreement")
        return answer

    def read_challenges(self, size_bytes: int) -> bytes:
        """Return bytes of the chip's generator (GET CHALLENGE, ISO 7816-4 §11.5.3); nothing where it gives none.

        Eight at a time, which every chip with that command gives; ``size_bytes`` is rounded up to that.
        """
        taken = b""
        while len(taken) < size_bytes:
            answer = self._card.exchange(CommandApdu(0x00, Ins.GET_CHALLENGE, 0x00, 0x00, le=_CHALLENGE_BYTES))
            if answer.status != StatusWord.OK or len(answer.data) != _CHALLENGE_BYTES:
                return b""
            taken += answer.data
        return taken

    def _signature(self, use: _KeyUse, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Return r || s over a digest, or why the PIN led to nothing."""
        with wiped(pin):
            if len(digest) != DIGEST_BYTES:
                raise CardMisuseError(f"digest of {len(digest)} bytes")
            answer = self._use_key(use, pin, digest, last_try_confirmed=last_try_confirmed)
        return _checked_signature(answer) if isinstance(answer, bytes) else answer

    def _use_key(self, use: _KeyUse, pin: Pin, data: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Return the card's answer to ``data``, or why the PIN led to nothing. The PIN is sent at most once, and wiped.

        Before it is sent its length is checked and its counter read: with one try left the person must have
        confirmed to know (``last_try_confirmed``).
        """
        facts = PINS[use.role]
        with wiped(pin):
            if refusal := refusal_before(pin, facts.shortest, facts.longest):
                return refusal
            if refusal := self._refusal_by_counter(use.role, last_try_confirmed=last_try_confirmed):
                return refusal
            if use.role is PinRole.AUTHENTICATION:  # its counter lies in another application
                self._select(use.application)
            self._expect_ok("MSE SET", use.environment)
            if refusal := present_pin(self._card, facts, pin, lambda: self.read_tries(use.role)):
                return refusal
        return self._expect_ok("key operation", replace(use.operation, data=data))

    def _refusal_by_counter(self, role: PinRole, *, last_try_confirmed: bool) -> PinRefusal | None:
        left = self.read_tries(role).left
        if left == 0:
            return BLOCKED
        return LAST_TRY_UNCONFIRMED if left == 1 and not last_try_confirmed else None

    def _stated(self) -> StatedData:
        self._select_folder()
        records = [self._record(number, is_required=True) for number in range(1, _FIRST_REMARK)]
        surname, given_names, sex, citizenship, birth, personal_code, document, expiry, issuing = records
        if not (surname or given_names) or not is_personal_code(personal_code):
            raise CardUnreadableError("the personal data file names nobody")
        return StatedData(
            surname=surname,
            given_names=given_names,
            sex=sex,
            citizenship=citizenship,
            birth=birth,
            personal_code=personal_code,
            document_number=document,
            expiry_date=expiry,
            issuing_date=issuing,
        )

    def _select_folder(self) -> None:
        select = CommandApdu(0x00, Ins.SELECT, *_BY_CHILD_NO_ANSWER, PERSONAL_DATA_FOLDER)
        self._expect_ok("SELECT personal data", select)

    def _record(self, number: int, *, is_required: bool) -> str:
        select = CommandApdu(0x00, Ins.SELECT, *_BY_CHILD_NO_ANSWER, bytes((0x50, number)))
        answer = self._card.exchange(select)
        if not is_required and answer.status == StatusWord.FILE_NOT_FOUND:
            return ""
        _require_ok("SELECT record", answer)
        return record_text(self._expect_ok("READ record", CommandApdu(0x00, Ins.READ_BINARY, 0x00, 0x00, le=256)))

    def _read_binary(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            wanted = min(_READ_BLOCK, length - len(content))
            p1, p2 = divmod(len(content), 256)
            block = self._expect_ok("READ BINARY", CommandApdu(0x00, Ins.READ_BINARY, p1, p2, le=wanted))
            if len(block) != wanted:
                raise CardUnreadableError(f"READ BINARY gave {len(block)} bytes of {wanted}")
            content += block
        return bytes(content)

    def _tries(self, role: PinRole) -> PinTries:
        reference = _COUNTER_REFERENCE[role]
        query = bytes.fromhex("4D087006BF81") + bytes((reference,)) + bytes.fromhex("02A080")
        answer = self._expect_ok("GET DATA counter", CommandApdu(0x00, Ins.GET_DATA, 0x3F, 0xFF, query, le=256))
        return _tries_in(answer, reference)

    def _select(self, application: bytes) -> None:
        self._expect_ok("SELECT application", CommandApdu(0x00, Ins.SELECT, *_BY_AID_NO_ANSWER, application))

    def _expect_ok(self, name: str, command: CommandApdu) -> bytes:
        answer = self._card.exchange(command)
        _require_ok(name, answer)
        return answer.data


def _require_ok(name: str, answer: ResponseApdu) -> None:
    if not answer.is_ok:
        raise UnexpectedStatusError(name, answer.status)


def _tries_in(untrusted: bytes, reference: int) -> PinTries:
    """Read a counter: 70 / BF81rr / A0 / 9A maximum, 9B left."""
    counters = value_at(untrusted, 0x70, 0xBF8100 | reference, 0xA0)
    maximum, left = value_at(counters, 0x9A), value_at(counters, 0x9B)
    if len(maximum) != 1 or len(left) != 1 or not left[0] <= maximum[0] <= _MOST_TRIES:
        raise CardUnreadableError("impossible retry counter")
    return PinTries(left=left[0], maximum=maximum[0])


def record_text(untrusted: bytes) -> str:
    """Return a record as text; a record that is one zero byte is empty, and none is without a byte.

    Raises:
        CardUnreadableError: it is no text, or one with control characters.
    """
    if not untrusted:
        raise CardUnreadableError("a record without a byte")
    try:
        text = untrusted.rstrip(b"\0").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise CardUnreadableError("a record is not text") from None  # the error would quote the record
    if not text.isprintable():
        raise CardUnreadableError("a record holds control characters")
    return text


def is_personal_code(text: str) -> bool:
    """Tell whether this has the form of an Estonian personal code: eleven digits."""
    return len(text) == 11 and text.isascii() and text.isdecimal()


def _checked_signature(untrusted: bytes) -> bytes:
    """Return r || s if both numbers can be such."""
    half = SIGNATURE_BYTES // 2
    numbers = (int.from_bytes(untrusted[:half], "big"), int.from_bytes(untrusted[half:], "big"))
    if len(untrusted) != SIGNATURE_BYTES or not all(0 < number < P384_ORDER for number in numbers):
        raise CardUnreadableError("impossible signature")
    return untrusted
