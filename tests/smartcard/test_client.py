# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The visit's side, against a card process whose part the test plays over a real channel."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from datetime import date
from typing import TypeAlias

import pytest

from townhall_process.channel import Channel
from townhall_process.errors import ChannelClosedError, ChannelMisuseError
from townhall_smartcard.client import CardClient
from townhall_smartcard.errors import CardMisuseError
from townhall_smartcard.messages import (
    Agree,
    Agreed,
    Authenticate,
    CardContents,
    CardFamily,
    CardStatement,
    Failed,
    Failure,
    FromCard,
    NewPinUnfit,
    OpenCard,
    PinBlocked,
    PinOutcome,
    PinRole,
    PinWrong,
    ReadCard,
    Reader,
    ReadersChanged,
    ReplacePin,
    Request,
    ServiceChanged,
    Sign,
    Signed,
)
from townhall_smartcard.pin_replacement import PinReplacement
from townhall_smartcard.pin_rules import NewPin, NewPinFault

DIGEST = bytes(48)
CONTENTS = CardContents(1, CardStatement(), b"a", b"s", {}, {})
READERS = ReadersChanged((Reader("A", CardFamily.ESTEID_2018, b"\x3b"), Reader("B", None)))

Peer: TypeAlias = Channel[Request, FromCard]
Scene: TypeAlias = Callable[[CardClient, Peer, "asyncio.Task[None]"], Coroutine[object, object, None]]


def play(scene: Scene) -> None:
    """Run a scene with a client whose ``run`` is a task, and the other end of its channel."""

    async def stage() -> None:
        ours, theirs = socket.socketpair()
        channel: Channel[FromCard, Request] = Channel(ours, FromCard)
        peer: Peer = Channel(theirs, Request)
        client = CardClient(channel)
        running = asyncio.create_task(client.run())
        try:
            await asyncio.wait_for(scene(client, peer, running), 10)
        finally:
            peer.close()
            with pytest.raises((ChannelClosedError, ChannelMisuseError)):
                await running
            channel.close()

    asyncio.run(stage())


def test_a_request_gets_the_outcome_of_its_number() -> None:
    async def scene(client: CardClient, peer: Peer, _running: "asyncio.Task[None]") -> None:
        reading = asyncio.create_task(client.read("A"))
        first = await peer.receive()
        signing = asyncio.create_task(client.sign("B", bytearray(b"12345"), DIGEST))
        second = await peer.receive()
        assert (first, first.request != second.request) == (ReadCard(first.request, "A"), True)
        await peer.send(PinBlocked(second.request))
        await peer.send(Failed(first.request, Failure.CARD_REMOVED))
        assert await signing == PinBlocked(second.request)
        assert await reading == Failed(first.request, Failure.CARD_REMOVED)

    play(scene)


@pytest.mark.parametrize(("kind", "pin"), [(Authenticate, b"1234"), (Sign, b"12345")])
def test_the_pin_arrives_and_is_wiped_here(kind: type[Authenticate] | type[Sign], pin: bytes) -> None:
    async def scene(client: CardClient, peer: Peer, _running: "asyncio.Task[None]") -> None:
        entered = bytearray(pin)
        ask = client.authenticate if kind is Authenticate else client.sign
        asking: asyncio.Task[PinOutcome] = asyncio.create_task(ask("A", entered, DIGEST, last_try_confirmed=True))
        request = await peer.receive()
        assert isinstance(request, kind)
        assert isinstance(request.pin, bytearray)
        assert request.pin == pin
        assert (request.digest, request.last_try_confirmed) == (DIGEST, True)
        assert entered == bytes(len(pin)), "wiped as soon as it was sent"
        await peer.send(PinWrong(request.request, 2))
        assert await asking == PinWrong(request.request, 2)

    play(scene)


def test_an_agreement_is_asked_for_with_the_point_and_its_outcome_shows_no_secret() -> None:
    async def scene(client: CardClient, peer: Peer, _running: "asyncio.Task[None]") -> None:
        entered, point = bytearray(b"1234"), b"\x04" + bytes(96)
        asking = asyncio.create_task(client.agree("A", entered, point))
        request = await peer.receive()
        assert isinstance(request, Agree)
        assert (request.pin, request.point, request.last_try_confirmed) == (bytearray(b"1234"), point, False)
        assert entered == bytes(4)
        await peer.send(Agreed(request.request, b"MARI" * 12))
        agreed = await asking
        assert agreed == Agreed(request.request, b"MARI" * 12)
        assert "MARI" not in repr(agreed)
        asking = asyncio.create_task(client.agree("A", bytearray(b"1234"), point))
        await peer.send(Signed((await peer.receive()).request, bytes(96)))
        with pytest.raises(ChannelMisuseError):
            await asking
        with pytest.raises(CardMisuseError):
            await client.agree("A", entered, point[1:])

    play(scene)


def test_both_codes_of_a_replacement_arrive_and_are_wiped_here() -> None:
    async def scene(client: CardClient, peer: Peer, _running: "asyncio.Task[None]") -> None:
        puk, new = bytearray(b"12345678"), NewPin(bytearray(b"48269"), date(1985, 3, 27), "48503271234")
        asking = asyncio.create_task(
            client.replace_pin(
                "A", PinReplacement(PinRole.SIGNATURE, puk, new, is_code_puk=True), last_try_confirmed=True
            )
        )
        request = await peer.receive()
        assert isinstance(request, ReplacePin)
        assert (request.role, bytes(request.code), bytes(request.new)) == (PinRole.SIGNATURE, b"12345678", b"48269")
        assert (request.is_code_puk, request.last_try_confirmed) == (True, True)
        assert (request.birth_date, request.personal_code) == (date(1985, 3, 27), "48503271234")
        assert (bytes(puk), bytes(new.digits)) == (bytes(8), bytes(5)), "wiped as soon as they were sent"
        assert repr(PinReplacement(PinRole.SIGNATURE, puk, new)).count("bytearray") == 0
        await peer.send(NewPinUnfit(request.request, (NewPinFault.NOT_TAKEN,)))
        assert await asking == NewPinUnfit(request.request, (NewPinFault.NOT_TAKEN,))
        asking = asyncio.create_task(client.replace_pin("A", PinReplacement(PinRole.SIGNATURE, puk, new)))
        await peer.send(Signed((await peer.receive()).request, bytes(96)))
        with pytest.raises(ChannelMisuseError):
            await asking

    play(scene)


def test_no_request_shows_its_pin() -> None:
    for request in (
        Authenticate(1, "A", bytearray(b"1234"), DIGEST),
        Sign(1, "A", bytearray(b"12345"), DIGEST),
        Agree(1, "A", bytearray(b"1234"), bytes(97)),
        ReplacePin(1, "A", PinRole.SIGNATURE, bytearray(b"12345"), bytearray(b"48269"), personal_code="MARI"),
        OpenCard(1, "A", bytearray(b"123456")),
    ):
        assert repr(request) == f"{type(request).__name__}(request=1, reader='A')"
    assert "MARI" not in repr(CardContents(1, CardStatement("MARI", "MARI"), b"MARI", b"MARI", {}, {}))


def test_a_digest_of_another_length_is_refused_before_anything_is_sent_and_the_pin_wiped() -> None:
    async def scene(client: CardClient, _peer: Peer, _running: "asyncio.Task[None]") -> None:
        for ask in (client.authenticate, client.sign):
            pin = bytearray(b"12345")
            with pytest.raises(CardMisuseError):
                await ask("A", pin, bytes(31))
            assert pin == bytes(5)

    play(scene)


def test_events_come_in_order_and_readers_are_the_newest() -> None:
    async def scene(client: CardClient, peer: Peer, _running: "asyncio.Task[None]") -> None:
        assert client.readers == ()
        await peer.send(ServiceChanged(is_running=True))
        await peer.send(READERS)
        assert await client.next_event() == ServiceChanged(is_running=True)
        assert await client.next_event() == READERS
        assert client.readers == READERS.readers

    play(scene)


def test_when_the_process_ends_requests_end_as_values_and_run_and_events_raise() -> None:
    async def scene(client: CardClient, peer: Peer, running: "asyncio.Task[None]") -> None:
        await peer.send(READERS)
        reading = asyncio.create_task(client.read("A"))
        request = await peer.receive()
        peer.close()
        assert await reading == Failed(request.request, Failure.NO_SERVICE)
        assert await client.next_event() == READERS, "what was said before is still heard"
        for _ in range(2):
            with pytest.raises(ChannelClosedError):
                await client.next_event()
        assert running.done()
        assert client.readers == ()
        pin = bytearray(b"1234")
        outcome = await client.authenticate("A", pin, DIGEST)
        assert isinstance(outcome, Failed)
        assert pin == bytes(4)

    play(scene)


def test_a_mute_cards_request_is_told_so_before_the_process_ends() -> None:
    async def scene(client: CardClient, peer: Peer, _running: "asyncio.Task[None]") -> None:
        reading, waiting = asyncio.create_task(client.read("A")), asyncio.create_task(client.read("B"))
        first, second = await peer.receive(), await peer.receive()
        await peer.send(Failed(first.request, Failure.CARD_MUTE))
        peer.close()
        assert await reading == Failed(first.request, Failure.CARD_MUTE)
        assert await waiting == Failed(second.request, Failure.NO_SERVICE)

    play(scene)


def test_an_outcome_that_no_such_request_has_is_misuse() -> None:
    async def scene(client: CardClient, peer: Peer, _running: "asyncio.Task[None]") -> None:
        reading = asyncio.create_task(client.read("A"))
        await peer.send(Signed((await peer.receive()).request, bytes(96)))
        with pytest.raises(ChannelMisuseError):
            await reading
        signing = asyncio.create_task(client.sign("A", bytearray(b"12345"), DIGEST))
        number = (await peer.receive()).request
        await peer.send(CardContents(number, CONTENTS.stated, b"", b"", {}, {}))
        with pytest.raises(ChannelMisuseError):
            await signing

    play(scene)


def test_an_outcome_that_nobody_waits_for_is_dropped() -> None:
    async def scene(client: CardClient, peer: Peer, running: "asyncio.Task[None]") -> None:
        reading = asyncio.create_task(client.read("A"))
        request = await peer.receive()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await peer.send(CardContents(request.request, CONTENTS.stated, b"", b"", {}, {}))
        await peer.send(READERS)
        assert await client.next_event() == READERS
        assert not running.done()

    play(scene)
