# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The check digit of an admission number: what a hand gets wrong is found, and what the desk draws is good."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_voting.eligibility.admission import (
    DRAWN_DIGITS,
    admission_groups,
    draw_admission,
    is_admission,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "voting-slip.md"
DRAWS = st.integers(0, 10**DRAWN_DIGITS - 1)


def number_of(drawn: int) -> str:
    return draw_admission(lambda _below: drawn)


@pytest.mark.parametrize(
    ("drawn", "number"),
    [(0, "000000000"), (572, "000005724"), (12345678, "123456786"), (98765432, "987654329")],
)
def test_known_numbers(drawn: int, number: str) -> None:
    """Damm's own example is 572 and 4; nought in front changes nothing."""
    assert number_of(drawn) == number


@given(DRAWS)
def test_the_page_of_the_format_tells_how(drawn: int) -> None:
    """Who has only the table on the page comes to the same numbers."""
    rows = [line.split("|")[2:-1] for line in PAGE.read_text().splitlines() if line.startswith("| **")]
    assert [len(row) for row in rows] == [10] * 10
    interim = 0
    for digit in f"{drawn:08}":
        interim = int(rows[interim][int(digit)])
    assert number_of(drawn) == f"{drawn:08}{interim}"


def test_every_digit_that_can_stand_at_the_end_does_and_one_alone_is_good() -> None:
    ends = {number_of(drawn)[-1] for drawn in range(100)}
    assert ends == set("0123456789")
    stem = number_of(20260717)[:-1]
    assert [end for end in "0123456789" if is_admission(stem + end)] == [number_of(20260717)[-1]]


@given(DRAWS)
def test_no_single_wrong_digit_is_taken(drawn: int) -> None:
    number = number_of(drawn)
    assert is_admission(number)
    for place, right in enumerate(number):
        for wrong in set("0123456789") - {right}:
            assert not is_admission(number[:place] + wrong + number[place + 1 :])


@given(DRAWS)
def test_no_two_neighbours_in_the_wrong_order_are_taken(drawn: int) -> None:
    number = number_of(drawn)
    for place, (one, other) in enumerate(pairwise(number)):
        assert is_admission(number[:place] + other + one + number[place + 2 :]) is (one == other)


@pytest.mark.parametrize("wrong", ["", "12345678", "1234567890", "12345678a", " 23456789", "١٢٣٤٥٦٧٨٩"])
def test_what_is_no_number_at_all_is_not_taken(wrong: str) -> None:
    assert not is_admission(wrong)


def test_a_number_is_read_in_groups_of_three() -> None:
    assert admission_groups("123456786") == ("123", "456", "786")
