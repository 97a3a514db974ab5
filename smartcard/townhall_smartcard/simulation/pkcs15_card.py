# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PKCS#15 card as a program (ISO/IEC 7816-15): a tree of files, one PIN, two keys, in the habits of two makers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.delivery import AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, Pin
from townhall_smartcard.simulation.national_keys import NationalCardKeys, NationalKey, PrivateKey
from townhall_smartcard.simulation.pkcs15_files import FOLDER, MASTER_FILE, KeyPlace, PinHabits, card_files
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all

_CHAINED: Final = 0x10
_DIGESTS: Final[dict[int, hashes.HashAlgorithm]] = {
    20: hashes.SHA1(),  # noqa: S303 - all that OpenSC asks of elliptic keys of IsoApplet; no driver of ours does
    32: hashes.SHA256(),
    48: hashes.SHA384(),
}
_INFORMATION: Final = {0x00: 0x6F, 0x04: 0x62}  # the template of a SELECT's answer, by P2


@dataclass(frozen=True, slots=True)
class Pkcs15Habits:
    """What the standard leaves open, and makers do differently."""

    name: bytes
    """Of the application, as SELECT takes it."""
    answer: bytes
    """What its SELECT says."""
    algorithms: tuple[int, int]
    """How MANAGE SECURITY ENVIRONMENT calls RSA with PKCS#1 padding, and ECDSA."""
    pin: PinHabits
    has_key_files: bool = False
    """A key is named by its file, and in that by 00."""
    has_records: bool = False
    """EF.DIR has records."""
    calls_itself: bytes = b"TownhallP15"
    """In the historical bytes of the ATR."""
    objects: Mapping[int, bytes] = field(default_factory=dict)
    """What GET DATA 01xx says of the card, by xx."""


ISO_APPLET: Final = Pkcs15Habits(
    bytes.fromhex("F276A288BCFBA69D34F31001"), bytes.fromhex("000604"), (0x11, 0x21), PinHabits(16, 0x00)
)
"""As the IsoApplet for Java Cards, version 0.6 with elliptic keys."""
MYEID: Final = Pkcs15Habits(
    bytes.fromhex("A000000063504B43532D3135"),
    b"",
    (0x02, 0x04),
    PinHabits(8, 0xFF),
    has_key_files=True,
    has_records=True,
    calls_itself=b"TownhallMyEID",
    objects={
        0xA0: bytes.fromhex("0000000000040000000000000000000000000000"),
        0xAA: bytes.fromhex("0100090800000000000180"),
    },
)
"""As MyEID cards, whose keys are files: version 4.0, RSA to 2,048 bits, curves to P-384."""


def _atr(calls_itself: bytes) -> bytes:
    """Return the ATR of a card: T=1, and what it calls itself (ISO/IEC 7816-3 §8.2)."""
    said = bytes((0x80 | len(calls_itself), 0x01)) + calls_itself
    return b"\x3b" + said + bytes((reduce(xor, said),))


class Pkcs15Simulation:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        keys: NationalCardKeys,
        habits: Pkcs15Habits = ISO_APPLET,
        *,
        pin: bytes = b"123456",
        is_empty: bool = False,
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card with keys of 2048 bits, P-256 or P-384; ``is_empty``: with directories alone."""
        self.atr: Final = _atr(habits.calls_itself)
        self._habits: Final = habits
        self._line: Final = AnswerLine(delivery)
        self._pin: Final = Pin(pin, 4)
        issued: Mapping[KeyPlace, NationalKey] = {
            KeyPlace(1, is_for_will=False, has_file=habits.has_key_files): keys.authentication,
            KeyPlace(2, is_for_will=True, has_file=habits.has_key_files): keys.signature,
        }
        if is_empty:
            issued = {}
        self._keys: Final = {place.reference: (place, key.private_key) for place, key in issued.items()}
        certificates = {place: (key.certificate, key.private_key) for place, key in issued.items()}
        self._files: Final = card_files(certificates, habits.pin)
        self._selected = MASTER_FILE
        self._environment: dict[int, bytes] = {}

    def reset(self) -> None:
        """Do what power-off does: selection, environment and the opened PIN are gone; the counter stays."""
        self._selected, self._environment = MASTER_FILE, {}
        self._pin.is_verified = False
        self._line.clear()

    def tries_left(self) -> int:
        """Return the counter as the card's memory holds it."""
        return self._pin.tries_left

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._line.answer(command, self._execute, classes=_CHAINED)

    def _execute(self, command: Command) -> Answer:
        if command.cla:
            return Answer(StatusWord.CHAINING_NOT_SUPPORTED)
        does = {
            0xA4: self._select,
            0xB0: self._read_binary,
            0xB2: self._read_record,
            0x20: self._verify,
            0x22: self._set_environment,
            0x2A: self._sign,
            0xCA: self._get_data,
        }.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None else does(command)

    def _select(self, command: Command) -> Answer:
        if command.p1 == 0x04:
            if command.data != self._habits.name:
                return Answer(StatusWord.FILE_NOT_FOUND)
            self._selected = MASTER_FILE
            return Answer(data=self._habits.answer)
        if command.p1 not in (0x00, 0x08) or command.p2 not in (*_INFORMATION, 0x0C):
            return Answer(StatusWord.WRONG_PARAMETERS)
        found = self._found(command)
        if found is None:
            return Answer(StatusWord.FILE_NOT_FOUND)
        self._selected = found
        template = _INFORMATION.get(command.p2)
        return Answer() if template is None else Answer(data=encode(template, self._control(found)))

    def _found(self, command: Command) -> bytes | None:
        """Return the path that a SELECT means: from the master file, or a name in the folder that is selected."""
        if command.p1 == 0x08:
            wanted = MASTER_FILE + command.data
        elif command.data in (b"", MASTER_FILE):
            wanted = MASTER_FILE
        else:
            folder = self._selected if self._is_folder(self._selected) else self._selected[:-2]
            wanted = folder + command.data
        return wanted if wanted in self._files or self._is_folder(wanted) else None

    def _is_folder(self, path: bytes) -> bool:
        return path in (MASTER_FILE, MASTER_FILE + FOLDER)

    def _has_records(self) -> bool:
        return self._habits.has_records and self._selected.endswith(b"\x2f\x00")

    def _control(self, path: bytes) -> bytes:
        content = self._files.get(path)
        if content is None:
            return encode(0x82, b"\x38") + encode(0x83, path[-2:])
        kind = b"\x02\x00\x40\x01" if self._has_records() else b"\x01"
        length = len(content).to_bytes(2, "big")
        return encode(0x80, length) + encode(0x82, kind) + encode(0x83, path[-2:])

    def _read_binary(self, command: Command) -> Answer:
        content = self._files.get(self._selected)
        if content is None:
            return Answer(StatusWord.COMMAND_NOT_ALLOWED)
        if self._has_records():
            return Answer(StatusWord.INCOMPATIBLE_FILE_STRUCTURE)
        offset = command.p1 << 8 | command.p2
        if offset >= len(content):
            return Answer(StatusWord.WRONG_OFFSET)
        return Answer(data=content[offset : offset + (command.expected or 0)])

    def _read_record(self, command: Command) -> Answer:
        content = self._files.get(self._selected)
        if content is None or not self._has_records() or command.p2 != 0x04:
            return Answer(StatusWord.INCOMPATIBLE_FILE_STRUCTURE)
        return Answer(data=content) if command.p1 == 1 else Answer(StatusWord.RECORD_NOT_FOUND)

    def _get_data(self, command: Command) -> Answer:
        content = self._habits.objects.get(command.p2) if command.p1 == 0x01 else None
        return Answer(StatusWord.REFERENCE_NOT_FOUND) if content is None else Answer(data=content)

    def _verify(self, command: Command) -> Answer:
        if command.parameters != (0x00, self._habits.pin.reference):
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if command.data:
            if len(command.data) != self._habits.pin.block_bytes:
                return Answer(StatusWord.WRONG_LENGTH)
            digits = command.data.rstrip(bytes((self._habits.pin.padding,)))
            self._pin.verify(digits.ljust(BLOCK_BYTES, b"\xff"))
        if self._pin.is_verified:
            return Answer()
        left = self._pin.tries_left
        return Answer(0x63C0 | left if left else StatusWord.AUTHENTICATION_METHOD_BLOCKED)

    def _set_environment(self, command: Command) -> Answer:
        self._environment = {}
        try:
            named = {each.tag: each.value for each in parse_all(command.data)}
        except CardUnreadableError:
            return Answer(StatusWord.WRONG_DATA)
        reference = named.get(0x84, b"")
        key = self._keys.get(self._reference(named))
        if command.parameters != (0x41, 0xB6) or not reference or key is None:
            return Answer(StatusWord.WRONG_PARAMETERS)
        algorithm = self._habits.algorithms[isinstance(key[1], ec.EllipticCurvePrivateKey)]
        if named.get(0x80) != bytes((algorithm,)):
            return Answer(StatusWord.WRONG_DATA)
        self._environment = named
        return Answer()

    def _reference(self, named: Mapping[int, bytes]) -> int:
        """Return which key is named: by its file where keys are files, and by its number else."""
        if self._habits.has_key_files:
            files = {place.file: number for number, (place, _) in self._keys.items()}
            return files.get(named.get(0x81, b""), 0) if named.get(0x84) == b"\0" else 0
        return int.from_bytes(named.get(0x84, b""), "big")

    def _sign(self, command: Command) -> Answer:
        key = self._keys.get(self._reference(self._environment))
        if command.parameters != (0x9E, 0x9A) or key is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not self._pin.is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        made = _applied(key[1], command.data)
        return Answer(StatusWord.WRONG_DATA) if made is None else Answer(data=made)


def _applied(key: PrivateKey, data: bytes) -> bytes | None:
    """Apply the key as the card does: RSA with padding around what comes, ECDSA to a digest; None: another length."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        digest = _DIGESTS.get(len(data))
        return None if digest is None else key.sign(data, ec.ECDSA(Prehashed(digest)))
    return _padded_rsa(key, data)


def _padded_rsa(key: rsa.RSAPrivateKey, data: bytes) -> bytes | None:
    numbers, wide = key.private_numbers(), key.key_size // 8
    if not data or len(data) > wide - 11:
        return None
    block = b"\x00\x01" + b"\xff" * (wide - len(data) - 3) + b"\x00" + data
    return pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(wide, "big")
