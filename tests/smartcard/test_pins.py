# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the status word of a VERIFY means, and what is not even sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.errors import UnexpectedStatusError
from townhall_smartcard.messages import PinTries
from townhall_smartcard.pins import BLOCKED, LENGTH, PinRefusal, PinRefusalReason, refusal_before, refusal_of


def never_counts() -> PinTries:
    pytest.fail("the counter was read again though the card had said it")


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (0x9000, None),
        (0x63C2, PinRefusal(PinRefusalReason.WRONG, 2)),
        (0x63C1, PinRefusal(PinRefusalReason.WRONG, 1)),
        (0x63CF, PinRefusal(PinRefusalReason.WRONG, 15)),
        (0x63C0, BLOCKED),
        (0x6983, BLOCKED),
        (0x6984, BLOCKED),
        (0x6700, LENGTH),
        (0x6A80, LENGTH),
    ],
)
def test_each_status_word_of_a_verify_has_one_meaning(status: int, refusal: PinRefusal | None) -> None:
    assert refusal_of(status, never_counts) == refusal


@pytest.mark.parametrize(("left", "refusal"), [(2, PinRefusal(PinRefusalReason.WRONG, 2)), (0, BLOCKED)])
def test_a_refusal_that_does_not_count_makes_us_read_the_counter(left: int, refusal: PinRefusal) -> None:
    assert refusal_of(0x6300, lambda: PinTries(left, 3)) == refusal


@pytest.mark.parametrize("status", [0x6C0C, 0x6C00, 0x6110, 0x6982, 0x6D00, 0x6F00, 0x6281])
def test_any_other_status_word_is_unexpected_and_kept(status: int) -> None:
    with pytest.raises(UnexpectedStatusError) as caught:
        refusal_of(status, never_counts)
    assert caught.value.status == status


@given(st.integers(0, 20))
def test_a_pin_of_impossible_length_is_not_sent(length: int) -> None:
    assert refusal_before(bytearray(b"1" * length), 5, 12) == (None if 5 <= length <= 12 else LENGTH)


@given(st.binary(min_size=4, max_size=12))
def test_a_pin_with_anything_but_digits_is_not_sent(pin: bytes) -> None:
    assert (refusal_before(bytearray(pin), 4, 12) is None) == all(byte in b"0123456789" for byte in pin)
