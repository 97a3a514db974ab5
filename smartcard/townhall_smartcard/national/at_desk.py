# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One national card in one reader through PC/SC, read and perhaps used: for commands at a desk, which end after it."""

import time
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from townhall_crypto.card_signature import CardAlgorithm
from townhall_smartcard.apdu import wipe
from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.emrtd.document import MeteredConnection
from townhall_smartcard.emrtd.pace import PaceRefused
from townhall_smartcard.errors import CardError, PinPadError
from townhall_smartcard.messages import AtReader, CardFamily, PinRole
from townhall_smartcard.national.contract import NationalCard, NationalContents
from townhall_smartcard.national.paced import PacedFamily, paced_by_atr
from townhall_smartcard.national.registry import NationalFamily, family_by_atr, family_by_probe
from townhall_smartcard.one_card import DEADLINE_S
from townhall_smartcard.opening import open_card
from townhall_smartcard.pcsc import card_transaction, open_slots
from townhall_smartcard.pin_pad.exclusions import ALL_PADS
from townhall_smartcard.pin_pad.pad import ReaderWithKeys, keys_of
from townhall_smartcard.pins import Pin, PinRefusal
from townhall_smartcard.processors import processors_for
from townhall_smartcard.watched import outcome_of


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a key of the card is to sign, and the PIN for it, which is wiped.

    The last try is never used, unless the card does not tell that it is the last.
    """

    role: PinRole
    pin: bytearray | AtReader = field(repr=False)
    message: bytes
    """Begins with a namespace; hashed as the card's algorithm wants it."""

    @property
    def typed(self) -> bytearray:
        """The PIN; empty where it is entered at the reader's own keys."""
        return self.pin if isinstance(self.pin, bytearray) else bytearray()

    def wipe(self) -> None:
        """Wipe the PIN, if it is here."""
        wipe(self.typed)


class CardKind(Protocol):
    """What is known of a card beforehand, whoever drives it."""

    @property
    def family(self) -> CardFamily:
        """Which kind of card it is."""
        ...

    @property
    def country(self) -> str:
        """Two capital letters of the state whose card it must be; empty: of any."""
        ...


@dataclass(frozen=True, slots=True)
class NationalRead:
    """A card that was read, with what it cost: commands, seconds in the card, and seconds by step."""

    family: CardKind
    contents: NationalContents
    made: dict[PinRole, bytes | PinRefusal] = field(repr=False)
    """Of each use that was asked for and that the card has a key for: the signature, in the form of the card's
    algorithm, or why there is none."""
    commands: int
    """0: a vendor's module sent them, and nobody counted."""
    card_s: float = field(compare=False)
    steps_s: dict[str, float] = field(compare=False)

    def algorithm(self, role: PinRole) -> CardAlgorithm:
        """Return what the key of a role does with which digest."""
        return self.contents.algorithms[role]


NationalOutcome: TypeAlias = NationalRead | CardError


def atr_in(reader: str) -> bytes:
    """Return the ATR of the card in a reader; empty where there is none.

    Raises:
        ServiceGoneError: the PC/SC service is not running.
    """
    with open_slots() as slots:
        return next((slot.atr for slot in slots.wait(0.0) if slot.name == reader), b"")


def national_family_in(reader: str) -> NationalFamily | None:
    """Return which national card lies in a reader, by its ATR and else by what it can select; None: none that we know.

    Raises:
        CardError: the card cannot be asked.
        ServiceGoneError: the PC/SC service is not running.
    """
    known = family_by_atr(atr_in(reader))
    if known is not None:
        return known
    with card_transaction(reader, CallClock(DEADLINE_S)) as connection:
        found = family_by_probe(processors_for(connection, is_t0=connection.is_t0))
    return found if isinstance(found, NationalFamily) else None


def paced_family_in(reader: str) -> PacedFamily | None:
    """Return which card lies in a reader that wants its access number first, by its ATR; None: none that we know.

    Raises:
        ServiceGoneError: the PC/SC service is not running.
    """
    return paced_by_atr(atr_in(reader))


def read_national_card(reader: str, family: NationalFamily, *uses: KeyUse) -> NationalOutcome:
    """Read the card in a reader, then use its keys; PINs are wiped. A card that fails is an outcome."""
    calls = CallClock(DEADLINE_S)

    def work() -> NationalRead:
        with card_transaction(reader, calls) as connection:
            metered = MeteredConnection(connection)
            is_at_reader = any(isinstance(use.pin, AtReader) for use in uses)
            keys = keys_of(connection, reader, ALL_PADS) if is_at_reader else None
            started = time.perf_counter()
            driver = family.driver(processors_for(metered, is_t0=connection.is_t0))
            return _read(_Opened(family, driver, metered, started, {}, keys), uses)

    try:
        return outcome_of(work, calls)
    finally:
        for use in uses:
            use.wipe()


def _pin(use: KeyUse, keys: ReaderWithKeys | None) -> Pin:
    if isinstance(use.pin, bytearray):
        return use.pin
    if keys is None:
        raise PinPadError("the reader has no keys")
    return keys.asked_in(use.pin.language, use.pin.timeout_s)


def read_paced_card(
    reader: str, family: PacedFamily, access_number: bytearray, *uses: KeyUse
) -> NationalOutcome | PaceRefused:
    """Open the card in a reader with its number, then as ``read_national_card``; the number is wiped, too."""
    calls = CallClock(DEADLINE_S)

    def work() -> NationalRead | PaceRefused:
        with card_transaction(reader, calls) as connection:
            metered = MeteredConnection(connection)
            started = time.perf_counter()
            channel = open_card(processors_for(metered, is_t0=connection.is_t0), access_number)
            if isinstance(channel, PaceRefused):
                return channel
            opened = time.perf_counter()
            return _read(_Opened(family, family.driver(channel), metered, opened, {"open": opened - started}), uses)

    try:
        return outcome_of(work, calls)
    finally:
        wipe(access_number)
        for use in uses:
            use.wipe()


@dataclass(frozen=True, slots=True)
class _Opened:
    """A card that may be read now, and what it cost so far."""

    family: CardKind
    driver: NationalCard
    metered: MeteredConnection
    started: float
    steps_s: dict[str, float]
    keys: ReaderWithKeys | None = None
    """Of the reader; None for a card that takes its PIN enciphered."""


def _read(opened: _Opened, uses: tuple[KeyUse, ...]) -> NationalRead:
    driver, marks = opened.driver, dict(opened.steps_s)
    contents = driver.read()
    marks["read"] = time.perf_counter() - opened.started
    made: dict[PinRole, bytes | PinRefusal] = {}
    for use in uses:
        algorithm = contents.algorithms.get(use.role)
        if algorithm is None:
            continue
        started = time.perf_counter()
        digest = algorithm.digest.of(use.message)
        with_key = driver.authenticate if use.role is PinRole.AUTHENTICATION else driver.sign
        made[use.role] = with_key(_pin(use, opened.keys), digest, last_try_confirmed=False)
        marks[use.role.value] = time.perf_counter() - started
    metered = opened.metered
    return NationalRead(opened.family, contents, made, metered.commands, metered.seconds, marks)
