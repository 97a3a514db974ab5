# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Belgian identity card as a program: applet 1.7 with RSA keys or 1.8 with keys on P-384, one PIN for both keys."""

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.belgian_person import BelgianFiles
from townhall_smartcard.simulation.card_command import LONGEST_ANSWER, Answer, Command
from townhall_smartcard.simulation.delivery import AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, Pin
from townhall_smartcard.simulation.national_keys import NationalCardKeys, NationalKey
from townhall_smartcard.status import StatusWord

_ATRS: Final = {
    0x11: bytes.fromhex("3B9813400AA503010101AD1311"),
    0x17: bytes.fromhex("3B9895400AA503010101AD1320"),
    0x18: bytes.fromhex("3B7F96000080318065B085040120120FFF829000"),
}
_CHIP_NUMBER: Final = bytes.fromhex("534C494E0123456789ABCDEF00000001")
_CARD_FACTS: Final = "A503010101{version:02X}00020001010F"
_NEEDS_FOLDER: Final = 0x17  # since this applet a key is found in its folder alone
_ELLIPTIC: Final = 0x18
_OWN_CLASS: Final = 0x80
_PIN: Final = 0x01
_PIN_BYTES: Final = 8
_SIGNATURE_KEY: Final = 0x83
_RAW: Final = 0x01
_ELLIPTIC_ALGORITHMS: Final = {
    0x01: CardAlgorithm(Scheme.ECDSA, Digest.SHA256),
    0x02: CardAlgorithm(Scheme.ECDSA, Digest.SHA384),
    0x04: CardAlgorithm(Scheme.ECDSA, Digest.SHA512),
}
_HASHED_RSA: Final = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
_HASHED_RSA_NUMBER: Final = 0x08


@dataclass(frozen=True, slots=True)
class BelgianCertificates:
    """The certificates beside those of the keys, DER; one that is empty is not there."""

    authority: bytes = field(repr=False)
    root: bytes = field(repr=False)
    register: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BelgianContents:
    """What is written into a card when it is made out."""

    keys: NationalCardKeys
    certificates: BelgianCertificates
    files: BelgianFiles


class BelgianSimulation:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        contents: BelgianContents,
        *,
        version: int = 0x18,
        pin: bytes = b"1234",
        delivery: Delivery = Delivery.FETCHED,
    ) -> None:
        """Personalise a card; ``version`` is the applet's (0x11, 0x17 or 0x18), whose kind the keys must be of."""
        self.atr: Final = _ATRS[version]
        self._version: Final = version
        self._line: Final = AnswerLine(delivery)
        self._keys: Final[dict[int, NationalKey]] = {
            0x82: contents.keys.authentication,
            _SIGNATURE_KEY: contents.keys.signature,
        }
        self._pin: Final = Pin(pin, 4)
        self._files: Final = _folders(contents)
        self._place: Folder | ElementaryFile = self._files
        self._environment: tuple[int, int] | None = None
        self._is_just_verified = False

    def reset(self) -> None:
        """Do what power-off does: selection, the opened PIN and the environment are gone; the counter stays."""
        self._place, self._environment, self._is_just_verified = self._files, None, False
        self._pin.is_verified = False
        self._line.clear()

    def tries_left(self) -> int:
        """Return the counter as the card's memory holds it."""
        return self._pin.tries_left

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._line.answer(command, self._execute, classes=_OWN_CLASS)

    def _execute(self, command: Command) -> Answer:
        was_just_verified, self._is_just_verified = self._is_just_verified, False
        if command.cla:
            is_asked = command.ins == 0xE4 and command.parameters == (0x00, 0x00)
            return Answer(data=self._card_data()) if is_asked else Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        if command.ins == 0x2A:
            return self._sign(command, is_just_verified=was_just_verified)
        does = {0xA4: self._select, 0xB0: self._read, 0x20: self._verify, 0x22: self._set_environment}.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None else does(command)

    def _card_data(self) -> bytes:
        return _CHIP_NUMBER + bytes.fromhex(_CARD_FACTS.format(version=self._version))

    def _select(self, command: Command) -> Answer:
        if command.p2 != 0x0C or command.p1 not in (0x02, 0x08):
            return Answer(StatusWord.WRONG_PARAMETERS)
        if len(command.data) % 2:
            return Answer(StatusWord.LENGTH_INCONSISTENT_WITH_PARAMETERS)
        place = self._at(command.data) if command.p1 == 0x08 else self._near(command.data)
        if place is None:
            return Answer(StatusWord.FILE_NOT_FOUND)
        self._place = place
        return Answer()

    def _at(self, path: bytes) -> Folder | ElementaryFile | None:
        return self._files.at(path.removeprefix(MASTER_FILE))

    def _near(self, identifier: bytes) -> Folder | ElementaryFile | None:
        if identifier == MASTER_FILE:
            return self._files
        here = self._place if isinstance(self._place, Folder) else self._files
        return here.child(identifier) or self._files.child(identifier)

    def _read(self, command: Command) -> Answer:
        if not isinstance(self._place, ElementaryFile):
            return Answer(StatusWord.COMMAND_NOT_ALLOWED)
        left = self._place.content[command.p1 << 8 | command.p2 :]
        if not left:
            return Answer(StatusWord.WRONG_OFFSET)
        return Answer(data=left[: command.expected or LONGEST_ANSWER])

    def _verify(self, command: Command) -> Answer:
        if command.parameters != (0x00, _PIN):
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        digits = _digits_in(command.data)
        if digits is None:
            return Answer(StatusWord.WRONG_DATA)
        self._is_just_verified = self._pin.verify(digits.ljust(BLOCK_BYTES, b"\xff"))
        if self._is_just_verified:
            return Answer()
        left = self._pin.tries_left
        return Answer(0x63C0 | left if left else StatusWord.AUTHENTICATION_METHOD_BLOCKED)

    def _set_environment(self, command: Command) -> Answer:
        self._environment = None
        if command.parameters != (0x41, 0xB6):
            return Answer(StatusWord.WRONG_PARAMETERS)
        if len(command.data) != 5 or command.data[:2] != b"\x04\x80" or command.data[3] != 0x84:
            return Answer(StatusWord.WRONG_DATA)
        number, key = command.data[2], command.data[4]
        is_near = self._version < _NEEDS_FOLDER or self._place == self._files.child(b"\xdf\x00")
        if key not in self._keys or not is_near:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if number not in self._numbers():
            return Answer(0x9484)  # an algorithm that this applet has not
        self._environment = number, key
        return Answer()

    def _numbers(self) -> set[int]:
        if self._version >= _ELLIPTIC:
            return set(_ELLIPTIC_ALGORITHMS)
        return {_RAW, _HASHED_RSA_NUMBER} if self._version >= _NEEDS_FOLDER else {_RAW}

    def _sign(self, command: Command, *, is_just_verified: bool) -> Answer:
        if command.parameters != (0x9E, 0x9A):
            return Answer(StatusWord.WRONG_PARAMETERS)
        if self._environment is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        number, key = self._environment
        if not (is_just_verified if key == _SIGNATURE_KEY else self._pin.is_verified):
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        made = self._made(number, self._keys[key], command.data)
        return Answer(StatusWord.WRONG_LENGTH) if made is None else Answer(data=made)

    def _made(self, number: int, key: NationalKey, data: bytes) -> bytes | None:
        if self._version >= _ELLIPTIC:
            return key.sign(_ELLIPTIC_ALGORITHMS[number], data)
        if number == _HASHED_RSA_NUMBER:
            return key.sign(_HASHED_RSA, data)
        return _padded_and_signed(key.private_key, data) if isinstance(key.private_key, rsa.RSAPrivateKey) else None


def _folders(contents: BelgianContents) -> Folder:
    """Return the master file with the folder of keys and the folder of the person."""
    keys, certificates, files = contents.keys, contents.certificates, contents.files
    of_keys = {
        0x5038: keys.authentication.certificate,
        0x5039: keys.signature.certificate,
        0x503A: certificates.authority,
        0x503B: certificates.root,
        0x503C: certificates.register,
    }
    of_person = {
        0x4031: files.identity,
        0x4032: files.identity_signature,
        0x4033: files.address,
        0x4034: files.address_signature,
        0x4035: files.photo,
    }
    folders = (_folder(b"\xdf\x00", of_keys), _folder(b"\xdf\x01", of_person))
    return Folder(MASTER_FILE, children=folders)


def _folder(identifier: bytes, contents: dict[int, bytes]) -> Folder:
    held = (ElementaryFile(name.to_bytes(2, "big"), content) for name, content in contents.items() if content)
    return Folder(identifier, children=tuple(held))


def _digits_in(block: bytes) -> bytes | None:
    """Return the digits of a PIN block; None for one that this card does not take."""
    if len(block) != _PIN_BYTES or block[0] >> 4 != 2:
        return None
    count, written = block[0] & 0x0F, block[1:].hex().upper()
    digits, rest = written[:count], written[count:]
    if not (4 <= count <= 12 and digits.isdigit() and rest == "F" * len(rest)):
        return None
    return digits.encode()


def _padded_and_signed(key: rsa.RSAPrivateKey, info: bytes) -> bytes | None:
    """Pad what is given by PKCS#1 v1.5 and apply the key: the card does not look at what it signs."""
    wide, numbers = key.key_size // 8, key.private_numbers()
    if not 0 < len(info) <= wide - 11:
        return None
    block = b"\x00\x01" + b"\xff" * (wide - len(info) - 3) + b"\x00" + info
    return pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(wide, "big")
