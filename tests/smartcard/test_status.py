# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Status words by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.status import StatusWord, is_possible, name_of, tries_left


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (0x9000, "OK 9000"),
        (0x6A82, "FILE_NOT_FOUND 6A82"),
        (0x63C2, "VERIFICATION_FAILED_2_LEFT 63C2"),
        (0x63C0, "VERIFICATION_FAILED_0_LEFT 63C0"),
        (0x6110, "BYTES_AVAILABLE 6110"),
        (0x6C00, "WRONG_EXPECTED_LENGTH 6C00"),
        (0x6123, "BYTES_AVAILABLE 6123"),
        (0x9FFF, "9FFF"),
    ],
)
def test_a_status_word_is_named_as_the_standard_names_it(status: int, name: str) -> None:
    assert name_of(status) == name


@given(st.integers(0, 0xFFFF))
def test_every_status_word_has_a_text_that_ends_in_its_digits(status: int) -> None:
    assert name_of(status).endswith(f"{status:04X}")


@given(st.integers(0, 0xFFFF))
def test_only_63c0_to_63cf_count_tries(status: int) -> None:
    assert (tries_left(status) is not None) == (0x63C0 <= status <= 0x63CF)


def test_each_named_status_word_is_possible_and_6000_is_not() -> None:
    assert all(is_possible(status) for status in StatusWord)
    assert not any(is_possible(status) for status in (0x0000, 0x6000, 0x6082, 0x7000, 0x8FFF, 0xA000, 0xFFFF))
