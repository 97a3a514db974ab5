# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a simulated Estonian card guards: PIN commands, retry counters, security environment and the two keys."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.estonian_card_keys import DIGEST_BYTES, CardKeys
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, MAXIMUM_TRIES, Pin, PinReference, Pins
from townhall_smartcard.simulation.estonian_card_selection import (
    AUTHENTICATION_APPLICATION,
    MAIN_APPLICATION,
    SIGNATURE_APPLICATION,
)
from townhall_smartcard.status import StatusWord

_COUNTER_QUERY: Final = bytes.fromhex("4D087006BF81FF02A080")
_ACCESS_RULES: Final = {  # as recorded from a real card
    PinReference.PIN1: "a1108c06f300007343009c06f30000734300",
    PinReference.PUK: "a1108c06f300007343009c06f30000734300",
    PinReference.PIN2: "a1108c06f3000073ff009c06f3000073ff00",
}


@dataclass(frozen=True, slots=True)
class _KeyUse:
    """One key: where it is usable, how MSE SET names it, which PIN opens it."""

    application: bytes
    control_template: int  # P2 of MSE SET
    environments: tuple[bytes, ...]  # the short and the long name of the algorithm
    pin: PinReference


_AUTHENTICATION: Final = _KeyUse(
    AUTHENTICATION_APPLICATION,
    0xA4,
    (bytes.fromhex("800104840181"), bytes.fromhex("8004FF200800840181")),
    PinReference.PIN1,
)
_SIGNATURE: Final = _KeyUse(
    SIGNATURE_APPLICATION,
    0xB6,
    (bytes.fromhex("80015484019F"), bytes.fromhex("8004FF15080084019F")),
    PinReference.PIN2,
)
_AGREEMENT: Final = _KeyUse(
    AUTHENTICATION_APPLICATION,
    0xB8,
    (bytes.fromhex("8004FF300400840181"),),
    PinReference.PIN1,
)
_NO_PADDING: Final = b"\x00"
_CHALLENGE_BYTES: Final = 8


class Security:
    """PINs, environment and keys. Each command method takes the name of the application it is sent in."""

    def __init__(self, pins: Pins, keys: CardKeys) -> None:
        """Begin with all tries and nothing opened."""
        self.pins: Final = {
            PinReference.PIN1: Pin(pins.pin1, shortest=4),
            PinReference.PIN2: Pin(pins.pin2, shortest=5),
            PinReference.PUK: Pin(pins.puk, shortest=8),
        }
        self._keys: Final = {
            _AUTHENTICATION: keys.authentication,
            _SIGNATURE: keys.signature,
            _AGREEMENT: keys.authentication,
        }
        self._environment: _KeyUse | None = None

    def reset(self) -> None:
        """Close everything: the card lost power or was reset."""
        self._environment = None
        for pin in self.pins.values():
            pin.is_verified = False

    def application_selected(self, name: bytes) -> None:
        """Forget what selecting an application by name ends: PIN 2 always, all of it for the main application."""
        self._environment = None
        self.pins[PinReference.PIN2].is_verified = False
        if name == MAIN_APPLICATION:
            self.reset()

    def verify(self, command: Command, application: bytes) -> Answer:
        """VERIFY; without data it tells the tries left and uses none."""
        pin = self._pin(command.p2, application)
        if command.p1 or pin is None:
            return Answer(StatusWord.WRONG_PARAMETERS if command.p1 else StatusWord.REFERENCE_NOT_FOUND)
        if not command.data:
            return Answer() if pin.is_verified else _standing(pin)
        if len(command.data) != BLOCK_BYTES:
            return Answer(StatusWord.WRONG_LENGTH)
        return self._checked(pin, command.data)

    def change(self, command: Command, application: bytes) -> Answer:
        """CHANGE REFERENCE DATA: the present value, then the new one."""
        pin = self._pin(command.p2, application)
        if command.p1 or pin is None:
            return Answer(StatusWord.WRONG_PARAMETERS if command.p1 else StatusWord.REFERENCE_NOT_FOUND)
        if len(command.data) != 2 * BLOCK_BYTES:
            return Answer(StatusWord.WRONG_LENGTH)
        present, new = command.data[:BLOCK_BYTES], command.data[BLOCK_BYTES:]
        refused = self._checked(pin, present)
        return refused if refused.status != StatusWord.OK else _replaced(pin, new)

    def unblock(self, command: Command, application: bytes) -> Answer:
        """RESET RETRY COUNTER with a new value, after VERIFY of the PUK."""
        pin = self._pin(command.p2, application)
        if command.p1 != 0x02:
            return Answer(StatusWord.WRONG_PARAMETERS)
        if pin is None or command.p2 == PinReference.PUK:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if not self.pins[PinReference.PUK].is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if len(command.data) != BLOCK_BYTES:
            return Answer(StatusWord.WRONG_LENGTH)
        if not pin.accepts(command.data):
            return Answer(StatusWord.WRONG_DATA)
        pin.replace(command.data)
        return Answer()

    def read_counter(self, command: Command, application: bytes) -> Answer:
        """GET DATA of one PIN object: 9A is the maximum, 9B what is left."""
        query = command.data
        if command.parameters != (0x3F, 0xFF):
            return Answer(StatusWord.WRONG_PARAMETERS)
        if len(query) != len(_COUNTER_QUERY) or query[:6] + b"\xff" + query[7:] != _COUNTER_QUERY:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        reference = next((each for each in PinReference if each.counter_reference == query[6]), None)
        pin = None if reference is None else self._pin(reference, application)
        if reference is None or pin is None:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        counters = bytes((0xA0, 0x18, 0x9A, 1, MAXIMUM_TRIES, 0x9B, 1, pin.tries_left))
        inner = counters + bytes.fromhex(_ACCESS_RULES[reference])
        return Answer(data=bytes((0x70, 0x1E, 0xBF, 0x81, query[6], 0x1A)) + inner)

    def set_environment(self, command: Command, application: bytes) -> Answer:
        """MSE SET: which key the next operation uses, and for what."""
        for use in self._keys:
            if command.parameters != (0x41, use.control_template):
                continue
            if command.data not in use.environments:
                return Answer(StatusWord.WRONG_DATA)
            if use.application != application:
                return Answer(StatusWord.REFERENCE_NOT_FOUND)
            self._environment = use
            return Answer()
        return Answer(StatusWord.WRONG_PARAMETERS)

    def authenticate(self, command: Command, application: bytes) -> Answer:
        """INTERNAL AUTHENTICATE: sign a digest with the authentication key."""
        if command.parameters != (0x00, 0x00):
            return Answer(StatusWord.WRONG_PARAMETERS)
        return self._sign(_AUTHENTICATION, command, application)

    def challenge(self, command: Command, _application: bytes) -> Answer:
        """GET CHALLENGE: fresh bytes of the chip's generator, needing no PIN."""
        if command.parameters != (0x00, 0x00):
            return Answer(StatusWord.WRONG_PARAMETERS)
        return Answer(data=secrets.token_bytes(_CHALLENGE_BYTES))

    def perform_operation(self, command: Command, application: bytes) -> Answer:
        """PSO: COMPUTE DIGITAL SIGNATURE, or DECIPHER, which with a key on a curve is an agreement."""
        match command.parameters:
            case (0x9E, 0x9A):
                return self._compute_signature(command, application)
            case (0x80, 0x86):
                return self._agree(command, application)
            case _:
                return Answer(StatusWord.WRONG_PARAMETERS)

    def _agree(self, command: Command, application: bytes) -> Answer:
        if self._environment is not _AGREEMENT or application != AUTHENTICATION_APPLICATION:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not self.pins[PinReference.PIN1].is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        padding, point = command.data[:1], command.data[1:]
        shared_x = self._keys[_AGREEMENT].agree(point) if padding == _NO_PADDING else None
        return Answer(StatusWord.WRONG_DATA) if shared_x is None else Answer(data=shared_x)

    def _compute_signature(self, command: Command, application: bytes) -> Answer:
        """Sign a digest; PIN 2 is good for one signature."""
        answer = self._sign(_SIGNATURE, command, application)
        if answer.status == StatusWord.OK:
            self.pins[PinReference.PIN2].is_verified = False
        return answer

    def _sign(self, use: _KeyUse, command: Command, application: bytes) -> Answer:
        if self._environment is not use or use.application != application:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not self.pins[use.pin].is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if len(command.data) != DIGEST_BYTES:
            return Answer(StatusWord.WRONG_DATA)
        return Answer(data=self._keys[use].sign_digest(command.data))

    def _pin(self, reference: int, application: bytes) -> Pin | None:
        if reference == PinReference.PIN2 and application != SIGNATURE_APPLICATION:
            return None
        return next((pin for each, pin in self.pins.items() if each == reference), None)

    @staticmethod
    def _checked(pin: Pin, block: bytes) -> Answer:
        if pin.tries_left == 0:
            return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
        return Answer() if pin.verify(block) else Answer(0x63C0 | pin.tries_left)


CommandMethod = Callable[[Security, Command, bytes], Answer]


def _standing(pin: Pin) -> Answer:
    if pin.tries_left == 0:
        return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
    return Answer(0x63C0 | pin.tries_left)


def _replaced(pin: Pin, new: bytes) -> Answer:
    if not pin.accepts(new):
        return Answer(StatusWord.WRONG_DATA)
    if pin.holds(new):
        return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
    pin.replace(new)
    return Answer()
