# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One suite over readers with keys: the simulated one, and one behind a real pcscd by pcsc-lite's own structures."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from tests.smartcard.pin_pad.keypad import Keypad, compile_driver

from townhall_crypto.card_signature import is_card_signature
from townhall_kiosk.ports import Cards
from townhall_smartcard.messages import (
    AtReader,
    CardContents,
    CardFamily,
    Failed,
    Failure,
    LastTryUnconfirmed,
    NoEntry,
    PinBlocked,
    PinLengthRefused,
    PinNotEntered,
    PinReplaced,
    PinRole,
    PinWrong,
    ReadersChanged,
    ReplacementOutcome,
    Signed,
)
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.every_family import BEHIND_PACE, EVERY_FAMILY
from townhall_smartcard.simulation.keypad import CANCEL, NOTHING, Asked, Finger
from townhall_smartcard.simulation.pace_gate import CAN
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.simulated_cards import SimulatedCards
from townhall_smartcard.simulation.stack import card_process, virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

READER: Final = virtual_reader_name(0)
DIGEST: Final = bytes(range(48))
KEYS: Final = AtReader("et", 20)
PIN1, PIN2, PUK = PinRole.AUTHENTICATION, PinRole.SIGNATURE, PinRole.UNBLOCKING
ESTONIAN: Final = 0x0425
_PATIENCE_S: Final = 30


@dataclass
class Table:
    """A reader with keys, and the finger at them."""

    cards: Cards
    finger: Finger
    put_in: Callable[[VirtualCard], None]

    async def insert(self, card: VirtualCard, family: CardFamily = CardFamily.ESTEID_2018) -> CardContents:
        self.put_in(card)
        while True:
            event = await self.cards.next_event()
            if isinstance(event, ReadersChanged) and any(each.card is family for each in event.readers):
                break
        contents = await self.cards.read(READER)
        assert isinstance(contents, CardContents)
        return contents


Scene = Callable[[Table], Coroutine[object, object, None]]
Play = Callable[[Scene], None]


@dataclass(frozen=True)
class KeypadService:
    """A real service whose one reader has keys."""

    service: PrivatePcscd
    keypad: Keypad


@pytest.fixture(scope="module")
def keypad_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeypadService]:
    driver = compile_driver(tmp_path_factory.mktemp("keypad"))
    with PrivatePcscd(cover=driver) as service, Keypad(service.drivers[0], Finger()) as keypad:
        yield KeypadService(service, keypad)


@contextlib.asynccontextmanager
async def in_process(_request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    cards = SimulatedCards(READER)
    yield Table(cards, cards.give_keys(READER), lambda card: cards.insert(READER, card))


@contextlib.asynccontextmanager
async def card_process_of(request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    real: KeypadService = request.getfixturevalue("keypad_service")
    finger = real.keypad.finger
    finger.will.clear()
    finger.seen.clear()
    with VirtualReader(None, "127.0.0.1", real.service.ports[0]) as slot:
        async with card_process(real.service.environment, deadline_s=3) as running:
            yield Table(running.client, finger, slot.insert)


@pytest.fixture(params=[in_process, card_process_of], ids=["in process", "card process"])
def play(request: pytest.FixtureRequest) -> Play:
    """Run a scene at a reader of one kind or the other."""

    def run(scene: Scene) -> None:
        async def stage() -> None:
            async with request.param(request) as table:
                await asyncio.wait_for(scene(table), _PATIENCE_S)

        asyncio.run(stage())

    return run


@pytest.fixture(scope="module")
def card_keys() -> CardKeys:
    return TestPki().issue_card_keys(KADRI)


@pytest.fixture
def card(card_keys: CardKeys) -> EstonianCard:
    return EstonianCard(KADRI, card_keys)


def test_a_person_is_identified_and_signs_with_pins_that_nobody_here_has(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        contents = await table.insert(card)
        assert contents.at_reader == (PIN1, PIN2)
        assert contents.replaceable_at_reader == contents.replaceable == (PIN1, PIN2, PUK)
        table.finger.enters(b"1234")
        proof = await table.cards.authenticate(READER, KEYS, DIGEST)
        assert isinstance(proof, Signed)
        table.finger.enters(b"12345")
        signed = await table.cards.sign(READER, KEYS, DIGEST)
        assert isinstance(signed, Signed)
        algorithm = contents.algorithms[PIN2]
        assert is_card_signature(contents.signature_certificate, algorithm, DIGEST, signed.signature)
        assert table.finger.seen == [Asked(20, ESTONIAN, 4, 12, 0xFF), Asked(20, ESTONIAN, 5, 12, 0xFF)]

    play(scene)


@pytest.mark.parametrize("name", BEHIND_PACE)
def test_a_card_that_takes_its_pin_enciphered_has_none_entered_at_the_reader(play: Play, name: str) -> None:
    sample = BEHIND_PACE[name]()

    async def scene(table: Table) -> None:
        table.put_in(sample.card)
        while True:
            event = await table.cards.next_event()
            if isinstance(event, ReadersChanged) and any(each.card is sample.family for each in event.readers):
                break
        contents = await table.cards.open(READER, bytearray(sample.access_number))
        assert isinstance(contents, CardContents)
        assert contents.at_reader == ()
        refused = await table.cards.sign(READER, KEYS, bytes(48))
        assert isinstance(refused, Failed)
        assert refused.failure is Failure.PIN_PAD
        assert not table.finger.seen

    play(scene)


@pytest.mark.parametrize("name", [name for name in EVERY_FAMILY if name not in BEHIND_PACE])
def test_every_card_of_a_visit_takes_its_pins_from_a_reader(play: Play, name: str) -> None:
    sample = EVERY_FAMILY[name]()

    async def scene(table: Table) -> None:
        contents = await table.insert(sample.card, sample.family)
        assert contents.at_reader == (PIN1, PIN2)
        algorithm, certificate = contents.algorithms[PIN1], contents.authentication_certificate
        table.finger.enters(sample.pin1)
        proof = await table.cards.authenticate(READER, KEYS, algorithm.digest.of(b"challenge"))
        assert isinstance(proof, Signed)
        assert is_card_signature(certificate, algorithm, algorithm.digest.of(b"challenge"), proof.signature)
        table.finger.enters(sample.pin2)
        algorithm = contents.algorithms[PIN2]
        signed = await table.cards.sign(READER, KEYS, algorithm.digest.of(b"will"))
        assert isinstance(signed, Signed)
        assert is_card_signature(
            contents.signature_certificate, algorithm, algorithm.digest.of(b"will"), signed.signature
        )
        table.finger.enters(b"987654")
        assert isinstance(await table.cards.sign(READER, KEYS, algorithm.digest.of(b"will")), PinWrong)

    play(scene)


def test_each_way_in_which_no_pin_comes_is_told_and_costs_no_try(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        for pressed, outcome in (
            (NOTHING, PinNotEntered(0, NoEntry.TIMED_OUT)),
            (CANCEL, PinNotEntered(0, NoEntry.CANCELLED)),
            (b"\x64\x03", PinLengthRefused(0)),
            ((b"123",), PinLengthRefused(0)),
            (b"\x64\x04", Failed(0, Failure.PIN_PAD)),
            (b"\x6b\x80", Failed(0, Failure.PIN_PAD)),
            (b"\x90", Failed(0, Failure.PIN_PAD)),
        ):
            table.finger.will.append(pressed)
            answer = await table.cards.sign(READER, KEYS, DIGEST)
            assert isinstance(answer, PinNotEntered | PinLengthRefused | Failed)
            assert (type(answer), getattr(answer, "reason", None)) == (type(outcome), getattr(outcome, "reason", None))
        contents = await table.cards.read(READER)
        assert isinstance(contents, CardContents)
        assert contents.tries[PIN2].left == 3

    play(scene)


def test_wrong_pins_are_counted_and_before_the_last_nobody_is_asked(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        for left in (2, 1):
            table.finger.enters(b"54321")
            outcome = await table.cards.sign(READER, KEYS, DIGEST)
            assert isinstance(outcome, PinWrong)
            assert outcome.tries_left == left
        assert isinstance(await table.cards.sign(READER, KEYS, DIGEST), LastTryUnconfirmed)
        assert len(table.finger.seen) == 2
        table.finger.enters(b"54321")
        assert isinstance(await table.cards.sign(READER, KEYS, DIGEST, last_try_confirmed=True), PinBlocked)
        assert isinstance(await table.cards.sign(READER, KEYS, DIGEST, last_try_confirmed=True), PinBlocked)
        assert len(table.finger.seen) == 3

    play(scene)


async def replace(table: Table, role: PinRole, *pins: bytes, by_puk: bool = False) -> ReplacementOutcome:
    table.finger.enters(*pins)
    return await table.cards.replace_pin_at_reader(READER, role, KEYS, is_code_puk=by_puk)


def test_a_pin_is_changed_at_the_reader(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        differed = await replace(table, PIN2, b"12345", b"708090", b"708091")
        assert isinstance(differed, PinNotEntered)
        assert differed.reason is NoEntry.DIFFERED
        wrong = await replace(table, PIN2, b"11111", b"708090", b"708090")
        assert isinstance(wrong, PinWrong)
        assert wrong.tries_left == 2
        assert isinstance(await replace(table, PIN2, b"12345", b"708090", b"708090"), PinReplaced)
        assert table.finger.seen[-1] == Asked(20, ESTONIAN, 5, 12, 3, confirm=3)
        table.finger.enters(b"708090")
        assert isinstance(await table.cards.sign(READER, KEYS, DIGEST), Signed)

    play(scene)


@pytest.mark.parametrize("name", ["Estonia 2018", "Estonia 2025"])
def test_a_blocked_pin_is_set_anew_with_the_puk_at_the_reader(play: Play, name: str) -> None:
    sample = EVERY_FAMILY[name]()

    async def scene(table: Table) -> None:
        await table.insert(sample.card, sample.family)
        for _ in range(3):
            table.finger.enters(b"98765")
            await table.cards.sign(READER, KEYS, DIGEST, last_try_confirmed=True)
        if sample.family is CardFamily.ESTEID_2018:  # the PUK is presented first, in a command of its own
            wrong = await replace(table, PIN2, b"87654321", by_puk=True)
            assert isinstance(wrong, PinWrong)
            table.finger.enters(b"12345678")
            assert isinstance(await replace(table, PIN2, b"708090", b"708090", by_puk=True), PinReplaced)
            assert [asked.confirm for asked in table.finger.seen[-2:]] == [None, 1]
        else:
            wrong = await replace(table, PIN2, b"87654321", b"708090", b"708090", by_puk=True)
            assert isinstance(wrong, PinWrong)
            assert isinstance(await replace(table, PIN2, b"12345678", b"708090", b"708090", by_puk=True), PinReplaced)
            assert table.finger.seen[-1].confirm == 3
        table.finger.enters(b"708090")
        assert isinstance(await table.cards.sign(READER, KEYS, DIGEST), Signed)

    play(scene)


def test_a_new_puk_that_is_too_short_is_refused_by_the_reader(play: Play, card: EstonianCard) -> None:
    async def scene(table: Table) -> None:
        await table.insert(card)
        outcome = await replace(table, PUK, b"12345678", b"1234567", b"1234567")
        assert isinstance(outcome, PinLengthRefused)  # by the reader: it was told 8 to 12
        assert isinstance(await replace(table, PIN1, b"1234", b"708090", b"708090"), PinReplaced)

    play(scene)


def test_a_card_that_takes_its_pin_enciphered_has_it_entered_on_the_screen(play: Play, card: EstonianCard) -> None:
    held = ContactlessCard(card, pause=lambda _seconds: None)

    async def scene(table: Table) -> None:
        table.put_in(held)
        while True:
            event = await table.cards.next_event()
            if isinstance(event, ReadersChanged) and any(
                each.card is CardFamily.ESTEID_2018_BEHIND_PACE for each in event.readers
            ):
                break
        contents = await table.cards.open(READER, bytearray(CAN))
        assert isinstance(contents, CardContents)
        assert contents.at_reader == contents.replaceable_at_reader == ()
        outcome = await table.cards.sign(READER, KEYS, DIGEST)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.PIN_PAD
        assert table.finger.seen == []

    play(scene)
