# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A channel between two processes: what arrives is what was sent, and what nobody sends is refused."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_process.channel import MAX_FRAME_BYTES, Channel
from townhall_process.errors import ChannelClosedError, ChannelMisuseError

_Result = TypeVar("_Result")
_PATIENCE_S = 20


class Word(msgspec.Struct, frozen=True, tag=True):
    """A message of text."""

    text: str


class Load(msgspec.Struct, frozen=True, tag=True):
    """A message of bytes."""

    content: bytes
    numbers: tuple[int, ...] = ()


class Unknown(msgspec.Struct, frozen=True, tag=True):
    """A message that the other side does not take."""

    secret: str


Message = Word | Load
End: TypeAlias = Channel[Message, Message]


def play(scene: Callable[[End, End], Coroutine[object, object, _Result]]) -> _Result:
    """Run a scene with both ends of one channel in one loop."""

    async def stage() -> _Result:
        ours, theirs = (Channel[Message, Message](end, Message) for end in socket.socketpair())
        try:
            return await asyncio.wait_for(scene(ours, theirs), _PATIENCE_S)
        finally:
            ours.close()
            theirs.close()

    return asyncio.run(stage())


def play_raw(scene: Callable[[End, socket.socket], Coroutine[object, object, _Result]]) -> _Result:
    """Run a scene with a channel at one end and a bare socket, which can send anything, at the other."""

    async def stage() -> _Result:
        ours, theirs = socket.socketpair()
        channel = Channel[Message, Message](ours, Message)
        try:
            return await asyncio.wait_for(scene(channel, theirs), _PATIENCE_S)
        finally:
            channel.close()
            theirs.close()

    return asyncio.run(stage())


def frame_of(message: msgspec.Struct) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body


def open_files() -> set[Path]:
    return {path for path in Path("/proc/self/fd").iterdir() if path.exists()}


async def read(channel: End, count: int) -> list[Message]:
    return [await channel.receive() for _ in range(count)]


# Hostile bytes first


@pytest.mark.parametrize("length", [MAX_FRAME_BYTES + 1, 2**31, 2**32 - 1])
def test_a_frame_that_claims_to_be_too_long_is_refused_before_its_content_is_read(length: int) -> None:
    async def scene(channel: End, peer: socket.socket) -> None:
        peer.sendall(length.to_bytes(4, "big"))
        with pytest.raises(ChannelMisuseError):
            await channel.receive()

    play_raw(scene)


def test_a_message_of_another_type_is_refused_without_a_word_of_its_content() -> None:
    async def scene(channel: End, peer: socket.socket) -> None:
        peer.sendall(frame_of(Unknown("1234")))
        with pytest.raises(ChannelMisuseError) as caught:
            await channel.receive()
        told = f"{caught.value!r} {caught.value.__cause__!r}"
        assert "1234" not in told
        assert caught.value.__suppress_context__

    play_raw(scene)


def test_a_field_of_another_type_is_refused_without_a_word_of_its_content() -> None:
    async def scene(channel: End, peer: socket.socket) -> None:
        body = msgspec.msgpack.encode({"type": "Word", "text": ["Kadri"]})
        peer.sendall(len(body).to_bytes(4, "big") + body)
        with pytest.raises(ChannelMisuseError) as caught:
            await channel.receive()
        assert "Kadri" not in str(caught.value)

    play_raw(scene)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_garbage_is_refused_and_never_becomes_anything_else(garbage: bytes) -> None:
    async def scene(channel: End, peer: socket.socket) -> None:
        peer.sendall(len(garbage).to_bytes(4, "big") + garbage)
        peer.close()
        with pytest.raises(ChannelMisuseError):
            await channel.receive()

    play_raw(scene)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=64))
def test_any_bytes_end_in_one_of_the_two_errors(stream: bytes) -> None:
    async def scene(channel: End, peer: socket.socket) -> None:
        peer.sendall(stream)
        peer.close()
        with pytest.raises((ChannelMisuseError, ChannelClosedError)):
            await read(channel, len(stream) + 1)

    play_raw(scene)


def test_after_a_refused_message_the_next_one_is_still_read() -> None:
    async def scene(channel: End, peer: socket.socket) -> None:
        peer.sendall(frame_of(Unknown("x")) + frame_of(Word("next")))
        with pytest.raises(ChannelMisuseError):
            await channel.receive()
        assert await channel.receive() == Word("next")

    play_raw(scene)


@pytest.mark.parametrize("kept", range(1, len(frame_of(Word("half")))))
def test_a_message_cut_off_by_the_end_of_the_other_side_is_no_message(kept: int) -> None:
    async def scene(channel: End, peer: socket.socket) -> None:
        peer.sendall(frame_of(Word("half"))[:kept])
        peer.close()
        with pytest.raises(ChannelClosedError):
            await channel.receive()

    play_raw(scene)


def test_a_flood_of_file_descriptors_is_refused_and_all_are_closed() -> None:
    async def scene(channel: End, peer: socket.socket) -> set[Path]:
        before = open_files()
        for _ in range(3):
            socket.send_fds(peer, [frame_of(Word("here"))], [0, 0])
        with pytest.raises(ChannelMisuseError):
            await read(channel, 3)
        channel.close()
        return open_files() - before

    assert play_raw(scene) == set()


def test_a_file_descriptor_that_did_not_come_is_told() -> None:
    async def scene(ours: End, theirs: End) -> None:
        await ours.send(Word("no file"))
        await theirs.receive()
        with pytest.raises(ChannelMisuseError):
            theirs.take_fd()

    play(scene)


# What arrives


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.builds(Word, st.text()),
            st.builds(Load, st.binary(), st.tuples(st.integers(-(2**63), 2**64 - 1))),
        ),
        max_size=20,
    )
)
def test_messages_arrive_whole_and_in_order(messages: list[Message]) -> None:
    async def scene(ours: End, theirs: End) -> list[Message]:
        for message in messages:
            await ours.send(message)
        return await read(theirs, len(messages))

    assert play(scene) == messages


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.data())
def test_frames_may_come_in_any_pieces(texts: list[str], data: st.DataObject) -> None:
    stream = b"".join(frame_of(Word(text)) for text in texts)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    async def scene(channel: End, peer: socket.socket) -> list[Message]:
        async def drip() -> None:
            for piece in pieces:
                peer.sendall(piece)
                await asyncio.sleep(0)

        dripping = asyncio.create_task(drip())
        arrived = await read(channel, len(texts))
        await dripping
        return arrived

    assert play_raw(scene) == [Word(text) for text in texts]


def test_the_largest_sealed_payload_passes() -> None:
    content = os.urandom(1024) * (16 * 1024)

    async def scene(ours: End, theirs: End) -> bool:
        sending = asyncio.create_task(ours.send(Load(content)))
        message = await theirs.receive()
        await sending
        return message == Load(content)

    assert len(content) == 16 * 1024 * 1024
    assert play(scene)


def test_a_message_that_no_receiver_would_take_is_not_sent() -> None:
    async def scene(ours: End, theirs: End) -> Message:
        with pytest.raises(ChannelMisuseError):
            await ours.send(Load(bytes(MAX_FRAME_BYTES)))
        await ours.send(Word("still in step"))
        return await theirs.receive()

    assert play(scene) == Word("still in step")


def test_many_small_messages_pass_in_both_directions_at_once() -> None:
    count = 5000

    async def scene(ours: End, theirs: End) -> None:
        async def talk(end: End) -> None:
            for number in range(count):
                await end.send(Word(str(number)))

        async def hear(end: End) -> list[Message]:
            return await read(end, count)

        *_, one, other = await asyncio.gather(talk(ours), talk(theirs), hear(ours), hear(theirs))
        assert one == other == [Word(str(number)) for number in range(count)]

    play(scene)


def test_large_messages_of_several_tasks_never_mix() -> None:
    loads = [Load(bytes([number]) * 3_000_000) for number in range(4)]

    async def scene(ours: End, theirs: End) -> list[Message]:
        sending = [asyncio.create_task(ours.send(load)) for load in loads]
        arrived = await read(theirs, len(loads))
        await asyncio.gather(*sending)
        return arrived

    assert play(scene) == loads


def test_file_descriptors_travel_with_their_messages() -> None:
    async def scene(ours: End, theirs: End) -> list[bytes]:
        pipes = [os.pipe() for _ in range(2)]
        for number, (reading, writing) in enumerate(pipes):
            os.write(writing, b"pipe %d" % number)
            await ours.send(Load(bytes(2_000 * number)), [reading])
            os.close(reading)
            os.close(writing)
        found = []
        for _ in pipes:
            await theirs.receive()
            taken = theirs.take_fd()
            found.append(os.read(taken, 10))
            os.close(taken)
        return found

    assert play(scene) == [b"pipe 0", b"pipe 1"]


# Ends and cancellations


def test_whoever_waits_hears_that_the_other_side_closed() -> None:
    async def scene(ours: End, theirs: End) -> None:
        waiting = asyncio.create_task(ours.receive())
        await asyncio.sleep(0)
        theirs.close()
        with pytest.raises(ChannelClosedError):
            await waiting
        with pytest.raises(ChannelClosedError):
            await ours.send(Word("anybody?"))

    play(scene)


def test_whoever_waits_hears_that_this_side_closed() -> None:
    async def scene(ours: End, theirs: End) -> None:
        waiting = [asyncio.create_task(ours.receive()), asyncio.create_task(ours.send(Load(bytes(16_000_000))))]
        await asyncio.sleep(0.01)
        ours.close()
        for task in waiting:
            with pytest.raises(ChannelClosedError):
                await task
        with pytest.raises(ChannelClosedError):
            await ours.receive()
        del theirs

    play(scene)


def test_messages_sent_before_the_end_are_read_before_the_end() -> None:
    async def scene(ours: End, theirs: End) -> None:
        await ours.send(Word("last"))
        ours.close()
        assert await theirs.receive() == Word("last")
        with pytest.raises(ChannelClosedError):
            await theirs.receive()

    play(scene)


@pytest.mark.parametrize("kept", [0, 1, 4, 6])
def test_a_cancelled_receive_keeps_the_stream_in_step(kept: int) -> None:
    frame = frame_of(Word("whole"))

    async def scene(channel: End, peer: socket.socket) -> Message:
        peer.sendall(frame[:kept])
        waiting = asyncio.create_task(channel.receive())
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        peer.sendall(frame[kept:])
        return await channel.receive()

    assert play_raw(scene) == Word("whole")


def test_a_send_that_is_cancelled_before_its_turn_sends_nothing() -> None:
    async def scene(ours: End, theirs: End) -> list[Message]:
        large = asyncio.create_task(ours.send(Load(bytes(8_000_000))))
        await asyncio.sleep(0.01)
        waiting = asyncio.create_task(ours.send(Word("never")))
        await asyncio.sleep(0)
        waiting.cancel()
        first = await theirs.receive()
        await large
        await ours.send(Word("after"))
        return [first, await theirs.receive()]

    assert play(scene) == [Load(bytes(8_000_000)), Word("after")]


def test_a_send_that_is_cancelled_in_the_middle_closes_the_channel() -> None:
    async def scene(ours: End, theirs: End) -> None:
        sending = asyncio.create_task(ours.send(Load(bytes(8_000_000))))
        await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        with pytest.raises(ChannelClosedError):
            await theirs.receive()
        with pytest.raises(ChannelClosedError):
            await ours.send(Word("out of step"))

    play(scene)
