# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An IsoApplet with nothing on it, to be filled by somebody else: files are made, keys and the PIN are set."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES
from townhall_smartcard.simulation.national_keys import NationalCardKeys
from townhall_smartcard.simulation.pkcs15_card import ISO_APPLET, Pkcs15Simulation
from townhall_smartcard.simulation.pkcs15_files import MASTER_FILE, KeyPlace
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all, value_at

_FOLDER: Final = 0x38
_MAKE_RSA: Final = bytes((0xF3,))


class BlankIsoApplet(Pkcs15Simulation):
    """A new card. The keys that it makes are given: someone has certified them already."""

    def __init__(self, keys: NationalCardKeys) -> None:
        super().__init__(keys, ISO_APPLET, is_empty=True)
        self._files.clear()
        self._folders = {MASTER_FILE}
        self._rights: dict[bytes, bytes] = {}
        self._to_make = [keys.authentication.private_key, keys.signature.private_key]
        self._next_reference = b""

    def _execute(self, command: Command) -> Answer:
        does = {0xE0: self._create, 0xD6: self._update, 0x24: self._set_pin, 0x46: self._make_key}.get(command.ins)
        if does is not None:
            return does(command)
        if command.ins == 0x22 and command.parameters == (0x41, 0x00):
            named = {each.tag: each.value for each in parse_all(command.data)}
            self._next_reference = named[0x84] if named[0x80] == _MAKE_RSA else b""
            return Answer()
        return super()._execute(command)

    def _is_folder(self, path: bytes) -> bool:
        return path in self._folders

    def _control(self, path: bytes) -> bytes:
        return super()._control(path) + encode(0x86, self._rights.get(path, b"\xff" + bytes(7)))

    def _create(self, command: Command) -> Answer:
        facts = {each.tag: each.value for each in parse_all(value_at(command.data, 0x6F))}
        folder = self._selected if self._is_folder(self._selected) else self._selected[:-2]
        path = folder + facts[0x83]
        if path in self._files or self._is_folder(path):
            return Answer(0x6A89)
        if facts[0x82][0] == _FOLDER:
            self._folders.add(path)
        else:
            self._files[path] = bytes(int.from_bytes(facts.get(0x80, facts.get(0x81, b"")), "big"))
        self._rights[path] = facts[0x86]
        self._selected = path
        return Answer()

    def _update(self, command: Command) -> Answer:
        content = self._files.get(self._selected)
        offset = command.p1 << 8 | command.p2
        if content is None or offset + len(command.data) > len(content):
            return Answer(StatusWord.WRONG_OFFSET)
        self._files[self._selected] = content[:offset] + command.data + content[offset + len(command.data) :]
        return Answer()

    def _set_pin(self, command: Command) -> Answer:
        if command.parameters == (0x01, ISO_APPLET.pin.reference):
            self._pin.replace(command.data.rstrip(b"\0").ljust(BLOCK_BYTES, b"\xff"))
        return Answer()

    def _make_key(self, command: Command) -> Answer:
        if not self._pin.is_verified or not self._next_reference or command.parameters != (0x42, 0x00):
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        key = self._to_make.pop(0)
        assert isinstance(key, rsa.RSAPrivateKey)
        reference = self._next_reference[0]
        self._keys[reference] = KeyPlace(reference, is_for_will=False, has_file=False), key
        numbers = key.public_key().public_numbers()
        parts = encode(0x81, numbers.n.to_bytes(256, "big")) + encode(0x82, numbers.e.to_bytes(3, "big"))
        return Answer(data=encode(0x7F49, parts))
