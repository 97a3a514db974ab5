# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One German card in one reader through PC/SC: its state, and what its holder wants done with a code, for a desk."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from townhall_smartcard.apdu import wipe
from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.emrtd.document import MeteredConnection
from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.errors import CardError
from townhall_smartcard.national.german_codes import (
    AccessNumberWrong,
    ChangeRefusal,
    CodeRefusal,
    GermanCodes,
    Opened,
    UnblockRefusal,
)
from townhall_smartcard.national.german_pin import PinState
from townhall_smartcard.national.germany import OpenedGermanCard
from townhall_smartcard.one_card import DEADLINE_S
from townhall_smartcard.pcsc import card_transaction
from townhall_smartcard.pin_rules import NewPin
from townhall_smartcard.processors import ApduProcessor, processors_for
from townhall_smartcard.watched import outcome_of


@dataclass(frozen=True, slots=True, eq=False)
class ReadState:
    """Tell the state alone, and prove presence where the access number is given."""

    access_number: bytearray | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class EnterPin:
    """Open the card with the PIN; the last try is used where the person confirmed it."""

    pin: bytearray = field(repr=False)
    access_number: bytearray | None = field(default=None, repr=False)
    last_try_confirmed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ReplacePin:
    """Set a PIN of the holder's own in place of the present or the transport PIN."""

    present: bytearray = field(repr=False)
    new: bytearray = field(repr=False)
    access_number: bytearray | None = field(default=None, repr=False)
    last_try_confirmed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class UnblockPin:
    """Give a blocked PIN its tries back under the PUK."""

    puk: bytearray = field(repr=False)


GermanWish: TypeAlias = ReadState | EnterPin | ReplacePin | UnblockPin
GermanResult: TypeAlias = Opened | CodeRefusal | ChangeRefusal | UnblockRefusal | AccessNumberWrong | None


@dataclass(frozen=True, slots=True)
class GermanRead:
    """A card that was asked, with what it cost: commands, seconds in the card, and seconds by step."""

    offer: PaceInfo
    before: PinState
    state: PinState
    """After what was wished."""
    result: GermanResult
    """What came of a code; None: none was given, or a PIN was set or unblocked."""
    commands: int
    card_s: float = field(compare=False)
    steps_s: dict[str, float] = field(compare=False)


def use_german_card(reader: str, wish: GermanWish) -> GermanRead | CardError:
    """Ask for the state, do what is wished, ask again; codes are wiped. A card that fails is an outcome."""
    calls = CallClock(DEADLINE_S)

    def work() -> GermanRead:
        with card_transaction(reader, calls) as connection:
            metered = MeteredConnection(connection)
            return _used(metered, processors_for(metered, is_t0=connection.is_t0), wish)

    try:
        return outcome_of(work, calls)
    finally:
        for code in _codes(wish):
            wipe(code)


def _used(metered: MeteredConnection, card: ApduProcessor, wish: GermanWish) -> GermanRead:
    steps: dict[str, float] = {}

    def timed(name: str, do: Callable[[], GermanResult]) -> GermanResult:
        started = time.perf_counter()
        try:
            return do()
        finally:
            steps[name] = time.perf_counter() - started

    started = time.perf_counter()
    opened = OpenedGermanCard(card)
    before = opened.pin_state()
    steps["state"] = time.perf_counter() - started
    codes, result, state = GermanCodes(card), None, before
    if not isinstance(wish, ReadState) or wish.access_number is not None:
        result = timed("code", lambda: _done(codes, wish))
        if not isinstance(wish, ReadState):  # what an access number resumed ends with this operation
            state = result.state if isinstance(result, Opened) else codes.state()
    return GermanRead(opened.offer, before, state, result, metered.commands, metered.seconds, steps)


def _done(codes: GermanCodes, wish: GermanWish) -> GermanResult:
    match wish:
        case ReadState(number):
            return None if number is None else codes.prove_presence(number)
        case EnterPin(pin, number, confirmed):
            return codes.enter(pin, number, last_try_confirmed=confirmed)
        case ReplacePin(present, new, number, confirmed):
            return codes.set_pin(present, NewPin(new, None, ""), number, last_try_confirmed=confirmed)
        case UnblockPin(puk):
            return codes.unblock(puk)


def _codes(wish: GermanWish) -> tuple[bytearray, ...]:
    codes: tuple[bytearray | None, ...]
    match wish:
        case ReadState(number):
            codes = (number,)
        case EnterPin(pin, number):
            codes = (pin, number)
        case ReplacePin(present, new, number):
            codes = (present, new, number)
        case UnblockPin(puk):
            codes = (puk,)
    return tuple(each for each in codes if each is not None)
