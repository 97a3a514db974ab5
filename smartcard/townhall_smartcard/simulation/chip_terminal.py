# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Terminal Authentication and Chip Authentication, version 2, as a chip does them (BSI TR-03110-3 §B.2, §B.3).

For simulated German cards: what is read afterwards is what the rights of every certificate in the chain allow.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from townhall_smartcard.apdu import Ins
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.cipher import SessionKeys
from townhall_smartcard.emrtd.elliptic import Curve
from townhall_smartcard.emrtd.pace import DYNAMIC_AUTHENTICATION
from townhall_smartcard.emrtd.security_infos import ChipAuthenticationInfo
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.chip_keys import AgreementKey
from townhall_smartcard.simulation.cvc import CardVerifiable, is_signed, parse_certificate
from townhall_smartcard.simulation.german_contents import EID_APPLICATION
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all, value_at

_CARD_SECURITY: Final = 0x1D
_NONCE_BYTES: Final = 8
_FIRST_READ_BIT: Final = 8  # of DG1; the others follow (TR-03110-4 §2.2.3.2)
_MAY_CERTIFY: Final = 0b11 << 38


@dataclass(frozen=True, slots=True)
class EidContents:
    """What is behind Terminal Authentication: data groups by number, the chip's key, and whom the chip trusts."""

    groups: Mapping[int, bytes] = field(repr=False)
    key: AgreementKey = field(repr=False)
    card_security: bytes = field(repr=False)
    trusted: CardVerifiable
    """The authority whose certificate the card was made with."""
    today: tuple[int, ...] = field(default_factory=lambda: tuple(map(int, f"{datetime.now(UTC):%y%m%d}")))
    """The day that the chip believes it is, digit by digit."""


def keys_of_second_version(info: ChipAuthenticationInfo, secret: bytes, nonce: bytes) -> SessionKeys:
    """Return the keys after Chip Authentication of version 2: the chip's nonce is part of them (§A.2.3)."""
    return SessionKeys.derive(info.cipher, secret + nonce)


def token_of_second_version(info: ChipAuthenticationInfo, keys: SessionKeys, terminal_key: bytes) -> bytes:
    """Return the chip's token over the terminal's ephemeral key."""
    message = encode(0x7F49, encode(0x06, info.identifier) + encode(0x86, terminal_key))
    return info.cipher.token(keys.checksum, message)


class ChipTerminal:
    """What one session has proved about its terminal. A new session begins with nothing."""

    def __init__(self, contents: EidContents, randomness: Randomness = os.urandom) -> None:
        """Take what is behind it."""
        self._contents: Final = contents
        self._randomness: Final = randomness
        self.end()

    def begin(self, card_key: bytes, rights: int) -> None:
        """Begin after PACE with these rights; ``card_key`` is the card's ephemeral key, compressed."""
        self.end()
        self._card_key, self._rights = card_key, rights

    def end(self) -> None:
        """Forget the terminal."""
        self._card_key, self._rights = b"", 0
        self._known: dict[bytes, CardVerifiable] = {self._contents.trusted.holder: self._contents.trusted}
        self._verifier: CardVerifiable | None = None
        self._terminal: CardVerifiable | None = None
        self._terminal_key = self._challenge = b""
        self._is_authentic = self._is_chosen = self._is_agreed = self._is_in_application = False
        self._keys: SessionKeys | None = None
        self._current = b""

    def take_keys(self) -> SessionKeys | None:
        """Return the keys that the step just done led to, once."""
        keys, self._keys = self._keys, None
        return keys

    def answer(self, command: Command) -> Answer | None:
        """Answer what concerns a terminal; None for all other commands."""
        handlers = {
            (Ins.MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xB6): self._choose_verifier,
            (Ins.PERFORM_SECURITY_OPERATION, 0x00, 0xBE): self._take_certificate,
            (Ins.MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xA4): self._choose_terminal,
            (Ins.GET_CHALLENGE, 0x00, 0x00): self._give_challenge,
            (Ins.EXTERNAL_AUTHENTICATE, 0x00, 0x00): self._authenticate,
            (Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA4): self._choose_chip_key,
        }
        does = handlers.get((command.ins, command.p1, command.p2))
        if command.ins == Ins.GENERAL_AUTHENTICATE and self._is_chosen:
            does = self._agree
        if command.ins == Ins.SELECT:
            self._is_in_application, self._current = False, b""
            does = self._select if command.p1 == 0x04 else None
        if command.ins == Ins.READ_BINARY and (
            self._current or self._is_in_application or command.p1 == 0x80 | _CARD_SECURITY
        ):
            does = self._read
        if does is None:
            return None
        try:
            return does(command)
        except CardUnreadableError:
            return Answer(StatusWord.WRONG_DATA)

    # The terminal

    def _choose_verifier(self, command: Command) -> Answer:
        self._verifier = self._known.get(value_at(command.data, 0x83))
        return Answer(StatusWord.OK if self._verifier is not None else StatusWord.REFERENCE_NOT_FOUND)

    def _take_certificate(self, command: Command) -> Answer:
        verifier, certificate = self._verifier, parse_certificate(command.data)
        if verifier is None or certificate.authority != verifier.holder or not verifier.rights & _MAY_CERTIFY:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        is_good = certificate.is_signed_by(verifier.protocol, verifier.public_key)
        if not is_good or not certificate.starts <= self._contents.today <= certificate.ends:
            return Answer(StatusWord.VERIFICATION_FAILED)
        self._rights &= certificate.rights | _MAY_CERTIFY
        self._known[certificate.holder] = certificate
        return Answer()

    def _choose_terminal(self, command: Command) -> Answer:
        objects = {each.tag: each.value for each in parse_all(command.data)}
        found = self._known.get(objects.get(0x83, b""))
        if found is None or found.rights & _MAY_CERTIFY or found.protocol != objects.get(0x80):
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        self._terminal, self._terminal_key = found, objects.get(0x91, b"")
        return Answer()

    def _give_challenge(self, command: Command) -> Answer:
        if self._terminal is None or command.expected != _NONCE_BYTES:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        self._challenge = self._randomness(_NONCE_BYTES)
        return Answer(data=self._challenge)

    def _authenticate(self, command: Command) -> Answer:
        terminal, challenge = self._terminal, self._challenge
        self._challenge = b""
        if terminal is None or not challenge or not self._rights:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        message = self._card_key + challenge + self._terminal_key
        self._is_authentic = is_signed(terminal.protocol, terminal.public_key, message, command.data)
        return Answer(StatusWord.OK if self._is_authentic else StatusWord.VERIFICATION_FAILED)

    # The chip

    def _choose_chip_key(self, command: Command) -> Answer:
        objects = {each.tag: each.value for each in parse_all(command.data)}
        info = self._contents.key.info
        named = int.from_bytes(objects.get(0x84, b""), "big")
        if not self._is_authentic:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        self._is_chosen = objects.get(0x80) == info.identifier and named == info.key
        return Answer(StatusWord.OK if self._is_chosen else StatusWord.REFERENCE_NOT_FOUND)

    def _agree(self, command: Command) -> Answer:
        self._is_chosen, curve = False, self._contents.key.group
        theirs = value_at(command.data, DYNAMIC_AUTHENTICATION, 0x80)
        if not isinstance(curve, Curve) or theirs[1 : 1 + curve.coordinate_bytes] != self._terminal_key:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        info, nonce = self._contents.key.info, self._randomness(_NONCE_BYTES)
        secret = curve.secret(curve.multiply(self._contents.key.private, curve.decode(theirs)))
        self._keys = keys = keys_of_second_version(info, secret, nonce)
        self._is_agreed = True
        token = token_of_second_version(info, keys, theirs)
        return Answer(data=encode(DYNAMIC_AUTHENTICATION, encode(0x81, nonce) + encode(0x82, token)))

    def _select(self, command: Command) -> Answer:
        self._is_in_application = command.data == EID_APPLICATION
        return Answer(StatusWord.OK if self._is_in_application else StatusWord.FILE_NOT_FOUND)

    def _read(self, command: Command) -> Answer:
        if not command.p1 & 0x80:
            return self._part(command.p1 << 8 | command.p2, command)
        number, self._current = command.p1 & 0x1F, b""
        if number == _CARD_SECURITY and not self._is_in_application:
            content, is_shown = self._contents.card_security, self._is_authentic
        else:
            content = self._contents.groups.get(number, b"")
            is_shown = self._is_agreed and bool(self._rights >> (_FIRST_READ_BIT + number - 1) & 1)
        if not is_shown:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if not content:
            return Answer(StatusWord.FILE_NOT_FOUND)
        self._current = content
        return self._part(command.p2, command)

    def _part(self, offset: int, command: Command) -> Answer:
        data = self._current[offset : offset + (command.expected or 0)]
        return Answer(StatusWord.OK if len(data) == command.expected else StatusWord.END_OF_FILE, data)
