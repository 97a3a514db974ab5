# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A Polish identity card as a program: no paths, a folder for each key, and a key that no PIN guards."""

import os
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.directories import KeyRow, PinRow, application_files, listed_application
from townhall_smartcard.simulation.file_tree import MASTER_FILE, FileTree
from townhall_smartcard.simulation.national_keys import NationalCardKeys
from townhall_smartcard.simulation.pace_gate import CAN, Door, PaceGate
from townhall_smartcard.simulation.row_pins import RowPins
from townhall_smartcard.status import StatusWord

ATR: Final = bytes.fromhex("3B8480014743504312")

_ESIGN: Final = bytes.fromhex("A000000167455349474E")
_FOLDER: Final = MASTER_FILE + bytes.fromhex("DF10")
_ALGORITHM: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
_COORDINATE_BYTES: Final = 48
_LOCAL, _INITIALIZED = 1, 4
_FLAGS: Final = (_LOCAL, _INITIALIZED)
_PRESENCE: Final = PinRow("Presence", b"\x02", 0x88, 0, 8, 0, _FLAGS, b"")
_AUTHENTICATION: Final = PinRow("Authentication", b"\x01", 0x8A, 4, 4, 4, _FLAGS, b"")
_AUTHORIZATION: Final = PinRow("Authorization", b"\x03", 0x8B, 6, 6, 6, _FLAGS, b"")
_KEYS: Final = (
    KeyRow("Presence", b"\x47", b"\x02", (2,), 0x01, b"\xdf\x01", b"\x43\x01"),
    KeyRow("Authentication", b"\x48", b"\x01", (2,), 0x02, b"\xdf\x02", b"\x43\x02"),
    KeyRow("Authorization", b"\x49", b"\x03", (2, 9), 0x03, b"\xdf\x03", b"\x43\x03"),
)


class PolishCard:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        keys: NationalCardKeys,
        *,
        pins: tuple[bytes, bytes] = (b"1234", b"123456"),
        can: bytes = CAN,
        randomness: Randomness = os.urandom,
        pause: Callable[[float], object] = lambda _seconds: None,
    ) -> None:
        """Personalise a card with two keys on P-384; the authentication key also proves presence here."""
        self.atr: Final = ATR
        self._keys: Final = dict(zip(_KEYS, (keys.authentication, keys.authentication, keys.signature), strict=True))
        self._pins: Final = RowPins((_AUTHENTICATION, _AUTHORIZATION), pins)
        files = application_files(_FOLDER, (_AUTHENTICATION, _PRESENCE, _AUTHORIZATION), _KEYS, is_relative=True)
        files |= {_FOLDER + row.certificate: key.certificate for row, key in self._keys.items()}
        files[MASTER_FILE + b"\x2f\x00"] = listed_application(_ESIGN, "E-Dowod")
        folders = {_FOLDER: _ESIGN, **{_FOLDER + row.path: b"" for row in _KEYS}}
        self._tree: Final = FileTree(files, folders, tells_lengths=True)
        self._environment: KeyRow | None = None
        self._gate: Final = PaceGate(Door(can, randomness=randomness, pause=pause), self._answer, self._close)

    def reset(self) -> None:
        """Do what leaving the field does; counters stay."""
        self._gate.reset()

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._gate.transmit(command)

    def tries_left(self) -> tuple[int, ...]:
        """Return both counters as the card's memory holds them."""
        return self._pins.tries_left()

    def _close(self) -> None:
        self._tree.reset()
        self._environment = None
        self._pins.close()

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
        """The only four ways that this card knows, each with its own form of answer."""
        match command.parameters, command.data:
            case (0x00, 0x00), b"":
                return self._tree.select(MASTER_FILE)
            case (0x01, 0x04), identifier:
                path = self._tree.folder + identifier
                return self._tree.select(path if self._tree.is_folder(path) else None)
            case (0x02, 0x04), identifier:
                path = self._tree.folder + identifier
                return self._tree.select(None if self._tree.is_folder(path) else path)
            case (0x04, 0x00), name:
                return self._tree.select_name(name)
            case _:
                return Answer(StatusWord.WRONG_PARAMETERS)

    def _verify(self, command: Command) -> Answer:
        if not self._tree.selected.startswith(_FOLDER):
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        return self._pins.verify(command)

    def _set_environment(self, command: Command) -> Answer:
        self._environment = None
        for row in self._keys:
            named = bytes((0x80, 0x01, 0xCC, 0x84, 0x01, 0x80 | row.reference))
            if command.parameters == (0x41, 0xB6) and command.data == named:
                if self._tree.selected != _FOLDER + row.path:
                    return Answer(StatusWord.REFERENCE_NOT_FOUND)
                self._environment = row
                return Answer()
        return Answer(StatusWord.WRONG_DATA)

    def _sign(self, command: Command) -> Answer:
        row = self._environment
        if command.parameters != (0x9E, 0x9A) or row is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        guards = {each.identifier: self._pins.of(each) for each in (_AUTHENTICATION, _AUTHORIZATION)}
        guard = guards.get(row.pin)  # no PIN guards the key of presence
        if guard is not None and not guard.is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if guard is not None and row is _KEYS[-1]:
            guard.is_verified = False
        made = self._keys[row].sign(_ALGORITHM, command.data)
        if made is None:
            return Answer(StatusWord.WRONG_DATA)
        r, s = (int.from_bytes(each, "big") for each in (made[:_COORDINATE_BYTES], made[_COORDINATE_BYTES:]))
        return Answer(data=encode_dss_signature(r, s))
