# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Personal codes and the persons on simulated cards."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.simulation.estonian_card_person import (
    AINO,
    JUHAN,
    KADRI,
    Sex,
    check_digit,
    personal_code,
)


@pytest.mark.parametrize("wrong", ["", "123456789", "12345678901", "12345678x0", "\uff11234567890"])
def test_anything_but_ten_digits_has_no_check_digit(wrong: str) -> None:
    with pytest.raises(ValueError, match="ten digits"):
        check_digit(wrong)


def test_the_check_digit_of_the_recorded_test_card_is_right() -> None:
    assert check_digit("3800108571") == 8


@pytest.mark.parametrize(("first_ten", "digit"), [("6170921012", 5), ("6000101990", 6), ("3030303991", 4)])
def test_check_digits_of_published_test_persons(first_ten: str, digit: int) -> None:
    assert check_digit(first_ten) == digit


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.sampled_from(Sex), st.integers(0, 999))
def test_a_personal_code_tells_birth_and_sex(birth: date, sex: Sex, serial: int) -> None:
    code = personal_code(birth, sex, serial)
    century_and_sex = int(code[0])
    assert len(code) == 11
    assert 1800 + 100 * ((century_and_sex - 1) // 2) == birth.year - birth.year % 100
    assert (century_and_sex % 2 == 1) is (sex is Sex.MALE)
    assert code[1:7] == f"{birth:%y%m%d}"
    assert int(code[7:10]) == serial


def test_nobody_alive_has_the_codes_of_our_persons() -> None:
    for person in (KADRI, JUHAN, AINO):
        assert 990 <= int(person.personal_code[7:10]) <= 999
        assert person.document_number.startswith("TT")
    assert len({person.personal_code for person in (KADRI, JUHAN, AINO)}) == 3


def test_records_are_as_the_card_prints_them() -> None:
    assert KADRI.records()[:9] == (
        "ÕISPUU".encode(),
        b"KADRI-LIIS",
        b"N",
        b"EST",
        b"15 03 1984 EST",
        b"48403159910",
        b"TT0000991",
        b"31 12 2099",
        b"03 02 2025",
    )
    assert KADRI.records()[9:] == (b"\x00",) * 6
