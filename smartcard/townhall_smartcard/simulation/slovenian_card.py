# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A Slovenian identity card as a program: two applications with keys, at its contacts or held to a reader."""

import os
from collections.abc import Callable
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.apdu import Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.directories import UTF8, KeyRow, PinRow, application_files, listed_application
from townhall_smartcard.simulation.file_tree import MASTER_FILE, FileTree
from townhall_smartcard.simulation.national_keys import NationalCardKeys
from townhall_smartcard.simulation.pace_gate import CAN, Door, PaceGate
from townhall_smartcard.simulation.row_pins import RowPins
from townhall_smartcard.status import StatusWord

CONTACTS: Final = bytes.fromhex("3BD518FF8191FE1FC38073C821100A")
PINS: Final = (b"271828", b"314159")
HELD: Final = bytes.fromhex("3B8580018073C821100E")

_NAMES: Final = (bytes.fromhex("E828BD080F014E585031"), bytes.fromhex("E828BD080F014E585032"))  # made up
_WITHOUT_PIN: Final = MASTER_FILE + bytes.fromhex("5016")
_OF_HOLDER: Final = MASTER_FILE + bytes.fromhex("5017")
_ALGORITHM: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
_CASE_SENSITIVE, _INITIALIZED = 0, 4
_FLAGS: Final = (_CASE_SENSITIVE, _INITIALIZED)
_NORMAL_PIN: Final = PinRow("Norm PIN", b"Norm PIN", 0x05, 6, 6, 6, _FLAGS, b"\x00\x05", UTF8)
_SIGNATURE_PIN: Final = PinRow("Sig PIN", b"Sig PIN", 0x07, 6, 6, 6, _FLAGS, b"\x00\x07", UTF8)
_PUBLIC_KEY: Final = KeyRow("login", b"\x44", b"", (2,), 0x02, b"", b"\x43\x01")
_KEYS: Final = (
    KeyRow("authentication", b"\x45", b"Card PIN", (2,), 0x01, b"", b"\x43\x02"),
    KeyRow("signature", b"\x46", b"Sig PIN", (2, 9), 0x03, b"", b"\x43\x03"),
)
_FIRST_KEY: Final = 0xA1


class SlovenianCard:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(  # noqa: PLR0913 - each part of a card by its name
        self,
        keys: NationalCardKeys,
        *,
        pins: tuple[bytes, bytes] = PINS,
        can: bytes = CAN,
        is_held: bool = False,
        randomness: Randomness = os.urandom,
        pause: Callable[[float], object] = lambda _seconds: None,
    ) -> None:
        """Personalise a card with two keys on P-384; ``is_held``: to a reader, where it shows nothing before PACE."""
        self.atr: Final = HELD if is_held else CONTACTS
        self._keys: Final = dict(zip(_KEYS, (keys.authentication, keys.signature), strict=True))
        self._pins: Final = RowPins((_NORMAL_PIN, _SIGNATURE_PIN), pins)
        files = application_files(_WITHOUT_PIN, (_NORMAL_PIN,), (_PUBLIC_KEY,), is_relative=True)
        files |= application_files(_OF_HOLDER, (_NORMAL_PIN, _SIGNATURE_PIN), _KEYS, is_relative=True)
        files |= {_OF_HOLDER + row.certificate: key.certificate for row, key in self._keys.items()}
        files[_WITHOUT_PIN + _PUBLIC_KEY.certificate] = keys.authentication.certificate
        labels = ("Prijava brez PIN-a", "Podpis in prijava")
        listed = (listed_application(name, label) for name, label in zip(_NAMES, labels, strict=True))
        files[MASTER_FILE + b"\x2f\x00"] = b"".join(listed)
        folders = dict(zip((_WITHOUT_PIN, _OF_HOLDER), _NAMES, strict=True))
        self._tree: Final = FileTree(files, folders, tells_lengths=True)
        self._environment: KeyRow | None = None
        shown = (lambda _command: None) if is_held else self._shown
        door = Door(can, randomness=randomness, pause=pause, shown=shown)
        self._gate: Final = PaceGate(door, self._answer, self._close)

    def reset(self) -> None:
        """Do what power-off does; counters stay."""
        self._gate.reset()
        self._close()

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

    def _shown(self, command: Command) -> Answer | None:
        """At the contacts everybody may read; a PIN is taken under secure messaging alone."""
        return self._answer(command) if command.ins in (Ins.SELECT, Ins.READ_BINARY) else None

    def _answer(self, command: Command) -> Answer:
        does = {
            Ins.SELECT: self._select,
            Ins.READ_BINARY: self._tree.read,
            Ins.VERIFY: self._pins.verify,
            Ins.MANAGE_SECURITY_ENVIRONMENT: self._set_environment,
            Ins.PERFORM_SECURITY_OPERATION: self._sign,
        }.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None or command.cla else does(command)

    def _select(self, command: Command) -> Answer:
        if command.p2 not in (0x00, 0x0C):
            return Answer(StatusWord.WRONG_PARAMETERS)
        answer = self._selected(command)
        return Answer(answer.status) if command.p2 == 0x0C else answer

    def _selected(self, command: Command) -> Answer:
        match command.p1, command.data:
            case 0x00, b"" | b"\x3f\x00":
                return self._tree.select(MASTER_FILE)
            case 0x04, name:
                return self._tree.select_name(name)
            case 0x08, path:
                return self._tree.select(MASTER_FILE + path)
            case 0x09, path:
                return self._tree.select(self._tree.folder + path)
            case _:
                return Answer(StatusWord.WRONG_PARAMETERS)

    def _set_environment(self, command: Command) -> Answer:
        self._environment = None
        if command.parameters != (0x81, 0xB6) or self._tree.folder != _OF_HOLDER:
            return Answer(StatusWord.WRONG_PARAMETERS)
        for place, row in enumerate(self._keys):
            if command.data == bytes((0x91, 0x02, 0x22, _FIRST_KEY + place)):
                self._environment = row
                return Answer()
        return Answer(StatusWord.WRONG_DATA)

    def _sign(self, command: Command) -> Answer:
        row = self._environment
        if command.parameters != (0x9E, 0x9A) or row is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        guard = self._pins.of(_NORMAL_PIN if row is _KEYS[0] else _SIGNATURE_PIN)
        if not guard.is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if row is _KEYS[1]:
            guard.is_verified = False
        made = self._keys[row].sign(_ALGORITHM, command.data)
        return Answer(StatusWord.WRONG_DATA) if made is None else Answer(data=made)
