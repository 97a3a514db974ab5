# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One PIN with its counter, against a model of what ISO/IEC 7816-4 and the real card's clients expect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.simulation.estonian_card_pins import MAXIMUM_TRIES, Pin, PinReference

RIGHT, OTHER = b"1234", b"4321"


def block(digits: bytes) -> bytes:
    return digits.ljust(12, b"\xff")


@given(st.lists(st.sampled_from([RIGHT, OTHER, b"12345", b"123", b"", b"1234\x00"]), max_size=12))
def test_the_counter_follows_every_sequence_of_tries(tried: list[bytes]) -> None:
    pin, left, is_open = Pin(RIGHT, shortest=4), MAXIMUM_TRIES, False
    for digits in tried:
        is_open = left > 0 and digits == RIGHT
        left = MAXIMUM_TRIES if is_open else max(left - 1, 0)
        assert pin.verify(block(digits)) is is_open
        assert (pin.tries_left, pin.is_verified) == (left, is_open)


@given(st.binary(min_size=12, max_size=12))
def test_no_other_block_passes(guess: bytes) -> None:
    assert Pin(RIGHT, shortest=4).verify(guess) is (guess == block(RIGHT))


@given(st.binary(max_size=16))
def test_only_digits_padded_to_twelve_bytes_can_become_a_pin(candidate: bytes) -> None:
    digits = candidate.rstrip(b"\xff")
    is_good = len(candidate) == 12 and len(digits) >= 4 and all(0x30 <= byte <= 0x39 for byte in digits)
    assert Pin(RIGHT, shortest=4).accepts(candidate) is is_good


def test_a_blocked_pin_stays_blocked_for_the_right_value() -> None:
    pin = Pin(RIGHT, shortest=4)
    for _ in range(MAXIMUM_TRIES):
        assert not pin.verify(block(OTHER))
    assert not pin.verify(block(RIGHT))
    assert not pin.is_verified


def test_a_new_value_gives_all_tries_back_and_opens_nothing() -> None:
    pin = Pin(RIGHT, shortest=4)
    pin.verify(block(OTHER))
    pin.replace(block(OTHER))
    assert (pin.tries_left, pin.is_verified) == (MAXIMUM_TRIES, False)
    assert pin.holds(block(OTHER))
    assert not pin.holds(block(RIGHT))


def test_a_pin_shows_nothing_of_its_value() -> None:
    assert "1234" not in repr(Pin(RIGHT, shortest=4))


@pytest.mark.parametrize(("reference", "counter"), [("PIN1", 1), ("PUK", 2), ("PIN2", 5)])
def test_counters_are_asked_for_without_the_bit_of_the_application(reference: str, counter: int) -> None:
    assert PinReference[reference].counter_reference == counter
