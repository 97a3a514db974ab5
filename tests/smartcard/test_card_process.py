# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card process behind its client, on a real PC/SC service with virtual readers."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from hashlib import sha384
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from townhall_crypto.trust import TrustAnchors
from townhall_process.child import python_module, socket_pair, start
from townhall_smartcard.apdu import is_pin_command
from townhall_smartcard.card_process import EXIT_DONE, EXIT_MISUSED
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.identity import Identity, challenge_digest, verify_identity
from townhall_smartcard.messages import (
    CardContents,
    CardFamily,
    Failed,
    Failure,
    LastTryUnconfirmed,
    PinBlocked,
    PinLengthRefused,
    PinOutcome,
    PinRole,
    PinTries,
    PinWrong,
    ReadersChanged,
    ServiceChanged,
    Signed,
)
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.documents import DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.estonian_card import Chip, EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.faulty_card import DeadCard
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.recorded import RecordedCard, load_dialogues
from townhall_smartcard.simulation.stack import RunningCardProcess, card_process, virtual_reader_name
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

DIGEST: Final = bytes(range(48))
VECTORS: Final = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "apdu-dialogues.json"

Scene: TypeAlias = Callable[[RunningCardProcess], Coroutine[object, object, None]]


class WatchedCard:
    """A card that notes commands and resets, and may have something done at a command."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card
        self.events: list[str] = []
        self.is_reset = threading.Event()
        self.at: dict[int, Callable[[], object]] = {}
        self._commands = 0

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: RawCommand) -> bytes:
        self.at.get(self._commands, lambda: None)()
        self._commands += 1
        self.events.append("pin" if is_pin_command(command) else "command")
        return self._card.transmit(command)

    def reset(self) -> None:
        self.events.append("reset")
        self.is_reset.set()
        self._card.reset()


class RenamedCard(WatchedCard):
    """An Estonian card with an ATR that nobody knows."""

    atr = bytes.fromhex("3B8201AABB")


def play(service: PrivatePcscd, scene: Scene, *, deadline_s: float = 10.0, arguments: tuple[str, ...] = ()) -> None:
    async def stage() -> None:
        async with card_process(service.environment, deadline_s=deadline_s, arguments=arguments) as running:
            await running.until(lambda client: bool(client.readers))
            await scene(running)

    asyncio.run(stage())


def put_in(service: PrivatePcscd, slot: int, card: VirtualCard) -> VirtualReader:
    return VirtualReader(card, "127.0.0.1", service.ports[slot])


def test_a_person_is_read_identified_and_signs(
    service: PrivatePcscd, slot: int, pki: TestPki, kadri_keys: CardKeys
) -> None:
    name, card = virtual_reader_name(slot), EstonianCard(KADRI, kadri_keys, chip=Chip.COSMO_X)

    async def scene(running: RunningCardProcess) -> None:
        client = running.client
        with put_in(service, slot, card):
            await running.until_card(name, CardFamily.ESTEID_2018)
            contents = await client.read(name)
            assert isinstance(contents, CardContents)
            assert contents.tries == dict.fromkeys(PinRole, PinTries(3, 3))
            challenge = os.urandom(32)
            proof = await client.authenticate(name, bytearray(b"1234"), challenge_digest(challenge))
            assert isinstance(proof, Signed)
            anchors: TrustAnchors = pki.trust_anchors
            identity = verify_identity(contents, challenge, proof.signature, anchors, datetime.now(UTC))
            assert isinstance(identity, Identity)
            assert (identity.surname, identity.personal_code) == (KADRI.surname, KADRI.personal_code)
            assert isinstance(await client.sign(name, bytearray(b"12345"), DIGEST), Signed)
        await running.until_card(name, None)

    play(service, scene)


def test_the_first_two_events_tell_how_things_are(service: PrivatePcscd) -> None:
    async def scene(running: RunningCardProcess) -> None:
        while len(running.heard) < 2:
            running.heard.append(await running.client.next_event())
        first, second = running.heard
        assert first == ServiceChanged(is_running=True)
        assert isinstance(second, ReadersChanged)
        assert {reader.name for reader in second.readers} == {virtual_reader_name(slot) for slot in range(8)}

    play(service, scene)


@pytest.mark.parametrize("role", [PinRole.AUTHENTICATION, PinRole.SIGNATURE])
def test_wrong_pins_lead_to_the_last_try_and_to_blocked(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, role: PinRole
) -> None:
    name, card = virtual_reader_name(slot), EstonianCard(KADRI, kadri_keys)

    async def scene(running: RunningCardProcess) -> None:
        async def attempt(pin: bytes, *, confirmed: bool = False) -> PinOutcome:
            use = running.client.authenticate if role is PinRole.AUTHENTICATION else running.client.sign
            return await use(name, bytearray(pin), DIGEST, last_try_confirmed=confirmed)

        with put_in(service, slot, card):
            await running.until_card(name, CardFamily.ESTEID_2018)
            assert isinstance(await attempt(b"123"), PinLengthRefused)
            for left in (2, 1):
                outcome = await attempt(b"99999")
                assert isinstance(outcome, PinWrong)
                assert outcome.tries_left == left
            assert isinstance(await attempt(b"99999"), LastTryUnconfirmed)
            assert isinstance(await attempt(b"99999", confirmed=True), PinBlocked)
            assert isinstance(await attempt(b"12345", confirmed=True), PinBlocked)
            contents = await running.client.read(name)
            assert isinstance(contents, CardContents)
            assert contents.tries[role] == PinTries(0, 3)

    play(service, scene)


def test_two_cards_at_once_are_told_apart_by_their_readers(
    service: PrivatePcscd, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    people = {virtual_reader_name(0): KADRI, virtual_reader_name(5): JUHAN}

    async def scene(running: RunningCardProcess) -> None:
        with (
            put_in(service, 0, EstonianCard(KADRI, kadri_keys)),
            put_in(service, 5, EstonianCard(JUHAN, juhan_keys)),
        ):
            for name in people:
                await running.until_card(name, CardFamily.ESTEID_2018)
            outcomes = await asyncio.gather(*(running.client.read(name) for name in people))
            for outcome, person in zip(outcomes, people.values(), strict=True):
                assert isinstance(outcome, CardContents)
                assert outcome.stated.personal_code == person.personal_code

    play(service, scene)


def test_cards_that_the_kiosk_does_not_serve_are_named_and_not_asked(service: PrivatePcscd) -> None:
    recordings = {recording.name: recording for recording in load_dialogues(VECTORS)}
    gemalto = RecordedCard(recordings["esteid_gemalto_v3_5_8_get_auth_certificate_and_authenticate"])
    passport = EmrtdChip(document(DocumentWish(states.document_signer(states.authority(CurveStateKey("secp256r1"))))))
    cards: dict[int, tuple[VirtualCard, CardFamily]] = {
        1: (gemalto, CardFamily.TOO_OLD),
        2: (passport, CardFamily.FOREIGN),
        4: (DeadCard(), CardFamily.DEAD),
    }

    async def scene(running: RunningCardProcess) -> None:
        readers = [put_in(service, slot, card) for slot, (card, _) in cards.items()]
        for slot, (_, family) in cards.items():
            name = virtual_reader_name(slot)
            await running.until_card(name, family)
            outcome = await running.client.read(name)
            assert outcome == Failed(outcome.request, Failure.CARD_UNSUPPORTED)
        for reader in readers:
            reader.close()
        for slot in cards:
            await running.until_card(virtual_reader_name(slot), None)

    play(service, scene)


def test_an_estonian_card_of_unknown_atr_is_found_by_its_files(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys
) -> None:
    name, card = virtual_reader_name(slot), RenamedCard(EstonianCard(KADRI, kadri_keys))

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, card):
            await running.until_card(name, CardFamily.ESTEID_2018)
            assert isinstance(await running.client.read(name), CardContents)

    play(service, scene)


def test_an_empty_or_unknown_reader_has_no_card(service: PrivatePcscd, slot: int) -> None:
    async def scene(running: RunningCardProcess) -> None:
        for name in (virtual_reader_name(slot), "no such reader", ""):
            await running.until(lambda client: all(reader.card is None for reader in client.readers))
            outcome = await running.client.sign(name, bytearray(b"12345"), DIGEST)
            assert outcome == Failed(outcome.request, Failure.CARD_REMOVED)

    play(service, scene)


def test_a_pin_is_closed_by_a_reset_and_reading_leaves_the_card_as_it_is(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys
) -> None:
    name, card = virtual_reader_name(slot), WatchedCard(EstonianCard(KADRI, kadri_keys))

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, card):
            await running.until_card(name, CardFamily.ESTEID_2018)
            card.events.clear()
            await running.client.read(name)
            assert "reset" not in card.events
            for pin in (b"12345", b"99999"):
                card.events.clear()
                await running.client.sign(name, bytearray(pin), DIGEST)
                assert card.events.count("pin") == 1
                assert card.events[-1] == "reset"
            card.events.clear()
            await running.client.sign(name, bytearray(b"1"), DIGEST)
            assert card.events == [], "a PIN that cannot be one does not reach the card"

    play(service, scene)


@pytest.mark.parametrize("ending", ["killed", "left"])
def test_a_pin_that_is_open_when_the_visit_ends_is_closed(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, ending: str
) -> None:
    name, card = virtual_reader_name(slot), WatchedCard(EstonianCard(KADRI, kadri_keys))

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, card):
            await running.until_card(name, CardFamily.ESTEID_2018)
            card.events.clear()
            card.is_reset.clear()
            before_signature = len(["select", "counter", "environment", "verify"])
            asking = asyncio.create_task(running.client.sign(name, bytearray(b"12345"), DIGEST))
            loop, verified = asyncio.get_running_loop(), asyncio.Event()
            card.at = {before_signature: lambda: loop.call_soon_threadsafe(verified.set)}
            await verified.wait()
            if ending == "killed":
                running.process.send_signal(signal.SIGKILL)
            else:
                running.channel.close()
            status = await running.exit_status()
            assert status == (-signal.SIGKILL if ending == "killed" else EXIT_DONE)
            asking.cancel()
            assert await asyncio.to_thread(card.is_reset.wait, 5)
            assert card.events.count("pin") == 1

    play(service, scene)


@pytest.mark.parametrize(
    ("name", "pin"),
    [
        ("esteid_idemia_v1_select_auth_certificate_and_authenticate", b"1234"),
        ("esteid_idemia_v1_select_sign_certificate_and_signing", b"12345"),
    ],
)
def test_recorded_cards_work_in_a_reader(service: PrivatePcscd, slot: int, name: str, pin: bytes) -> None:
    recording = next(each for each in load_dialogues(VECTORS) if each.name == name)
    reader = virtual_reader_name(slot)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, RecordedCard(recording)):
            await running.until_card(reader, CardFamily.ESTEID_2018)
            use = running.client.authenticate if recording.operation == "authenticate" else running.client.sign
            outcome = await use(reader, bytearray(pin), sha384(recording.signed_data or b"").digest())
            assert isinstance(outcome, Signed)
            assert outcome.signature == recording.steps[-1][1][:-2]
            unreadable = await running.client.read(reader)
            assert unreadable == Failed(unreadable.request, Failure.CARD_UNREADABLE, 0x6D00)

    play(service, scene)


def test_the_trace_shows_neither_pin_nor_name(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, capfd: pytest.CaptureFixture[str]
) -> None:
    name, card = virtual_reader_name(slot), EstonianCard(KADRI, kadri_keys)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, card):
            await running.until_card(name, CardFamily.ESTEID_2018)
            await running.client.read(name)
            await running.client.sign(name, bytearray(b"12345"), DIGEST)

    play(service, scene, arguments=("--trace",))
    trace = capfd.readouterr().err
    assert "00200085 <PIN> -> <0 bytes> OK 9000" in trace
    assert trace.count("00B00000 <1 bytes>") >= 11
    secrets = (b"12345", b"3132333435", KADRI.surname.encode(), KADRI.personal_code.encode(), DIGEST.hex().encode())
    assert not any(secret.lower() in trace.encode().lower() for secret in secrets)
    assert KADRI.personal_code.encode().hex() not in trace.lower()


def test_without_the_trace_nothing_is_written(
    service: PrivatePcscd, slot: int, kadri_keys: CardKeys, capfd: pytest.CaptureFixture[str]
) -> None:
    name, card = virtual_reader_name(slot), EstonianCard(KADRI, kadri_keys)

    async def scene(running: RunningCardProcess) -> None:
        with put_in(service, slot, card):
            await running.until_card(name, CardFamily.ESTEID_2018)
            await running.client.authenticate(name, bytearray(b"99999"), DIGEST)

    play(service, scene)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("garbage", [b"\x00\x00\x00\x01\xc1", b"\xff\xff\xff\xff", b"\x00\x00\x00\x05hello"])
def test_a_visit_that_talks_nonsense_ends_the_process(garbage: bytes, service: PrivatePcscd) -> None:
    async def stage() -> None:
        ours, theirs = socket_pair()
        child = await start(python_module("townhall_smartcard.card_process"), theirs)
        ours.sendall(garbage)
        assert await child.ended() == EXIT_MISUSED
        ours.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PCSCLITE_CSOCK_NAME", str(service.socket_path))
        asyncio.run(stage())


def test_the_process_is_done_when_the_visit_closes_the_channel(service: PrivatePcscd) -> None:
    async def scene(running: RunningCardProcess) -> None:
        running.channel.close()
        assert await running.exit_status() == EXIT_DONE

    play(service, scene)
