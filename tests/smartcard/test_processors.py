# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Chains, long answers and other lengths, and what is never repeated."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError
from townhall_smartcard.processors import processors_for


class AnsweringCard:
    """A card that answers by a function of the raw command, and remembers what it was asked."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self.asked: list[bytes] = []

    def transmit(self, command: RawCommand) -> bytes:
        self.asked.append(bytes(command))
        return self._answer(bytes(command))


def long_answer(content: bytes) -> Callable[[bytes], bytes]:
    """Answer everything with ``content``, 256 bytes at a time, the rest by GET RESPONSE."""
    rest = bytearray(content)

    def answer(_command: bytes) -> bytes:
        block = bytes(rest[:256])
        del rest[:256]
        return block + (bytes((0x61, min(len(rest), 256) & 0xFF)) if rest else b"\x90\x00")

    return answer


@given(st.binary(max_size=1500))
def test_a_long_answer_is_fetched_whole(content: bytes) -> None:
    card = AnsweringCard(long_answer(content))
    answer = processors_for(card).exchange(CommandApdu(0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x00", le=256))
    assert (answer.data, answer.status) == (content, 0x9000)
    assert len(card.asked) == max(1, (len(content) + 255) // 256)
    assert all(command[:4] == b"\x00\xc0\x00\x00" for command in card.asked[1:])


@pytest.mark.parametrize("ins", [0x20, 0x21, 0x24, 0x2C])
@pytest.mark.parametrize("status", [b"\x6c\x10", b"\x6c\x00", b"\x61\x10", b"\x69\x00", b"\x63\xc2", b"\x6f\x00"])
def test_a_pin_command_is_sent_once_whatever_the_card_says(ins: int, status: bytes) -> None:
    card = AnsweringCard(lambda _command: status)
    answer = processors_for(card).exchange(CommandApdu(0x00, ins, 0x00, 0x01, b"1234" + 8 * b"\xff"))
    assert answer.status == int.from_bytes(status, "big")
    assert len(card.asked) == 1


def test_a_command_is_asked_again_with_the_length_that_the_card_names() -> None:
    card = AnsweringCard(lambda command: b"\x6c\x05" if command[-1] != 5 else b"MARI \x90\x00")
    assert processors_for(card).exchange(CommandApdu(0x00, 0xB0, 0, 0, le=256)).data == b"MARI "
    assert [command.hex() for command in card.asked] == ["00b0000000", "00b0000005"]


def test_a_command_is_not_asked_again_after_6c00() -> None:
    card = AnsweringCard(lambda _command: b"\x6c\x00")
    assert processors_for(card).exchange(CommandApdu(0x00, 0xB0, 0, 0, le=256)).status == 0x6C00
    assert len(card.asked) == 1


def test_a_card_that_names_lengths_for_ever_is_asked_twice() -> None:
    lengths = iter(range(1, 100))
    card = AnsweringCard(lambda _command: bytes((0x6C, next(lengths))))
    assert processors_for(card).exchange(CommandApdu(0x00, 0xB0, 0, 0, le=256)).status == 0x6C02
    assert len(card.asked) == 2


def test_a_card_that_promises_and_gives_nothing_is_unreadable() -> None:
    with pytest.raises(CardUnreadableError):
        processors_for(AnsweringCard(lambda _command: b"\x61\x10")).exchange(CommandApdu(0x00, 0xB0, 0, 0, le=256))


def test_an_answer_without_end_is_cut_off() -> None:
    card = AnsweringCard(lambda _command: bytes(256) + b"\x61\x00")
    with pytest.raises(CardUnreadableError):
        processors_for(card).exchange(CommandApdu(0x00, 0xB0, 0, 0, le=256))
    assert len(card.asked) <= 258


def test_get_response_asks_for_what_is_there_and_256_for_6100() -> None:
    answers = iter([b"\x61\x00", b"a\x61\x07", b"b\x90\x00"])
    card = AnsweringCard(lambda _command: next(answers))
    assert processors_for(card).exchange(CommandApdu(0x00, 0xA4, 0x04, 0x00, b"x", le=256)).data == b"ab"
    assert [command.hex() for command in card.asked[1:]] == ["00c0000000", "00c0000007"]


@given(st.binary(min_size=256, max_size=1200))
def test_long_data_go_as_a_chain_and_arrive_whole(data: bytes) -> None:
    card = AnsweringCard(lambda _command: b"\x90\x00")
    assert processors_for(card).exchange(CommandApdu(0x00, 0x2A, 0x9E, 0x9A, data, le=256)).is_ok
    assert b"".join(command[5 : 5 + command[4]] for command in card.asked) == data
    assert [command[0] for command in card.asked] == [0x10] * (len(card.asked) - 1) + [0x00]
    assert all(len(command) == 5 + command[4] for command in card.asked[:-1]), "no Le inside a chain"


def test_a_chain_ends_at_the_first_link_that_the_card_refuses() -> None:
    card = AnsweringCard(lambda _command: b"\x68\x84")
    assert processors_for(card).exchange(CommandApdu(0x00, 0x2A, 0x9E, 0x9A, bytes(600))).status == 0x6884
    assert len(card.asked) == 1


def test_a_pin_never_goes_through_a_chain() -> None:
    card = AnsweringCard(lambda _command: b"\x90\x00")
    with pytest.raises(CardMisuseError):
        processors_for(card).exchange(CommandApdu(0x00, 0x24, 0x00, 0x01, bytes(256)))
    assert card.asked == []


def test_with_extended_apdus_long_data_go_at_once() -> None:
    card = AnsweringCard(lambda _command: b"\x90\x00")
    assert processors_for(card, is_extended=True).exchange(CommandApdu(0x00, 0x2A, 0x9E, 0x9A, bytes(600))).is_ok
    assert [command[:7].hex() for command in card.asked] == ["002a9e9a000258"]


def test_in_t0_a_command_with_data_does_not_say_what_it_expects() -> None:
    card = AnsweringCard(lambda command: b"\x61\x02" if command[1] == 0xA4 else b"ok\x90\x00")
    stack = processors_for(card, is_t0=True)
    assert stack.exchange(CommandApdu(0x00, 0xA4, 0x04, 0x00, b"x", le=256)).data == b"ok"
    assert [command.hex() for command in card.asked] == ["00a404000178", "00c0000002"]
    assert stack.exchange(CommandApdu(0x00, 0xB0, 0x00, 0x00, le=2)).data == b"ok"
    assert card.asked[-1].hex() == "00b0000002"


def test_the_bytes_that_were_sent_are_wiped() -> None:
    kept: list[RawCommand] = []

    class KeepingCard:
        def transmit(self, command: RawCommand) -> bytes:
            kept.append(command)
            return b"\x90\x00"

    processors_for(KeepingCard()).exchange(CommandApdu(0x00, 0x20, 0x00, 0x01, bytearray(b"1234")))
    assert [bytes(command) for command in kept] == [bytes(9)]
