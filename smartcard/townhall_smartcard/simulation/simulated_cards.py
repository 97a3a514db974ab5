# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readers and cards in this very process, offered as ``CardClient`` offers a card process: no PC/SC, no second process.

Driver, inventory and outcomes are the product's own; only the wire to the card is left out. For tests of visits.
"""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Final

from townhall_process.errors import ChannelClosedError
from townhall_smartcard.access_numbers import AccessNumbers
from townhall_smartcard.access_operations import needs_access_number, perform_on
from townhall_smartcard.apdu import wipe
from townhall_smartcard.cards import probe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.messages import OpenDocument
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.errors import (
    CardError,
    CardMisuseError,
    CardMuteError,
    CardRemovedError,
    CardUnsupportedError,
)
from townhall_smartcard.inventory import Inventory
from townhall_smartcard.messages import (
    DIGEST_SIZES,
    SERVED_FAMILIES,
    Agree,
    AgreementOutcome,
    AtReader,
    Authenticate,
    CardContents,
    CardFamily,
    DocumentOutcome,
    Failed,
    Failure,
    OpenCard,
    Outcome,
    PinOutcome,
    PinRole,
    ReadCard,
    Reader,
    ReadersChanged,
    ReadOutcome,
    ReplacementOutcome,
    ReplacePinAtReader,
    Request,
    ServiceChanged,
    Sign,
    WithPin,
    secrets_of,
)
from townhall_smartcard.operations import failed, is_for_keys, open_document
from townhall_smartcard.pin_pad.exclusions import ALL_PADS
from townhall_smartcard.pin_pad.pad import ReaderWithKeys, keys_of
from townhall_smartcard.pin_replacement import PinReplacement
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.keypad import Finger, SimulatedKeypad
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_smartcard.slots import Slot


class _InSlot:
    """A card as long as it is in its slot."""

    def __init__(self, cards: "SimulatedCards", reader: str, card: VirtualCard) -> None:
        self._cards, self._reader, self._card = cards, reader, card

    def transmit(self, command: RawCommand) -> bytes:
        if self._cards.card_in(self._reader) is not self._card:
            raise CardRemovedError
        return self._card.transmit(command)


class SimulatedCards:
    """A few readers by name. Cards are put in and taken out by whoever plays the person; all in one asyncio loop."""

    def __init__(self, *readers: str, cards: Mapping[str, VirtualCard] | None = None) -> None:
        """Start with a running service and with what is in the readers already, by the reader's name."""
        self._cards: Final[dict[str, VirtualCard]] = dict(cards or {})
        self._slots: Final = {name: self._slot(name) for name in readers}
        self._inventory: Final = Inventory()
        self._access_numbers: Final = AccessNumbers()
        self._events: Final[asyncio.Queue[ReadersChanged | ServiceChanged | None]] = asyncio.Queue()
        self._numbers: Final = itertools.count(1)
        self._readers: tuple[Reader, ...] = ()
        self._may_answer: Final = asyncio.Event()
        self._may_answer.set()
        self._is_ended = False
        self._fingers: Final[dict[str, Finger]] = {}
        self._look()

    # What the person and the machine do

    def insert(self, reader: str, card: VirtualCard) -> None:
        """Put a card into an empty reader."""
        card.reset()
        self._cards[reader] = card
        self._change(reader)

    def remove(self, reader: str) -> None:
        """Take out what is in a reader, if anything."""
        if self._cards.pop(reader, None) is not None:
            self._change(reader)

    def give_keys(self, reader: str) -> Finger:
        """Give a reader keys of its own, and return the finger at them."""
        return self._fingers.setdefault(reader, Finger())

    def unplug(self, reader: str) -> None:
        """Take a whole reader away."""
        self._cards.pop(reader, None)
        del self._slots[reader]
        self._look()

    def hold(self) -> None:
        """Let the card take its time: requests wait until ``go_on``."""
        self._may_answer.clear()

    def go_on(self) -> None:
        """Let waiting requests be done."""
        self._may_answer.set()

    def end(self) -> None:
        """End as a card process ends: whatever was asked has failed, and nobody hears of readers any more."""
        self._is_ended = True
        self._events.put_nowait(None)
        self._may_answer.set()

    def card_in(self, reader: str) -> VirtualCard | None:
        """Return what is in a reader."""
        return self._cards.get(reader)

    # What a visit asks, as of CardClient

    @property
    def readers(self) -> tuple[Reader, ...]:
        """All readers as they are now."""
        return self._readers

    async def next_event(self) -> ReadersChanged | ServiceChanged:
        """Wait for the next change; raises ``ChannelClosedError`` after the end."""
        event = await self._events.get()
        if event is None:
            self._events.put_nowait(None)
            raise ChannelClosedError
        return event

    async def read(self, reader: str) -> ReadOutcome:
        """Read the card without a PIN; ``AccessNumberNeeded`` where it must be opened first."""
        return await self._read(ReadCard(next(self._numbers), reader))

    async def open(self, reader: str, access_number: bytearray) -> ReadOutcome:
        """Open the card with its access number and read it; ``access_number`` is wiped."""
        try:
            return await self._read(OpenCard(next(self._numbers), reader, access_number))
        finally:
            wipe(access_number)

    async def authenticate(
        self, reader: str, pin: bytearray | AtReader, digest: bytes, *, last_try_confirmed: bool = False
    ) -> PinOutcome:
        """Sign with the authentication key after PIN 1; ``pin`` is wiped."""
        return await self._use_pin(Authenticate(next(self._numbers), reader, pin, digest, last_try_confirmed))

    async def sign(
        self, reader: str, pin: bytearray | AtReader, digest: bytes, *, last_try_confirmed: bool = False
    ) -> PinOutcome:
        """Sign with the signature key after PIN 2; ``pin`` is wiped."""
        return await self._use_pin(Sign(next(self._numbers), reader, pin, digest, last_try_confirmed))

    async def agree(
        self, reader: str, pin: bytearray, point: bytes, *, last_try_confirmed: bool = False, challenge_bytes: int = 0
    ) -> AgreementOutcome:
        """Agree with a point by the authentication key after PIN 1, then read its challenges; ``pin`` is wiped."""
        try:
            outcome = await self._ask(
                Agree(next(self._numbers), reader, pin, point, last_try_confirmed, challenge_bytes)
            )
        finally:
            wipe(pin)
        if not isinstance(outcome, AgreementOutcome):
            raise CardMisuseError(type(outcome).__name__)
        return outcome

    async def replace_pin(
        self, reader: str, asked: PinReplacement, *, last_try_confirmed: bool = False
    ) -> ReplacementOutcome:
        """Give a PIN a new value by right of the present one or of the PUK; both codes are wiped."""
        try:
            outcome = await self._ask(asked.request(next(self._numbers), reader, last_try_confirmed=last_try_confirmed))
        finally:
            asked.wipe()
        if not isinstance(outcome, ReplacementOutcome):
            raise CardMisuseError(type(outcome).__name__)
        return outcome

    async def replace_pin_at_reader(
        self, reader: str, role: PinRole, keys: AtReader, *, is_code_puk: bool = False, last_try_confirmed: bool = False
    ) -> ReplacementOutcome:
        """Have a PIN's new value entered at the reader, after the code that gives the right to it."""
        number = next(self._numbers)
        outcome = await self._ask(ReplacePinAtReader(number, reader, role, keys, is_code_puk, last_try_confirmed))
        if not isinstance(outcome, ReplacementOutcome):
            raise CardMisuseError(type(outcome).__name__)
        return outcome

    async def open_document(self, reader: str, password: PacePassword) -> DocumentOutcome:
        """Open the document with a password and read it; a password that can be wiped is wiped."""
        try:
            secret = bytearray(password.secret)
            outcome = await self._ask(OpenDocument(next(self._numbers), reader, password.reference, secret))
        finally:
            password.wipe()
        if not isinstance(outcome, DocumentOutcome):
            raise CardMisuseError(type(outcome).__name__)
        return outcome

    async def _read(self, request: ReadCard | OpenCard) -> ReadOutcome:
        outcome = await self._ask(request)
        if not isinstance(outcome, ReadOutcome):
            raise CardMisuseError(type(outcome).__name__)
        return outcome

    async def _use_pin(self, request: Authenticate | Sign) -> PinOutcome:
        try:
            if len(request.digest) not in DIGEST_SIZES:
                raise CardMisuseError(f"digest of {len(request.digest)} bytes")
            outcome = await self._ask(request)
        finally:
            for secret in secrets_of(request):
                wipe(secret)
        if not isinstance(outcome, PinOutcome):
            raise CardMisuseError(type(outcome).__name__)
        return outcome

    async def _ask(self, request: Request) -> Outcome:
        card = self._cards.get(request.reader)
        await self._may_answer.wait()
        if self._is_ended:
            return Failed(request.request, Failure.NO_SERVICE)
        try:
            return self._done(request, card)
        except CardError as exc:
            if isinstance(exc, CardRemovedError):
                self.remove(request.reader)
            if isinstance(exc, CardMuteError):
                self.end()
            return failed(request.request, exc)

    def _done(self, request: Request, card: VirtualCard | None) -> Outcome:
        """Do one request in one transaction; one that opened anything ends with a reset of the card."""
        if card is None or card is not self.card_in(request.reader):
            raise CardRemovedError
        family = self._inventory.family_in(request.reader)
        if isinstance(request, OpenDocument):
            return self._open_document(request, card, family)
        if family is None or family not in SERVED_FAMILIES:
            raise CardUnsupportedError
        way, known = processors_for(_InSlot(self, request.reader, card)), self._access_numbers.of(request.reader)
        try:
            outcome = perform_on(family, request, way, known, self._keys(request, card))
        finally:
            if isinstance(request, WithPin) or needs_access_number(family):
                card.reset()
        if isinstance(request, OpenCard) and isinstance(outcome, CardContents):
            self._access_numbers.remember(request.reader, request.access_number)
        return outcome

    def _keys(self, request: Request, card: VirtualCard) -> ReaderWithKeys | None:
        reader = request.reader
        finger = self._fingers.get(reader)
        if finger is None or not is_for_keys(request):
            return None
        return keys_of(SimulatedKeypad(_InSlot(self, reader, card).transmit, finger), reader, ALL_PADS)

    def _open_document(self, request: OpenDocument, card: VirtualCard, family: CardFamily | None) -> Outcome:
        if family is CardFamily.DEAD:
            raise CardUnsupportedError
        try:
            return open_document(request, _InSlot(self, request.reader, card), is_t0=False)
        finally:
            card.reset()

    def _change(self, reader: str) -> None:
        self._slots[reader] = self._slot(reader, self._slots[reader].changes + 1)
        self._look()

    def _slot(self, reader: str, changes: int = 0) -> Slot:
        card = self._cards.get(reader)
        if card is None:
            return Slot(reader, is_occupied=False, changes=changes)
        return Slot(reader, is_occupied=True, atr=card.atr, is_mute=not card.atr, changes=changes)

    def _look(self) -> None:
        if self._is_ended:
            return
        self._say(self._inventory.see(tuple(self._slots.values())))
        for slot in self._inventory.unprobed():
            self._say(self._inventory.probed(slot, self._probe(slot.name)))

    def _probe(self, reader: str) -> CardFamily:
        try:
            return probe(processors_for(self._cards[reader]))
        except CardMuteError:
            return CardFamily.DEAD
        except CardError:
            return CardFamily.FOREIGN

    def _say(self, news: list[ReadersChanged | ServiceChanged]) -> None:
        for event in news:
            if isinstance(event, ReadersChanged):
                self._readers = event.readers
                self._access_numbers.keep_only([each.name for each in event.readers if each.card is not None])
            self._events.put_nowait(event)
