# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What goes wrong at a real PC/SC service: pulled, mute and reset cards, other programs, a service that dies."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from townhall_smartcard.card_process import EXIT_STUCK
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.messages import (
    Authenticate,
    CardContents,
    CardFamily,
    CardRequest,
    Failed,
    Failure,
    Outcome,
    PinRole,
    PinTries,
    ReadCard,
    Reader,
    ReadersChanged,
    ServiceChanged,
    Sign,
    Signed,
)
from townhall_smartcard.operations import perform
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.stack import RunningCardProcess, card_process, virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

if TYPE_CHECKING:
    from tests.smartcard.conftest import OtherProgram

DIGEST: Final = bytes(range(48))
OPERATIONS: Final = ("read", "authenticate", "sign")
ROUND: Final = 8  # cards at once: the service looks every 0.4 s, so one after the other would take long
SHORT_S = 1.0
"""A deadline that ends soon, and that no call of a busy machine misses."""
NO_ERROR: Final = "00000000"

Scene: TypeAlias = Callable[[RunningCardProcess], Coroutine[object, object, None]]


class HookedCard:
    """A card at which something happens when command number ``index`` comes."""

    def __init__(self, card: VirtualCard, index: int, hook: Callable[[], object]) -> None:
        self._card, self._index, self._hook = card, index, hook
        self._commands = 0

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: RawCommand) -> bytes:
        if self._commands == self._index:
            self._hook()
        self._commands += 1
        return self._card.transmit(command)

    def reset(self) -> None:
        self._card.reset()


def every_command(keys: CardKeys) -> list[tuple[str, int]]:
    """Return each operation with the number of each of its commands; how many there are depends on the certificates."""
    requests: tuple[CardRequest, ...] = (
        ReadCard(1, ""),
        Authenticate(1, "", bytearray(b"1234"), DIGEST),
        Sign(1, "", bytearray(b"12345"), DIGEST),
    )
    found = []
    for operation, request in zip(OPERATIONS, requests, strict=True):
        counting = FaultyCard(EstonianCard(KADRI, keys))
        perform(request, processors_for(counting))
        found += [(operation, index) for index in range(counting.commands)]
    return found


def play(service: PrivatePcscd, scene: Scene, *, deadline_s: float = 10.0) -> None:
    async def stage() -> None:
        async with card_process(service.environment, deadline_s=deadline_s) as running:
            await running.until(lambda client: bool(client.readers))
            await scene(running)

    asyncio.run(stage())


def put_in(service: PrivatePcscd, slot: int, card: VirtualCard) -> VirtualReader:
    return VirtualReader(card, "127.0.0.1", service.ports[slot])


async def heard_next(running: RunningCardProcess, event: ServiceChanged) -> None:
    """Wait for an event of the service, whatever was heard of readers before."""
    async with asyncio.timeout(10):
        while await running.client.next_event() != event:
            pass


async def do(running: RunningCardProcess, operation: str, reader: str) -> Outcome:
    if operation == "read":
        return await running.client.read(reader)
    if operation == "authenticate":
        return await running.client.authenticate(reader, bytearray(b"1234"), DIGEST)
    return await running.client.sign(reader, bytearray(b"12345"), DIGEST)


@pytest.mark.parametrize("is_answer_lost", [False, True], ids=["before", "after"])
def test_a_card_pulled_at_any_command_is_removed(
    service: PrivatePcscd, kadri_keys: CardKeys, *, is_answer_lost: bool
) -> None:
    def torn(index: int) -> FaultyCard:
        card = FaultyCard(EstonianCard(KADRI, kadri_keys))
        return card.tear_answer(index) if is_answer_lost else card.tear(index)

    commands = every_command(kadri_keys)

    async def scene(running: RunningCardProcess) -> None:
        for start in range(0, len(commands), ROUND):
            faults = commands[start : start + ROUND]
            await running.until(lambda client: all(reader.card is None for reader in client.readers))
            with contextlib.ExitStack() as slots:
                for slot, (_, index) in enumerate(faults):
                    slots.enter_context(put_in(service, slot, torn(index)))
                for slot, (operation, index) in enumerate(faults):
                    name = virtual_reader_name(slot)
                    await running.until_card(name, CardFamily.ESTEID_2018)
                    outcome = await do(running, operation, name)
                    assert outcome == Failed(outcome.request, Failure.CARD_REMOVED), (operation, index)

    play(service, scene)


def test_a_card_put_back_at_once_after_it_was_pulled_while_signing_is_seen(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys
) -> None:
    name, card = virtual_reader_name(slot), EstonianCard(KADRI, kadri_keys)

    async def scene(running: RunningCardProcess) -> None:
        pulled = asyncio.Event()
        loop = asyncio.get_running_loop()
        for command in (2, 4):  # before the PIN and after it
            pulled.clear()
            hooked = HookedCard(card, command, lambda: loop.call_soon_threadsafe(pulled.set))
            with put_in(service, slot, FaultyCard(hooked).tear_answer(command)):
                await running.until_card(name, CardFamily.ESTEID_2018)
                asking = asyncio.create_task(do(running, "sign", name))
                await pulled.wait()
            with put_in(service, slot, card):
                outcome = await asking
                assert outcome == Failed(outcome.request, Failure.CARD_REMOVED)
                await running.until_card(name, None)
                await running.until_card(name, CardFamily.ESTEID_2018)
                assert isinstance(await do(running, "sign", name), Signed)
            await running.until_card(name, None)

    play(service, scene)


@pytest.mark.parametrize(("operation", "index"), [("read", 0), ("authenticate", 4), ("sign", 4)])
def test_a_mute_card_ends_the_process_at_the_deadline_and_a_new_one_works(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, operation: str, index: int
) -> None:
    name = virtual_reader_name(slot)
    card = EstonianCard(KADRI, kadri_keys)
    reader = put_in(service, slot, FaultyCard(card).mute_after(index))

    async def mute(running: RunningCardProcess) -> None:
        await running.until_card(name, CardFamily.ESTEID_2018)
        started = monotonic()
        outcome = await do(running, operation, name)
        assert outcome == Failed(outcome.request, Failure.CARD_MUTE)
        assert await running.exit_status() == EXIT_STUCK
        assert monotonic() - started >= SHORT_S

    async def again(running: RunningCardProcess) -> None:
        await running.until_card(name, CardFamily.ESTEID_2018)  # seen while the old call is still stuck
        reader.remove()
        await running.until_card(name, None)
        reader.insert(card)
        await running.until_card(name, CardFamily.ESTEID_2018)
        contents = await running.client.read(name)
        assert isinstance(contents, CardContents)
        assert set(contents.tries.values()) == {PinTries(3, 3)}

    with reader:
        play(service, mute, deadline_s=SHORT_S)
        play(service, again)


def test_a_mute_card_leaves_the_card_in_another_reader_alone(
    service: PrivatePcscd, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    mute, well = virtual_reader_name(0), virtual_reader_name(3)

    async def silent(running: RunningCardProcess) -> None:
        await running.until_card(mute, CardFamily.ESTEID_2018)
        assert isinstance(await running.client.read(mute), Failed)

    async def scene(running: RunningCardProcess) -> None:
        await running.until_card(well, CardFamily.ESTEID_2018)
        assert isinstance(await running.client.read(well), CardContents)

    with (
        put_in(service, 0, FaultyCard(EstonianCard(KADRI, kadri_keys)).mute_after(0)),
        put_in(service, 3, EstonianCard(JUHAN, juhan_keys)),
    ):
        play(service, silent, deadline_s=SHORT_S)
        play(service, scene)


def test_a_mute_card_of_unknown_atr_is_dead_and_ends_nothing(service: PrivatePcscd, kadri_keys: CardKeys) -> None:
    class Unknown(FaultyCard):
        atr = bytes.fromhex("3B8201AABB")

    async def scene(running: RunningCardProcess) -> None:
        with (
            put_in(service, 1, Unknown(EstonianCard(KADRI, kadri_keys)).mute_after(0)),
            put_in(service, 6, EstonianCard(KADRI, kadri_keys)),
        ):
            await running.until_card(virtual_reader_name(1), CardFamily.DEAD)
            await running.until_card(virtual_reader_name(6), CardFamily.ESTEID_2018)
            assert isinstance(await running.client.read(virtual_reader_name(6)), CardContents)
        await running.until_card(virtual_reader_name(1), None)

    play(service, scene, deadline_s=SHORT_S)


def test_a_card_that_another_program_holds_exclusively_is_busy_until_it_lets_go(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, other: "OtherProgram"
) -> None:
    name = virtual_reader_name(slot)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, EstonianCard(KADRI, kadri_keys)):
            await running.until_card(name, CardFamily.ESTEID_2018)
            assert other.call(f"connect exclusive {name}") == NO_ERROR
            for operation in OPERATIONS:
                outcome = await do(running, operation, name)
                assert outcome == Failed(outcome.request, Failure.READER_BUSY)
            assert other.call("disconnect leave") == NO_ERROR
            contents = await running.client.read(name)
            assert isinstance(contents, CardContents)
            assert contents.tries[PinRole.SIGNATURE] == PinTries(3, 3)

    play(service, scene)


def test_a_transaction_of_another_program_is_waited_for_and_its_reset_borne(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, other: "OtherProgram"
) -> None:
    name = virtual_reader_name(slot)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, EstonianCard(KADRI, kadri_keys)):
            await running.until_card(name, CardFamily.ESTEID_2018)
            for ending in ("leave", "reset"):
                assert other.call(f"connect shared {name}") == other.call("begin") == NO_ERROR
                asking = asyncio.create_task(do(running, "sign", name))
                done, _ = await asyncio.wait({asking}, timeout=0.2)
                assert not done
                assert other.call(f"end {ending}") == NO_ERROR
                assert isinstance(await asking, Signed)
                other.call("disconnect leave")

    play(service, scene)


def test_a_transaction_of_another_program_that_never_ends_ends_the_process(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, other: "OtherProgram"
) -> None:
    name = virtual_reader_name(slot)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, EstonianCard(KADRI, kadri_keys)):
            await running.until_card(name, CardFamily.ESTEID_2018)
            assert other.call(f"connect shared {name}") == other.call("begin") == NO_ERROR
            outcome = await do(running, "sign", name)
            # The service lets nobody connect meanwhile, so this looks like a card that hangs when it starts.
            assert outcome == Failed(outcome.request, Failure.CARD_MUTE)
            assert await running.exit_status() == EXIT_STUCK

    play(service, scene, deadline_s=SHORT_S)


@pytest.mark.parametrize("moment", [("authenticate", 5), ("sign", 0), ("sign", 4), ("read", 20)])
def test_a_reset_by_another_program_waits_for_the_end_of_our_transaction(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, other: "OtherProgram", moment: tuple[str, int]
) -> None:
    _reset_during(service, slot, kadri_keys, other, [moment])


@pytest.mark.long
def test_a_reset_by_another_program_at_any_command_waits_for_the_end_of_our_transaction(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, other: "OtherProgram"
) -> None:
    _reset_during(service, slot, kadri_keys, other, every_command(kadri_keys))


def _reset_during(
    service: PrivatePcscd, slot: int, keys: CardKeys, other: "OtherProgram", moments: list[tuple[str, int]]
) -> None:
    name = virtual_reader_name(slot)

    async def scene(running: RunningCardProcess) -> None:
        for operation, index in moments:
            await running.until_card(name, None)
            card = HookedCard(EstonianCard(KADRI, keys), index, lambda: other.begin_call("disconnect reset"))
            with put_in(service, slot, card):
                await running.until_card(name, CardFamily.ESTEID_2018)
                assert other.call(f"connect shared {name}") == NO_ERROR
                outcome = await do(running, operation, name)
                assert isinstance(outcome, CardContents | Signed), (operation, index, outcome)
                assert other.result() == NO_ERROR
                assert isinstance(await do(running, operation, name), CardContents | Signed)

    play(service, scene)


def test_a_card_exchanged_for_another_is_told_as_removal_and_insertion(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    name = virtual_reader_name(slot)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, EstonianCard(KADRI, kadri_keys)) as reader:
            await running.until_card(name, CardFamily.ESTEID_2018)
            running.heard.clear()
            reader.remove()
            await running.until_card(name, None)
            reader.insert(EstonianCard(JUHAN, juhan_keys))
            await running.until_card(name, CardFamily.ESTEID_2018)
            contents = await running.client.read(name)
            assert isinstance(contents, CardContents)
            assert contents.stated.personal_code == JUHAN.personal_code

    play(service, scene)


def test_a_service_that_dies_and_returns_is_followed(kadri_keys: CardKeys) -> None:
    name = virtual_reader_name(0)

    async def scene(running: RunningCardProcess) -> None:
        for _ in range(2):
            await running.until_card(name, CardFamily.ESTEID_2018)
            mortal.stop()
            await heard_next(running, ServiceChanged(is_running=False))
            assert await running.client.next_event() == ReadersChanged(())
            outcome = await running.client.read(name)
            assert outcome == Failed(outcome.request, Failure.NO_SERVICE)
            mortal.start()
            assert await running.client.next_event() == ServiceChanged(is_running=True)
            await running.until_card(name, CardFamily.ESTEID_2018)
            assert isinstance(await running.client.read(name), CardContents)

    with PrivatePcscd(slots=2) as mortal, put_in(mortal, 0, EstonianCard(KADRI, kadri_keys)):
        play(mortal, scene)


@pytest.mark.parametrize(("operation", "index"), [("read", 10), ("sign", 3), ("sign", 4)])
def test_a_service_that_dies_during_an_operation_is_told_as_such(
    kadri_keys: CardKeys, operation: str, index: int
) -> None:
    name = virtual_reader_name(0)

    async def scene(running: RunningCardProcess) -> None:
        await running.until_card(name, CardFamily.ESTEID_2018)
        outcome = await do(running, operation, name)
        assert outcome == Failed(outcome.request, Failure.NO_SERVICE)
        assert dead.wait(5)
        mortal.start()
        await running.until(lambda client: client.readers == ())
        await running.until_card(name, CardFamily.ESTEID_2018)
        assert isinstance(await do(running, operation, name), CardContents | Signed)

    dead = threading.Event()

    def die() -> None:
        mortal.stop()
        dead.set()

    with PrivatePcscd(slots=2) as mortal:
        card = HookedCard(EstonianCard(KADRI, kadri_keys), index, die)
        with put_in(mortal, 0, card):
            play(mortal, scene)


def test_a_service_that_hangs_ends_the_process_at_the_deadline(kadri_keys: CardKeys) -> None:
    name = virtual_reader_name(0)

    async def scene(running: RunningCardProcess) -> None:
        await running.until_card(name, CardFamily.ESTEID_2018)
        assert hung._service is not None
        hung._service.send_signal(signal.SIGSTOP)
        outcome = await do(running, "sign", name)
        assert outcome == Failed(outcome.request, Failure.NO_SERVICE)
        assert await running.exit_status() == EXIT_STUCK

    with PrivatePcscd(slots=2) as hung, put_in(hung, 0, EstonianCard(KADRI, kadri_keys)):
        play(hung, scene, deadline_s=SHORT_S)


def test_a_process_that_starts_before_the_service_finds_it_later(kadri_keys: CardKeys) -> None:
    async def stage() -> None:
        async with card_process(late.environment) as running:
            assert await running.client.next_event() == ServiceChanged(is_running=False)
            assert await running.client.next_event() == ReadersChanged(())
            late.start()
            await running.until_card(virtual_reader_name(0), CardFamily.ESTEID_2018)

    with PrivatePcscd(slots=2) as late, put_in(late, 0, EstonianCard(KADRI, kadri_keys)):
        late.stop()
        asyncio.run(stage())


@pytest.mark.parametrize("length", [1, 3, 30])
def test_a_torn_answer_makes_the_card_unreadable(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, length: int
) -> None:
    name = virtual_reader_name(slot)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, FaultyCard(EstonianCard(KADRI, kadri_keys)).cut(1, length)):
            await running.until_card(name, CardFamily.ESTEID_2018)
            outcome = await running.client.read(name)
            assert isinstance(outcome, Failed)
            assert outcome.failure is Failure.CARD_UNREADABLE

    play(service, scene)


def test_readers_are_empty_before_any_card_came(service: PrivatePcscd, slot: int) -> None:
    async def scene(running: RunningCardProcess) -> None:
        await running.until_card(virtual_reader_name(slot), None)
        assert Reader(virtual_reader_name(slot), None) in running.client.readers

    play(service, scene)
