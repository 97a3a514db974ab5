# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A reader with keys behind a real pcscd: what only a real service shows, and what an operator switches off."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pytest
from tests.smartcard.pin_pad.keypad import Keypad, compile_driver

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.emrtd.at_desk import find_document
from townhall_smartcard.errors import PinPadError
from townhall_smartcard.messages import (
    AtReader,
    CardContents,
    CardFamily,
    Failed,
    Failure,
    NoEntry,
    PinNotEntered,
    PinRole,
    Signed,
)
from townhall_smartcard.national.at_desk import (
    KeyUse,
    NationalOutcome,
    NationalRead,
    national_family_in,
    read_national_card,
)
from townhall_smartcard.pins import PinRefusal, PinRefusalReason
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_pins import Pins
from townhall_smartcard.simulation.keypad import CANCEL, TLV_PROPERTIES, Finger
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.stack import RunningCardProcess, card_process, virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualReader

READER: Final = virtual_reader_name(0)
DIGEST: Final = bytes(range(48))
PIN2: Final = b"830472619573"
Scene = Callable[[RunningCardProcess], Awaitable[None]]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_driver(tmp_path_factory.mktemp("keypad"))


@pytest.fixture(scope="module")
def service(driver: Path) -> Iterator[PrivatePcscd]:
    with PrivatePcscd(cover=driver) as running:
        yield running


@pytest.fixture
def keypad(service: PrivatePcscd) -> Iterator[Keypad]:
    with Keypad(service.drivers[0], Finger()) as keys:
        yield keys


@pytest.fixture
def slot(service: PrivatePcscd) -> Iterator[VirtualReader]:
    with VirtualReader(None, "127.0.0.1", service.ports[0]) as reader:
        yield reader


@pytest.fixture(scope="module")
def card_keys() -> CardKeys:
    return TestPki().issue_card_keys(KADRI)


@pytest.fixture
def card(card_keys: CardKeys) -> EstonianCard:
    return EstonianCard(KADRI, card_keys, pins=Pins(pin2=PIN2))


@pytest.fixture
def play(service: PrivatePcscd, slot: VirtualReader, card: EstonianCard) -> Callable[..., None]:
    def run(scene: Scene, *arguments: str, deadline_s: float = 3.0) -> None:
        async def stage() -> None:
            slot.insert(card)
            async with card_process(service.environment, deadline_s=deadline_s, arguments=arguments) as running:
                await running.until_card(READER, CardFamily.ESTEID_2018)
                await asyncio.wait_for(scene(running), 30)

        asyncio.run(stage())

    return run


def test_a_reader_s_own_time_runs_out_and_the_card_s_deadline_does_not(
    play: Callable[..., None], keypad: Keypad
) -> None:
    async def scene(running: RunningCardProcess) -> None:
        outcome = await running.client.sign(READER, AtReader("en", 2), DIGEST)
        assert isinstance(outcome, PinNotEntered)
        assert outcome.reason is NoEntry.TIMED_OUT
        keypad.finger.enters(PIN2)
        assert isinstance(await running.client.sign(READER, AtReader("en", 2), DIGEST), Signed)

    play(scene, deadline_s=1.0)


def test_a_card_pulled_while_its_pin_is_entered_is_told_as_removed(
    play: Callable[..., None], keypad: Keypad, slot: VirtualReader
) -> None:
    async def scene(running: RunningCardProcess) -> None:
        asking = asyncio.create_task(running.client.sign(READER, AtReader("en", 20), DIGEST))
        await asyncio.to_thread(keypad.is_waiting.wait, 10)
        await asyncio.to_thread(slot.remove)
        outcome = await asking
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.CARD_REMOVED
        await running.until_card(READER, None)

    play(scene)


def test_a_service_that_ends_while_a_pin_is_entered_is_told_as_gone(driver: Path, card: EstonianCard) -> None:
    async def scene(service: PrivatePcscd, keypad: Keypad) -> None:
        with VirtualReader(card, "127.0.0.1", service.ports[0]):
            async with card_process(service.environment) as running:
                await running.until_card(READER, CardFamily.ESTEID_2018)
                asking = asyncio.create_task(running.client.sign(READER, AtReader("en", 20), DIGEST))
                await asyncio.to_thread(keypad.is_waiting.wait, 10)
                service.stop()
                outcome = await asyncio.wait_for(asking, 20)
                assert isinstance(outcome, Failed)
                assert outcome.failure is Failure.NO_SERVICE

    with PrivatePcscd(cover=driver) as service, Keypad(service.drivers[0], Finger()) as keypad:
        asyncio.run(scene(service, keypad))


@pytest.mark.parametrize(
    "arguments", [("--no-pin-pads",), ("--no-pin-pad-at", "Elsewhere", "--no-pin-pad-at", "Townhall virtual reader A")]
)
def test_an_operator_has_pins_entered_on_the_screen(
    play: Callable[..., None], keypad: Keypad, arguments: tuple[str, ...]
) -> None:
    async def scene(running: RunningCardProcess) -> None:
        contents = await running.client.read(READER)
        assert isinstance(contents, CardContents)
        assert contents.at_reader == contents.replaceable_at_reader == ()
        outcome = await running.client.sign(READER, AtReader("en"), DIGEST)
        assert isinstance(outcome, Failed)
        assert outcome.failure is Failure.PIN_PAD
        assert isinstance(await running.client.sign(READER, bytearray(PIN2), DIGEST), Signed)
        assert keypad.finger.seen == []

    play(scene, *arguments)


@pytest.mark.parametrize("properties", ["0B026B070C023130", "0B026B070C023266", "070108", "020101", "0102"])
def test_a_reader_whose_keys_would_not_do_is_not_used_for_pins(
    play: Callable[..., None], keypad: Keypad, properties: str
) -> None:
    keypad.told[TLV_PROPERTIES] = bytes.fromhex(properties)

    async def scene(running: RunningCardProcess) -> None:
        contents = await running.client.read(READER)
        assert isinstance(contents, CardContents)
        assert contents.at_reader == contents.replaceable_at_reader == ()

    play(scene)


def test_a_reader_whose_keys_nobody_answers_for_is_a_reader_without(play: Callable[..., None]) -> None:
    async def scene(running: RunningCardProcess) -> None:
        contents = await running.client.read(READER)
        assert isinstance(contents, CardContents)
        assert contents.at_reader == ()

    play(scene)


def at_desk(service: PrivatePcscd, slot: VirtualReader, card: EstonianCard) -> NationalOutcome:
    """Have the card signed with at a desk, by a PIN that is entered at the reader.

    The desk is a process of its own: libpcsclite remembers the first service that it was told of.
    """
    with pytest.MonkeyPatch.context() as patch, ProcessPoolExecutor(1, get_context("spawn")) as desk:
        patch.setenv("PCSCLITE_CSOCK_NAME", str(service.socket_path))
        slot.insert(card)
        reader = desk.submit(find_document, READER, 10.0).result()
        family = desk.submit(national_family_in, reader).result()
        assert family is not None
        use = KeyUse(PinRole.SIGNATURE, AtReader("et"), b"townhall test of a desk")
        return desk.submit(read_national_card, reader, family, use).result()


def test_a_card_at_a_desk_takes_its_pin_from_the_reader(
    service: PrivatePcscd, slot: VirtualReader, card: EstonianCard, keypad: Keypad
) -> None:
    keypad.finger.enters(PIN2)
    read = at_desk(service, slot, card)
    assert isinstance(read, NationalRead)
    made = read.made[PinRole.SIGNATURE]
    algorithm = read.algorithm(PinRole.SIGNATURE)
    certificate = read.contents.certificates[PinRole.SIGNATURE]
    assert isinstance(made, bytes)
    assert is_card_signature(certificate, algorithm, algorithm.digest.of(b"townhall test of a desk"), made)
    assert [asked.language for asked in keypad.finger.seen] == [0x0425]


def test_at_a_desk_a_cancelled_entry_makes_nothing(
    service: PrivatePcscd, slot: VirtualReader, card: EstonianCard, keypad: Keypad
) -> None:
    keypad.finger.answers(CANCEL)
    read = at_desk(service, slot, card)
    assert isinstance(read, NationalRead)
    assert read.made[PinRole.SIGNATURE] == PinRefusal(PinRefusalReason.CANCELLED)


def test_at_a_desk_a_reader_without_keys_is_told(
    service: PrivatePcscd, slot: VirtualReader, card: EstonianCard
) -> None:
    outcome = at_desk(service, slot, card)
    assert isinstance(outcome, PinPadError)


def in_memory_of(process: int, pattern: bytes) -> int:
    """Count how often a pattern stands in what a process may write to."""
    found = 0
    for line in Path(f"/proc/{process}/maps").read_text().splitlines():
        addresses, rights = line.split()[:2]
        if not rights.startswith("rw"):
            continue
        start, end = (int(each, 16) for each in addresses.split("-"))
        with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
            memory.seek(start)
            try:
                found += memory.read(end - start).count(pattern)
            except OSError:
                continue  # a page of the kernel's
    return found


def test_the_card_process_never_has_a_pin_that_is_entered_at_a_reader(
    play: Callable[..., None], keypad: Keypad
) -> None:
    async def scene(running: RunningCardProcess) -> None:
        keypad.finger.enters(PIN2)
        assert isinstance(await running.client.sign(READER, AtReader("en"), DIGEST), Signed)
        assert in_memory_of(running.process.pid, READER.encode()) > 0, "memory can be looked into"
        assert in_memory_of(running.process.pid, PIN2) == 0

    play(scene, "--trace")
