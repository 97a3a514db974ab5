# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every ``Cards`` keeps to: a card process on a real PC/SC service behind its client, and the cards in process."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import pytest

from townhall_kiosk.ports import Cards
from townhall_process.errors import ChannelClosedError
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMisuseError
from townhall_smartcard.identity import Identity, challenge_digest, verify_identity
from townhall_smartcard.messages import (
    AccessNumberNeeded,
    AccessNumberWrong,
    CardContents,
    CardFamily,
    Failed,
    Failure,
    LastTryUnconfirmed,
    NewPinUnfit,
    PinBlocked,
    PinLengthRefused,
    PinOutcome,
    PinReplaced,
    PinRole,
    PinTries,
    PinWrong,
    Reader,
    ReadersChanged,
    ReplacementOutcome,
    ServiceChanged,
    Signed,
)
from townhall_smartcard.pin_replacement import PinReplacement
from townhall_smartcard.pin_rules import NewPin, NewPinFault
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.faulty_card import DeadCard, FaultyCard
from townhall_smartcard.simulation.pace_gate import CAN
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.simulated_cards import SimulatedCards
from townhall_smartcard.simulation.stack import card_process, virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

SLOTS = 8
READERS = tuple(map(virtual_reader_name, range(SLOTS)))
DIGEST = bytes(range(48))
_PATIENCE_S = 30


class Hand(Protocol):
    """Puts cards in and takes them out."""

    def insert(self, reader: str, card: VirtualCard) -> None: ...

    def remove(self, reader: str) -> None: ...


class VirtualHand:
    """The hand at the virtual readers of a PC/SC service."""

    def __init__(self, service: PrivatePcscd, until: ExitStack) -> None:
        self._slots = {
            name: until.enter_context(VirtualReader(None, "127.0.0.1", port))
            for name, port in zip(READERS, service.ports, strict=True)
        }

    def insert(self, reader: str, card: VirtualCard) -> None:
        self._slots[reader].insert(card)

    def remove(self, reader: str) -> None:
        self._slots[reader].remove()


@dataclass
class Table:
    """Readers under test, the hand at them, and what was heard of them."""

    cards: Cards
    hand: Hand
    first: str
    second: str
    readers: tuple[Reader, ...] = ()

    async def until(self, reader: str, family: CardFamily | None) -> None:
        """Hear events until a reader holds a card of a family, or none."""
        while not any(each.name == reader and each.card is family for each in self.readers):
            event = await self.cards.next_event()
            if isinstance(event, ReadersChanged):
                self.readers = event.readers

    async def insert(self, card: VirtualCard, family: CardFamily = CardFamily.ESTEID_2018, reader: str = "") -> None:
        self.hand.insert(reader or self.first, card)
        await self.until(reader or self.first, family)


Scene = Callable[[Table], Coroutine[object, object, None]]
Play = Callable[[Scene], None]


@pytest.fixture(scope="module")
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd(slots=SLOTS) as running:
        yield running


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki()


@pytest.fixture(scope="module")
def keys(pki: TestPki) -> CardKeys:
    return pki.issue_card_keys(KADRI)


@pytest.fixture
def card(keys: CardKeys) -> EstonianCard:
    return EstonianCard(KADRI, keys)


@pytest.fixture
def held(card: EstonianCard) -> ContactlessCard:
    """The same card, held to the reader."""
    return ContactlessCard(card, pause=lambda _seconds: None)


_turns = itertools.cycle(zip(READERS[::2], READERS[1::2], strict=True))


@contextlib.asynccontextmanager
async def in_process(_request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    cards = SimulatedCards(*READERS)
    yield Table(cards, cards, READERS[0], READERS[1])


@contextlib.asynccontextmanager
async def card_process_of(request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    service: PrivatePcscd = request.getfixturevalue("service")
    with ExitStack() as until:
        hand = VirtualHand(service, until)
        async with card_process(service.environment, deadline_s=3) as running:
            # Readers that were not used for a while: the service looks at each of them every 0.4 s.
            yield Table(running.client, hand, *next(_turns))


@pytest.fixture(params=[in_process, card_process_of], ids=["in process", "card process"])
def play(request: pytest.FixtureRequest) -> Play:
    """Run a scene at readers of one kind or the other."""

    def run(scene: Scene) -> None:
        async def stage() -> None:
            async with request.param(request) as table:
                await asyncio.wait_for(scene(table), _PATIENCE_S)

        asyncio.run(stage())

    return run


def test_the_first_two_events_tell_how_things_are(play: Play) -> None:
    async def scene(table: Table) -> None:
        assert await table.cards.next_event() == ServiceChanged(is_running=True)
        first = await table.cards.next_event()
        assert isinstance(first, ReadersChanged)
        assert [each.name for each in first.readers] == list(READERS)

    play(scene)


def test_a_person_is_read_identified_and_signs(play: Play, pki: TestPki, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        contents = await table.cards.read(table.first)
        assert isinstance(contents, CardContents)
        assert contents.tries == dict.fromkeys(PinRole, PinTries(3, 3))
        challenge, pin = os.urandom(32), bytearray(b"1234")
        proof = await table.cards.authenticate(table.first, pin, challenge_digest(challenge))
        assert isinstance(proof, Signed)
        assert pin == bytes(4)
        identity = verify_identity(contents, challenge, proof.signature, pki.trust_anchors, datetime.now(UTC))
        assert isinstance(identity, Identity)
        pin = bytearray(b"12345")
        assert isinstance(await table.cards.sign(table.first, pin, DIGEST), Signed)
        assert pin == bytes(5)

    play(scene)


def test_a_held_card_is_opened_with_its_number_once_and_then_used_as_any_other(
    play: Play, pki: TestPki, held: ContactlessCard
) -> None:
    async def scene(table: Table) -> None:
        await table.insert(held, CardFamily.ESTEID_2018_BEHIND_PACE)
        assert isinstance(await table.cards.read(table.first), AccessNumberNeeded)
        number = bytearray(b"271828")
        assert isinstance(await table.cards.open(table.first, number), AccessNumberWrong)
        assert number == bytes(6)
        assert isinstance(await table.cards.read(table.first), AccessNumberNeeded)
        number = bytearray(CAN)
        contents = await table.cards.open(table.first, number)
        assert isinstance(contents, CardContents)
        assert number == bytes(6)
        assert isinstance(await table.cards.read(table.first), CardContents)
        challenge = os.urandom(32)
        proof = await table.cards.authenticate(table.first, bytearray(b"1234"), challenge_digest(challenge))
        assert isinstance(proof, Signed)
        identity = verify_identity(contents, challenge, proof.signature, pki.trust_anchors, datetime.now(UTC))
        assert isinstance(identity, Identity)
        assert isinstance(await table.cards.sign(table.first, bytearray(b"54321"), DIGEST), PinWrong)
        assert isinstance(await table.cards.sign(table.first, bytearray(b"12345"), DIGEST), Signed)

    play(scene)


def test_the_number_is_forgotten_when_the_card_leaves(play: Play, held: ContactlessCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(held, CardFamily.ESTEID_2018_BEHIND_PACE)
        assert isinstance(await table.cards.open(table.first, bytearray(CAN)), CardContents)
        table.hand.remove(table.first)
        await table.until(table.first, None)
        await table.insert(held, CardFamily.ESTEID_2018_BEHIND_PACE)
        assert isinstance(await table.cards.read(table.first), AccessNumberNeeded)
        pin = bytearray(b"12345")
        outcome = await table.cards.sign(table.first, pin, DIGEST)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_REMOVED
        assert pin == bytes(5)

    play(scene)


def test_a_held_card_taken_away_while_it_is_opened_is_a_removed_card(play: Play, held: ContactlessCard) -> None:
    async def scene(table: Table) -> None:
        faulty = FaultyCard(held)
        await table.insert(faulty, CardFamily.ESTEID_2018_BEHIND_PACE)
        faulty.tear(faulty.commands + 5)
        number = bytearray(CAN)
        outcome = await table.cards.open(table.first, number)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_REMOVED
        assert number == bytes(6)

    play(scene)


def test_a_card_at_the_contacts_needs_no_number_and_takes_any(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        assert isinstance(await table.cards.open(table.first, bytearray(b"271828")), CardContents)

    play(scene)


def test_wrong_pins_are_counted_down_to_the_last_try_and_to_the_block(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)

        async def wrong(*, confirmed: bool = False) -> PinOutcome:
            return await table.cards.sign(table.first, bytearray(b"54321"), DIGEST, last_try_confirmed=confirmed)

        outcomes = [await wrong(), await wrong(), await wrong(), await wrong(confirmed=True), await wrong()]
        assert [type(each) for each in outcomes] == [PinWrong, PinWrong, LastTryUnconfirmed, PinBlocked, PinBlocked]
        assert [each.tries_left for each in outcomes if isinstance(each, PinWrong)] == [2, 1]
        assert card.tries_left(PinReference.PIN2) == 0

    play(scene)


def test_a_blocked_pin_is_replaced_under_the_puk_and_changed_after_that(play: Play, card: EstonianCard) -> None:
    def new(digits: bytes) -> NewPin:
        return NewPin(bytearray(digits), KADRI.birth, KADRI.personal_code)

    async def scene(table: Table) -> None:
        await table.insert(card)
        cards = table.cards

        async def replace(code: bytearray, chosen: NewPin, *, is_puk: bool = False) -> ReplacementOutcome:
            return await cards.replace_pin(table.first, PinReplacement(PinRole.SIGNATURE, code, chosen, is_puk))

        for confirmed in (False, False, True):
            await cards.sign(table.first, bytearray(b"54321"), DIGEST, last_try_confirmed=confirmed)
        first, second = new(b"482691"), new(b"591837")
        blocked = await replace(bytearray(b"12345"), new(b"482691"))
        assert isinstance(blocked, PinBlocked)
        puk, present = bytearray(b"12345678"), bytearray(b"482691")
        assert isinstance(await replace(puk, first, is_puk=True), PinReplaced)
        assert isinstance(await replace(present, second), PinReplaced)
        assert [puk, present, first.digits, second.digits] == [bytes(8), bytes(6), bytes(6), bytes(6)]
        unfit = await replace(bytearray(b"591837"), new(b"777777"))
        assert isinstance(unfit, NewPinUnfit)
        assert unfit.faults == (NewPinFault.REPEATS,)
        assert isinstance(await cards.sign(table.first, bytearray(b"591837"), DIGEST), Signed)
        assert card.tries_left(PinReference.PIN2) == 3

    play(scene)


@pytest.mark.parametrize("pin", [b"", b"123", b"1234567890123", b"12a4"])
def test_what_cannot_be_a_pin_costs_no_try_and_is_wiped(play: Play, card: EstonianCard, pin: bytes) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        given = bytearray(pin)
        assert isinstance(await table.cards.authenticate(table.first, given, DIGEST), PinLengthRefused)
        assert given == bytes(len(pin))
        assert card.tries_left(PinReference.PIN1) == 3

    play(scene)


def test_a_digest_of_another_length_is_a_mistake_of_the_program_and_the_pin_is_wiped(
    play: Play, card: EstonianCard
) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        pin = bytearray(b"1234")
        with pytest.raises(CardMisuseError):
            await table.cards.authenticate(table.first, pin, bytes(31))
        assert pin == bytes(4)

    play(scene)


def test_a_card_that_left_is_told_and_cannot_be_asked(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        table.hand.remove(table.first)
        await table.until(table.first, None)
        outcome = await table.cards.read(table.first)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_REMOVED

    play(scene)


def test_a_card_pulled_in_the_middle_is_a_removed_card(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(FaultyCard(card).tear(12))
        outcome = await table.cards.read(table.first)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_REMOVED
        await table.until(table.first, None)

    play(scene)


@pytest.mark.parametrize(
    ("atr", "family"),
    [
        ("3BFA1800008031FE45FE654944202F20504B4903", CardFamily.TOO_OLD),
        ("3B8201AABB", CardFamily.FOREIGN),
        ("", CardFamily.DEAD),
    ],
)
def test_other_cards_are_named_and_not_served(play: Play, atr: str, family: CardFamily) -> None:
    async def scene(table: Table) -> None:
        await table.insert(OtherCard(bytes.fromhex(atr)) if atr else DeadCard(), family)
        outcome = await table.cards.read(table.first)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_UNSUPPORTED

    play(scene)


class OtherCard:
    """A card with some ATR that knows no command."""

    def __init__(self, atr: bytes) -> None:
        self.atr = atr

    def transmit(self, command: RawCommand) -> bytes:  # noqa: ARG002  # the shape of every card
        return b"\x6d\x00"

    def reset(self) -> None:
        pass


def test_two_cards_are_both_named(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        await table.insert(DeadCard(), CardFamily.DEAD, table.second)
        assert {each.card for each in table.readers} >= {CardFamily.ESTEID_2018, CardFamily.DEAD}
        assert isinstance(await table.cards.read(table.first), CardContents)

    play(scene)


def test_a_mute_card_is_told_and_ends_who_asked_it(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(FaultyCard(card).mute_after(5))
        outcome = await table.cards.read(table.first)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_MUTE
        with pytest.raises(ChannelClosedError):
            await table.until(table.second, CardFamily.ESTEID_2018)
        again = await table.cards.read(table.first)
        assert isinstance(again, Failed)
        assert again.failure is Failure.NO_SERVICE

    play(scene)


def test_an_unknown_reader_holds_no_card(play: Play) -> None:
    async def scene(table: Table) -> None:
        await table.until(table.first, None)
        outcome = await table.cards.read("nowhere")
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_REMOVED

    play(scene)
