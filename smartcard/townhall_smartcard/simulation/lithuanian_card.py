# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A Lithuanian identity card as a program: its one PIN is kept twice, once as a password of PACE."""

import os
from collections.abc import Callable
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.directories import KeyRow, PinRow, application_files, listed_application
from townhall_smartcard.simulation.estonian_card_pins import Pin
from townhall_smartcard.simulation.file_tree import MASTER_FILE, FileTree
from townhall_smartcard.simulation.national_keys import NationalCardKeys, NationalKey
from townhall_smartcard.simulation.pace_gate import CAN, CountedPassword, Door, PaceGate
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode

ATR: Final = bytes.fromhex("3B9D188131FC358031C0694D54434F5373020605D0")
PIN: Final = b"271828"

_PKCS15: Final = bytes.fromhex("A000000063504B43532D3135")
_APPLICATION: Final = MASTER_FILE + bytes.fromhex("DF01")
_SIGNATURES: Final = MASTER_FILE + bytes.fromhex("DF02")
_PACE_PIN, _QES_PIN = 0x03, 0x81
_ALGORITHM: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
_INITIALIZED, _NEEDS_PADDING, _LOCAL = 4, 5, 1
_PINS: Final = (
    PinRow("PACE-PIN", bytes((_PACE_PIN,)), _PACE_PIN, 6, 12, 12, (_INITIALIZED,), MASTER_FILE),
    PinRow("PIN.QES", bytes((_QES_PIN,)), _QES_PIN, 6, 12, 12, (_LOCAL, _INITIALIZED, _NEEDS_PADDING), _SIGNATURES),
)
_KEYS: Final = (
    KeyRow("authentication", b"\x45", bytes((_PACE_PIN,)), (2,), 0x01, MASTER_FILE, _APPLICATION + b"\x43\x01"),
    KeyRow("signature", b"\x46", bytes((_QES_PIN,)), (9,), 0x02, _SIGNATURES, _APPLICATION + b"\x43\x02"),
)
_COUNTERS: Final = b"\xac\xe3"  # the file whose control information has the counter of the PIN for PACE


class LithuanianCard:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        keys: NationalCardKeys,
        *,
        pin: bytes = PIN,
        can: bytes = CAN,
        randomness: Randomness = os.urandom,
        pause: Callable[[float], object] = lambda _seconds: None,
    ) -> None:
        """Personalise a card with two keys on P-384."""
        self.atr: Final = ATR
        self._keys: Final = dict(zip(_KEYS, (keys.authentication, keys.signature), strict=True))
        self._pace_pin: Final = CountedPassword(pin)
        self._qes_pin: Final = Pin(pin, 6, padding=b"\0")
        files = application_files(_APPLICATION, _PINS, _KEYS)
        files |= {row.certificate: key.certificate for row, key in self._keys.items()}
        files[MASTER_FILE + b"\x2f\x00"] = listed_application(_PKCS15, "PKCS#15", _APPLICATION)
        self._tree: Final = FileTree(files, {_APPLICATION: _PKCS15, _SIGNATURES: b""}, tells_lengths=False)
        self._environment: NationalKey | None = None
        door = Door(can, self._pace_pin, randomness=randomness, pause=pause)
        self._gate: Final = PaceGate(door, self._answer, self._close)

    def reset(self) -> None:
        """Do what power-off does; counters stay."""
        self._gate.reset()

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._gate.transmit(command)

    def tries_left(self) -> tuple[int, int]:
        """Return both counters as the card's memory holds them: for PACE, and for signatures."""
        return self._pace_pin.tries_left, self._qes_pin.tries_left

    def _close(self) -> None:
        self._tree.reset()
        self._environment, self._qes_pin.is_verified = None, False

    def _answer(self, command: Command) -> Answer:
        does = {
            Ins.SELECT: self._select,
            Ins.READ_BINARY: self._tree.read,
            Ins.VERIFY: self._verify,
            Ins.MANAGE_SECURITY_ENVIRONMENT: self._set_environment,
            Ins.PERFORM_SECURITY_OPERATION: self._sign,
        }.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None or command.cla else does(command)

    def _select(self, command: Command) -> Answer:
        if command.p2 not in (0x00, 0x04, 0x0C):
            return Answer(StatusWord.WRONG_PARAMETERS)
        answer = self._selected(command)
        return Answer(answer.status) if command.p2 == 0x0C else answer

    def _selected(self, command: Command) -> Answer:
        match command.p1, command.data:
            case 0x00, b"\xac\xe3":
                counter = encode(0x82, bytes((self._pace_pin.tries_left, self._pace_pin.most_tries)))
                return Answer(data=encode(0x62, encode(0xA5, encode(0xA2, encode(0xA3, counter)))))
            case 0x00, b"" | b"\x3f\x00":
                return self._tree.select(MASTER_FILE)
            case 0x00 | 0x09, path:
                return self._tree.select(self._tree.folder + path)
            case 0x04, name:
                return self._tree.select_name(name)
            case 0x08, path:
                return self._tree.select(MASTER_FILE + path)
            case _:
                return Answer(StatusWord.WRONG_PARAMETERS)

    def _verify(self, command: Command) -> Answer:
        if command.parameters != (0x00, _QES_PIN) or self._tree.folder != _SIGNATURES:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        pin = self._qes_pin
        if command.data and len(command.data) != _PINS[1].stored:
            return Answer(StatusWord.WRONG_LENGTH)
        if command.data and pin.tries_left:
            pin.verify(command.data)
        if pin.is_verified:
            return Answer()
        return Answer(0x63C0 | pin.tries_left if pin.tries_left else StatusWord.AUTHENTICATION_METHOD_BLOCKED)

    def _set_environment(self, command: Command) -> Answer:
        self._environment = None
        for row, key in self._keys.items():
            is_named = command.data == bytes((0x84, 0x01, row.reference)) and self._tree.selected == row.path
            if command.parameters == (0x41, 0xB6) and is_named:
                self._environment = key
                return Answer()
        return Answer(StatusWord.REFERENCE_NOT_FOUND)

    def _sign(self, command: Command) -> Answer:
        authentication, signature = self._keys.values()
        if command.parameters != (0x9E, 0x9A) or self._environment is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        is_for_will = self._environment is signature
        if not (self._qes_pin.is_verified if is_for_will else self._gate.opened_by is PasswordReference.PIN):
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        key = signature if is_for_will else authentication
        self._environment, self._qes_pin.is_verified = None, False
        made = key.sign(_ALGORITHM, command.data)
        return Answer(StatusWord.WRONG_DATA) if made is None else Answer(data=made)
